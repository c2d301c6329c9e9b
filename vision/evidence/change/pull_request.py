"""What a change did, as markdown for a pull request: only what differs from another revision.

`python -m vision.evidence.change.pull_request main` compares the working tree with main, from what git holds of both.
"""

import re
import signal
import sys
from pathlib import Path

from jinja2 import Environment

from vision.evidence.change.comparison import Comparison, compare, first_few, plain
from vision.evidence.change.numbers import BETTER, NOT_COMPARABLE, SAME, UNDECIDED, WORSE, results
from vision.evidence.change.pairing import Pair
from vision.pipeline.errors import UserError

MOST_CHARACTERS = 65_000  # GitHub takes 65,536 in a comment
MOST_IMAGES = 20  # of one model


def main(base: str = "main") -> None:
    """Print the report against the revision `base`."""
    sys.stdout.reconfigure(errors="xmlcharrefreplace")  # where the terminal cannot show a letter, markdown can
    try:
        print(render(compare(base)))
    except UserError as error:
        sys.exit(f"error: {plain(error)}")


def render(comparison: Comparison) -> str:
    """The report as markdown: doubts, the verdict, then a section for each kind of thing that changed."""
    doubts = comparison.doubts()
    if not (doubts or comparison.params or comparison.files):
        return "Nothing changed."
    names = {word: comparison.with_verdict(word) for word in (WORSE, BETTER, UNDECIDED, SAME, NOT_COMPARABLE)}
    values = comparison._asdict() | {
        "doubts": doubts,
        "sure": {word: first_few(names[word]) for word in (WORSE, BETTER) if names[word]},
        "counts": ", ".join(f"{len(names[word])} {word}" for word in (UNDECIDED, SAME, NOT_COMPARABLE)),
        "models": [_model(comparison, *item) for item in comparison.models.items()],
        "flipped": [row for item in comparison.models.items() for row in _flipped(*item)],
        "numbers": [[one, one.old, one.new, one.change, one.verdict] for one in comparison.numbers],
        "claims": [[claim, *verdicts] for claim, verdicts in comparison.claims.items()],
        **{name: [[path] for path in getattr(comparison, name)] for name in ("new", "gone", "files")},
    }
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["code"] = _code
    page = environment.from_string(Path(__file__).with_suffix(".md").read_text(encoding="utf-8")).render(values)
    page = re.sub(r"\n{3,}", "\n\n", page).strip()
    if len(page) <= MOST_CHARACTERS:
        return page
    seen = page[: page.rindex("\n", 0, MOST_CHARACTERS)]
    return f"{seen}\n\nThe rest has no room in a comment: `dvc params diff` and `git diff` show it."


def _code(value: object) -> str:
    """A value as code, which shows it as it is, whatever markup, mention or line end it holds."""
    return "`" + plain(value).replace("`", "'").replace("|", "\\|") + "`" if value not in ("", None) else ""


def _model(comparison: Comparison, path: str, pair: Pair) -> list:
    verdicts = ", ".join(
        f"{one.name.removeprefix('test.')} {one.verdict}" for one in comparison.numbers if one.path == path
    )
    accuracies = [f"{100 * scores['test.accuracy'].value:.2f}" for scores in (pair.old, pair.new)]
    if pair.unpaired:
        return [results(path), *accuracies, pair.unpaired, "", "", "", verdicts]
    counts = [len(images) for images in (pair.newly_right, pair.newly_wrong)]
    return [results(path), *accuracies, pair.difference, *counts, f"{pair.p_value:.2g}", verdicts]


def _flipped(path: str, pair: Pair) -> list[list[str]]:
    rows = []
    for word, images in (("newly wrong", pair.newly_wrong), ("newly right", pair.newly_right)):
        if len(images) and not pair.unpaired:
            texts = [f"{row.Index} ({row.label}, {row.predicted})" for row in images.itertuples()]
            rows.append([results(path), word, first_few(texts, MOST_IMAGES)])
    return rows


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make pr-report | head` then ends without a traceback
    main(*sys.argv[1:])
