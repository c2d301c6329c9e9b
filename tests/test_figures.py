"""Figures of unusual numbers: axes stay readable, and nothing to show is no error."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from vision.figures.curves import draw_subset_curves, plain_log_ticks
from vision.figures.pictures import draw_misclassified, draw_sample


@pytest.mark.parametrize("percent", [True, False])
@pytest.mark.parametrize(("low", "high"), [(0.082, 0.13), (0.0005, 0.9), (1, 1.05), (0.3, 2.4), (1e-6, 1e3)])
def test_a_logarithmic_axis_has_ticks_to_read_it_by(low, high, percent):
    canvas, axes = plt.subplots()
    axes.set(yscale="log", ylim=(low, high))
    plain_log_ticks(axes.yaxis, percent=percent)
    canvas.draw_without_rendering()
    shown = [tick.get_text() for tick in axes.get_yticklabels() if low <= tick.get_position()[1] <= high]
    plt.close(canvas)
    assert 3 <= len(set(shown)) == len(shown) <= 12
    assert all(text.endswith(" %") == percent for text in shown)


def runs(error_of_subset):
    """Two sizes, three seeds; only the errors on the subsets themselves are given."""
    rows = []
    for images, errors in error_of_subset.items():
        for error in errors:
            row = {"images": images, "subset_loss": 0.1 / images, "subset_accuracy": 1 - error}
            rows.append(row | {f"{split}_{m}": 0.9 for split in ("valid", "test") for m in ("loss", "accuracy")})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "errors",
    [[0.0, 0.0, 0.0016], [0.0, 0.0, 0.0], [0.001, 0.002, 0.003]],
    ids=["a bar below zero", "no error at all", "bars above zero"],
)
def test_error_bars_on_a_logarithmic_axis(errors, tmp_path):
    with np.errstate(all="raise"):
        draw_subset_curves(tmp_path / "subsets.png", runs({100: errors, 1000: [0.01, 0.02, 0.03]}), {})
    assert Image.open(tmp_path / "subsets.png").size[0] > 500


@pytest.mark.parametrize("wrong", [{"train", "test"}, {"test"}, set()], ids=["both", "test alone", "none"])
def test_a_model_without_mistakes_can_be_drawn(wrong, tmp_path):
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (30, 1, 8, 8), np.uint8), np.arange(30) % 3
    parts = {
        name: (images, labels, (labels + (np.arange(30) < 12) * (name in wrong)) % 3, np.arange(30))
        for name in ("train", "test")
    }
    draw_sample(tmp_path / "sample.png", parts, ["a", "b", "c"], seed=0)
    probabilities = np.eye(3)[parts["test"][2]]
    draw_misclassified(tmp_path / "mistakes.png", images, labels, probabilities, np.arange(30), ["a", "b", "c"])
    heights = [Image.open(tmp_path / f"{name}.png").size[1] for name in ("sample", "mistakes")]
    assert min(heights) > 100
