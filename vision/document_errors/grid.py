"""What document 003's errors with its grid of runs change: curves under wrong names, the best run, equal epochs."""

import numpy as np

from vision.document_errors.rows import Row, difference, one_less_others, runs, share
from vision.scores.estimate import Estimate
from vision.scores.intervals import seed_estimate

Grid = dict[str, list]


def index_wrongly(scores: np.ndarray, grid: Grid, images: int) -> list[Row]:
    """Curves are looked up at `a * len(second) + b * len(third) + c`, not at `(a * len(second) + b) * len(third) + c`.

    Args:
        scores: float (n_points,), validation accuracy of each point of the grid, the third value varying fastest
        grid: three lists of values by name
    """
    first, second, third = map(len, grid.values())
    a, b, c = np.indices((first, second, third)).reshape(3, -1)
    right, wrong = (a * second + b) * third + c, a * second + b * third + c
    misnamed = Estimate(int((right != wrong).sum()))
    sample = f"no sample: {len(scores)} curves"
    names = Row("B3.4", "misnamed_curves", "curves", misnamed, Estimate(0), misnamed, sample)
    name, values = next(iter(grid.items()))
    mean = Row("B3.4", "mean_of_curves", "percent", at=f"{name.replace('_', ' ')} {values[-1]}")
    if first < 2:
        return [names, mean._replace(left_out="the grid has one value alone of it")]
    ways = [_mean_of_models(scores[index[a == first - 1]], images) for index in (wrong, right)]
    return [names, mean.filled((*ways, difference(*ways)), f"{images:,} validation images")]


def report_the_best_run(scores: np.ndarray, repeated: np.ndarray, images: int) -> list[Row]:
    """The best of many single runs is reported as the accuracy of its point.

    Args:
        scores: float (n_points,), validation accuracy of one run of each point, all with one seed
        repeated: float (n_best, n_seeds), of the best points, best first, with new seeds
    """
    best = np.sort(scores)[::-1]
    single, sample = _mean_of_models(best[:1], images), f"{repeated.shape[1]} new seeds, {images:,} validation images"
    ways = single, seed_estimate(repeated[0], smallest=0, largest=1), one_less_others(best[0], repeated[0])
    accuracy = Row("B3.10", "best_point_accuracy", "percent", *ways, sample)
    margin = Row("B3.10", "best_point_lead", "points")
    if len(repeated) < 2:
        return [accuracy, margin._replace(left_out="the grid has one point alone")]
    wrong, right = difference(single, _mean_of_models(best[1:2], images)), repeated[0] - repeated[1]
    return [accuracy, margin.filled((wrong, seed_estimate(right), one_less_others(wrong.value, right)), sample)]


def compare_at_equal_epochs(accuracies: np.ndarray, updates: np.ndarray, grid: Grid, last: int) -> list[Row]:
    """Batch sizes are compared after equally many epochs, in which a small batch makes more updates.

    The right way compares the smallest with the largest batch over the updates of the last epochs of the largest.

    Args:
        accuracies: float (n_points, n_epochs), validation accuracy after each epoch; NaN after a divergence
        updates: int (n_points,), of the whole training
        grid: lr, batch_size and hidden, in their order
        last: a run's score is the mean of this many last epochs
    """
    sizes, order = grid["batch_size"], [list(grid).index(name) for name in ("lr", "batch_size", "hidden")]
    shape = [len(values) for values in grid.values()]
    curves, updates = accuracies.reshape(*shape, -1).transpose(*order, 3), updates.reshape(shape).transpose(order)
    smallest, largest = int(np.argmin(sizes)), int(np.argmax(sizes))
    rows = []
    for position, rate in enumerate(grid["lr"]):
        at = f"batches of {sizes[smallest]} and of {sizes[largest]}, learning rate {rate:g}"
        row = Row("B3.10", "smaller_batch_lead", "points", at=at)
        small, large = curves[position, smallest], curves[position, largest]  # (n_widths, n_epochs)
        if smallest == largest or len(small) < 2 or not (np.isfinite(small).all() and np.isfinite(large).all()):
            rows.append(row._replace(left_out="needs two batch sizes and two widths, and no training that diverged"))
            continue
        span = _same_span(*updates[position, [smallest, largest], 0], small.shape[1], last)
        score = large[:, -last:].mean(1)
        ways = runs(small[:, -last:].mean(1) - score, small[:, span].mean(1) - score)
        rows.append(row.filled(ways, f"{len(small)} widths"))
    return rows


def _same_span(small_updates: int, large_updates: int, epochs: int, last: int) -> np.ndarray:
    """The epochs of the small batch, counted from 0, that end within the updates of the large batch's last epochs."""
    ends = np.arange(1, epochs + 1) * small_updates / epochs
    within = np.flatnonzero((ends > large_updates * (epochs - last) / epochs) & (ends <= large_updates))
    return within if len(within) else np.array([np.argmin(abs(ends - large_updates))])


def _mean_of_models(accuracies: np.ndarray, images: int) -> Estimate:
    """Mean accuracy of models on the same images, with Wilson's interval as of one model.

    The mean of several has at most the variance of one with that accuracy, so that the interval is not too narrow.
    """
    return share(float(accuracies.mean()) * images, images)
