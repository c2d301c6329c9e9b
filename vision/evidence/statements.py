"""How statements are judged, in the same words everywhere."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vision.evidence.documents import Documents
from vision.pipeline.tables import Metrics
from vision.results.tables import write_table

HOLDS, IN_PART, FAILS, OPEN = "holds", "holds in part", "does not hold", "cannot be said"


class Statement(NamedTuple):
    """One statement of a document, held against our numbers.

    Attributes:
        row: its id
        measured: our numbers
        holds_if: what they must show; written down so that a reader can disagree
    """

    row: str
    statement: str
    measured: str
    holds_if: str
    verdict: str


def write_statements(path: Path, statements: list[Statement], source: str, documents: Documents, document: str) -> None:
    """Write the statements of a document as a table; on another dataset than the document's nothing can be said."""
    if source != documents["documents"][document]["dataset"]:
        statements = [statement._replace(verdict=OPEN) for statement in statements]
    write_table(path, pd.DataFrame(statements, columns=Statement._fields))


def verdict(tests: list[bool]) -> str:
    """Holds if every test does, in part if any does; open without any."""
    if not tests:
        return OPEN
    return HOLDS if all(tests) else IN_PART if any(tests) else FAILS


def most_confused(row: str, confusion: pd.DataFrame, pairs: tuple[str, str]) -> Statement:
    """Whether two pairs of classes are those that are most mixed up, in either direction.

    Args:
        confusion: actual, predicted, images
        pairs: as "3/5"
    """
    statement = f"{' and '.join(pairs[0].split('/'))}, and {' and '.join(pairs[1].split('/'))}, are the most mixed up."
    mistakes = confusion[confusion.actual != confusion.predicted]
    names = mistakes.apply(lambda row: "/".join(sorted((str(row.actual), str(row.predicted)))), axis=1)
    counts = mistakes.images.groupby(names).sum().sort_values(ascending=False, kind="stable")
    shown = counts[counts >= max(counts.iloc[min(3, len(counts) - 1)], 1)]  # with all that tie with the fourth
    measured = f"most confused: {', '.join(f'{pair} ({count})' for pair, count in shown.items()) or 'none'}"
    largest = counts.drop(list(pairs), errors="ignore").max()
    holds_if = "no other pair is mixed up more often than these two; in part: than one of them"
    return Statement(row, statement, measured, holds_if, verdict([counts.get(pair, 0) >= largest for pair in pairs]))


def percent(value: float, digits: int = 1) -> str:
    """A share as text."""
    return f"{100 * value:.{digits}f} %"


def share(proportion: Metrics) -> str:
    """A share with its interval as text, from what vision.scores.intervals.proportion gives."""
    return f"{percent(proportion['share'])} ({100 * proportion['low']:.1f} to {100 * proportion['high']:.1f})"


def accuracy(scores: Metrics) -> str:
    """An accuracy with its interval as text, from what vision.scores.classification.summarise gives."""
    low, high = 100 * scores["accuracy_low"], 100 * scores["accuracy_high"]
    return f"{percent(scores['accuracy'], 2)} ({low:.2f} to {high:.2f})"
