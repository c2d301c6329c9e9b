"""Rules that measure a claim by scores, and by tables whose rows have intervals."""

import math
from typing import Any

import pandas as pd
from scipy.special import ndtri

from vision.evidence.claims.sources import Sources, with_interval
from vision.scores.estimate import Estimate
from vision.scores.intervals import CONFIDENCE, Z, share_estimate, wilson_interval
from vision.scores.paired import difference_interval, paired_interval


def exact(sources: Sources, of: str) -> Estimate:
    """A score without sampling error: a count, or the best result of a search."""
    return Estimate(sources.score(of).value)


def smallest_rise(sources: Sources, of: str) -> Estimate:
    """The smallest rise from `<address>.<name>.start` to `.end` over all names; without sampling error."""
    results, _, prefix = of.partition(".")
    scores = sources.scores(results)
    ends = {name.removesuffix(".end") for name in scores if name.startswith(f"{prefix}.") and name.endswith(".end")}
    return Estimate(min(scores[f"{name}.end"].value - scores[f"{name}.start"].value for name in ends))


def reported_accuracy(sources: Sources, of: dict[str, Any]) -> Estimate:
    """The reproduced accuracy less the reported one, with the sampling errors of both.

    `of` holds `reproduced`, an address, or what `row` needs; `reported`, in [0, 1], of so many `images`.
    """
    address = of["reproduced"]
    reproduced = row(sources, address) if isinstance(address, dict) else sources.estimate(address)
    reported = Estimate(of["reported"], *wilson_interval(round(of["reported"] * of["images"]), of["images"]))
    return _less(reproduced, reported)


def difference(sources: Sources, of: list[str]) -> Estimate:
    """The first score less the second, taken as independent; for the same images the interval is too wide."""
    return _less(*map(sources.estimate, of))


def _less(first: Estimate, second: Estimate) -> Estimate:
    interval = difference_interval(second.value, second[1:3], first.value, first[1:3])
    return Estimate(first.value - second.value, *interval, first.n)


def ratio(sources: Sources, of: list[str]) -> Estimate:
    """The first score over the second, both positive and taken as independent; intervals combined on logarithms."""
    first, second = map(sources.estimate, of)
    if second.low <= 0 or first.low <= 0:
        raise ValueError(f"{of} may not be positive")
    low, high = _less(*(Estimate(*map(math.log, one[:3])) for one in (first, second)))[1:3]
    return Estimate(first.value / second.value, math.exp(low), math.exp(high), first.n)


def paired(sources: Sources, of: list[str]) -> Estimate:
    """Test accuracy of the first model less that of the second, on the same images."""
    first, second = (set(sources.table_of(model, "errors").image) for model in of)
    images = sources.images(of[0], "test")
    only_first, only_second = len(second - first), len(first - second)
    interval = paired_interval(only_first, only_second, images)
    return Estimate((only_first - only_second) / images, *interval, images)


def row(sources: Sources, of: dict[str, str]) -> Estimate:
    """A number of one row of a table.

    `of` holds `table`; `where`, a condition on its columns that one row meets; `column`, which has `_low` and `_high`.
    """
    return with_interval(_only(sources.table(of["table"]).query(of["where"]), of["column"]), of["column"])


def _only(rows: pd.DataFrame, column: str) -> Estimate:
    """A column of a table's only row; a ValueError if it has none or several."""
    return Estimate(*(rows[f"{column}{end}"].item() for end in ("", "_low", "_high")))


def share(sources: Sources, of: dict[str, str]) -> Estimate | None:
    """The share of the rows of `table` that meet the condition `where`; None of an empty table."""
    return share_estimate(sources.table(of["table"]).eval(of["where"]).to_numpy())


def smallest(sources: Sources, of: dict[str, str]) -> Estimate:
    """The smallest of a column's true values; `of` holds `table` and `column`, which has normal `_low` and `_high`."""
    return _smallest(sources.table(of["table"]), of["column"])


def margin_of_model(sources: Sources, of: dict[str, str]) -> Estimate:
    """How far a model is ahead of the best other one, by a table of pairs that all have the best one as `first`.

    `of` holds `table`, with the `difference` of first less second; `where`, a condition on its columns; `model`.
    """
    pairs = sources.table(of["table"]).query(of["where"])
    ahead = pairs[pairs["first"] == of["model"]]
    if len(ahead):
        return _smallest(ahead, "difference")
    behind = _only(pairs[pairs["second"] == of["model"]], "difference")
    return Estimate(-behind.value, -behind.high, -behind.low)


def _smallest(table: pd.DataFrame, column: str) -> Estimate:
    """The lowest of all lower bounds (intersection-union test), and an upper bound with Bonferroni's correction."""
    value, low, high = (table[f"{column}{end}"] for end in ("", "_low", "_high"))
    wider = float(ndtri(1 - (1 - CONFIDENCE) / 2 / len(table))) / Z
    return Estimate(float(value.min()), float(low.min()), float((value + (high - value) * wider).min()))
