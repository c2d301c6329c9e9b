"""Calibration in pictures: what is drawn is what the table says, and all of it can be seen."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from vision.figures.comparison import draw_models
from vision.figures.reliability import draw_reliability
from vision.scores.calibration import calibration_table, describe_calibration
from vision.scores.classification import summarise
from vision.scores.temperature import describe_scaled

OPTIONS = {"bins": 6, "resamples": 100, "seed": 0}


def drawn(scale, size=500):
    """Logits of an overconfident model if scale is above 1, and labels."""
    generator = np.random.default_rng(0)
    logits = 2 * generator.normal(size=(size, 4))
    return scale * logits, (logits + generator.gumbel(size=logits.shape)).argmax(1)


def axes_of(draw, *arguments, monkeypatch):
    monkeypatch.setattr(plt, "close", lambda canvas: None)
    draw(*arguments)
    monkeypatch.undo()
    axes = plt.gcf().axes
    plt.close("all")
    return axes


def sure(images=500):
    """One value of confidence, and no mistake."""
    return np.tile([[9.0, 0.0]], (images, 1)), np.zeros(images, int)


@pytest.mark.parametrize("case", [drawn(1), drawn(4), sure()], ids=["calibrated", "overconfident", "sure and right"])
def test_the_diagram_shows_every_bin_with_its_interval_and_its_null(case, tmp_path, monkeypatch):
    table, ece = pd.DataFrame(calibration_table(*case, **OPTIONS)), describe_calibration(*case, **OPTIONS)
    left, right = axes_of(draw_reliability, tmp_path / "reliability.png", table, ece, monkeypatch=monkeypatch)
    (points, _, (bars,)), bands = left.containers[0].lines, left.collections[0].get_segments()
    np.testing.assert_allclose(points.get_xydata(), table[["confidence", "accuracy"]])
    np.testing.assert_allclose([part[:, 1] for part in bars.get_segments()], table[["accuracy_low", "accuracy_high"]])
    np.testing.assert_allclose([part[:, 1] for part in bands], table[["null_low", "null_high"]])
    differences = right.containers[1].lines[0].get_ydata(orig=False)
    np.testing.assert_allclose(differences, 100 * (table.accuracy - table.confidence))
    boxes = right.containers[0].patches
    assert sum(box.get_width() for box in boxes) == 500
    for axes, segments in ((left, bars.get_segments()), (right, right.containers[1].lines[2][0].get_segments())):
        (low, high), ends = axes.get_ylim(), np.concatenate(segments)[:, 1]
        assert low < ends.min()
        assert ends.max() < high


def test_models_are_drawn_as_they_are_and_with_their_temperature_each_before_its_null(tmp_path, monkeypatch):
    rows = []
    for scale in (1, 4):
        logits, labels = drawn(scale)
        row = {"title": f"model {scale}", "diverged": False, "document_accuracy": np.nan, "published_accuracy": 0.9}
        row |= {**summarise(logits, labels), **describe_calibration(logits, labels, **OPTIONS)}
        scaled = describe_scaled(logits, labels, float(scale), **OPTIONS)
        rows.append(row | {f"scaled_{name}": value for name, value in scaled.items()})
    models = pd.DataFrame(rows)
    assert models.scaled_ece_low.min() == 0  # its bar runs off the logarithmic axis
    panels = axes_of(draw_models, tmp_path / "models.png", models, monkeypatch=monkeypatch)
    for panel, name in ((panels[1], "loss"), (panels[2], "ece")):
        raw, scaled = (part.lines[0] for part in panel.containers if hasattr(part, "lines"))
        np.testing.assert_allclose(raw.get_xdata(orig=False), models[name])
        np.testing.assert_allclose(scaled.get_xdata(orig=False), models[f"scaled_{name}"])
        assert (raw.get_ydata(orig=False) > scaled.get_ydata(orig=False)).all()
        assert raw.get_markerfacecolor() != scaled.get_markerfacecolor()
    nulls = [part for part in panels[2].containers if hasattr(part, "patches")]
    assert len(nulls) == 2
    for boxes, prefix in zip(nulls, ("", "scaled_"), strict=True):
        ends = [(box.get_x(), box.get_x() + box.get_width()) for box in boxes]
        np.testing.assert_allclose(ends, models[[f"{prefix}ece_null_low", f"{prefix}ece_null_high"]])
