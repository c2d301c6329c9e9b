"""Figures of numbers against numbers: the data drawn are the data given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from vision.figures import curves, forest, matrices, reliability, searches
from vision.scores.estimate import Estimate


def with_interval(name, values, width=0.01):
    return {name: values, f"{name}_low": np.array(values) - width, f"{name}_high": np.array(values) + width}


MODELS = pd.DataFrame(
    {
        "title": ["worse", "better"], "images": 1000, "diverged": [True, False], "document_accuracy": [0.9, np.nan],
        "published_accuracy": [np.nan, 0.97],
        **with_interval("accuracy", [0.90, 0.95]), **with_interval("loss", [0.4, 0.2]),
        **with_interval("ece", [0.05, 0.03]), "ece_null_low": 0.01, "ece_null_high": [0.02, 0.03],
        **with_interval("scaled_loss", [0.35, 0.15]), **with_interval("scaled_ece", [0.02, 0.011]),
        "scaled_ece_null_low": [0.01, 0.012], "scaled_ece_null_high": 0.02,
    }
)  # fmt: skip
PAIRS = pd.DataFrame({"first": ["b", "a", "a"], "second": ["c", "b", "c"], "shared": [0.1, 0.2, 0.3],
                      "p_holm": [0.0001, 0.25, 0.04]})  # fmt: skip
BINS = pd.DataFrame({"images": [100, 200, 200], "confidence": [0.5, 0.8, 1.0],
                     **with_interval("accuracy", [0.45, 0.7, 0.99]), "null_low": [0.42, 0.75, 0.98],
                     "null_high": [0.58, 0.85, 1.0]})  # fmt: skip
ECE, NULL = Estimate(0.1, 0.05, 0.2), Estimate(0.01, 0, 0.02)
SUBSETS = pd.DataFrame({"images": np.repeat([100, 1000], 3)}).assign(
    **{f"{split}_loss": [0.1, 0.2, 0.3] * 2 for split in ("subset", "valid", "test")},
    **{f"{split}_accuracy": [0.6, 0.7, 0.8] * 2 for split in ("subset", "valid", "test")},
)
SEARCH = pd.DataFrame({"weight_decay": [0.1, 1.0, 0.0, 0.1], "new_seed": [False, False, False, True],
                       "diverged": False, "score": [0.9, 0.7, 0.8, 0.91],
                       "winner": [True, False, False, True]})  # fmt: skip
GRID = pd.DataFrame(
    [
        {"lr": lr, "batch_size": size, "hidden": hidden, "winner": (lr, size, hidden) == (0.01, 64, 50),
         "score": lr + size / 1000 + hidden / 10_000, "diverged": (lr, size, hidden) == (0.1, 32, 25)}
        for lr in (0.01, 0.1) for size in (64, 32) for hidden in (50, 25, 75)
    ]
)  # fmt: skip
SCORES = pd.DataFrame({"name": ["Softmax", "Tanh"], "reported": [0.92, 0.95], "mean": [0.923, 0.949],
                       "low": [0.922, 0.944], "high": [0.924, 0.954], "prediction_low": [0.918, 0.93],
                       "prediction_high": [0.928, 0.968]})  # fmt: skip
LINES = [np.linspace(0.5, 0.9, 8) + place / 100 for place in range(12)]


@pytest.mark.parametrize(("low", "high"), [(0.082, 0.13), (1, 1.05), (0.3, 2.4), (1e-6, 1e3)])
def test_logarithmic_axis_has_three_to_twelve_distinct_ticks(low, high):
    canvas, axes = plt.subplots()
    axes.set(yscale="log", ylim=(low, high))
    curves.plain_log_ticks(axes.yaxis, percent=True)
    canvas.draw_without_rendering()
    shown = [tick.get_text() for tick in axes.get_yticklabels() if low <= tick.get_position()[1] <= high]
    plt.close(canvas)
    assert 3 <= len(set(shown)) == len(shown) <= 12


def error_bars(container):
    """Points (N, 2), and both ends of each bar (N, 2, 2)."""
    line, _, (bars,) = container.lines
    return line.get_xydata(), np.array(bars.get_segments())


def test_models_are_drawn_in_order_with_and_without_temperature_before_their_null(canvas_of):
    best_first = MODELS[::-1]
    panels = canvas_of(forest.draw_models, best_first, "digits").axes
    assert [text.get_text() for text in panels[0].get_yticklabels()] == ["better", "worse (diverged)"]
    points, ends = error_bars(panels[0].containers[0])
    np.testing.assert_allclose(points, [[0.05, 0], [0.1, 1]])
    np.testing.assert_allclose(ends[:, :, 0], [[0.04, 0.06], [0.09, 0.11]])
    np.testing.assert_allclose(panels[0].lines[-2].get_xdata(), [np.nan, 0.1])  # of the documents
    for panel, name in ((panels[1], "loss"), (panels[2], "ece")):
        raw, scaled = (part.lines[0] for part in panel.containers if hasattr(part, "lines"))
        np.testing.assert_allclose(raw.get_xdata(orig=False), best_first[name])
        np.testing.assert_allclose(scaled.get_xdata(orig=False), best_first[f"scaled_{name}"])
    nulls = [part for part in panels[2].containers if hasattr(part, "patches")]
    for boxes, prefix in zip(nulls, ("", "scaled_"), strict=True):
        np.testing.assert_allclose([box.get_x() for box in boxes], best_first[f"{prefix}ece_null_low"])


def test_pairs_have_shared_errors_below_the_diagonal_and_p_values_above(canvas_of):
    axes = canvas_of(matrices.draw_pairs, PAIRS, {name: name.upper() for name in "abc"}, "digits").axes[0]
    shared = axes.images[0].get_array().filled(np.nan)
    np.testing.assert_allclose([shared[1, 0], shared[2, 0], shared[2, 1]], [20, 30, 10])
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert (texts[1, 0], texts[2, 0]) == (".250", ".040")
    assert (2, 1) not in texts  # p is below 0.001
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["A  1", "B  2", "C  3"]
    (marked,) = axes.collections  # the pair of a and b, whose p is above 0.05
    assert marked.get_paths()[0].get_extents().bounds == (0.5, -0.5, 1, 1)


@pytest.mark.parametrize("errors", [[0.0, 0.0, 0.0016], [0.0, 0.0, 0.0], [0.001, 0.002, 0.003]])
def test_bar_that_reaches_zero_runs_off_a_logarithmic_axis_and_no_other_does(errors, canvas_of):
    subsets = SUBSETS.assign(subset_accuracy=1 - np.array([*errors, 0.01, 0.02, 0.03]))
    axes = canvas_of(curves.draw_subset_curves, subsets, {}).axes[1]
    (bars,) = axes.containers[0].lines[2]  # of the subset itself
    (few, many), floor = [segment[:, 1] for segment in bars.get_segments()], axes.get_ylim()[0]
    assert many == pytest.approx([0.01, 0.03])
    assert floor < 0.01
    mean, std = np.mean(errors), np.std(errors, ddof=1)
    if mean:
        assert few[1] == pytest.approx(mean + std)
        assert floor < mean
        assert few[0] == pytest.approx(mean - std) if std < mean else 0 < few[0] < floor


def test_reliability_diagram_has_every_bin_with_its_interval_and_its_null(canvas_of):
    left, right = canvas_of(reliability.draw_reliability, BINS, ECE, NULL, 0.001, "Net").axes
    points, ends = error_bars(left.containers[0])
    np.testing.assert_allclose(points, BINS[["confidence", "accuracy"]])
    np.testing.assert_allclose(ends[:, :, 1], BINS[["accuracy_low", "accuracy_high"]])
    nulls = [part[:, 1] for part in left.collections[0].get_segments()]
    np.testing.assert_allclose(nulls, BINS[["null_low", "null_high"]])
    assert [text.get_text() for text in left.texts] == ["100 images", "200 images", "200 images"]  # few bins
    points, _ = error_bars(right.containers[1])
    np.testing.assert_allclose(points[:, 0], [50, 200, 400])  # the middle image of each bin
    np.testing.assert_allclose(points[:, 1], 100 * (BINS.accuracy - BINS.confidence))


def test_search_figures_put_every_run_at_its_hyper_parameters(canvas_of):
    by_epoch, by_lambda, _ = canvas_of(searches.draw_lambda_search, SEARCH, LINES[:4], [np.ones(30)] * 4, "Net").axes
    np.testing.assert_allclose(by_lambda.lines[0].get_xydata(), [[1, 0.3], [0.1, 0.1], [0, 0.2]])
    np.testing.assert_allclose(by_lambda.lines[1].get_xydata(), [[0.1, 0.09]])  # new seeds
    np.testing.assert_allclose(by_epoch.lines[0].get_ydata(), 1 - LINES[1])

    maps = canvas_of(searches.draw_grid, GRID, "title").axes
    assert [axes.get_title() for axes in maps[:2]] == ["learning rate 0.1", "learning rate 0.01"]
    expected = 100 * (0.01 + np.array([[32], [64]]) / 1000 + np.array([25, 50, 75]) / 10_000)
    np.testing.assert_allclose(maps[1].images[0].get_array(), expected)
    assert np.isnan(maps[0].images[0].get_array().filled(np.nan)[0, 0])
    assert "diverged" in [text.get_text() for text in maps[0].texts]
    assert maps[0].images[0].get_clim() == maps[1].images[0].get_clim()
    assert not maps[0].patches
    assert maps[1].patches[0].get_xy() == (0.5, 0.5)  # around hidden 50 and batches of 64

    panels = canvas_of(searches.draw_grid_curves, GRID, LINES, "Net").axes
    for place, row in enumerate(GRID.itertuples()):  # bug B3.4
        panel = next(p for p in panels if p.get_title() == f"learning rate {row.lr:g}, batches of {row.batch_size}")
        line = next(line for line in panel.lines if line.get_label() == f"{row.hidden}")
        np.testing.assert_allclose(line.get_ydata(), 1 - LINES[place])


def test_replications_are_drawn_in_points_against_what_is_reported(canvas_of):
    axes = canvas_of(forest.draw_replications, SCORES).axes[0]
    points, ends = error_bars(axes.containers[1])
    np.testing.assert_allclose(points, [[0.3, 0], [-0.1, 1]], atol=1e-9)
    np.testing.assert_allclose(ends[0, :, 0], [0.2, 0.4])
    assert [box.get_x() for box in axes.containers[0]] == pytest.approx([-0.2, -2])


def test_error_of_zero_is_half_an_image():
    rows = forest.error_columns(pd.DataFrame({"images": [100, 100], **with_interval("accuracy", [1.0, 0.9])}))
    np.testing.assert_allclose(rows[["value", "low", "high"]], [[0.005, -0.01, 0.01], [0.1, 0.09, 0.11]], atol=1e-12)


def test_sweep_draws_the_mean_error_over_seeds(canvas_of):
    table = pd.DataFrame({"weight_decay": 0.1, "seed": [0, 1, 0, 1], "epoch": [1, 1, 2, 2], "split": "valid",
                          "measure": "accuracy", "value": [0.8, 0.6, 0.9, 0.8]})  # fmt: skip
    line = canvas_of(curves.draw_sweep, table, "Net").axes[0].lines[0]
    np.testing.assert_allclose(line.get_xydata(), [[1, 0.3], [2, 0.15]])


def test_separation_writes_zero_beside_a_logarithmic_axis_and_draws_whole_intervals(canvas_of):
    rows = [("a", 0, 0, 0.2), ("b", 0.1, 0.001, 0.3)]
    table = pd.DataFrame(
        [(name, measure, *values) for measure in forest.MEASURES for name, *values in rows],
        columns=["representation", "measure", "value", "low", "high"],
    )
    panels = dict(zip(forest.MEASURES, canvas_of(forest.draw_separation, table).axes, strict=False))
    linear, logarithmic = panels["collapse.nc2_norms"], panels["collapse.nc4"]
    assert [text.get_text() for text in logarithmic.texts] == ["← 0"]
    assert not linear.texts
    line, _, (bars,) = logarithmic.containers[0].lines
    np.testing.assert_allclose(line.get_xdata(orig=False), [np.nan, 0.1])
    np.testing.assert_allclose(bars.get_segments()[-1][:, 0], [0.001, 0.3])
    points, _ = error_bars(linear.containers[0])
    np.testing.assert_allclose(points[:, 0], [0, 0.1])
