"""What `make coverage` simulates: a population with a calibrated network, and intervals that hold their values."""

import numpy as np
import pytest
from click.testing import CliRunner

from tests.coverage import __main__ as coverage
from tests.coverage.__main__ import QUANTITIES, main, population

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def everything():
    return population(np.random.default_rng(0))


def test_in_the_population_one_network_is_calibrated_and_the_other_overconfident(everything):
    some = everything.drawn(np.arange(40_000))
    assert QUANTITIES["calibration error, calibrated"](some)[0] < 0.008
    assert QUANTITIES["calibration error, too sure"](some)[0] > 0.05


@pytest.mark.parametrize("name", QUANTITIES)
def test_an_interval_holds_its_value(everything, name):
    value, low, high = QUANTITIES[name](everything.drawn(np.arange(3000)))
    assert low <= value <= high
    assert low < high


def test_coverage_prints_every_quantity(monkeypatch):
    monkeypatch.setattr(coverage, "POPULATION", 20_000)
    ended = CliRunner().invoke(main, ["--simulations", "2", "--images", "2000"])
    assert ended.exit_code == 0, ended.output
    assert all(f"\n{name} " in ended.output for name in QUANTITIES)
