"""Document 003's mistakes with its grid: curves under wrong names, the best of many believed, epochs for updates."""

import numpy as np

from vision.document_errors.rows import (
    Measured,
    Row,
    counted,
    difference,
    exact,
    left_out,
    one_less_others,
    over_runs,
    row,
    runs,
)
from vision.training.searches import show_value

Grid = dict[str, list]


def misname_curves(scores: np.ndarray, grid: Grid, images: int) -> list[Row]:
    """A curve is looked up at `a * len(second) + b * len(third) + c` and not `(a * len(second) + b) * ...` (bug B3.4).

    Args:
        scores: float (n_points,), validation accuracy of each point of the grid, the third value varying fastest
        grid: three lists of values by name
        images: how many validation images there are

    Returns:
        how many curves stand under a name that is not theirs; the mean accuracy of those that the figure says have the
        last of the first values
    """
    first, second, third = map(len, grid.values())
    a, b, c = np.indices((first, second, third)).reshape(3, -1)
    meant, taken = (a * second + b) * third + c, a * second + b * third + c
    name, values = next(iter(grid.items()))
    at, called = f"{name.replace('_', ' ')} {show_value(values[-1])}", a == first - 1
    wrong = exact((meant != taken).sum())
    shown = f"{len(scores)} curves"
    rows = [row("B3.4", "misnamed_curves", "curves", wrong, exact(0), wrong, sample=f"no sample: {shown}")]
    if first < 2:
        return [*rows, left_out("B3.4", "mean_of_curves", "percent", "the grid has one value alone of it", at=at)]
    ways = [_mean_of_models(scores[places[called]], images) for places in (taken, meant)]
    sample = f"{images:,} validation images"
    return [*rows, row("B3.4", "mean_of_curves", "percent", *ways, difference(*ways), sample=sample, at=at)]


def trust_the_best(scores: np.ndarray, again: np.ndarray, images: int) -> list[Row]:
    """The score that was the best of many single runs is taken for what the point is worth (bug B3.10).

    Args:
        scores: float (n_points,), validation accuracy of one run of each point, all with one seed
        again: float (n_best, n_seeds), of the best points, best first, with fresh seeds
        images: how many validation images there are
    """
    names = ("best_point_accuracy", "percent"), ("best_point_lead", "points")
    best = np.sort(scores)[::-1]
    single, sample = _mean_of_models(best[:1], images), f"{again.shape[1]} fresh seeds, {images:,} validation images"
    worth = over_runs(again[0], smallest=0, largest=1)
    rows = [row("B3.10", *names[0], single, worth, one_less_others(best[0], again[0]), sample=sample)]
    if len(again) < 2:
        return [*rows, left_out("B3.10", *names[1], "the grid has one point alone")]
    lead = difference(single, _mean_of_models(best[1:2], images))
    leads = again[0] - again[1]
    ways = lead, over_runs(leads), one_less_others(lead.value, leads)
    return [*rows, row("B3.10", *names[1], *ways, sample=sample)]


def count_epochs(accuracies: np.ndarray, updates: np.ndarray, grid: Grid, last: int) -> list[Row]:
    """Batch sizes are compared after equally many epochs, in which a small batch takes more steps (bug B3.10).

    The right way compares the smallest with the largest batch over the same span of steps: that in which the largest
    takes its last epochs.

    Args:
        accuracies: float (n_points, n_epochs), validation accuracy after each epoch; NaN after a divergence
        updates: int (n_points,), steps of the whole training
        grid: lr, batch_size and hidden, in their order
        last: of how many last epochs a run's score is the mean

    Returns:
        for each learning rate what the smallest batch has over the largest, over the widths
    """
    sizes, order = grid["batch_size"], [list(grid).index(name) for name in ("lr", "batch_size", "hidden")]
    shape = [len(values) for values in grid.values()]
    by_name = accuracies.reshape(*shape, -1).transpose(*order, 3), updates.reshape(shape).transpose(order)
    few, many = int(np.argmin(sizes)), int(np.argmax(sizes))
    rows = []
    for place, rate in enumerate(grid["lr"]):
        about = {"at": f"batches of {sizes[few]} and of {sizes[many]}, learning rate {rate:g}"}
        small, large = (by_name[0][place, size] for size in (few, many))  # (n_widths, n_epochs)
        usable = np.isfinite(small).all() and np.isfinite(large).all()
        if few == many or len(small) < 2 or not usable:
            why = "the grid needs two batch sizes and two widths, and no training that diverged"
            rows.append(left_out("B3.10", "smaller_batch_lead", "points", why, **about))
            continue
        span = _same_span(*(by_name[1][place, size, 0] for size in (few, many)), small.shape[1], last)
        score = large[:, -last:].mean(1)
        ways = small[:, -last:].mean(1) - score, small[:, span].mean(1) - score
        rows.append(row("B3.10", "smaller_batch_lead", "points", *runs(*ways), sample=f"{len(small)} widths", **about))
    return rows


def _same_span(small_updates: int, large_updates: int, epochs: int, last: int) -> np.ndarray:
    """The epochs of the small batch, counted from 0, that end within the steps of the large batch's last epochs."""
    ends = np.arange(1, epochs + 1) * small_updates / epochs
    within = np.flatnonzero((ends > large_updates * (epochs - last) / epochs) & (ends <= large_updates))
    return within if len(within) else np.array([np.argmin(abs(ends - large_updates))])


def _mean_of_models(accuracies: np.ndarray, images: int) -> Measured:
    """Mean accuracy of models on the same images, with Wilson's interval as of one model.

    The mean of several has at most the variance of one with that accuracy, so that it is on the wide side.
    """
    return counted(float(accuracies.mean()) * images, images)
