"""Rules that measure a statement by numbers of the metrics files, and by tables whose rows have intervals."""

import math
from typing import Any

import pandas as pd
from scipy.special import ndtri

from vision.evidence.claims.rule import Quantity
from vision.evidence.claims.sources import Sources
from vision.evidence.recorded import interval_of, is_number
from vision.scores.intervals import CONFIDENCE, Z, wilson_interval
from vision.scores.paired import difference_interval, paired_interval


def number(sources: Sources, of: str) -> Quantity:
    """A number with its interval, by its address."""
    return sources.number(of)


def exact(sources: Sources, of: str) -> Quantity:
    """A number in which chance has no part once the networks are trained: a count, or the best of a search."""
    section, name = sources.section(of)
    if not is_number(section[name]):
        raise ValueError(f"{of} is no number")
    return Quantity(section[name], section[name], section[name])


def printed_accuracy(sources: Sources, of: dict[str, Any]) -> Quantity:
    """Our accuracy less a printed one, with the sampling errors of both.

    Args:
        of: `ours`, an address, or what `row` asks for; `printed`, in [0, 1]; `images`, how many it was measured on
    """
    read = row if isinstance(of["ours"], dict) else number
    ours, printed = read(sources, of["ours"]), of["printed"]
    theirs = wilson_interval(round(printed * of["images"]), of["images"])
    low, high = difference_interval(printed, theirs, ours.value, ours.interval)
    return Quantity(ours.value - printed, low, high, ours.sample, ours.size)


def difference(sources: Sources, of: list[str]) -> Quantity:
    """The first number less the second, taken as independent: of the same images, the interval is too wide."""
    first, second = map(sources.number, of)
    low, high = difference_interval(second.value, second.interval, first.value, first.interval)
    return Quantity(first.value - second.value, low, high, first.sample, first.size)


def ratio(sources: Sources, of: list[str]) -> Quantity:
    """The first number over the second, both positive and taken as independent; intervals combined on logarithms."""
    first, second = map(sources.number, of)
    if second.low <= 0 or first.low <= 0:
        raise ValueError(f"{of} may not be positive")
    logs = [[math.log(bound) for bound in (one.value, *one.interval)] for one in (second, first)]
    low, high = difference_interval(logs[0][0], (logs[0][1], logs[0][2]), logs[1][0], (logs[1][1], logs[1][2]))
    return Quantity(first.value / second.value, math.exp(low), math.exp(high), first.sample, first.size)


def paired(sources: Sources, of: list[str]) -> Quantity:
    """Test accuracy of the first model less that of the second, on the same images."""
    first, second = (set(sources.table(f"models/{model}/errors.csv").image) for model in of)
    images = sources.images(of[0], "test")
    right, wrong = len(second - first), len(first - second)
    return Quantity((right - wrong) / images, *paired_interval(right, wrong, images), "test images", images)


def row(sources: Sources, of: dict[str, str]) -> Quantity:
    """A number of one row of a table.

    Args:
        of: `table`; `where`, a condition on its columns that one row meets; `column`, which has `_low` and `_high`
    """
    found = sources.table(of["table"]).query(of["where"]).to_dict("records")
    if len(found) != 1:
        raise KeyError(f"{len(found)} rows of {of['table']} where {of['where']}")
    interval = interval_of(of["column"], found[0])
    if interval is None:
        raise ValueError(f"{of['column']} of {of['table']} has no interval")
    return Quantity(found[0][of["column"]], *interval, "test images")


def share(sources: Sources, of: dict[str, str]) -> Quantity:
    """The share of a table's rows that meet a condition.

    Args:
        of: `table`; `where`, the condition; `rows`, what they are
    """
    mask = sources.table(of["table"]).eval(of["where"])
    if not len(mask):
        raise ValueError(f"{of['table']} has no rows")
    return Quantity(float(mask.mean()), *wilson_interval(int(mask.sum()), len(mask)), of["rows"], len(mask))


def smallest(sources: Sources, of: dict[str, str]) -> Quantity:
    """The smallest of a column's true values, where each row has an interval of its own.

    It lies above the lowest of the lower bounds at the level of one row alone (intersection-union test). That it lies
    below some row's upper bound is found by looking at all of them, and needs Bonferroni's wider ones.

    Args:
        of: `table`; `column`, which has `_low` and `_high`, normal ones
    """
    return _smallest(sources.table(of["table"]), of["column"])


def leader(sources: Sources, of: dict[str, str]) -> Quantity:
    """How far a model is ahead of the best other one, where one model stands first in all pairs; below 0, behind it.

    Args:
        of: `table` of pairs, whose `difference`, the first less the second, has an interval; `where`, a condition on
            its columns; `model`
    """
    pairs = sources.table(of["table"]).query(of["where"])
    own = pairs[pairs["first"] == of["model"]]
    if len(own):
        return _smallest(own, "difference")
    pairs = pairs[pairs["second"] == of["model"]]
    if len(pairs) != 1:
        raise KeyError(f"{len(pairs)} rows of {of['table']} where {of['where']} with {of['model']}")
    found = pairs.iloc[0]
    return Quantity(-found.difference, -found.difference_high, -found.difference_low, "test images")


def _smallest(table: pd.DataFrame, column: str) -> Quantity:
    value, low, high = (table[f"{column}{end}"] for end in ("", "_low", "_high"))
    wider = float(ndtri(1 - (1 - CONFIDENCE) / 2 / len(table))) / Z
    return Quantity(float(value.min()), float(low.min()), float((value + (high - value) * wider).min()), "test images")
