"""The sections of the report on a change, in markdown; each is empty where it has nothing to say.

Each is cut, in whole rows, to its own share of what GitHub takes for a comment, so that none can crowd out another.
"""

from typing import Any

from vision.evidence.change.changes import (
    ABSENT,
    cost,
    file_changes,
    kept_outputs,
    parameter_changes,
    seed_spread,
    statement_changes,
)
from vision.evidence.change.comparison import Comparison
from vision.evidence.change.judgement import Measure
from vision.evidence.change.markdown import ROOM, fit, fold, table, text
from vision.evidence.change.pairing import Pair, model_name
from vision.scores.paired import difference_interval

SEEN_ROWS = 12  # of a table whose further rows are folded


def parameters(found: Comparison) -> str:
    """Changed parameters, before and after."""
    head = ["parameter", found.title, "here"]
    return _long_table("Parameters", head, _rows(parameter_changes(found.base, found.here)), "parameters")


def outdated(found: Comparison) -> str:
    """A warning where the results were not made with what is here, or the base has moved on."""
    lines = []
    if names := [text(name) for name in found.stale]:
        shown = ", ".join(fit(names, ROOM["names"]))
        lines.append(f"**Not rebuilt:** since the results were made, {shown} changed; `dvc repro` makes them anew.")
    if found.missing:
        lines.append(
            f"**{found.title} has moved on:** {found.missing} of its commits are not here, and what they changed shows "
            "as its reverse. `git merge` it first, or name where the branch left it."
        )
    return "\n\n".join(lines)


def statements(found: Comparison) -> str:
    """Statements with another verdict than before."""
    head = ["statement", found.title, "here"]
    rows = _rows(statement_changes(found.base, found.here))
    return _long_table("Statements whose verdict changed", head, rows, "statements")


def _rows(changes: list[tuple[str, Any, Any]]) -> list[list[str]]:
    return [
        [text(name), *("" if value is ABSENT else text(value) for value in (old, new))] for name, old, new in changes
    ]


def models(found: Comparison) -> str:
    """A line for each model that predicts otherwise, then those that are new or gone."""
    changed = [pair for pair in found.models if pair.old and pair.new]
    head = [
        "model", "test accuracy, %", "change in points (95 %)", "newly right", "newly wrong", "McNemar p",
        "std over seeds", "loss: change (95 %)", "verdict",
    ]  # fmt: skip
    parts = [table(head, [_model_row(found, pair) for pair in changed], ROOM["models"])] if changed else []
    for word, names in (
        ("New", [pair for pair in found.models if pair.old is None]),
        ("Removed", [pair for pair in found.models if pair.new is None]),
    ):
        listed = [f"{text(pair.name)} ({_percent(pair.new or pair.old)} %)" for pair in names]
        parts += [f"{word}: {', '.join(fit(listed, ROOM['names']))}."] if listed else []
    if not parts:
        return ""
    if changed:
        parts.append(
            "Each line compares these two trained networks on the same test images unless it says otherwise, not two"
            " recipes: another seed gives"
            " other networks, as far apart as the standard deviation over seeds says where it is known. Intervals of"
            " accuracy are paired (Bonett and Price, 2012) unless a line says otherwise, those of the loss are not and"
            " so too wide; p is McNemar's, exact."
        )
    return "\n\n".join(["### Models whose predictions changed", *parts])


def _model_row(found: Comparison, pair: Pair) -> list[str]:
    low, high = pair.interval
    change = f"{100 * pair.difference:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"
    counts = [str(len(pair.newly_right)), str(len(pair.newly_wrong)), f"{pair.p_value:.2g}"]
    spread = seed_spread(found.here, pair.name)
    words = ", ".join(f"{name.replace('_', ' ')} {word}" for name, word in found.words(pair).items())
    return [
        text(pair.name),
        f"{_percent(pair.old)} → {_percent(pair.new)}",
        change + (f", not paired: {text(pair.unpaired)}" if pair.unpaired else ""),
        *(["", "", ""] if pair.unpaired else counts),
        "" if spread is None else f"{100 * spread:.2f}",
        _loss(pair),
        text(words),
    ]


def _loss(pair: Pair) -> str:
    values = [[scores.get(f"loss{bound}") for bound in ("", "_low", "_high")] for scores in (pair.old, pair.new)]
    if not all(isinstance(value, float) for three in values for value in three):
        return ""
    (old, *old_interval), (new, *new_interval) = values
    low, high = difference_interval(old, old_interval, new, new_interval)
    return f"{old:.4f} → {new:.4f}: {new - old:+.4f} ({low:+.4f} to {high:+.4f})"


def _percent(scores: dict[str, Any]) -> str:
    return f"{100 * scores['correct'] / scores['images']:.2f}"


def outputs(found: Comparison) -> str:
    """How many outputs kept their bits, by dvc.lock, and which files changed, folded."""
    kept, both, new, gone = kept_outputs(found.locks)
    line = f"{kept} of {both} outputs kept their bits by dvc.lock; {new} are new, {gone} are gone."
    files = [f"- {text(path)}: {word}" for path, word in file_changes(found.base, found.here, found.locks).items()]
    fitting = fit(files, ROOM["outputs"])
    more = [f"- and {len(files) - len(fitting)} more"] if len(fitting) < len(files) else []
    return "\n\n".join([line, *([fold(f"Changed files: {len(files)}", "\n".join([*fitting, *more]))] if files else [])])


def costs(found: Comparison) -> str:
    """What the models above take, where it is recorded and differs; training is counted over all runs of a search."""
    rows = []
    for pair in found.models:
        old, new = (cost(version, pair.name) for version in (found.base, found.here))
        if old != new and pair.new is not None:
            cells = [f"{_count(before)} → {_count(after)}" for before, after in zip(old, new, strict=True)]
            rows.append([text(pair.name), *cells])
    head = ["cost", "parameters", "training runs", "updates in all"]
    return table(head, rows, ROOM["costs"]) if rows else ""


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def metrics(found: Comparison) -> str:
    """Every metric that changed, folded."""
    rows = []
    for metric in found.metrics:
        step = f"{metric.new.value - metric.old.value:+.3g}" if metric.old and metric.new else ""
        word = "new" if metric.old is None else "gone" if metric.new is None else metric.word
        name = f"{model_name(metric.file)}: {metric.name}"
        rows.append([text(name), _value(metric.old), _value(metric.new), step, word])
    head = ["metric", found.title, "here", "change", ""]
    return fold(f"Changed metrics: {len(rows)}", table(head, rows, ROOM["metrics"])) if rows else ""


def _value(measure: Measure | None) -> str:
    return "" if measure is None else text(measure.value)


def _long_table(title: str, head: list[str], rows: list[list[str]], section: str) -> str:
    """A heading and a table, whose rows after the first few are folded."""
    if not rows:
        return ""
    parts = [f"### {title}", table(head, rows[:SEEN_ROWS], ROOM[section] // 2)]
    if len(rows) > SEEN_ROWS:
        parts.append(fold(f"{len(rows) - SEEN_ROWS} more", table(head, rows[SEEN_ROWS:], ROOM[section] // 2)))
    return "\n\n".join(parts)
