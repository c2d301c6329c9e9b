"""What `make coverage` simulates, and what it prints."""

import numpy as np
import pytest
from click.testing import CliRunner

from tests.coverage import __main__ as coverage

pytestmark = pytest.mark.slow


def test_one_network_is_calibrated_and_the_other_overconfident():
    some = coverage.population(np.random.default_rng(0)).sample(np.arange(40_000))
    assert coverage.QUANTITIES["ECE, calibrated"](some).value < 0.008
    assert coverage.QUANTITIES["ECE, overconfident"](some).value > 0.05
    assert all(measure(some.sample(np.arange(3000))).interval for measure in coverage.QUANTITIES.values())


def test_coverage_prints_every_quantity(monkeypatch):
    monkeypatch.setattr(coverage, "POPULATION", 20_000)
    ended = CliRunner().invoke(coverage.main, ["--simulations", "2", "--images", "2000"])
    assert ended.exit_code == 0, ended.output
    assert all(f"\n{name} " in ended.output for name in coverage.QUANTITIES)
