"""What a rebuilt file may be: each number within its interval, the rest as committed; what nothing judges is said."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from vision.evidence.rebuild.differences import compare

METRICS = {
    "images": 100,
    "accuracy": 0.9,
    "accuracy_low": 0.8,
    "accuracy_high": 0.95,
    "certain": 0.5,
    "certain_low": 0.5,
    "certain_high": 0.5,
    "loss": {"mean": 0.3, "std": 0.01, "low": 0.2, "high": 0.4},
    "diverged": False,
}
TABLE = "class,images,f1,f1_low,f1_high\nshirt,10,0.9,0.8,0.95\ncoat,10,0.7,0.6,0.8\n"
STATEMENTS = "row,statement,measured,holds_if,verdict\nC5,Ten times.,0.5,a third,holds\n"


def compare_metrics(tmp_path, **changes):
    new = json.loads(json.dumps(METRICS))
    for name, value in changes.items():
        section, _, key = name.rpartition("__")
        (new[section] if section else new)[key] = value
    return compare_texts(tmp_path, "metrics/a.json", json.dumps(METRICS), json.dumps(new))


def compare_texts(tmp_path, name, old, new):
    for path, text in (("old", old), ("new", new)):
        (tmp_path / path).write_text(text)
    return compare(name, tmp_path / "old", tmp_path / "new")


@pytest.mark.parametrize(
    ("change", "outside", "beyond", "unjudged"),
    [
        ({"accuracy": 0.9 + 1e-9}, False, False, False),
        ({"accuracy": 0.85}, False, True, False),
        ({"accuracy": 0.79}, True, True, False),
        ({"loss__mean": 0.39}, False, True, False),
        ({"loss__mean": 0.41}, True, True, False),
        ({"loss__std": 0.02}, False, True, True),  # beside the interval of the mean, which says nothing of it
        ({"certain": 0.6}, False, True, True),  # an interval without width is one by chance
        ({"images": 101}, False, True, True),
        ({"accuracy_low": 0.1}, False, True, True),
        ({"diverged": True}, True, True, True),
        ({"more": 1}, True, True, True),
        ({"accuracy": None}, True, True, False),
    ],
)
def test_a_metric(change, outside, beyond, unjudged, tmp_path):
    found = compare_metrics(tmp_path, **change)
    assert (bool(found.outside), found.beyond, found.unjudged) == (outside, beyond, unjudged)
    assert found.n_judged == 2
    assert next(iter(change)).replace("__", ".") in found.first


def test_the_first_number_that_differs_is_told_with_both_values(tmp_path):
    found = compare_metrics(tmp_path, images=99, accuracy=0.7)
    assert found.first == "images: 100 committed, 99 new"
    assert found.outside == "accuracy: 0.9 committed, 0.7 new, outside 0.8 to 0.95"


@pytest.mark.parametrize(
    ("old", "new", "outside", "beyond"),
    [
        ("0.9,", "0.90000001,", False, False),
        ("0.9,", "0.99,", False, True),
        ("shirt", "dress", False, True),
        ("f1,f1_low", "f1,f1_least", True, True),
        ("coat,10,0.7,0.6,0.8\n", "", False, True),
        ("coat", "hat,1,1,1,1\ncoat", False, True),
    ],
)
def test_a_table(old, new, outside, beyond, tmp_path):
    found = compare_texts(tmp_path, "plots/a.csv", TABLE, TABLE.replace(old, new))
    assert (bool(found.outside), found.beyond, found.unjudged, found.n_judged) == (outside, beyond, beyond, 0)


def test_a_verdict_may_not_change_and_its_measure_may(tmp_path):
    name = "plots/statements/000.csv"
    found = compare_texts(tmp_path, name, STATEMENTS, STATEMENTS.replace("0.5", "0.51"))
    assert (found.outside, found.verdicts) == ("", ())
    found = compare_texts(tmp_path, name, STATEMENTS, STATEMENTS.replace(",holds", ",does not hold"))
    assert found.verdicts == ("C5, Ten times. holds committed, does not hold new",)
    assert found.outside


def write_array(path, kind, values):
    if kind == ".npz":
        np.savez(path.open("wb"), weights=values)
    elif kind == ".pt":
        torch.save({"layers": [{"weights": torch.from_numpy(values)}]}, path)
    else:
        Image.fromarray((values * 10).astype(np.uint8)).save(path, format="png")


@pytest.mark.parametrize(("kind", "name"), [(".npz", "weights"), (".pt", "layers.0.weights"), (".png", "pixel")])
def test_arrays(kind, name, tmp_path):
    values = np.arange(6.0).reshape(2, 3)
    other = values.copy()
    other[1, 0] = 7
    for path, array in (("old", values), ("new", other)):
        write_array(tmp_path / path, kind, array)
    found = compare(f"a{kind}", tmp_path / "old", tmp_path / "new")
    assert found.first.startswith(f"{name}[1, 0")
    assert (found.outside, found.beyond) == ("", True)
    write_array(tmp_path / "new", kind, values * (1 + 1e-9))
    assert not compare(f"a{kind}", tmp_path / "old", tmp_path / "new").beyond
    write_array(tmp_path / "new", kind, values[:1])
    assert compare(f"a{kind}", tmp_path / "old", tmp_path / "new").outside


@pytest.mark.parametrize("count", ["test.images", "parameters"])
def test_a_count_of_what_is_given_may_not_change(count, tmp_path):
    section, _, name = count.rpartition(".")
    texts = [json.dumps({section: {name: value}} if section else {name: value}) for value in (100, 99)]
    assert "chance has no part" in compare_texts(tmp_path, "metrics/a.json", *texts).outside


def test_a_statement_more_is_no_matter_of_rounding(tmp_path):
    more = STATEMENTS + "C6,Another.,0.5,a third,holds\n"
    assert compare_texts(tmp_path, "plots/statements/000.csv", STATEMENTS, more).outside


def test_a_page_is_told_by_its_line(tmp_path):
    found = compare_texts(tmp_path, "plots/report.html", "a\nb\nc\n", "a\nB\nc\n")
    assert (found.first, found.outside, found.beyond) == ("line 2", "", True)


@pytest.mark.parametrize("name", ["a.json", "a.npz", "a.pt", "a.png"])
def test_what_cannot_be_read_is_different(name, tmp_path):
    assert "cannot be read" in compare_texts(tmp_path, name, "{", "[").outside
