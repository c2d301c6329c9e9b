"""What a commit records: entries of dvc.lock by stage, and which interval is a number's own."""

import math

import pytest

from vision.evidence.recorded import Entry, entries, interval_of, is_number


def test_a_stage_is_read_with_its_files_and_parameters_by_name():
    stage = {
        "cmd": "train", "params": {"params.yaml": {"seed": 0}}, "deps": [{"path": "code.py", "md5": "c"}],
        "outs": [{"path": "net.pt", "md5": "w", "size": 3}],
    }  # fmt: skip
    lock = {"schema": "2.0", "stages": {"train": stage, "bare": {"cmd": "true"}}}
    train = Entry("train", {"params.yaml: seed": 0}, {"code.py": "c"}, {"net.pt": "w"})
    assert entries(lock) == {"train": train, "bare": Entry("true", {}, {}, {})}
    assert entries({"stages": None}) == {}


def test_an_interval_stands_beside_its_number():
    section = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "images": 10}
    assert interval_of("accuracy", section) == (0.8, 0.95)
    assert interval_of("images", section) is None
    assert interval_of("loss", section) is None


def test_a_mean_has_its_sections_interval_and_its_spread_has_not():
    section = {"mean": 2.0, "std": 0.1, "low": 1.5, "high": 2.5}
    assert interval_of("mean", section) == (1.5, 2.5)
    assert interval_of("std", section) is None
    assert interval_of("mean", section | {"mean_low": 1.9, "mean_high": 2.1}) == (1.9, 2.1)


@pytest.mark.parametrize("bounds", [(0.9, 0.9), (0.95, 0.99), (0.1, 0.2), (None, 1), ("0.8", 1), (0.8, math.nan)])
def test_an_interval_that_says_nothing_is_none(bounds):
    low, high = bounds
    assert interval_of("accuracy", {"accuracy": 0.9, "accuracy_low": low, "accuracy_high": high}) is None


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, 10**400])
def test_what_cannot_be_subtracted_is_no_number(value):
    assert not is_number(value)


@pytest.mark.parametrize("value", [0, -3, 2.5])
def test_what_can_is_one(value):
    assert is_number(value)
