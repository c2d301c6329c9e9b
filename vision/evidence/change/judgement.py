"""When a difference is called better, worse or the same: by its 95 % interval against a margin declared beforehand."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from vision.evidence.change.versions import Version
from vision.evidence.recorded import Interval, interval_of, is_number
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line
from vision.pipeline.schema.types import Float, StrictModel
from vision.scores.paired import difference_interval

MARGINS = "margins.yaml"
BETTER, WORSE, SAME, UNDECIDED = "better", "worse", "same", "undecided"
NOT_JUDGED = "not judged"  # it could be judged before, and cannot any more


class Margin(StrictModel):
    """How large a difference in one kind of metric must be to matter, and which direction is better."""

    better: Literal["higher", "lower"]
    absolute: Annotated[Float, Field(gt=0)] | None = None
    relative: Annotated[Float, Field(gt=0)] | None = None  # to the value before

    @model_validator(mode="after")
    def _check_one(self) -> "Margin":
        if (self.absolute is None) == (self.relative is None):
            raise ValueError("should hold either absolute or relative")
        return self

    def judge(self, old: float, difference: Interval) -> str:
        """The word for a difference, new less old, with this 95 % interval.

        The rule of Kruschke (2018) for a region of practical equivalence, with a confidence interval for his credible
        one.
        """
        margin = self.absolute if self.absolute is not None else self.relative * abs(old)
        low, high = difference if self.better == "higher" else (-difference[1], -difference[0])
        if low > margin:
            return BETTER
        if high < -margin:
            return WORSE
        return SAME if -margin < low and high < margin else UNDECIDED


class Measure(NamedTuple):
    """A number of a metrics file, with its 95 % interval where it has one that is usable."""

    value: float
    interval: Interval | None


class Judged(NamedTuple):
    """A metric that differs; the word is empty where nothing could be said before either."""

    file: str
    name: str
    old: Measure | None
    new: Measure | None
    word: str


def read_margins(version: Version) -> dict[str, Margin]:
    """Read and check margins.yaml.

    Raises:
        UserError: one line for the first mistake, naming the key and the value
    """
    if MARGINS not in version.blobs:
        raise UserError(f"{MARGINS}: no such file; run from the top of the repository")
    try:
        return TypeAdapter(dict[str, Margin]).validate_python(version.yaml(MARGINS))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(one_line(f"{MARGINS}: {key} is {first['input']!r:.400}: {first['msg']}")) from None


def measures(metrics: dict[str, Any], section: str = "") -> dict[str, Measure]:
    """All numbers of a metrics file by dotted name; the bounds of an interval are no numbers of their own."""
    found = {}
    for key, value in metrics.items():
        if isinstance(value, dict):
            found |= measures(value, f"{section}{key}.")
        elif (is_number(value) or isinstance(value, bool)) and key.rpartition("_")[2] not in ("low", "high"):
            found[f"{section}{key}"] = Measure(value, interval_of(key, metrics))
    return found


def judge(
    base: Version, here: Version, margins: dict[str, Margin], paired: dict[str, Interval], apart: set[str]
) -> list[Judged]:
    """Every metric that differs, by file and name.

    Args:
        paired: intervals of the difference in test accuracy over the same images, by file, where they are known
        apart: files whose numbers of test images cannot be compared
    """
    judged = []
    for file in sorted(name for name in base.blobs.keys() | here.blobs.keys() if name.startswith("metrics/")):
        if base.blobs.get(file) == here.blobs.get(file) and file not in paired:
            continue
        old, new = (measures(version.metrics(file)) for version in (base, here))
        for name in sorted(old.keys() | new.keys()):
            before, after = old.get(name), new.get(name)
            interval = paired.get(file) if name == "test.accuracy" else None
            if interval or before is None or after is None or _moved(before, after):
                word = _word(name, before, after, margins, interval)
                if word and file in apart and name.startswith("test."):
                    word = NOT_JUDGED
                judged.append(Judged(file, name, before, after, word))
    return judged


def _moved(before: Measure, after: Measure) -> bool:
    """Whether a number is another, or cannot be judged any more; another interval around it is no change."""
    return before.value != after.value or bool(before.interval and not after.interval)


def _word(
    name: str, old: Measure | None, new: Measure | None, margins: dict[str, Margin], interval: Interval | None
) -> str:
    kind = name.removesuffix(".mean").removesuffix(".share")
    margin = next((margins[key] for key in margins if f".{kind}".endswith(f".{key}")), None)
    if old is None or margin is None:
        return ""
    if new is None or (old.interval and not new.interval and not interval):
        return NOT_JUDGED if old.interval else ""
    if interval is None and old.interval and new.interval:
        interval = difference_interval(old.value, old.interval, new.value, new.interval)
    return margin.judge(old.value, interval) if interval else ""
