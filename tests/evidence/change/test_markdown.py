"""Text that stays text in GitHub's markdown, and tables cut in whole rows."""

import pytest
from markdown_it import MarkdownIt

from vision.evidence.change.markdown import table, text

HEAD = ["name", "value"]


@pytest.mark.parametrize("reference", ["@someone", "owner/name#1", "gh-1"])
def test_text_mentions_nobody_and_links_no_issue(reference):
    """GitHub looks for these in what is shown, entities or not; only another letter between stops it."""
    place = max(reference.find(sign) for sign in "@#-")
    shown = MarkdownIt().renderInline(text(reference))
    assert shown == reference[: place + 1] + "\u200b" + reference[place + 1 :]


def test_text_leaves_plain_names_and_shortens_numbers_and_long_names():
    for word in ("models.relu_mlp.lr", "[0.1, 0.3]", "data/raw, 95 % + 1: so", "1e-05", "größe"):
        assert text(word) == word
    assert [text(value) for value in (0.123456789, 12, None)] == ["0.123457", "12", "None"]
    assert text("x" * 201) == "x" * 200 + "..."
    assert text("x" * 200) == "x" * 200


def test_table_is_cut_in_whole_rows_and_says_how_many_are_left_out():
    rows = [[f"n{number}", "x"] for number in range(10)]
    whole = table(HEAD, rows, 1000)
    assert whole.splitlines()[:3] == ["| name | value |", "| --- | --- |", "| n0 | x |"]
    assert len(whole.splitlines()) == 12
    cut = table(HEAD, rows, len("\n".join(whole.splitlines()[:5])) + 1)
    assert cut == "\n".join([*whole.splitlines()[:5], "", "7 more have no room here."])
