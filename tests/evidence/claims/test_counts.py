"""Rankings are margins with intervals: which class or pair is ahead, by how much, and whether by chance."""

import numpy as np
import pytest
from scipy import stats

from tests.evidence.claims.conftest import NET
from vision.evidence.claims import counts
from vision.scores.equivalence import INCONCLUSIVE, REFUTED, SUPPORTED, verdict

AHEAD = (0, None)


def confusion(write, **errors):
    """A table of ten digits, correct but for some errors, given as _35=4: four 3s predicted as 5."""
    cells = np.diag(np.full(10, 900))
    for pair, count in errors.items():
        cells[int(pair[1]), int(pair[2])] = count
    rows = [{"actual": a, "predicted": p, "images": images} for (a, p), images in np.ndenumerate(cells)]
    write(f"{NET}/confusion.csv", rows[::-1])
    write(NET, {"x": 1})


@pytest.mark.parametrize(
    ("errors", "value", "expected"),
    [
        ({"_35": 40, "_53": 50, "_27": 8, "_12": 7}, 82, SUPPORTED),  # both directions count
        ({"_35": 4, "_53": 5, "_27": 8, "_12": 7}, 1, INCONCLUSIVE),
        ({"_35": 5, "_89": 90}, -85, REFUTED),
    ],
)
def test_confused_pair_is_supported_only_by_more_than_chance(errors, value, expected, sources, write):
    confusion(write, **errors)
    found = counts.confused_pair(sources, {"model": "net", "pair": [5, 3]})
    assert found.value == value
    assert found.low < value < found.high
    assert verdict(found, AHEAD) == expected


def test_confused_pair_ignores_excluded_pairs(sources, write):
    confusion(write, _35=40, _27=90, _49=5)
    assert counts.confused_pair(sources, {"model": "net", "pair": ["3", "5"], "except": [[7, 2]]}).value == 35
    with pytest.raises(KeyError, match="no class 11"):
        counts.confused_pair(sources, {"model": "net", "pair": [3, 11]})


def test_confused_with_counts_one_direction_alone(sources, write):
    confusion(write, _35=90, _38=40, _53=900, _32=5)
    for predicted, excluded, value in (([5], [], 50), ([8], [], -50), ([8, "5"], [], 35), ([8], [5], 35)):
        of = {"model": "net", "actual": 3, "predicted": predicted, "except": excluded}
        assert counts.confused_with(sources, of).value == value


def test_most_errors_counts_images_of_the_class_or_predicted_as_it(sources, write):
    confusion(write, _35=90, _45=60, _38=5, _21=70)
    for name, kind, value in ((3, "negatives", 95 - 70), (5, "positives", 150 - 70), (3, "positives", -150)):
        assert counts.most_errors(sources, {"model": "net", "class": name, "kind": f"false_{kind}"}).value == value


def classes(write, wrong, images=1000, model="net"):
    rows = [
        {"split": split, "class": digit, "images": images, "misclassified": 0 if split == "train" else count}
        for split in ("train", "test")
        for digit, count in enumerate(wrong)
    ]
    write(f"models/role/{model}/evaluation/misclassified.csv", rows)
    write(f"models/role/{model}/evaluation", {"x": 1})


def ask(sources, rule, *names, model="net"):
    return rule(sources, {"model": model, "classes": list(names)})


def test_worst_and_best_classes_are_margins_over_all_others(sources, write):
    classes(write, [10, 10, 300, 400, 10])
    assert ask(sources, counts.worst_classes, 2, 3).value == pytest.approx(0.29)
    assert verdict(ask(sources, counts.worst_classes, 0, 3), AHEAD) == REFUTED
    assert ask(sources, counts.smallest_error_rate, 2, 3).value == pytest.approx(0.3)
    classes(write, [58, 60, 58, 52, 10])
    assert verdict(ask(sources, counts.worst_classes, 0, 1), AHEAD) == INCONCLUSIVE
    classes(write, [10, 100, 300, 100])
    assert ask(sources, counts.best_classes, 0).value == pytest.approx(0.09)
    assert verdict(ask(sources, counts.best_classes, 0), AHEAD) == SUPPORTED


def test_interval_of_one_class_matches_the_normal_interval_of_its_share(sources, write):
    classes(write, [100, 0, 0])
    found = ask(sources, counts.smallest_error_rate, 0)
    half = 1.96 * np.sqrt(0.1 * 0.9 / 1000)
    assert found[:4] == pytest.approx((0.1, 0.1 - half, 0.1 + half, 3000), abs=0.003)


def test_interval_of_a_replications_class_matches_the_t_interval_over_seeds(sources, write):
    rows = [{"split": "test", "class": digit, "mean": mean, "std": 0.02} for digit, mean in enumerate([0.3, 0.1])]
    write("replications/net/evaluation/misclassified.csv", rows)
    write("replications/net/evaluation", {"by_seed": {f"seed_{seed}": {"x": 1, "y": 1} for seed in range(10)}})
    found = ask(sources, counts.smallest_error_rate, 0, model="replications/net")
    low, high = stats.t.interval(0.95, 9, 0.3, 0.02 / np.sqrt(10))
    assert found[:4] == pytest.approx((0.3, low, high, 10), abs=0.003)


def test_ratio_of_worst_classes_is_of_the_means_of_three(sources, write):
    classes(write, [200, 200, 200, 1])
    classes(write, [1, 100, 100, 100], model="other")
    found = counts.ratio_of_worst_classes(sources, ["net", "other"])
    assert found.value == pytest.approx(2)
    assert 1.7 < found.low < 2 < found.high < 2.3
