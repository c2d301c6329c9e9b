"""Which numbers are better, worse or the same: by the 95 % interval of the difference and margins.yaml."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel

from vision.evidence.change.pairing import OTHER_IMAGES, Pair
from vision.evidence.change.versions import scores_of, tables
from vision.pipeline.params import validate
from vision.pipeline.parsing import read_yaml
from vision.scores.equivalence import REFUTED, SUPPORTED, verdict
from vision.scores.estimate import Estimate
from vision.scores.paired import difference_interval

MARGINS, SCORES = "margins.yaml", "plots/**/scores.csv"
WORSE, BETTER, NOT_COMPARABLE, UNDECIDED, SAME = "worse", "better", "not comparable", "undecided", "same"


class Margin(BaseModel, extra="forbid", frozen=True):
    """How large a difference in one kind of number must be to matter, and which direction is better."""

    better: Literal["higher", "lower"]
    absolute: float = 0
    relative: float = 0  # to the value before

    def verdict(self, old: float, change: Estimate) -> str:
        """Whether the interval of a difference, new less old, lies beyond the margin, within it, or across."""
        margin = self.absolute + self.relative * abs(old)
        outcome = verdict(change, (-margin, margin))
        if outcome == REFUTED:
            return BETTER if (change.value > 0) == (self.better == "higher") else WORSE
        return SAME if outcome == SUPPORTED else UNDECIDED


class NumberChange(NamedTuple):
    """A number with a margin that differs, the difference and the verdict on it."""

    path: str
    name: str
    old: Estimate
    new: Estimate | None
    verdict: str = NOT_COMPARABLE
    change: Estimate | None = None
    reason: str = ""

    def __str__(self) -> str:
        """Return "convnet test.accuracy"."""
        return f"{results(self.path)} {self.name}" + (f" ({self.reason})" if self.reason else "")


def results(path: str) -> str:
    """What a table of scores is called: a model by its key, other results by their folder."""
    parts = os.path.dirname(path).removeprefix("plots/").removesuffix("/evaluation").split("/")
    return parts[-1] if parts[0] == "models" else "/".join(parts)


def compare_numbers(base: Path, here: Path, models: dict[str, Pair], other: set[str]) -> Iterator[NumberChange]:
    """Every number with a margin and an interval that differs; `other` are outputs made from other test images."""
    margins = _read_margins()
    for path in sorted(tables(base, SCORES) | tables(here, SCORES)):
        old, new = (scores_of(version, path) for version in (base, here))
        for name in old if new else ():
            margin = next((margins[key] for key in margins if f".{name}".endswith(f".{key}")), None)
            pair = models.get(path) if name == "test.accuracy" else None
            if margin and (pair or old[name] != new.get(name)):
                images = f"{name.rpartition('.')[0]}.images"
                same = os.path.dirname(path) not in other and old.get(images) == new.get(images)
                reason = (models[path].unpaired if path in models else "") or ("" if same else OTHER_IMAGES)
                number = NumberChange(path, name, old[name], new.get(name), reason=reason)
                yield from _compare_number(number, margin, pair)


def _compare_number(number: NumberChange, margin: Margin, pair: Pair | None) -> Iterator[NumberChange]:
    old, new = number.old, number.new
    if not new or (old.interval and not new.interval and not pair):
        if old.interval:
            yield number._replace(reason="its interval is gone" if new else "it is gone")
    elif number.reason:
        yield number
    elif pair or (old.value != new.value and old.interval and new.interval):
        bounds = () if pair else difference_interval(old.value, old.interval, new.value, new.interval)
        change = pair.difference if pair else Estimate(new.value - old.value, *bounds)
        yield number._replace(change=change, verdict=margin.verdict(old.value, change))


def _read_margins() -> dict[str, Margin]:
    return validate(dict[str, Margin], read_yaml(Path(MARGINS)), f"{MARGINS}: ")
