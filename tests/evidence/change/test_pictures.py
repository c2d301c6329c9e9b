"""Figures at addresses that GitHub shows and that do not move."""

import re
from urllib.parse import unquote

import pytest

from tests.studies import commit, make_study
from vision.evidence.change.comparison import compare
from vision.evidence.change.pictures import changed_figures, figures, repository_address


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/owner/a.name",
        "https://github.com/owner/a.name.git",
        "https://user:token@github.com/owner/a.name.git/",
        "git@github.com:owner/a.name.git",
        "ssh://git@github.com/owner/a.name",
    ],
)
def test_the_repository_is_known_by_where_the_clone_came_from(origin):
    assert repository_address({}, origin) == "https://github.com/owner/a.name"


@pytest.mark.parametrize(
    "origin",
    ["", "/home/me/vision", "https://example.org/owner/name", "https://github.com/a/b/c", "https://github.com/a b/c)"],
)
def test_elsewhere_there_is_no_address(origin):
    assert repository_address({}, origin) is None


def test_a_workflow_is_told_the_address():
    told = {"GITHUB_SERVER_URL": "https://git.example.org", "GITHUB_REPOSITORY": "a/b"}
    assert repository_address(told, "https://github.com/c/d") == "https://git.example.org/a/b"
    for wrong in ({"GITHUB_REPOSITORY": "a/b)"}, {"GITHUB_SERVER_URL": "javascript:x"}):
        assert repository_address(told | wrong, "") is None


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet"]))
    return tmp_path


NAME = "plots/convnet/ts(ne)](x) 100%.png"


def test_both_versions_are_linked_at_their_commits(study):
    base = commit(study)
    (study / NAME).write_bytes(b"1")
    (study / "plots/convnet/tsne.png").write_bytes(b"2")
    here = commit(study)
    page = figures(compare(base), "https://github.com/a/b")
    start = "https://github.com/a/b/blob"
    links = re.findall(r"!\[[^]]*\]\((\S*)\)", page)
    assert [unquote(link) for link in links] == [
        f"{start}/{here}/{NAME}?raw=true",
        f"{start}/{base}/plots/convnet/tsne.png?raw=true",
        f"{start}/{here}/plots/convnet/tsne.png?raw=true",
    ]
    assert not re.search(r"[()\s]", "".join(links))
    assert page.startswith("<details><summary>Changed figures: 2</summary>")


def test_what_is_not_committed_has_no_address_and_without_one_git_shows_it(study):
    base = commit(study)
    (study / "plots/convnet/tsne.png").write_bytes(b"2")
    page = figures(compare("main"), None)
    assert "not committed" in page
    assert f"git show {base[:10]}&#58;plots/convnet/tsne.png" in page
    assert "![" not in page


def test_what_says_most_comes_first_and_no_more_than_a_few_are_shown(study):
    (study / "plots/searches").mkdir()
    for number in range(12):
        (study / f"plots/searches/{number}.png").write_bytes(b"1")
    page = figures(compare("main"), "https://github.com/a/b")
    assert "Changed figures: 12, 8 of them here" in page
    assert page.count("plots/searches") == 8  # none is committed, so that none is linked
    paths = [
        "plots/comparison/fashion/models.png", "plots/convnet/tsne.png", "plots/searches/grid.png",
        "plots/models/svm/sample.png", "plots/models/convnet/sample.png", "plots/models/knn/sample.png",
    ]  # fmt: skip
    assert (
        changed_figures(dict.fromkeys([*reversed(paths), "plots/a.csv", "data/b.png"], "changed"), ["svm", "convnet"])
        == paths
    )


def test_without_figures_nothing_is_said(study):
    (study / "plots/a.csv").write_text("a\n1\n")
    assert figures(compare("main"), None) == ""
