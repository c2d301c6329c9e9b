"""GitHub's markdown: text that stays text whatever it holds, and tables that fit."""

import re
from typing import Any

# A comment may have 65,536 characters. A job summary may have 1 MiB: as many of the longest, `&#1114111;`, fit.
MOST_CHARACTERS = 65_536
# Of the rows of each section, which are left out where they have no room, so that none can crowd out another.
ROOM = {
    "names": 1500, "parameters": 5000, "models": 8000, "statements": 5000, "figures": 6000, "drawings": 8500,
    "outputs": 4000, "costs": 2000, "metrics": 10_000,
}  # fmt: skip
CELL_CHARACTERS = 200
# What has a meaning in GitHub's markdown or HTML; an underscore within a word and a dot but for that of www. have none.
MARKUP = re.compile(
    r"[\\`*~<>&|()!@#$]|:(?=\S)|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|(?<=www)\.|(?<=\bgh)-", re.IGNORECASE
)
# GitHub looks for people and issues where markup is gone (github/cmark-gfm, issue 181): a space without width stops it.
REFERENCES = "@#-"


def text(value: Any, longest: int = CELL_CHARACTERS) -> str:
    """A value as text within a line or a cell that shows it as it is, whatever markup or line ends it holds."""
    shown = plain(value, longest)
    return MARKUP.sub(lambda found: f"&#{ord(found[0])};" + "&#8203;" * (found[0] in REFERENCES), shown)


def plain(value: Any, longest: int = CELL_CHARACTERS) -> str:
    """A value on one line, cut where it is long, with signs for what has no shape."""
    found = f"{value:.6g}" if isinstance(value, float) else str(value)
    if len(found) > longest:
        found = found[:longest] + "..."
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in found)


def table(head: list[str], rows: list[list[str]], characters: int) -> str:
    """A table of the rows that fit, whole; how many do not is said below. Cells are markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    fitting = fit(lines, characters)
    left_out = len(lines) - len(fitting)
    return "\n".join(fitting) + (f"\n\n{left_out} more have no room here." if left_out else "")


def fit(lines: list[str], characters: int) -> list[str]:
    """The first lines, as many as have room together."""
    for number, line in enumerate(lines):
        characters -= len(line) + 1
        if characters < 0:
            return lines[:number]
    return lines


def fold(summary: str, body: str) -> str:
    """A body that is seen once its summary is clicked; both are markdown, the summary without blocks."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def code_block(lines: list[str]) -> str:
    """Lines as they are; they hold no backticks."""
    return "\n".join(["```text", *lines, "```"])
