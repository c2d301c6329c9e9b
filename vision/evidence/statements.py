"""How statements are judged, in the same words everywhere."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vision.results.tables import Metrics, write_table

HOLDS, IN_PART, FAILS, OPEN = "holds", "holds in part", "does not hold", "cannot be said"


class Claim(NamedTuple):
    """One statement of a document, held against our numbers.

    Attributes:
        item: where it stands: a question of document 000, or the number of another document
        measured: our numbers
        holds_if: what they must show; written down so that a reader can disagree
    """

    item: str
    statement: str
    measured: str
    holds_if: str
    verdict: str


def write_claims(path: Path, claims: list[Claim], source: str) -> None:
    """Write the statements as a table; they are about MNIST, so on images of another source nothing can be said."""
    if source != "mnist":
        claims = [claim._replace(verdict=OPEN) for claim in claims]
    write_table(path, pd.DataFrame(claims, columns=Claim._fields))


def verdict(tests: list[bool]) -> str:
    """Holds if every test does, in part if any does; open without any."""
    if not tests:
        return OPEN
    return HOLDS if all(tests) else IN_PART if any(tests) else FAILS


def most_confused(item: str, confusion: pd.DataFrame, pairs: tuple[str, str]) -> Claim:
    """Whether two pairs of classes are those that are most mixed up, in either direction.

    Args:
        confusion: actual, predicted, images
        pairs: as "3/5"
    """
    statement = f"{' and '.join(pairs[0].split('/'))}, and {' and '.join(pairs[1].split('/'))}, are the most mixed up."
    mistakes = confusion[confusion.actual != confusion.predicted]
    names = mistakes.apply(lambda row: "/".join(sorted((str(row.actual), str(row.predicted)))), axis=1)
    counts = mistakes.images.groupby(names).sum().sort_values(ascending=False, kind="stable")
    shown = counts[counts >= max(counts.iloc[3], 1)]  # with all that tie with the fourth
    measured = f"most confused: {', '.join(f'{pair} ({count})' for pair, count in shown.items()) or 'none'}"
    largest = counts.drop(list(pairs), errors="ignore").max()
    holds_if = "no other pair is mixed up more often than these two; in part: than one of them"
    return Claim(item, statement, measured, holds_if, verdict([counts.get(pair, 0) >= largest for pair in pairs]))


def percent(value: float, digits: int = 1) -> str:
    """A share as text."""
    return f"{100 * value:.{digits}f} %"


def share(proportion: Metrics) -> str:
    """A share with its interval as text, from what vision.scores.proportion gives."""
    return f"{percent(proportion['share'])} ({100 * proportion['low']:.1f} to {100 * proportion['high']:.1f})"
