"""Images as text: upright, in shades, side by side, and only those that dvc.lock records."""

import numpy as np
import pytest

from tests.studies import make_study, write_images, write_lock, write_model
from vision.evidence.change.comparison import compare
from vision.evidence.change.drawing import beside, draw, newly_wrong


def grey(rows):
    return np.array(rows, np.uint8)[None]


def test_bright_pixels_are_dark_characters():
    ramp = grey([[0, 60, 120, 180, 255]] * 2)
    assert draw(ramp) == [" ░▒▓█"]


def test_a_character_is_two_pixels_above_each_other():
    assert draw(grey([[255, 0], [255, 0], [0, 255], [0, 255]])) == ["█ ", " █"]
    assert draw(grey([[255], [0]])) == ["▒"]
    assert draw(grey([[255], [255], [255]])) == ["█", "▒"]  # an odd number of rows ends in black


def test_colours_are_averaged():
    assert draw(np.array([[[255]] * 2, [[0]] * 2, [[0]] * 2], np.uint8)) == ["░"]


def test_images_stand_side_by_side_below_their_captions():
    images = [np.full((1, 4, 6), value, np.uint8) for value in (255, 0, 255)]
    lines = beside(images, [["one", "a"], ["two", "b"], ["a long caption", "``"]])
    assert lines == ["one     two     a long", "a       b       ''", *["██████          ██████"] * 2]


@pytest.fixture
def study(tmp_path, monkeypatch):
    images = write_images(tmp_path)
    monkeypatch.chdir(make_study(tmp_path, ["convnet", "svm"]))
    return tmp_path, images


def test_newly_wrong_images_are_drawn_with_what_they_are_and_are_taken_for(study):
    folder, images = study
    write_model(folder, "convnet", range(53))
    write_lock(folder)
    page = newly_wrong(compare("main"))
    lines = page.splitlines()
    assert lines[0] == "Newly wrong by convnet: 1 to 3 of 3"
    assert lines[3].split("  ")[0] == "50: digit 0"
    assert lines[4].startswith("now digit 1 (1.00)")
    drawn = [line.ljust(88) for line in lines[5:19]]
    for place, index in enumerate((50, 51, 52)):
        assert [line[30 * place : 30 * place + 28] for line in drawn] == draw(images[index])
    assert "<details>" not in page


def test_a_few_are_seen_and_the_rest_is_folded(study):
    folder, _ = study
    write_model(folder, "convnet", range(80))
    write_model(folder, "svm", range(51))
    write_lock(folder)
    seen, folded = newly_wrong(compare("main")).split("<details>")
    assert len(seen.splitlines()) <= 25
    assert "1 to 3 of 30" in seen
    assert "10 to 12 of 30" in folded
    assert "13 to" not in folded
    assert "Newly wrong by svm: 1 to 1 of 1" in folded


def test_pixels_that_are_not_those_recorded_are_not_drawn(study):
    folder, _ = study
    write_model(folder, "convnet", range(53))
    write_model(folder, "svm", range(51))
    write_lock(folder)
    line = "The pixels of 4 newly wrong images are not here: `dvc repro split@handwriting` brings " \
           "data/prepared/handwriting_test.npz."  # fmt: skip
    path = folder / "data/prepared/handwriting_test.npz"
    path.write_bytes(path.read_bytes() + b" ")
    assert newly_wrong(compare("main")) == line
    path.unlink()
    assert newly_wrong(compare("main")) == line


def test_without_newly_wrong_images_nothing_is_said(study):
    folder, _ = study
    write_model(folder, "convnet", range(40))
    write_lock(folder)
    assert newly_wrong(compare("main")) == ""
