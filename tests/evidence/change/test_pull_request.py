"""The page for a pull request, on real repositories: one line where nothing changed, short where little did."""

import json
import re
import subprocess
import sys

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.repositories import git
from tests.running import end, start
from tests.scratch import ROOT
from tests.studies import (
    NAMES,
    PARAMS,
    commit,
    make_study,
    statement,
    write_images,
    write_lock,
    write_metrics,
    write_model,
    write_table,
)
from vision.evidence.change.markdown import MOST_CHARACTERS

COMMAND = [sys.executable, "-m", "vision.evidence.change.pull_request"]
HEADINGS = ["Parameters", "Models whose predictions changed", "Statements whose verdict changed"]


@pytest.fixture
def study(tmp_path):
    write_images(tmp_path)
    return make_study(tmp_path)


def report(study, base="main", **environment):
    status, out, errors = end(start([*COMMAND, base], study, env={"PYTHONPATH": str(ROOT), **environment}))
    assert (status, errors) == (0, "")
    return out


def seen(page):
    """The lines outside of folds."""
    lines, depth = [], 0
    for line in page.splitlines():
        if not depth and not line.startswith("<details>"):
            lines.append(line)
        depth += line.count("<details>") - line.count("</details>")
    assert depth == 0
    return lines


def headings(page):
    return [line.removeprefix("### ") for line in page.splitlines() if line.startswith("### ")]


def test_no_change_is_one_line(study):
    assert report(study) == "Nothing changed.\n"
    (study / "README.md").write_text("code and words are in the diff")
    assert report(study) == "Nothing changed.\n"


def change_lr(study):
    """What another learning rate does to 2 of 20 models and all that is made from them."""
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"lr": 0.2}))
    write_model(study, "convnet", range(20, 100), loss=0.2, updates=(200,))
    write_model(study, "model_3", [*range(49), 51, 52, 53])
    write_table(study / "plots/statements/000.csv", [statement("C5", "More is better.", "does not hold")])
    for name in ("tsne", "kernels", "subsets"):
        (study / f"plots/convnet/{name}.png").write_bytes(b"another picture")
    write_lock(study)


def test_a_change_of_lr(study):
    change_lr(study)
    commit(study)
    page = report(study, "HEAD~", GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="a/b")
    assert page.startswith("**Surely worse:** convnet test.accuracy, convnet test.loss (")
    assert headings(page) == HEADINGS
    assert "| lr | 0.1 | 0.2 |" in page
    assert "| 99.50 → 99.20 |" in page
    assert "| does not hold |" in page
    assert "Newly wrong by convnet: 1 to 3 of 50" in page
    order = ["Surely worse", *HEADINGS, "Changed figures: 3", "1 to 3 of 50", "kept their bits", "| cost |",
             "Changed metrics: "]  # fmt: skip
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert page.count("![") == 4  # of three figures two are new
    assert len(seen(page)) <= 60


def test_where_nothing_is_sure_the_first_line_says_so(study):
    write_model(study, "convnet", range(30, 82))
    write_lock(study)
    assert report(study).startswith(
        "**Nothing is surely better or worse** (of the metrics that changed: 1 undecided, 0 same); here against main"
    )


def test_what_is_better_is_said_too(study):
    write_model(study, "convnet", range(5))
    write_lock(study)
    assert report(study).startswith("**Surely better:** convnet test.accuracy (0 undecided, 0 same)")


def test_a_new_model_and_a_removed_one(study):
    write_model(study, "wide", range(7))
    (study / "metrics/model_4.json").unlink()
    write_lock(study)
    page = report(study)
    assert page.startswith("**Nothing is surely better or worse**")
    assert "New: wide (99.93 %)." in page
    assert "Removed: model_4 (99.50 %)." in page


def test_a_renamed_parameter(study):
    renamed = {"rate" if key == "lr" else key: value for key, value in PARAMS.items()}
    (study / "params.yaml").write_text(yaml.safe_dump(renamed))
    page = report(study)
    assert "| lr, now rate | 0.1 | 0.1 |" in page
    assert headings(page) == HEADINGS[:1]


def test_a_change_of_figures_only(study):
    (study / "plots/convnet/tsne.png").write_bytes(b"restyled")
    write_lock(study)
    page = report(study)
    assert page.startswith("**Nothing is surely better or worse**")
    assert headings(page) == []
    assert "<summary>Changed figures: 1</summary>" in page
    assert len(seen(page)) <= 10


def test_a_base_without_tables(study):
    """As before there were any: no margins, no dvc.lock, no errors."""
    for path in ("margins.yaml", "dvc.lock", *(f"plots/models/{name}/errors.csv" for name in NAMES)):
        git(study, "rm", "--quiet", path)
    commit(study)
    git(study, "checkout", "--quiet", "HEAD~", "--", ".")
    write_model(study, "convnet", range(400))
    write_lock(study)
    page = report(study)
    assert page.count("not paired: main has no errors.csv") == 1  # the others have the same scores
    assert page.startswith("**Surely worse:** convnet test.accuracy")  # by so much that no pairing is needed


