"""What differs between two versions beside the metrics: parameters, verdicts, files, and what training took."""

import pytest
import yaml

from tests.study import PARAMS, statement, write_lock, write_metrics, write_model, write_table
from vision.evidence.change import changes
from vision.evidence.change.changes import ABSENT
from vision.evidence.change.locks import read_lock
from vision.evidence.change.versions import revision, working_tree

RELU = PARAMS["models"]["relu"]


def versions():
    return revision("main"), working_tree()


def locks():
    return tuple(read_lock(version) for version in versions())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"lr": None}, [("lr", 0.1, None)]),
        ({"seed": False}, [("seed", 0, False)]),
        ({"models": {"relu": {**RELU, "hyper": {"hidden": [20]}}}}, [("models.relu.hyper.hidden", [10], [20])]),
        ({"models": {"relu": RELU, "wide": {"lr": 3}}}, [("models.wide", ABSENT, {"lr": 3})]),
        ({"models": {}}, [("models.relu", RELU, ABSENT)]),
        ({"models": {"tanh": RELU}}, [("models.relu, now models.tanh", RELU, RELU)]),
        ({"models": {"tanh": RELU, "also": RELU}},  # which of the two it became is unknown
         [("models.relu", RELU, ABSENT), ("models.also", ABSENT, RELU), ("models.tanh", ABSENT, RELU)]),
        ({}, []),
    ],
    ids=range(8),
)  # fmt: skip
def test_parameter_changes_by_dotted_name(values, expected, study):
    (study / "params.yaml").write_text("# a comment\n" + yaml.safe_dump(PARAMS | values))
    assert changes.parameter_changes(*versions()) == expected


def test_statement_changes_are_of_verdicts_alone(study):
    table = study / "plots/statements/000.csv"
    write_table(table, [statement("C5", "More is better.", "does not hold"), statement("C6", "New.", "holds")])
    assert changes.statement_changes(*versions()) == [
        ("000: C5: More is better.", "holds", "does not hold"),
        ("000: C6: New.", ABSENT, "holds"),
    ]
    write_table(table, [{**statement("C5", "More is better.", "holds"), "measured": "9"}])
    assert changes.statement_changes(*versions()) == []


def test_file_changes_in_git_by_content_and_elsewhere_by_the_lock(study):
    write_model(study, "convnet", range(40))
    (study / "metrics/svm.json").unlink()
    write_lock(study)
    (study / "plots/new.png").write_bytes(b"1")  # which the lock does not know
    assert changes.file_changes(*versions(), locks()) == {
        "data/predictions/handwriting/convnet.npz": "changed",
        "data/predictions/handwriting/svm.npz": "gone",
        "metrics/convnet.json": "changed",
        "metrics/svm.json": "gone",
        "plots/models/convnet/errors.csv": "changed",
        "plots/new.png": "new",
    }
    same, both, new, gone = changes.kept_outputs(locks())
    assert (both - same, new, gone) == (3, 0, 2)


def test_cost_is_parameters_runs_and_updates(study):
    write_model(study, "convnet", range(50), parameters=12, updates=(100, 200, 300))
    assert changes.cost(working_tree(), "convnet") == (12, 3, 600)
    write_metrics(study, "forest", {"parameters": "many"})
    write_table(study / "plots/models/forest/runs.csv", [{"updates": "x"}, {"updates": "3"}])
    assert changes.cost(working_tree(), "forest") == (None, None, None)


def test_seed_spread_is_that_of_all_training_images(study):
    sizes = {f"images_{n}": {"test_accuracy": {"mean": 0.9, "std": std}} for n, std in ((500, 0.1), (50_000, 0.2))}
    write_metrics(study, "convnet_subsets", {"sizes": sizes})
    assert changes.seed_spread(working_tree(), "convnet") == 0.2
    assert changes.seed_spread(working_tree(), "svm") is None


@pytest.mark.parametrize("path", ["params.yaml", "plots/a.csv", "dvc.lock", "README.md"])
def test_nothing_changed_is_no_parameter_no_result_and_no_hash(path, study):
    if path == "dvc.lock":
        write_lock(study, images=b"others")
    else:
        (study / path).write_text("lr: 1\n")
    assert changes.nothing_changed(*versions(), locks()) == (path == "README.md")
