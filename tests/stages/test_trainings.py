"""Stages that train: wrong entries are refused, a training that diverges stops nothing, workers change no bit."""

import hashlib
import shutil

import pytest
import yaml

from tests.running import call, change, command, end, start
from vision.pipeline.errors import UserError
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

KNN = {"role": "handwriting", "inputs": "handwriting", "estimator": "knn"}
SEARCH = {"rounds": [{"weight_decay": [0.1, 0.01]}], "finalists": 2, "repeats": 2, "score_epochs": 1}


@pytest.mark.parametrize(
    ("stage", "changes", "words"),
    [
        ("train@nobody", {}, ["'nobody'", "relu_mlp"]),
        ("classify@knn", {"classifiers": {"knn": KNN | {"hyper": {"neighbours": 1000}}}}, ["1000", "at most"]),
        ("train_subsets", {"subsets": {"fractions": [0.001, 0.5, 1]}}, ["subsets.fractions", "0.001"]),
    ],
    ids=str,
)
def test_wrong_entry_is_named_with_what_is_allowed(stage, changes, words, scratch, run_stage):
    change(scratch, epochs=100_000, **changes)  # for hours, unless it is refused before any training
    with pytest.raises(UserError) as caught:
        run_stage(stage)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not list((scratch / "models").glob("*.pt"))


def test_search_that_diverges_says_so_and_is_evaluated(scratch, run_stage):
    change(scratch, models={"softmax": {"epochs": 2, "batch_size": 32, "lr": 100, "search": SEARCH}})
    assert "diverged" in run_stage("train@softmax")
    run_stage("evaluate@softmax")
    scores = read_scores(scratch / "plots/models/handwriting/softmax/evaluation/scores.csv")
    assert (scores["diverged"].value, scores["last_finite_epoch"].value, scores["test.images"].value) == (1, 0, 240)


SETTINGS = {"epochs": 3, "batch_size": 32, "seeds": [0, 1]}


@pytest.mark.parametrize("lr", [0.001, 1000])
def test_replication_is_evaluated_by_seed_and_over_seeds(lr, scratch, run_stage):
    change(scratch, replications={"relu_mlp": SETTINGS | {"lr": lr}})
    assert ("diverged" in run_stage("replicate@relu_mlp")) == (lr == 1000)
    run_stage("evaluate_replication@relu_mlp")
    folder = scratch / "plots/replications/relu_mlp/evaluation"
    scores = read_scores(folder / "scores.csv")
    assert ("diverged" in scores) is (lr == 1000)
    assert scores["by_seed.seed_1.test.images"].value == 240
    row = read_table(folder / "reported.csv").query("split == 'test' and measure == 'accuracy'").iloc[0]
    assert scores["test.accuracy"][:4] == pytest.approx((row["mean"], row.low, row.high, 2))
    assert scores["test.accuracy_prediction_high"].value == pytest.approx(row.prediction_high)


def test_several_weight_decays_are_compared_by_their_histories(scratch, run_stage):
    settings = SETTINGS | {"weight_decay": [0.1, 0.01], "convergence_epoch": 1, "last_epochs": 2}
    change(scratch, replications={"softmax_lambdas": settings})
    run_stage("replicate@softmax_lambdas")
    run_stage("evaluate_replication@softmax_lambdas")
    folder = scratch / "plots/replications/softmax_lambdas"
    curves = read_table(folder / "training/curves.csv").query("split == 'valid' and measure == 'accuracy'")
    rows, scores = read_table(folder / "evaluation/lambdas.csv"), read_scores(folder / "evaluation/scores.csv")
    for row in rows.itertuples():
        last = curves[(curves.weight_decay == row.weight_decay) & (curves.epoch == 3)]
        name = f"lambda_{row.weight_decay:g}".replace(".", "_")
        assert row.final_mean == pytest.approx(last.value.mean())
        assert scores[f"{name}.final"][:4] == pytest.approx((row.final_mean, row.final_low, row.final_high, 2))
        assert scores[f"{name}.final_std"].value == pytest.approx(row.final_std)


RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}


@pytest.fixture
def fashion(scratch):
    """The same images as another role, and short runs."""
    shutil.copy(scratch / "data/raw/handwriting.npz", scratch / "data/raw/fashion.npz")
    change(scratch, threads=1, from_scratch={"layers": [[5], [4, 3]], "epochs": 2, "checkpoints": [1, 2]})
    call(command("split@fashion"), scratch)
    return scratch


def sums(folder):
    made = [*folder.glob("models/from_scratch/*.pt"), folder / "plots/from_scratch/training/curves.csv"]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made}


def test_worker_processes_write_the_bits_of_one_process(fashion, run_stage):
    status, _, errors = end(start(command("from_scratch"), fashion, env={"LOKY_MAX_CPU_COUNT": "2"}))
    assert status == 0, errors
    of_workers = sums(fashion)
    assert {"numpy_relu.pt", "sklearn_relu.pt", "sklearn_relu_defaults.pt", "curves.csv"} <= set(of_workers)
    run_stage("from_scratch")
    assert sums(fashion) == of_workers
    run_stage("evaluate_from_scratch")
    scores = read_scores(fashion / "plots/from_scratch/evaluation/scores.csv")
    assert scores["chosen.numpy_relu.epoch_2.accuracy"].n == 3
    assert scores["chosen.numpy_relu.finite_epochs"].value == 2
    assert scores["chosen.numpy_linear.best.accuracy"].n == 240
    assert {name.split(".")[0] for name in scores} in ({"chosen", "layers_5"}, {"chosen", "layers_4_3"})


def test_diverged_runs_are_reported_and_refused_where_none_is_left(fashion, run_stage):
    run = RUN | {"trainer": "numpy", "activation": "linear", "lr": 1000}
    others = yaml.safe_load((fashion / "params.yaml").read_text())["from_scratch"]["others"]
    change(fashion, from_scratch={"models": {"numpy_relu": run}, "others": dict.fromkeys(others)})
    assert "diverged after epoch 0" in run_stage("from_scratch")
    with pytest.raises(UserError, match="every network of from_scratch diverged in its first epoch"):
        run_stage("evaluate_from_scratch")
