"""The report for a pull request: its first lines, its sections, and names that stay text."""

import re

from markdown_it import MarkdownIt

from tests.repositories import git
from tests.study import commit, write_claims, write_data, write_lock, write_model, write_params
from vision.evidence.change.comparison import compare
from vision.evidence.change.pull_request import MOST_CHARACTERS, render

NASTY = "| </details> <!-- ` @someone #1 https://example.org www.example.org _x_ **y** ](z) \n## z"


def report(base="main"):
    return render(compare(base))


def rows(page, title):
    """The cells of each row of a section's table."""
    lines = page.partition(f"### {title}\n\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_report_of_no_change_is_one_line(study):
    (study / "README.md").write_text("code and words are in the diff")
    assert report() == "Nothing changed."


def test_report_of_another_learning_rate_has_its_sections_in_order(study):
    write_params(study, lr=0.2)
    write_model(study, "convnet", range(20, 100), loss=0.2)
    write_claims(study, refuted=["More is better."])
    write_data(study / "plots/figures/handwriting/convnet/tsne.png", "another picture")
    write_lock(study)
    page = report()
    titles = re.findall(r"### (.*)", page)
    assert page.startswith("**Significantly worse:** `convnet test.accuracy, convnet test.loss`. Here against `main`")
    assert rows(page, titles[0]) == [["lr", "0.1", "0.2"]]
    assert rows(page, titles[1])[0][:3] == ["convnet", "99.50", "99.20"]
    assert rows(page, titles[1])[0][4:] == ["20", "50", "0.00044", "accuracy worse, loss worse"]
    assert "not two recipes" in page
    assert rows(page, titles[2])[0][2].startswith("50 (0, 1), 51 (1, 2)")
    assert [row[0] for row in rows(page, titles[3])] == ["convnet test.accuracy", "convnet test.loss"]
    assert ["convnet test.loss", "0.1", "0.2"] in rows(page, titles[4])
    assert rows(page, titles[5]) == [["000 C5: More is better.", "supported", "refuted"]]
    assert "outputs in git were hashed; 0 of them" in page
    assert ["plots/figures/handwriting/convnet/tsne.png"] in rows(page, titles[7])


def test_report_shows_an_acceptance_interval_that_was_changed(study):
    write_claims(study, interval="at least 0", supported=["More is better."])
    write_lock(study)
    changed = rows(report(), "Claims with another verdict or acceptance interval")
    assert changed == [["000 C5: More is better.", "supported", "supported (at least 0)"]]


def test_report_compares_no_number_of_results_that_are_forged_or_out_of_date(study):
    write_model(study, "convnet", range(5))
    write_params(study, lr=0.2)
    page = report()
    lines = [line for line in page.splitlines() if line]
    assert lines[0] == "**`metrics/convnet.json: not the content that dvc.lock records`**"
    assert "Results are out of date: " in lines[2]
    assert lines[3] == "No number is compared."
    assert "better" not in page


def test_report_begins_with_missing_commits_and_the_verdict(study):
    for wrong, verdict in ((range(30, 82), "**Nothing is"), (range(5), "**Significantly better:** `convnet")):
        write_model(study, "convnet", wrong)
        write_lock(study)
        assert report().startswith(verdict)
    git(study, "checkout", "--quiet", "-b", "branch")
    commit(study)
    git(study, "checkout", "--quiet", "main")
    assert report("branch").startswith("`branch` has 1 commits that are not here")


def test_names_that_others_choose_stay_text(study):
    """In parameters, claims, files and the branch: the same page as with a plain word."""
    kinds = []
    for word, branch in (("plain", "plain"), (NASTY, "a|b`@c")):
        git(study, "checkout", "--quiet", "--force", "main")
        git(study, "clean", "--force", "-d", "--quiet")
        git(study, "checkout", "--quiet", "-B", branch)
        write_params(study, **{word: word})
        write_claims(study, refuted=[word])
        write_data(study / "plots/figures/handwriting" / f"{word.replace('/', '∕')}.png", "1")
        write_lock(study)
        page = report(branch)
        tokens = MarkdownIt("commonmark").enable("table").parse(page)
        kinds.append([token.type for token in tokens])
        inline = [child.type for token in tokens for child in token.children or ()]
        assert not {"link_open", "html_inline", "em_open", "image"} & {*inline}
    assert kinds[0] == kinds[1]


def test_report_of_many_changes_fits_into_a_comment(study):
    write_params(study, **{f"{number}{'|' * 300}": "x" * 300 for number in range(500)})
    page = report()
    assert len(page) < MOST_CHARACTERS + 200
    assert page.splitlines()[-1].startswith("The rest has no room")
