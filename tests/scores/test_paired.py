"""Two classifiers compared: against SciPy, published values and the procedures as they were written."""

import numpy as np
import pytest
from scipy import stats

from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval, holm, mcnemar, paired_interval


@pytest.mark.parametrize("counts", [(0, 1), (7, 7), (700, 801)], ids=str)
def test_mcnemar_matches_scipys_binomial_test_on_discordant_images(counts):
    pairs = [(True, False), (False, True), (True, True), (False, False)]
    first, second = np.repeat(pairs, (*counts, 5, 3), axis=0).T
    assert mcnemar(first, second) == mcnemar(second, first)
    assert mcnemar(first, second) == pytest.approx(stats.binomtest(counts[0], sum(counts)).pvalue)
    assert mcnemar(first, first) == 1


def test_paired_interval_matches_published_values():
    """Of 21 children, 7 against 1 changed (Fagerland, Lydersen, Laake, 2014, their first example)."""
    assert paired_interval(1, 7, 21) == pytest.approx((-0.508, -0.013), abs=5e-4)
    assert paired_interval(0, 1, 1)[0] == -1
    low, high = paired_interval(0, 0, 10_000)
    assert low == -high < 0


def test_holm_correction_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    assert holm(np.array([0.9, 0.001, 0.6])) == pytest.approx([1, 0.003, 1])


def test_difference_interval_of_shares_matches_newcombe():
    """56 of 70 against 48 of 80 (Newcombe, 1998, method 10 of his table of examples)."""
    first, second = (wilson_interval(*counts) for counts in ((56, 70), (48, 80)))
    assert difference_interval(0.6, second, 0.8, first) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_difference_interval_of_means_is_the_normal_one():
    low, high = difference_interval(2.0, (1.7, 2.3), 2.5, (2.1, 2.9))
    assert (low, high) == pytest.approx((0.5 - 0.5, 0.5 + 0.5))  # errors of 0.3 and 0.4 add up to 0.5
