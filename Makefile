# `make` lists what can be done. Each command makes .venv from requirements.txt first, if it is not there.
PYTHON ?= python3
BASE ?= main
# A branch's name is text that others choose: make must not expand it, nor the shell read it as commands.
override BASE := $(value BASE)
export BASE
MODEL ?= convnet
DEMO := .demo
# dvc runs `python -m stages...`, so the environment's python comes first on the path.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
# What each document needs, and nothing else.
STAGES_000 := plot_000 claims_000 document_errors_000
STAGES_001 := plot_001 claims_001 document_errors_001
STAGES_002 := plot_002 claims_002 document_errors_002
STAGES_003 := plot_003 claims_003 document_errors_003
STAGES_004 := plot_004 claims_004 document_errors_004
DOCUMENTS := document-000 document-001 document-002 document-003 document-004
.PHONY: help demo test test-slow repro $(DOCUMENTS) verify bench mutation coverage portability timings pr-report gate rebuilt plots-diff experiments results lock

help:
	@grep -E '^[a-z0-9-]+:.*##' Makefile | awk -F ':.*## ' '{ printf "make %-13s %s\n", $$1, $$2 }'

demo: .venv/installed ## run one model of each kind on scikit-learn's digits in .demo/, without a network (2 minutes)
	@echo "The demo runs on scikit-learn's 1,797 digits: its numbers say nothing about the documents' data."
	python tests/scratch.py "$(DEMO)" python -m tests.demo
	@echo "The demo's report: $(CURDIR)/$(DEMO)/plots/report.html"

test: .venv/installed ## lint and run the fast tests (5 minutes)
	ruff check .
	ruff format --check .
	python -m pytest -m "not slow"

test-slow: .venv/installed ## run the slow tests: kills, rebuilds, the complete pipeline on digits; then the demo (an hour)
	python -m pytest -m slow
	$(MAKE) demo

mutation: .venv/installed ## count the mutants of vision/ that the fast tests notice: SEED=1 (a quarter of an hour)
	python -m tests.mutation --seed $(or $(SEED),1)

repro: .venv/installed ## all studies, from DATA_MIRROR or the published addresses (its stages add up to five or six hours on two cores without AVX-512)
	@python -m vision.pipeline.lock_repair
	dvc repro

document-000: ## one document alone, document-000 to document-004: its models, figures and claims
$(DOCUMENTS): document-%: .venv/installed
	@python -m vision.pipeline.lock_repair
	dvc repro $(STAGES_$*)

verify: .venv/installed ## rebuild the commit beside it and compare: all, DOCUMENT=000 or STAGES="..."; KEEP=folder keeps it
	@python -m vision.evidence.verify $(if $(KEEP),--keep "$(KEEP)") $(STAGES) $(if $(DOCUMENT),\
		$(or $(STAGES_$(DOCUMENT)),$(error DOCUMENT=$(DOCUMENT): one of $(DOCUMENTS:document-%=%) is wanted)))

bench: .venv/installed ## training steps against their arithmetic, and our loops against the documents' own (4 minutes)
	python -m tests.benchmarks

coverage: .venv/installed ## simulate how often the intervals hold the truth (a quarter of an hour)
	python -m tests.coverage

portability: .venv/installed ## compare the digits pipeline's bits with those of processors that QEMU emulates (an hour)
	python -m tests.portability

timings: .venv/installed ## print how long the stages took here, by document; SAVE=docs/timings.csv writes it by stage
	@python -m vision.evidence.timings $(if $(SAVE),--save "$(SAVE)")

pr-report: .venv/installed ## print as markdown what changed against BASE (default main)
	@python -m vision.evidence.change.pull_request "$$BASE"

gate: .venv/installed ## fail if a number is significantly worse than at BASE by more than its margin, or cannot be compared
	@python -m vision.evidence.change.gate "$$BASE"

rebuilt: .venv/installed ## run the cheap stages that differ from BASE again, and one more, for pr-report and gate
	@python -m vision.evidence.change.rebuilt "$$BASE"

plots-diff: .venv/installed ## draw the models' tables and figures that differ from BASE on one page, dvc_plots/index.html
	@python -m vision.evidence.change.plots "$$BASE"

experiments: .venv/installed ## print experiments: metrics of MODEL (default convnet) and the parameters that differ
	@dvc exp show --csv --precision 4 --only-changed --drop '.*/|params\.yaml$$|Created|State|Executor|typ|parent' \
		--keep 'metrics/$(MODEL)\.json:(test\.(accuracy|loss|ece)|valid\.accuracy)$$' | python -c "import sys, pandas; \
		table = pandas.read_csv(sys.stdin).rename(columns=lambda name: name.rpartition(':')[2]); \
		print(table.to_string(index=False, na_rep='', line_width=120))"

results: .venv/installed ## write the tables of docs/results.md anew from the results
	python -m vision.evidence.results_page

lock: .venv/installed ## write requirements.txt anew from requirements.in
	python -m pip install --quiet uv
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade requirements.in -o .lock.tmp
	echo "# Made by 'make lock'. The GPU libraries are not listed: a CPU build of torch needs none, a CUDA build names its own." \
		> requirements.txt
	grep -vE '^(cuda|nvidia|triton)' .lock.tmp >> requirements.txt
	rm .lock.tmp

.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --disable-pip-version-check --quiet --requirement requirements.txt
	touch $@
