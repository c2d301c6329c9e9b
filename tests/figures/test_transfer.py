"""Figures of fine-tuning, of spaces and of the panel are drawn from any tables of their kind, and always alike."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from vision.figures.maps import draw_spaces
from vision.figures.pictures import draw_top_losses
from vision.figures.transfer import CLASSIFIERS, KINDS, MEASURES, draw_finetuning, draw_panel, draw_separation


def twice(draw, tmp_path):
    """Draw into two files; they must be the same."""
    paths = [tmp_path / name for name in ("first.png", "second.png")]
    for path in paths:
        draw(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    return Image.open(paths[0])


def panel_table(kinds, correct=90):
    rows = [(role, kind, name) for role in ("handwriting", "colour") for kind in kinds for name in CLASSIFIERS]
    table = pd.DataFrame(rows, columns=["role", "kind", "classifier"])
    return table.assign(
        images=100,
        accuracy=correct / 100,
        accuracy_low=correct / 100 - 0.05,
        accuracy_high=min(1, correct / 100 + 0.05),
    )


@pytest.mark.parametrize("frozen", [0, 7, 30])
def test_a_fine_tuning_is_drawn_whatever_its_phases(frozen, tmp_path):
    rates = np.full((30, 3), 0.001, np.float32)
    rates[:frozen, :2] = 0
    losses = np.geomspace(2, 0.1, 30)
    assert twice(lambda path: draw_finetuning(path, losses, rates, frozen), tmp_path).width == 1050


@pytest.mark.parametrize(("kinds", "correct"), [(list(KINDS), 90), (["pixels", "finetuned"], 100), (["scattering"], 0)])
def test_a_panel_is_drawn_with_what_there_is(kinds, correct, tmp_path):
    table, titles = panel_table(kinds, correct), {"handwriting": "MNIST", "colour": "CIFAR-10"}
    assert twice(lambda path: draw_panel(path, table, titles), tmp_path).width == 1050


def test_a_separation_is_drawn_also_where_a_space_is_parted_perfectly(tmp_path):
    rows = [
        {"space": space, "measure": measure, "value": value, "low": value * 0.9, "high": value * 1.1}
        for space, value in {"pixels": 0.5, "logits": 0.0}.items()
        for measure in MEASURES
    ]
    assert twice(lambda path: draw_separation(path, pd.DataFrame(rows)), tmp_path).width == 1050


def test_spaces_and_top_losses_are_drawn(tmp_path):
    generator = np.random.default_rng(0)
    labels, points = np.arange(40) % 4, generator.normal(size=(40, 2))
    spaces = {f"space {number}": (points, labels) for number in range(4)}
    assert twice(lambda path: draw_spaces(path, spaces, list("abcd"), columns=3), tmp_path).width == 1050
    images = generator.integers(0, 256, (40, 1, 8, 8), np.uint8)
    probabilities = generator.dirichlet(np.ones(4), 40)
    probabilities[0] = [0, 1, 0, 0]  # of a true 0: an infinite loss
    about = (images, labels, probabilities, np.arange(40), list("abcd"))
    assert twice(lambda path: draw_top_losses(path, *about), tmp_path).width == 1050
