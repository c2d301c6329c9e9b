"""Text that stays text in GitHub's markdown, and tables cut in whole rows."""

import pytest
from markdown_it import MarkdownIt

from vision.evidence.change.markdown import code_block, fit, fold, plain, table, text

NASTY = [
    "a|b",
    "\\|",
    "a\\",
    "lr | 0.1 | 0.2 |\n| forged",
    "\n\n## All tests passed\r\n\n",
    "\u2028- [x] forged",
    "`code`",
    "```",
    "<img src=x onerror=alert(1)>",
    "</table><h2>forged</h2>",
    "</details></summary>",
    "<!-- hidden",
    "&lt;b&gt; &#124;",
    "[link](https://example.org)",
    "![picture](https://example.org/x.png)",
    "<https://example.org>",
    "https://example.org",
    "www.example.org",
    "*bold* **bold** _bold_ __bold__ ~~gone~~",
    "$\\sqrt{2}$",
    "@someone #1 :tada: GH-1 owner/repository#1",
    "\u202egnp.exe",
    "\ud800",
    "größe",
    "::error::forged",
    "x" * 10_000,
]
PLAIN = [
    "models.relu_mlp.lr",
    "test.accuracy_low",
    "[0.1, 0.3]",
    "-0.5",
    "1e-05",
    "data/raw, 95 % + 1: so",
    "raw.x",
    "{}",
]
HEAD = ["name", "value"]


def parsed(page):
    """The kinds of a page's parts, as a markdown parser finds them, and the texts of its headings and cells."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    texts = [token.children for token in tokens if token.type == "inline"]
    kinds = [token.type for token in tokens] + [part.type for parts in texts for part in parts]
    joined = ["".join(part.content for part in parts).replace("\u200b", "") for parts in texts]
    return [kind for kind in kinds if kind not in ("text", "text_special")], joined


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_a_name_stays_text(nasty):
    """One heading, row or cell too many, or a link, would be another page than the one with a plain word."""
    pages = [f"### {text(word)}\n\n{table(HEAD, [[text(word), '1']], 10**6)}" for word in ("plain", nasty)]
    (kinds, plain_texts), (nasty_kinds, texts) = map(parsed, pages)
    assert nasty_kinds == kinds
    assert [found.split() for found in texts] == [found.replace("plain", plain(nasty)).split() for found in plain_texts]
    assert "https:" not in pages[1]  # which GitHub links, without any mark
    assert "www." not in pages[1]


@pytest.mark.parametrize("reference", ["@someone", "@org/team", "a@someone", "#1", "owner/name#1", "GH-1", "gh-1"])
def test_nobody_is_called_and_no_issue_is_linked(reference):
    """GitHub looks for these in what is shown, entities or not; only another letter between stops it."""
    shown = parsed(text(reference))[0], MarkdownIt().renderInline(text(reference))
    place = max(reference.find(sign) for sign in "@#-")
    assert shown[1] == reference[: place + 1] + "\u200b" + reference[place + 1 :]


@pytest.mark.parametrize("word", PLAIN)
def test_plain_names_and_values_are_printed_as_they_are(word):
    assert text(word) == word


def test_numbers_are_short():
    assert [text(value) for value in (0.123456789, 12, True, None, [1, 2])] == [
        "0.123457",
        "12",
        "True",
        "None",
        "[1, 2]",
    ]


@pytest.mark.parametrize("room", [0, 60, 200, 1000])
def test_a_table_is_cut_in_whole_rows_and_says_so(room):
    rows = [[f"name {number}", "x" * 20] for number in range(100)]
    found = table(HEAD, rows, room)
    kept = [line for line in found.splitlines() if line.startswith("| name ") and "x" in line]
    assert all(line.endswith(f"{'x' * 20} |") for line in kept)
    left_out = int(found.splitlines()[-1].split()[0])
    assert left_out + len(kept) == 100 + (0 if "---" in found else 2)
    assert len("\n".join(kept)) <= room


def test_a_table_that_fits_is_whole():
    assert table(HEAD, [["a", "1"]], 1000) == "| name | value |\n| --- | --- |\n| a | 1 |"


def test_lines_fit_as_long_as_there_is_room():
    assert fit(["abc", "de", "f"], 100) == ["abc", "de", "f"]
    assert fit(["abc", "de", "f"], 7) == ["abc", "de"]
    assert fit(["abc", "de", "f"], 3) == []


def test_markdown_works_within_a_fold():
    kinds, _ = parsed(fold("more", f"{table(HEAD, [['a', '1']], 1000)}\n\n{code_block(['x', ' y'])}"))
    assert "table_open" in kinds
    assert "fence" in kinds
    assert kinds.count("html_block") == 2