@pytest.mark.parametrize("base", ["no-such-branch", "-h", "--help", "", "main; touch X", "a\n::error::forged"])
def test_a_base_that_is_none_is_one_line(base, study):
    status, out, errors = end(start([*COMMAND, base], study, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out, errors.count("\n")) == (1, "", 1), errors
    assert "BASE=" in errors


def test_a_broken_file_at_the_base_is_one_line(study):
    (study / "metrics/convnet.json").write_text("{")
    commit(study)
    write_model(study, "convnet", range(50))
    status, out, errors = end(start([*COMMAND, "main"], study, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out, errors.count("\n")) == (1, "", 1)
    assert errors.startswith("error: metrics/convnet.json of main: ")


def test_a_reader_that_leaves_early_sees_no_traceback(study):
    many = {f"parameter_{number}": "x" * 100 for number in range(2000)}
    (study / "params.yaml").write_text(yaml.safe_dump(many))
    words = f"'{sys.executable}' -m vision.evidence.change.pull_request main | head -1"
    status, out, errors = end(start(["sh", "-c", words], study, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out.count("\n"), errors) == (0, 1, "")


NASTY = "| </details> <!-- ` @someone #1 https://example.org _x_"


def test_names_that_others_chose_stay_text(study):
    """In models, parameters, metrics, statements, figures and the branch: the same page as with a plain word."""
    pages = {}
    for word in ("plain", NASTY):
        name = word.replace("/", "∕")  # of a file
        git(study, "checkout", "--quiet", "--force", "main")
        git(study, "clean", "--force", "-d", "--quiet")
        branch = "plain" if word == "plain" else "a|b`@c"
        git(study, "checkout", "--quiet", "-B", branch)
        write_model(study, name, range(10))
        write_lock(study)
        commit(study)
        write_model(study, name, range(40, 90), **{word: 1})
        (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {word: word}))
        write_table(study / "plots/statements/001.csv", [statement(word, word, word)])
        (study / f"plots/convnet/{name}.png").write_bytes(b"1")
        write_lock(study)
        pages[word] = report(study, branch)
    parts = [MarkdownIt("commonmark").enable("table").parse(page) for page in pages.values()]
    kinds = [[token.type for token in tokens] for tokens in parts]
    assert kinds[0] == kinds[1]
    inline = [
        [part.type for token in tokens for part in token.children or [] if part.type != "text_special"]
        for tokens in parts
    ]
    assert set(inline[1]) == set(inline[0])
    assert not re.search(r"https:|@s|(?<!&)#1|<!--", pages[NASTY])
    assert pages[NASTY].count("</details>") == pages["plain"].count("</details>")


def test_nasty_names_on_an_ascii_terminal(study):
    nasty = "größe|\n## forged <b>"
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {nasty: nasty}))
    page = report(study, PYTHONIOENCODING="ascii")
    assert page.isascii()
    assert headings(page) == ["Parameters"]


@pytest.mark.parametrize("word", ["a", "ß", "@", "|", "\U0010ffff"])
def test_whatever_changes_the_report_fits_into_a_comment_and_a_summary(word, study):
    """Many models, parameters, metrics, statements and figures, with long names: cut in whole rows, each section."""
    long = word * (60 if word.isascii() else 20)
    rows = [statement(str(number), word * 300, "fails") for number in range(300)]
    write_table(study / "plots/statements/001.csv", rows)
    (study / "params.yaml").write_text(yaml.safe_dump({f"{word * 300}{number}": word * 300 for number in range(500)}))
    scores = json.loads((study / "metrics/convnet.json").read_text())
    for number in range(40):
        write_model(study, f"{long}{number}", range(60))
        (study / f"plots/convnet/{long}{number}.png").write_bytes(b"1")
    write_metrics(study, "many", {f"{word * 300}{number}": number for number in range(500)})
    commit(study)
    for number in range(40):
        write_model(study, f"{long}{number}", range(40, 200), updates=(number,))
        (study / f"plots/convnet/{long}{number}.png").write_bytes(b"2")
    write_metrics(study, "many", {f"{word * 300}{number}": -number for number in range(500)})
    write_table(study / "plots/statements/001.csv", [row | {"verdict": "holds"} for row in rows])
    (study / "params.yaml").write_text(yaml.safe_dump({f"{word * 300}{number}": 1 for number in range(500)}))
    write_lock(study)
    for name in NAMES[:5]:
        (study / "metrics" / f"{name}.json").write_text(json.dumps(scores | {"test": {}}))
    page = report(study, GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="a/b")
    assert len(page) < MOST_CHARACTERS
    assert len(page.encode("ascii", "xmlcharrefreplace")) < 2**20
    assert "have no room here" in page
    assert all(line.endswith(" |") for line in page.splitlines() if line.startswith("| "))
    seen(page)  # each fold is closed


def test_no_network_no_cache_and_no_dvc_are_needed(study, tmp_path_factory):
    """The report runs where only git can be started, and what is imported does not reach for DVC."""
    change_lr(study)
    programs = tmp_path_factory.mktemp("programs")
    found = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (programs / "git").symlink_to(found)
    words = [*COMMAND[:1], "-X", "importtime", *COMMAND[1:], "main"]
    environment = {"PATH": str(programs), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(words, cwd=study, env=environment, capture_output=True, text=True, check=True)
    assert "Surely worse" in result.stdout
    modules = {line.rpartition("|")[2].strip().split(".")[0] for line in result.stderr.splitlines()}
    assert "numpy" in modules
    assert not {"dvc", "requests", "torch", "pandas"} & modules
