"""Two classifiers compared: against scipy, published values and the procedures as they were written."""

import numpy as np
import pytest
from scipy import stats

from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval, exact_mcnemar, holm, mcnemar, paired_interval


def right(only_first, only_second, both=5, neither=3):
    """Where two classifiers are right, in some order of the images."""
    counts = {(True, False): only_first, (False, True): only_second, (True, True): both, (False, False): neither}
    pairs = np.random.default_rng(0).permutation([pair for pair, count in counts.items() for _ in range(count)])
    return pairs.reshape(-1, 2).T


@pytest.mark.parametrize("counts", [(0, 1), (3, 0), (7, 7), (2, 9), (40, 61), (700, 801)], ids=str)
def test_mcnemar_is_the_two_sided_test_of_a_fair_coin_on_the_images_that_differ(counts):
    first, second = right(*counts)
    found = mcnemar(first, second)
    tail = stats.binom.cdf(min(counts), sum(counts), 0.5)
    assert found == pytest.approx(min(1, 2 * tail))
    assert found == pytest.approx(stats.binomtest(counts[0], sum(counts)).pvalue)
    assert mcnemar(second, first) == pytest.approx(found)
    # Images on which the two agree say nothing.
    assert mcnemar(*right(*counts, both=500, neither=0)) == pytest.approx(found)


@pytest.mark.parametrize(("both", "neither"), [(4, 4), (3, 0), (0, 3)])
def test_classifiers_that_never_differ_differ_by_chance(both, neither):
    assert mcnemar(*right(0, 0, both, neither)) == 1


@pytest.mark.parametrize(
    ("raw", "corrected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04], [0.04]),
        ([0.5, 0.5], [1, 1]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.9, 0.001, 0.2], [0.9, 0.003, 0.4]),
    ],
)
def test_holms_correction_is_that_worked_by_hand(raw, corrected):
    assert holm(np.array(raw)) == pytest.approx(corrected)


def test_the_paired_interval_is_the_published_one():
    """Of 21 children, 7 against 1 changed (Fagerland, Lydersen, Laake, 2014, their first example)."""
    assert paired_interval(1, 7, 21) == pytest.approx((-0.508, -0.013), abs=5e-4)


@pytest.mark.parametrize(("right", "wrong", "images"), [(0, 0, 10_000), (12, 27, 10_000), (3, 0, 359), (0, 1, 1)])
def test_the_paired_interval_is_of_new_less_old_whichever_is_which(right, wrong, images):
    low, high = paired_interval(right, wrong, images)
    assert paired_interval(wrong, right, images) == pytest.approx((-high, -low))
    assert -1 <= low <= (right - wrong) / images <= high <= 1
    assert low < high


@pytest.mark.parametrize(
    ("gained", "lost", "images"),
    [(0.002, 0.002, 10_000), (0.001, 0.004, 10_000), (0.0002, 0, 10_000), (0.03, 0.01, 10_000), (0.05, 0.02, 359)],
)
def test_the_paired_interval_covers_the_true_difference_in_95_of_100_draws(gained, lost, images):
    shares = [gained, lost, 1 - gained - lost]
    draws = np.random.default_rng(0).multinomial(images, shares, 4000)
    intervals = np.array([paired_interval(right, wrong, images) for right, wrong, _ in draws])
    covered = ((intervals[:, 0] <= gained - lost) & (gained - lost <= intervals[:, 1])).mean()
    error = np.sqrt(0.05 * 0.95 / len(draws))
    assert covered > 0.95 - 4 * error
    if (gained + lost) * images > 10:  # with fewer it covers more, as whole numbers leave no choice
        assert covered < 0.97


@pytest.mark.parametrize("counts", [(0, 0), (0, 5), (0, 6), (1, 8), (2, 9), (2, 10), (40, 61), (40, 58)])
def test_the_paired_interval_and_the_test_agree(counts):
    """Where McNemar's test is significant, the interval leaves 0 out; only between 0.03 and 0.06 need they not."""
    low, high = paired_interval(*counts, 10_000)
    p_value = exact_mcnemar(*counts)
    assert (low > 0 or high < 0) == (p_value < 0.05) or 0.03 < p_value < 0.06


def holm_rejects(p_values, level):
    """Holm's procedure as he wrote it: from the smallest on, stop at the first that is above its share."""
    rejected = set()
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected.add(place)
    return rejected


@pytest.mark.parametrize("seed", range(5))
def test_a_corrected_p_value_is_below_a_level_where_holms_procedure_rejects(seed):
    p_values = np.random.default_rng(seed).beta(0.4, 3, 12)
    corrected = holm(p_values)
    for level in np.linspace(0.001, 0.999, 97):
        assert set(np.flatnonzero(corrected <= level)) == holm_rejects(p_values, level)


@pytest.mark.parametrize("size", [1, 2, 15])
def test_corrected_p_values_keep_their_order_and_are_between_the_raw_ones_and_1(size):
    p_values = np.random.default_rng(size).random(size)
    corrected = holm(p_values)
    assert ((p_values <= corrected) & (corrected <= np.minimum(1, size * p_values))).all()
    assert (np.diff(corrected[np.argsort(p_values)]) >= 0).all()
    order = np.random.default_rng(0).permutation(size)
    np.testing.assert_array_equal(holm(p_values[order]), corrected[order])


def test_the_interval_of_a_difference_of_shares_is_newcombes():
    """56 of 70 against 48 of 80 (Newcombe, 1998, method 10 of his table of examples)."""
    first, second = (wilson_interval(*counts) for counts in ((56, 70), (48, 80)))
    assert difference_interval(0.6, second, 0.8, first) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_the_interval_of_a_difference_of_means_is_the_normal_one():
    low, high = difference_interval(2.0, (1.7, 2.3), 2.5, (2.1, 2.9))
    assert (low, high) == pytest.approx((0.5 - 0.5, 0.5 + 0.5))  # errors of 0.3 and 0.4 add up to 0.5
