"""Rules over training curves: against curves written by hand."""

import pytest

from vision.evidence.statements import curves
from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval


@pytest.fixture
def net(write):
    write("net", {"valid": {"images": 100}})
    values = {("valid", "accuracy"): [0.5, 0.7, 0.6, 0.6, 0.8], ("valid", "loss"): [1.0, 0.5, 0.7, 0.5, 0.4]}
    rows = [
        {"run": "net", "epoch": epoch, "split": split, "measure": measure, "value": value}
        for (split, measure), found in values.items()
        for epoch, value in enumerate(found, 1)
    ]
    write("models/net/curves.csv", rows[::-1])


@pytest.mark.parametrize(("ask", "expected"), [("rises", 2), ("falls", 1), ("range", 1.6)])
def test_what_a_curve_does_is_counted(ask, expected, sources, net):
    found = curves.curve(sources, {"model": "net", "split": "valid", "measure": "accuracy", "ask": ask})
    assert found[:3] == pytest.approx((expected,) * 3)


def test_a_gain_is_from_the_first_epoch_to_the_last(sources, net):
    found = curves.gain(sources, "net")
    interval = difference_interval(0.5, wilson_interval(50, 100), 0.8, wilson_interval(80, 100))
    assert found[:3] == pytest.approx((0.3, *interval))
    assert (found.sample, found.size) == ("validation images", 100)


def test_a_curve_that_is_not_there_is_none(sources, net):
    with pytest.raises(KeyError, match="no curve of test loss"):
        curves.curve(sources, {"model": "net", "split": "test", "measure": "loss", "ask": "rises"})
