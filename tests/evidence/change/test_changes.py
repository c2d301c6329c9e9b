"""What differs beside the metrics, each kind by itself."""

import pytest
import yaml

from tests.studies import PARAMS, commit, make_study, statement, write_lock, write_metrics, write_model, write_table
from vision.evidence.change import changes
from vision.evidence.change.changes import ABSENT
from vision.evidence.change.locks import read_lock
from vision.evidence.change.versions import revision, working_tree


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet", "svm"]))
    return tmp_path


def versions():
    return revision("main"), working_tree()


def locks():
    return tuple(read_lock(version) for version in versions())


def write_params(study, **values):
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | values))


RELU = PARAMS["models"]["relu"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"lr": 0.2}, [("lr", 0.1, 0.2)]),
        ({"lr": None}, [("lr", 0.1, None)]),
        ({"models": {"relu": {**RELU, "lr": 0.002}}}, [("models.relu.lr", 0.001, 0.002)]),
        ({"models": {"relu": {**RELU, "hyper": {"hidden": [20]}}}}, [("models.relu.hyper.hidden", [10], [20])]),
        ({"epochs": 3}, [("epochs", ABSENT, 3)]),
        ({"models": {}}, [("models.relu", RELU, ABSENT)]),
        ({"models": {"relu": RELU, "wide": {"lr": 3}}}, [("models.wide", ABSENT, {"lr": 3})]),
        ({"models": {"tanh": RELU}}, [("models.relu, now models.tanh", RELU, RELU)]),
        ({"models": RELU}, [("models.relu", RELU, ABSENT), ("models.hyper", ABSENT, RELU["hyper"]),
                            ("models.lr", ABSENT, 0.001)]),
        ({"lr": 0.1}, []),
    ],
    ids=range(10),
)  # fmt: skip
def test_parameters_by_dotted_name(values, expected, study):
    write_params(study, **values)
    assert changes.parameter_changes(*versions()) == expected


def test_a_renamed_parameter_is_one_row_unless_there_are_two_that_it_could_be(study):
    renamed = {"rate" if key == "lr" else key: value for key, value in PARAMS.items()}
    (study / "params.yaml").write_text(yaml.safe_dump(renamed))
    assert changes.parameter_changes(*versions()) == [("lr, now rate", 0.1, 0.1)]
    (study / "params.yaml").write_text(yaml.safe_dump(renamed | {"other": 0.1}))
    expected = [("lr", 0.1, ABSENT), ("other", ABSENT, 0.1), ("rate", ABSENT, 0.1)]
    assert sorted(changes.parameter_changes(*versions()), key=str) == sorted(expected, key=str)


def test_other_margins_are_told_with_the_parameters(study):
    text = (study / "margins.yaml").read_text()
    (study / "margins.yaml").write_text(text.replace("absolute: 0.001", "absolute: 0.1", 1))
    assert changes.parameter_changes(*versions()) == [("margins.yaml: test.accuracy.absolute", 0.001, 0.1)]


def test_comments_and_order_are_no_change(study):
    (study / "params.yaml").write_text("# why\n" + yaml.safe_dump(dict(reversed(PARAMS.items())), sort_keys=False))
    assert changes.parameter_changes(*versions()) == []
    assert changes.nothing_changed(*versions(), locks())


def test_statements_by_verdict(study):
    table = study / "plots/statements/000.csv"
    write_table(table, [statement("C5", "More is better.", "does not hold"), statement("C6", "New.", "holds")])
    assert changes.statement_changes(*versions()) == [
        ("000: C5: More is better.", "holds", "does not hold"),
        ("000: C6: New.", ABSENT, "holds"),
    ]
    write_table(table, [{**statement("C5", "More is better.", "holds"), "measured": "9"}])
    assert changes.statement_changes(*versions()) == []


def test_files_in_git_go_by_what_they_hold_and_the_others_by_the_lock(study):
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
    kept, both, new, gone = changes.kept_outputs(locks())
    assert (both - kept, new, gone) == (3, 0, 2)
    assert kept > 0


def test_what_a_model_takes(study):
    write_model(study, "convnet", range(50), parameters=12, updates=(100, 200, 300))
    _, here = versions()
    assert changes.cost(here, "convnet") == (12, 3, 600)
    write_metrics(study, "forest", {"parameters": "many"})
    write_table(study / "plots/models/forest/runs.csv", [{"updates": "x"}])
    assert changes.cost(working_tree(), "forest") == (None, None, None)  # not recorded, so not told


def test_the_spread_over_seeds_is_that_of_all_training_images(study):
    sizes = {
        f"images_{images}": {"test_accuracy": {"mean": 0.9, "std": std}} for images, std in ((500, 0.1), (50_000, 0.2))
    }
    write_metrics(study, "convnet_subsets", {"sizes": sizes})
    assert changes.seed_spread(working_tree(), "convnet") == 0.2
    assert changes.seed_spread(working_tree(), "svm") is None


def test_nothing_changed_is_no_parameter_no_result_and_no_hash(study):
    def same():
        return changes.nothing_changed(*versions(), locks())

    assert same()
    (study / "README.md").write_text("new")
    assert same()
    for path, content in [
        ("params.yaml", "lr: 1\n"), ("plots/a.csv", "a\n1\n"), ("plots/a.png", "a"), ("metrics/a.json", "{}"),
    ]:  # fmt: skip
        (study / path).write_text(content)
        assert not same()
        commit(study)
        assert same()
    write_lock(study, images=b"others")
    assert not same()
