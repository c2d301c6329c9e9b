"""Figures at addresses that do not move, and newly wrong images drawn as text."""

import re
from urllib.parse import unquote

import numpy as np

from tests.study import commit, write_lock, write_model
from vision.data.dataset import Dataset
from vision.evidence.change.comparison import compare
from vision.evidence.change.drawing import draw, newly_wrong
from vision.evidence.change.pictures import changed_figures, figures, repository_address

NAME = "plots/convnet/ts(ne)](x) 100%.png"


def test_figures_are_linked_at_the_commits_of_both_versions(study):
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
    (study / NAME).write_bytes(b"3")
    page = figures(compare(base), None)
    assert f"git show {base[:10]}&#58;plots/convnet/tsne.png" in page
    assert "not committed" in page


def test_changed_figures_puts_comparisons_first_and_changed_models_before_others():
    paths = [
        "plots/comparison/fashion/models.png", "plots/convnet/tsne.png", "plots/searches/grid.png",
        "plots/models/svm/sample.png", "plots/models/convnet/sample.png", "plots/models/knn/sample.png",
    ]  # fmt: skip
    files = dict.fromkeys([*reversed(paths), "plots/a.csv", "data/b.png"], "changed")
    assert changed_figures(files, ["svm", "convnet"]) == paths


def test_repository_address_is_of_the_workflow_or_of_the_clone():
    given = {"GITHUB_SERVER_URL": "https://git.example.org", "GITHUB_REPOSITORY": "a/b"}
    assert repository_address(given, "https://github.com/c/d") == "https://git.example.org/a/b"
    assert repository_address(given | {"GITHUB_REPOSITORY": "a/b)"}, "https://example.org/c/d") is None
    for origin in ("https://user:token@github.com/c/d.git", "git@github.com:c/d.git"):
        assert repository_address({}, origin) == "https://github.com/c/d"


def test_draw_shows_two_rows_of_bright_pixels_as_one_dark_character():
    assert draw(np.array([[[0, 60, 120, 180, 255]] * 2], np.uint8)) == [" ░▒▓█"]
    assert draw(np.array([[[255, 0], [255, 0], [0, 255]]], np.uint8)) == ["█ ", " ▒"]  # an odd row is averaged with 0


def test_newly_wrong_shows_images_by_their_index_folds_the_rest_and_draws_no_other_pixels(study):
    assert newly_wrong(compare("main")) == ""
    write_model(study, "convnet", range(80))
    write_lock(study)
    path = study / "data/prepared/handwriting_test.npz"
    samples = Dataset.load(path).splits["test"]
    seen, folded = newly_wrong(compare("main")).split("<details>")
    lines = seen.splitlines()
    assert lines[0] == "Newly wrong by convnet: 1 to 3 of 30"
    assert lines[3].split("  ")[0] == "50: digit 0"
    assert lines[4].startswith("now digit 1 (1.00)")
    assert [line[:28] for line in lines[5:19]] == draw(samples.inputs[list(samples.indices).index(50)])
    assert "10 to 12 of 30" in folded
    assert "13 to" not in folded
    path.write_bytes(path.read_bytes() + b" ")
    assert newly_wrong(compare("main")).startswith("The pixels of 30 newly wrong images are not here")
