"""Curves of unusual numbers: axes stay readable, and nothing to show is no error."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from vision.figures.curves import draw_subset_curves, plain_log_ticks


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
def test_a_bar_that_reaches_zero_runs_off_a_logarithmic_axis_and_no_other_does(errors, tmp_path, monkeypatch):
    monkeypatch.setattr(plt, "close", lambda canvas: None)
    draw_subset_curves(tmp_path / "subsets.png", runs({100: errors, 1000: [0.01, 0.02, 0.03]}), {})
    axes = plt.gcf().axes[1]
    monkeypatch.undo()
    plt.close("all")
    (bars,) = axes.containers[0].lines[2]  # of the subset itself
    (few, many), floor = [segment[:, 1] for segment in bars.get_segments()], axes.get_ylim()[0]
    assert many == pytest.approx([0.01, 0.03])
    assert floor < 0.01
    mean, std = np.mean(errors), np.std(errors, ddof=1)
    if mean:
        assert few[1] == pytest.approx(mean + std)
        assert floor < mean
        assert few[0] == pytest.approx(mean - std) if std < mean else 0 < few[0] < floor
