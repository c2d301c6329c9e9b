"""Rules that measure a claim by counts of test images: which classes are confused, or misclassified, most often.

That a class or pair ranks first is measured as its margin over all others, with a bootstrap interval over the images.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vision.evidence.claims.sources import Sources
from vision.scores.estimate import Estimate
from vision.scores.intervals import percentile_interval

WORST = 3  # number of classes that document 003 calls the worst
Statistic = Callable[..., np.ndarray]


def confused_pair(sources: Sources, of: dict[str, Any]) -> Estimate:
    """How many more test images are confused between two classes, in both directions, than between any other two.

    `of` holds `model`; `pair`, two classes; and in `except` those not compared with.
    """
    names, matrix = _confusion(sources, of["model"])
    pairs = list(zip(*np.triu_indices(len(names), 1), strict=True))
    named = [of["pair"], *of.get("except", [])]
    chosen, *excluded = (pairs.index(tuple(sorted(_positions(names, pair)))) for pair in named)

    def margin(matrices: np.ndarray) -> np.ndarray:
        confused = np.stack([matrices[..., a, b] + matrices[..., b, a] for a, b in pairs], -1)
        return _margin(confused, [chosen], excluded)

    return _of_matrix(sources, margin, matrix)


def confused_with(sources: Sources, of: dict[str, Any]) -> Estimate:
    """How many more test images of a class are predicted as each of some classes than as any other wrong class.

    `of` holds `model`; `actual`, the class; `predicted`, wrong ones; and in `except` those not compared with.
    """
    names, matrix = _confusion(sources, of["model"])
    actual, *excluded = _positions(names, [of["actual"], *of.get("except", [])])
    chosen = _positions(names, of["predicted"])
    return _of_matrix(sources, lambda counts: _margin(counts[..., actual, :], chosen, [actual, *excluded]), matrix)


def most_errors(sources: Sources, of: dict[str, Any]) -> Estimate:
    """How many more false negatives, or false positives, one class has than any other, in test images.

    `of` holds `model`; `class`; `kind`, false_negatives or false_positives.
    """
    names, matrix = _confusion(sources, of["model"])
    chosen, axis = _positions(names, [of["class"]]), {"false_negatives": -1, "false_positives": -2}[of["kind"]]

    def margin(matrices: np.ndarray) -> np.ndarray:
        return _margin(matrices.sum(axis) - np.diagonal(matrices, axis1=-2, axis2=-1), chosen)

    return _of_matrix(sources, margin, matrix)


def _margin(values: np.ndarray, chosen: list[int], excluded: Sequence[int] = ()) -> np.ndarray:
    """The smallest of the chosen values less the largest of the others, by the last axis."""
    others = np.setdiff1d(np.arange(values.shape[-1]), [*chosen, *excluded])
    return values[..., chosen].min(-1) - values[..., others].max(-1)


def _confusion(sources: Sources, model: str) -> tuple[list[str], np.ndarray]:
    """The names of the classes, and test images by true and predicted class: int (n_classes, n_classes)."""
    table = sources.table_of(model, "confusion")
    counts = table.pivot(index="actual", columns="predicted", values="images")
    return [str(name) for name in counts.index], counts.to_numpy()


def _of_matrix(sources: Sources, statistic: Statistic, matrix: np.ndarray) -> Estimate:
    """A statistic of the confusion matrix, with its bootstrap interval over the images."""
    images = int(matrix.sum())
    draws = sources.generator().multinomial(images, matrix.ravel() / images, sources.resamples)
    return _estimate(statistic(matrix), statistic(draws.reshape(-1, *matrix.shape)), images)


def _estimate(value: float, draws: np.ndarray, n: int) -> Estimate:
    return Estimate(float(value), *map(float, percentile_interval(draws)), n)


def _positions(names: list[str], chosen: list[Any]) -> list[int]:
    if missing := {str(name) for name in chosen} - set(names):
        raise KeyError(f"no class {min(missing)}")
    return [names.index(str(name)) for name in chosen]


def worst_classes(sources: Sources, of: dict[str, Any]) -> Estimate:
    """The smallest test error rate of some classes less the largest of all others.

    `of` holds `model`, or a replication, whose error rates are means over seeds; `classes`.
    """
    return _of_classes(sources, _margin, of)


def best_classes(sources: Sources, of: dict[str, Any]) -> Estimate:
    """The smallest test error rate of all other classes less the largest of some; `of` as for `worst_classes`."""
    return _of_classes(sources, lambda rates, chosen: _margin(-rates, chosen), of)


def smallest_error_rate(sources: Sources, of: dict[str, Any]) -> Estimate:
    """The smallest test error rate of some classes; `of` as for `worst_classes`."""
    return _of_classes(sources, lambda rates, chosen: rates[..., chosen].min(-1), of)


def ratio_of_worst_classes(sources: Sources, of: list[str]) -> Estimate:
    """The mean test error rate of the first model's three worst classes over that of the second's."""
    generator = sources.generator()
    first, second = (_error_rates(sources, model, generator) for model in of)
    worst = [[np.sort(rates)[..., -WORST:].mean(-1) for rates in model[1:3]] for model in (first, second)]
    return _estimate(*(one / other for one, other in zip(*worst, strict=True)), first[3])


def _of_classes(sources: Sources, statistic: Statistic, of: dict[str, Any]) -> Estimate:
    """A statistic of all error rates and of the positions of the chosen classes, with its bootstrap interval."""
    names, rates, draws, n = _error_rates(sources, of["model"], sources.generator())
    chosen = _positions(names, of["classes"])
    return _estimate(statistic(rates, chosen), statistic(draws, chosen), n)


def _error_rates(
    sources: Sources, model: str, generator: np.random.Generator
) -> tuple[list[str], np.ndarray, np.ndarray, int]:
    """Class names, test error rates (n_classes,), draws of them (resamples, n_classes), and the size of the sample.

    A model's rates are drawn by their images, binomially; a replication's means by its seeds, from t distributions.
    """
    table = sources.table_of(model, "misclassified")
    table, scores = table[table.split == "test"], sources.scores(model)
    names, shape = [str(name) for name in table["class"]], (sources.resamples, len(table))
    seeds = len({name.split(".")[1] for name in scores if name.startswith("by_seed.")})
    if seeds:
        rates, spread = table["mean"].to_numpy(), table["std"].to_numpy() / np.sqrt(seeds)
        return names, rates, (rates + spread * generator.standard_t(seeds - 1, shape)).clip(0, 1), seeds
    wrong, images = table.misclassified.to_numpy(), table.images.to_numpy()
    return names, wrong / images, generator.binomial(images, wrong / images, shape) / images, int(images.sum())
