"""What a commit records of its results: the stages in dvc.lock, and the interval beside a number of a metrics file."""

import sys
from typing import Any, NamedTuple

Interval = tuple[float, float]


class Entry(NamedTuple):
    """What dvc.lock records of one stage: its command, and by name its parameters and the checksums of its files."""

    command: str
    params: dict[str, Any]
    deps: dict[str, str]
    outs: dict[str, str]


def entries(lock: dict[str, Any]) -> dict[str, Entry]:
    """The stages of a dvc.lock that was read, by name; a parameter's is `params.yaml: seed`.

    Raises:
        KeyError, TypeError, AttributeError: it is no lock file of DVC
    """
    stages = {} if lock["stages"] is None else lock["stages"]
    return {
        name: Entry(
            stage["cmd"],
            {f"{file}: {key}": value for file, keys in stage.get("params", {}).items() for key, value in keys.items()},
            {dep["path"]: dep["md5"] for dep in stage.get("deps", [])},
            {out["path"]: out["md5"] for out in stage.get("outs", [])},
        )
        for name, stage in stages.items()
    }


def interval_of(name: str, section: dict[str, Any]) -> Interval | None:
    """The 95 % interval of the number `name` of a section; None if it has none, or one that says nothing.

    `accuracy` has `accuracy_low` and `accuracy_high` beside it; a section's `mean` or `share` may have `low` and
    `high`. An interval without width, as of seeds that agree by chance, or beside its number says nothing.
    """
    beside = name in ("mean", "share") and f"{name}_low" not in section
    low, high = (section.get(bound if beside else f"{name}_{bound}") for bound in ("low", "high"))
    value = section.get(name)
    usable = all(map(is_number, (value, low, high))) and low < high and low <= value <= high
    return (low, high) if usable else None


def is_number(value: Any) -> bool:
    """Whether a value can be subtracted: a file may hold anything."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max  # no NaN, and no integer beyond any float
