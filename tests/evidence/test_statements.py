"""Statements: what holds, what holds in part, and what nothing can be said of."""

import numpy as np
import pandas as pd
import pytest

from vision.evidence.statements import (
    FAILS,
    HOLDS,
    IN_PART,
    OPEN,
    Statement,
    most_confused,
    percent,
    share,
    verdict,
    write_statements,
)
from vision.pipeline.tables import read_table


def confusion(**counts):
    """A table of ten digits, right but for some mistakes, given as _35=4: four 3s taken for 5."""
    cells = np.diag(np.full(10, 50))
    for pair, count in counts.items():
        cells[int(pair[1]), int(pair[2])] = count
    rows = [{"actual": a, "predicted": p, "images": images} for (a, p), images in np.ndenumerate(cells)]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("tests", "expected"),
    [([True, True], HOLDS), ([True, False], IN_PART), ([False, False], FAILS), ([], OPEN)],
)
def test_the_words_for_tests(tests, expected):
    assert verdict(tests) == expected


@pytest.mark.parametrize(
    ("mistakes", "expected"),
    [
        ({"_35": 4, "_53": 5, "_27": 8, "_12": 7}, HOLDS),  # both directions count: 9 and 8 against 7
        ({"_35": 7, "_72": 7, "_49": 7}, HOLDS),  # nothing is mixed up more often
        ({"_35": 9, "_27": 6, "_49": 7}, IN_PART),
        ({"_35": 5, "_27": 5, "_49": 9}, FAILS),  # second is not most
    ],
)
def test_pairs_are_the_most_confused_only_if_no_other_is_more(mistakes, expected):
    assert most_confused("P11", confusion(**mistakes), ("3/5", "2/7")).verdict == expected


def test_all_that_tie_with_the_fourth_pair_are_shown():
    found = most_confused("P11", confusion(_01=9, _23=5, _45=5, _67=5, _89=5, _02=4), ("3/5", "2/7"))
    assert found.measured == "most confused: 0/1 (9), 2/3 (5), 4/5 (5), 6/7 (5), 8/9 (5)"
    assert most_confused("P11", confusion(), ("3/5", "2/7")).measured == "most confused: none"


def test_other_names_of_classes_are_no_error():
    table = confusion(_35=4).replace({"actual": {3: "coat"}, "predicted": {3: "coat"}})
    assert most_confused("P11", table, ("3/5", "2/7")).verdict == FAILS


@pytest.mark.parametrize(("source", "expected"), [("mnist", HOLDS), ("digits", OPEN), ("fashion_mnist", OPEN)])
def test_statements_are_judged_on_their_own_images_alone(source, expected, tmp_path):
    statement, path = Statement("C5", "statement", "measured", "always", HOLDS), tmp_path / "000.csv"
    write_statements(path, [statement], source, {"documents": {"000": {"dataset": "mnist"}}}, "000")
    assert read_table(path).iloc[0].to_dict() == statement._replace(verdict=expected)._asdict()


def test_shares_in_words():
    assert percent(0.12341, 2) == "12.34 %"
    assert share({"share": 0.5, "low": 0.25, "high": 0.75}) == "50.0 % (25.0 to 75.0)"
