"""The report for a pull request: its first line, its sections, and names that stay text."""

import re

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.repositories import git
from tests.study import PARAMS, commit, statement, write_lock, write_metrics, write_model, write_table
from vision.evidence.change import sections
from vision.evidence.change.comparison import compare
from vision.evidence.change.markdown import MOST_CHARACTERS
from vision.evidence.change.pull_request import render

NASTY = "| </details> <!-- ` @someone #1 https://example.org www.example.org _x_ **y** \n## z"


def report(base="main"):
    return render(compare(base), "https://github.com/a/b")


def rows(page):
    """The cells of each row below a header."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rules = [number for number, line in enumerate(lines) if line.startswith("| ---")]
    return [
        [cell.strip() for cell in line[1:-1].split("|")]
        for number, line in enumerate(lines)
        if number not in rules and number + 1 not in rules
    ]


def test_report_of_no_change_is_one_line(study):
    (study / "README.md").write_text("code and words are in the diff")
    assert report() == "Nothing changed."


def test_report_of_another_learning_rate_has_its_sections_in_order(study):
    (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"lr": 0.2}))
    write_model(study, "convnet", range(20, 100), loss=0.2, updates=(200,))
    write_table(study / "plots/statements/000.csv", [statement("C5", "More is better.", "does not hold")])
    (study / "plots/convnet/tsne.png").write_bytes(b"another picture")
    write_lock(study)
    page = report()
    order = [
        "**Surely worse:** convnet test.accuracy, convnet test.loss (", "| lr | 0.1 | 0.2 |", "| 99.50 → 99.20 |",
        "| 000: C5: More is better. | holds | does not hold |", "Changed figures: 1<", "by convnet: 1 to 3 of 50",
        "kept their bits", "| convnet | 1,000 → 1,000 | 1 → 1 | 100 → 200 |", "Changed metrics: ",
    ]  # fmt: skip
    places = [page.index(words) for words in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (range(30, 82), "**Nothing is surely better or worse** (of the metrics that changed: 1 undecided, 0 same)"),
        (range(5), "**Surely better:** convnet test.accuracy (0 undecided, 0 same)"),
    ],
)
def test_first_line_says_what_is_sure(wrong, line, study):
    write_model(study, "convnet", wrong)
    write_lock(study)
    assert report().startswith(line)


def test_report_lists_new_and_removed_models(study):
    write_model(study, "wide", range(7))
    (study / "metrics/knn.json").unlink()
    page = report()
    assert "New: wide (99.93 %)." in page
    assert "Removed: knn (99.50 %)." in page


def test_names_that_others_chose_stay_text(study):
    """In models, parameters, metrics, statements, figures and the branch: the same page as with a plain word."""
    pages = {}
    for word, branch in (("plain", "plain"), (NASTY, "a|b`@c")):
        name = word.replace("/", "∕")  # of a file
        git(study, "checkout", "--quiet", "--force", "main")
        git(study, "clean", "--force", "-d", "--quiet")
        git(study, "checkout", "--quiet", "-B", branch)
        write_model(study, name, range(10))
        write_lock(study)
        commit(study)
        write_model(study, name, range(40, 90), **{word: 1})
        (study / "params.yaml").write_text(yaml.safe_dump(PARAMS | {word: word}))
        write_table(study / "plots/statements/001.csv", [statement(word, word, word)])
        (study / f"plots/convnet/{name}.png").write_bytes(b"1")
        write_lock(study)
        pages[word] = report(branch)
    parts = [MarkdownIt("commonmark").enable("table").parse(page) for page in pages.values()]
    kinds = [[token.type for token in tokens] for tokens in parts]
    assert kinds[0] == kinds[1]
    assert not re.search(r"https:(?!//github)|@s|(?<!&)#1|<!--", pages[NASTY])
    assert pages[NASTY].count("</details>") == pages["plain"].count("</details>")


def test_report_of_many_changes_fits_into_a_comment(study):
    word = "|" * 300
    statements = [statement(str(number), word, "fails") for number in range(300)]
    write_table(study / "plots/statements/001.csv", statements)
    write_metrics(study, "many", dict.fromkeys((f"{word}{number}" for number in range(500)), 1))
    commit(study)
    write_table(study / "plots/statements/001.csv", [row | {"verdict": "holds"} for row in statements])
    write_metrics(study, "many", dict.fromkeys((f"{word}{number}" for number in range(500)), 2))
    (study / "params.yaml").write_text(yaml.safe_dump({f"{number}{word}": word for number in range(500)}))
    for number in range(20):
        write_model(study, f"{number}{'|' * 60}", range(60))
        (study / f"plots/convnet/{number}{'|' * 60}.png").write_bytes(b"1")
    write_lock(study)
    page = report()
    assert len(page) < MOST_CHARACTERS
    assert page.count("have no room here") >= 3
    assert "Changed figures: 20, 8 of them here" in page
    assert page.count("<details>") == page.count("</details>")


def test_models_section_has_a_line_for_each_model(study):
    sizes = {"images_50000": {"test_accuracy": {"mean": 0.99, "std": 0.0003}}}
    write_metrics(study, "convnet_subsets", {"sizes": sizes})
    write_model(study, "convnet", range(5, 75), loss=0.2)
    write_model(study, "svm", range(150))
    write_lock(study)
    assert rows(sections.models(compare("main"))) == [
        ["convnet", "99.50 → 99.30", "-0.20 (-0.31 to -0.09)", "5", "25", "0.00032", "0.03",
         "0.1000 → 0.2000: +0.1000 (+0.0859 to +0.1141)", "accuracy undecided, loss worse"],
        ["svm", "99.50 → 98.50", "-1.00 (-1.20 to -0.80)", "0", "100", "1.6e-30", "",
         "0.1000 → 0.1000: +0.0000 (-0.0141 to +0.0141)", "accuracy worse"],
    ]  # fmt: skip
    write_model(study, "convnet", range(60))
    write_lock(study, images=b"others")
    section = sections.models(compare("main"))
    assert "not two recipes" in section
    cells = rows(section)[0]
    assert cells[2] == "-0.10 (-0.31 to +0.11), not paired: not the same test images"
    assert cells[3:6] == ["", "", ""]


def test_metrics_section_lists_every_changed_number(study):
    write_metrics(study, "knn", {"a": 1, "c": 3})
    commit(study)
    write_metrics(study, "knn", {"a": 2.5, "b": 3})
    write_model(study, "svm", range(150))
    write_lock(study)
    assert rows(sections.metrics(compare("main"))) == [
        ["knn: a", "1", "2.5", "+1.5", ""],
        ["knn: b", "", "3", "", "new"],
        ["knn: c", "3", "", "", "gone"],
        ["svm: test.accuracy", "0.995", "0.985", "-0.01", "worse"],
        ["svm: test.correct", "9950", "9850", "-100", ""],
    ]
