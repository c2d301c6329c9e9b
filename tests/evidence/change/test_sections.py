"""Each section of the report: what it says, and that it is empty where there is nothing to say."""

import pytest
import yaml

from tests.studies import PARAMS, commit, make_study, statement, write_lock, write_metrics, write_model, write_table
from vision.evidence.change import sections
from vision.evidence.change.comparison import compare
from vision.evidence.change.markdown import ROOM


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet", "svm", "knn"]))
    return tmp_path


def rows(page):
    """The cells of each row below a header."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rules = [number for number, line in enumerate(lines) if line.startswith("| ---")]
    return [
        [cell.strip() for cell in line[1:-1].split("|")]
        for number, line in enumerate(lines)
        if number not in rules and number + 1 not in rules
    ]


def test_sections_are_empty_where_nothing_changed(study):
    found = compare("main")
    for section in (sections.parameters, sections.models, sections.statements, sections.costs, sections.metrics):
        assert section(found) == ""


def test_a_model_on_one_line(study):
    sizes = {"images_50000": {"test_accuracy": {"mean": 0.99, "std": 0.0003}}}
    write_metrics(study, "convnet_subsets", {"sizes": sizes})
    write_model(study, "convnet", range(5, 75), loss=0.2)
    write_model(study, "svm", [*range(50), 70])
    write_lock(study)
    page = sections.models(compare("main"))
    assert rows(page) == [
        ["convnet", "99.50 → 99.30", "-0.20 (-0.31 to -0.09)", "5", "25", "0.00032", "0.03",
         "0.1000 → 0.2000: +0.1000 (+0.0859 to +0.1141)", "accuracy undecided, loss worse"],
        ["svm", "99.50 → 99.49", "-0.01 (-0.04 to +0.02)", "0", "1", "1", "",
         "0.1000 → 0.1000: +0.0000 (-0.0141 to +0.0141)", "accuracy same"],
    ]  # fmt: skip
    assert "two trained networks" in page


def test_what_could_not_be_paired_says_why(study):
    write_model(study, "svm", range(60))
    write_lock(study, images=b"others")
    (cells,) = rows(sections.models(compare("main")))
    assert cells[2] == "-0.10 (-0.31 to +0.11), not paired: not the same test images"
    assert cells[3:6] == ["", "", ""]


def test_new_and_removed_models_are_listed(study):
    write_model(study, "wide", range(7))
    (study / "metrics/knn.json").unlink()
    page = sections.models(compare("main"))
    assert "New: wide (99.93 %)." in page
    assert "Removed: knn (99.50 %)." in page
    assert rows(page) == []


def test_parameters_old_and_new(study):
    changed = {key: value for key, value in PARAMS.items() if key != "seed"} | {"lr": 0.2, "epochs": 3}
    (study / "params.yaml").write_text(yaml.safe_dump(changed))
    assert rows(sections.parameters(compare("main"))) == [["lr", "0.1", "0.2"], ["seed", "0", ""], ["epochs", "", "3"]]


def test_results_of_other_parameters_are_told(study):
    write_lock(study, **{"lr": 0.1, "models.relu": PARAMS["models"]["relu"], "models.gone": {"lr": 3}})
    assert sections.outdated(compare("main")) == ""
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"lr": 0.2, "seed": 3}))
    line = "**Not rebuilt:** since the results were made, lr changed;"
    assert sections.outdated(compare("main")).startswith(line)


def test_many_parameters_are_folded_after_a_few(study):
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {f"new_{number}": number for number in range(30)}))
    page = sections.parameters(compare("main"))
    seen, folded = page.split("<details>")
    assert (len(rows(seen)), len(rows(folded))) == (12, 18)


def test_statements_old_and_new(study):
    write_table(study / "plots/statements/000.csv", [statement("C5", "More is better.", "does not hold")])
    assert rows(sections.statements(compare("main"))) == [["000: C5: More is better.", "holds", "does not hold"]]


def test_outputs_that_kept_their_bits(study):
    before = sections.outputs(compare("main"))
    count = int(before.split()[0])
    assert before == f"{count} of {count} outputs kept their bits by dvc.lock; 0 are new, 0 are gone."
    write_model(study, "convnet", range(49))
    write_model(study, "wide", range(49))
    write_lock(study)
    page = sections.outputs(compare("main"))
    assert page.startswith(f"{count - 3} of {count} outputs kept their bits by dvc.lock; 4 are new, 0 are gone.")
    assert "- metrics/convnet.json: changed\n- metrics/wide.json: new\n" in page


def test_cost_is_told_where_it_is_recorded_and_differs(study):
    write_model(study, "convnet", range(40), updates=(2000, 3000), parameters=12_000)
    write_model(study, "svm", range(40))
    write_model(study, "wide", range(40))
    (study / "plots/models/wide/runs.csv").unlink()
    assert rows(sections.costs(compare("main"))) == [
        ["convnet", "1,000 → 12,000", "1 → 2", "100 → 5,000"],
        ["wide", "unknown → 1,000", "unknown → unknown", "unknown → unknown"],
    ]


def test_every_metric_that_changed_is_folded_with_its_word(study):
    write_model(study, "convnet", range(120), best_epoch=3)
    write_metrics(study, "knn", {"a": 1})
    commit(study)
    write_metrics(study, "knn", {"a": 2.5, "b": 3})
    write_model(study, "svm", range(150))
    write_model(study, "convnet", range(120))
    write_lock(study)
    page = sections.metrics(compare("main"))
    assert page.startswith("<details><summary>")
    assert rows(page) == [
        ["convnet: best_epoch", "3", "", "", "gone"],
        ["knn: a", "1", "2.5", "+1.5", ""],
        ["knn: b", "", "3", "", "new"],
        ["svm: test.accuracy", "0.995", "0.985", "-0.01", "worse"],
        ["svm: test.correct", "9950", "9850", "-100", ""],
    ]


def test_the_shares_of_the_sections_leave_room_for_what_stands_around_them():
    assert sum(ROOM.values()) < 52_000
