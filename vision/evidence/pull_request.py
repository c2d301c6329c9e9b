"""What a change did, as markdown for a pull request: only what differs from another revision, sorted.

`python -m vision.evidence.pull_request main` compares the working tree with main.
"""

import json
import re
import signal
import subprocess
import sys
from typing import Any

from vision.pipeline.errors import UserError

Changes = dict[str, dict[str, dict[str, Any]]]  # file -> name -> {"old": ..., "new": ...}

BETTER_UP = ("accuracy", "precision", "recall", "f1", "trustworthiness", "share", "correct")
BETTER_DOWN = ("loss", "ece", "error", "kl_divergence", "diverged", "none_right")
BOUNDS = ("low", "high")

TABLE_BYTES = 400_000  # of two tables: GitHub refuses a job summary of more than 1 MiB
CELL_CHARACTERS = 200
# What has a meaning in GitHub's markdown or HTML; an underscore within a word and a dot but for that of www. have none.
MARKUP = re.compile(r"[\\`*~<>&|()!@#$:]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|(?<=www)\.", re.IGNORECASE)


def main(base: str) -> None:
    """Print the report against the revision `base`."""
    sys.stdout.reconfigure(errors="xmlcharrefreplace")  # where the terminal cannot show a letter, markdown can
    try:
        if not base or base.startswith("-"):
            raise UserError(f"{base!r} is no revision; name a branch, tag or commit: make pr-report BASE=...")
        print(render(_diff("params", base), _diff("metrics", base), base))
    except UserError as error:
        sys.exit(f"error: {error}")


def _diff(kind: str, base: str) -> Changes:
    command = [sys.executable, "-m", "dvc", kind, "diff", "--all", "--json", base]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
        raise UserError(
            f"cannot compare with {base!r} ({reason}); name a branch, tag or commit: make pr-report BASE=..."
        )
    return json.loads(result.stdout or "{}")


def render(params: Changes, metrics: Changes, base: str) -> str:
    """Markdown with one table of changed parameters and one of changed metrics."""
    parameter_rows = [
        f"| {_text(name)} | {_text(change.get('old'))} | {_text(change.get('new'))} |"
        for file in sorted(params)
        for name, change in sorted(params[file].items())
        if change.get("old") != change.get("new")
    ]
    metric_rows = [row for file in sorted(metrics) for row in _metric_rows(file, metrics[file])]
    base = _text(base)
    return "\n\n".join(
        [
            f"## What changed against {base}",
            _table("Parameters", f"| parameter | {base} | here |\n|---|---|---|", parameter_rows),
            _table("Metrics", f"| metric | {base} | here | change | |\n|---|---:|---:|---:|---|", metric_rows),
        ]
    )


def _table(title: str, header: str, rows: list[str]) -> str:
    """A heading and a table of the rows that fit; how many do not is said below."""
    fitting, left = [], TABLE_BYTES
    for row in rows:
        left -= len(row.encode("ascii", "xmlcharrefreplace")) + 1
        if left < 0:
            break
        fitting.append(row)
    more = f"\n\n{len(rows) - len(fitting)} more have no room here." if len(fitting) < len(rows) else ""
    return f"### {title}\n\n" + ("\n".join([header, *fitting]) + more if rows else "None changed.")


def _metric_rows(file: str, changes: dict[str, dict[str, Any]]) -> list[str]:
    """One row per changed metric; the bounds of an interval have no row of their own."""
    stem = _text(file.removeprefix("metrics/").removesuffix(".json"))
    rows = []
    for name, change in sorted(changes.items()):
        old, new = change.get("old"), change.get("new")
        if old != new and not name.replace("_", ".").endswith(tuple(f".{bound}" for bound in BOUNDS)):
            numbers = _is_number(old) and _is_number(new)
            step = f"{new - old:+.3g}" if numbers else ""
            word = judge(name, old, new, _interval(name, changes)) if numbers else ""
            word = "new" if old is None else "gone" if new is None else word
            rows.append(f"| {stem}: {_text(name)} | {_text(old)} | {_text(new)} | {step} | {word} |")
    return rows


def _interval(name: str, changes: dict[str, dict[str, Any]]) -> tuple[float, float] | None:
    """The interval beside a metric: name_low and name_high, or low and high beside it in its section."""
    section = name.rpartition(".")[0]
    for low, high in ((f"{name}_low", f"{name}_high"), (f"{section}.low", f"{section}.high")):
        bounds = tuple(changes.get(bound, {}).get("new") for bound in (low, high))
        if all(map(_is_number, bounds)):
            return bounds
    return None


def judge(name: str, old: float, new: float, interval: tuple[float, float] | None) -> str:
    """Whether a change is better or worse, by the metric's name, and whether it is within its uncertainty."""
    words = name.rpartition(".")[2]
    if words in ("mean", "share"):  # the name of what was averaged or counted stands one section up
        words = " ".join(name.split(".")[-2:])
    silent = words in ("std", "errors_among_predicted_class share")  # the second says where mistakes lie
    if silent or not any(word in words for word in BETTER_UP + BETTER_DOWN):
        return ""
    up = not any(word in words for word in BETTER_DOWN)
    verdict = "better" if (new > old) == up else "worse"
    inside = interval is not None and interval[0] <= old <= interval[1]
    return f"{verdict}, within its 95 % interval" if inside else verdict


def _is_number(value: Any) -> bool:
    """Whether a value can be subtracted: dvc gives what the file holds, and a metric may be anything."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def _text(value: Any) -> str:
    """A value as one cell of a table that shows it as it is, whatever markup or line ends it holds."""
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    if len(text) > CELL_CHARACTERS:
        text = text[:CELL_CHARACTERS] + "..."
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return MARKUP.sub(lambda found: f"&#{ord(found[0])};", shown)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make pr-report | head` then ends without a traceback
    main(sys.argv[1] if len(sys.argv) > 1 else "main")
