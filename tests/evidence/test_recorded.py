"""What a commit records: entries of dvc.lock by stage, and the interval beside a number."""

import math

import pytest

from vision.evidence.recorded import Entry, entries, interval_of, is_number


def test_entries_are_stages_with_their_files_and_parameters_by_name():
    stage = {
        "cmd": "train", "params": {"params.yaml": {"seed": 0}}, "deps": [{"path": "code.py", "md5": "c"}],
        "outs": [{"path": "net.pt", "md5": "w", "size": 3}],
    }  # fmt: skip
    lock = {"schema": "2.0", "stages": {"train": stage, "bare": {"cmd": "true"}}}
    train = Entry("train", {"params.yaml: seed": 0}, {"code.py": "c"}, {"net.pt": "w"})
    assert entries(lock) == {"train": train, "bare": Entry("true", {}, {}, {})}
    assert entries({"stages": None}) == {}


def test_interval_of_a_number_stands_beside_it_and_of_a_mean_in_its_section():
    section = {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "images": 10}
    assert interval_of("accuracy", section) == (0.8, 0.95)
    assert interval_of("images", section) is None
    section = {"mean": 2.0, "std": 0.1, "low": 1.5, "high": 2.5}
    assert interval_of("mean", section) == (1.5, 2.5)
    assert interval_of("std", section) is None
    assert interval_of("mean", section | {"mean_low": 1.9, "mean_high": 2.1}) == (1.9, 2.1)


@pytest.mark.parametrize("bounds", [(0.9, 0.9), (0.95, 0.99), (0.1, 0.2), (None, 1)])
def test_interval_without_width_or_beside_its_number_is_none(bounds):
    low, high = bounds
    assert interval_of("accuracy", {"accuracy": 0.9, "accuracy_low": low, "accuracy_high": high}) is None


def test_interval_may_end_at_its_number():
    assert interval_of("share", {"share": 0, "low": 0, "high": 0.1}) == (0, 0.1)
    assert interval_of("share", {"share": 1, "low": 0.9, "high": 1}) == (0.9, 1)


def test_is_number_is_what_can_be_subtracted():
    assert [value for value in (0, -3, 2.5, True, None, "1", math.nan, math.inf) if is_number(value)] == [0, -3, 2.5]
