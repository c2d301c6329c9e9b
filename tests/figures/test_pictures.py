"""Galleries of mistakes where there are few or none."""

import numpy as np
import pytest
from PIL import Image

from vision.figures.pictures import draw_misclassified, draw_sample


@pytest.mark.parametrize(("wrong", "rows"), [({"train", "test"}, 2), ({"test"}, 1), (set(), 1)])
def test_a_part_without_mistakes_takes_no_row_and_a_model_without_any_can_be_drawn(wrong, rows, tmp_path):
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (30, 1, 8, 8), np.uint8), np.arange(30) % 3
    parts = {
        name: (images, labels, (labels + (np.arange(30) < 12) * (name in wrong)) % 3, np.arange(30))
        for name in ("train", "test")
    }
    draw_sample(tmp_path / "sample.png", parts, ["a", "b", "c"])
    probabilities = np.eye(3)[parts["test"][2]]
    draw_misclassified(tmp_path / "mistakes.png", images, labels, probabilities, np.arange(30), ["a", "b", "c"])
    width, height = Image.open(tmp_path / "sample.png").size
    assert (height / width > 0.3) == (rows == 2)
    assert Image.open(tmp_path / "mistakes.png").size[0] == width
