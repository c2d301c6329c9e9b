"""Rules that measure a statement by counts of images: which classes are mixed up, or missed, more than others.

Who is first is a margin with an interval: how far the classes that a document names are ahead of all others, drawn
anew with the images (bootstrap).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from vision.evidence.claims.rule import Quantity
from vision.evidence.claims.sources import Sources
from vision.scores.intervals import percentile_interval, wilson_interval
from vision.scores.paired import difference_interval

WORST = 3  # classes that document 003 calls the worst


def confusions(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How many more test images a pair of classes mixes up, in both directions, than any other pair.

    Args:
        of: `model`; `pair`, two classes; `beside`, pairs that it need not exceed
    """
    names, matrix = _confusion(sources, of["model"])
    pairs = list(zip(*np.triu_indices(len(names), 1), strict=True))
    own, *beside = (pairs.index(_positions(names, pair)) for pair in (of["pair"], *of.get("beside", [])))
    others = [place for place in range(len(pairs)) if place not in (own, *beside)]

    def lead(matrices: np.ndarray) -> np.ndarray:
        mixed = np.stack([matrices[..., a, b] + matrices[..., b, a] for a, b in pairs], -1)
        return mixed[..., own] - mixed[..., others].max(-1)

    return _of_matrix(sources, lead, matrix)


def taken_for(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How many more test images of a class are taken for each of some classes than for any other.

    Args:
        of: `model`; `actual`, the class; `predicted`, some others; `beside`, those that they need not exceed
    """
    names, matrix = _confusion(sources, of["model"])
    actual, *chosen = (_position(names, name) for name in (of["actual"], *of["predicted"]))
    left_out = {actual, *chosen, *(_position(names, name) for name in of.get("beside", []))}
    others = [place for place in range(len(names)) if place not in left_out]

    def lead(matrices: np.ndarray) -> np.ndarray:
        return matrices[..., actual, chosen].min(-1) - matrices[..., actual, others].max(-1)

    return _of_matrix(sources, lead, matrix)


def most_errors(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How many more test images are mistakes of one class than of any other.

    Args:
        of: `model`; `class`; `kind`, false_negatives, its images named otherwise, or false_positives, others named so
    """
    names, matrix = _confusion(sources, of["model"])
    own, axis = _position(names, of["class"]), {"false_negatives": -1, "false_positives": -2}[of["kind"]]

    def lead(matrices: np.ndarray) -> np.ndarray:
        wrong = matrices.sum(axis) - np.diagonal(matrices, axis1=-2, axis2=-1)
        return wrong[..., own] - np.delete(wrong, own, -1).max(-1)

    return _of_matrix(sources, lead, matrix)


def _confusion(sources: Sources, model: str) -> tuple[list[str], np.ndarray]:
    """The names of the classes, and test images by true and predicted class: int (n_classes, n_classes)."""
    table = sources.table(f"models/{model}/confusion.csv")
    counts = table.pivot(index="actual", columns="predicted", values="images")
    return [str(name) for name in counts.index], counts.to_numpy()


def _of_matrix(sources: Sources, statistic: Callable[[np.ndarray], np.ndarray], matrix: np.ndarray) -> Quantity:
    """A statistic of the confusion matrix, with its bootstrap interval over the images."""
    images = int(matrix.sum())
    draws = sources.generator().multinomial(images, matrix.ravel() / images, sources.resamples)
    low, high = percentile_interval(statistic(draws.reshape(-1, *matrix.shape)))
    return Quantity(float(statistic(matrix)), float(low), float(high), "test images", images)


def _positions(names: list[str], pair: list[Any]) -> tuple[int, int]:
    first, second = sorted(_position(names, name) for name in pair)
    return first, second


def _position(names: list[str], name: Any) -> int:
    if str(name) not in names:
        raise KeyError(f"no class {name}")
    return names.index(str(name))


def worst_classes(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How much more often the least missed of some classes is missed than the most missed of all others (test).

    Args:
        of: `model`; `classes`
    """
    chosen, counts = _chosen(sources, of)

    def lead(shares: np.ndarray) -> np.ndarray:
        return shares[..., chosen].min(-1) - shares[..., ~chosen].max(-1)

    return _of_classes(sources, lead, counts)


def best_classes(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How much less often the most missed of some classes is missed than the least missed of all others (test).

    Args:
        of: `model`; `classes`
    """
    chosen, counts = _chosen(sources, of)

    def lead(shares: np.ndarray) -> np.ndarray:
        return shares[..., ~chosen].min(-1) - shares[..., chosen].max(-1)

    return _of_classes(sources, lead, counts)


def least_of_classes(sources: Sources, of: dict[str, Any]) -> Quantity:
    """The share missed of that class which is missed least among some (test).

    Args:
        of: `model`; `classes`
    """
    chosen, counts = _chosen(sources, of)
    return _of_classes(sources, lambda shares: shares[..., chosen].min(-1), counts)


def ratio_of_worst(sources: Sources, of: list[str]) -> Quantity:
    """The mean share missed of the first model's three worst classes over that of the second's (test)."""

    def ratio(*models: np.ndarray) -> np.ndarray:
        first, second = (np.sort(shares)[..., -WORST:].mean(-1) for shares in models)
        return first / second

    return _of_classes(sources, ratio, *(_class_errors(sources, model)[1] for model in of))


def runs(sources: Sources, of: dict[str, Any]) -> Quantity:
    """Validation accuracy of one run of a search less another's, both of one seed and the mean of their last epochs.

    Args:
        of: `model`; `first` and `second`, conditions on the columns of its runs that one run of round 1 meets each
    """
    table = sources.table(f"models/{of['model']}/runs.csv")
    table, images = table[(table["round"] == 1) & ~table.fresh], sources.images(of["model"], "valid")
    found = []
    for condition in (of["second"], of["first"]):
        scores = table.query(condition).score
        if len(scores) != 1:
            raise KeyError(f"{len(scores)} runs of {of['model']} where {condition}")
        score = float(scores.iloc[0])
        found += [score, wilson_interval(round(score * images), images)]
    return Quantity(found[2] - found[0], *difference_interval(*found), "validation images", images)


def lead(sources: Sources, of: dict[str, Any]) -> Quantity:
    """How far a point of a search's first round is ahead of the best other one; below 0, behind.

    The interval is over fresh seeds and over validation images.

    Args:
        of: `model`; `point`, a condition on the columns of its runs
    """
    table = sources.table(f"models/{of['model']}/runs.csv")
    found = sources.number(f"{of['model']}.search.lead_of_round_1")._replace(sample="seeds and validation images")
    if table[(table["round"] == 1) & table.winner].eval(of["point"]).all():
        return found
    return Quantity(-found.value, -found.high, -found.low, found.sample, found.size)


Counts = tuple[np.ndarray, np.ndarray]  # of each class the test images missed, and all of them


def _class_errors(sources: Sources, model: str) -> tuple[list[str], Counts]:
    table = sources.table(f"models/{model}/misclassified.csv")
    table = table[table.split == "test"]
    return [str(name) for name in table["class"]], (table.misclassified.to_numpy(), table.images.to_numpy())


def _chosen(sources: Sources, of: dict[str, Any]) -> tuple[np.ndarray, Counts]:
    names, counts = _class_errors(sources, of["model"])
    asked = [str(name) for name in of["classes"]]
    if missing := set(asked) - set(names):
        raise KeyError(f"no class {min(missing)}")
    return np.isin(names, asked), counts


def _of_classes(sources: Sources, statistic: Callable[..., np.ndarray], *models: Counts) -> Quantity:
    """A statistic of the shares missed, with its bootstrap interval over the images of each class."""
    generator = sources.generator()
    draws = [generator.binomial(n, wrong / n, (sources.resamples, len(n))) / n for wrong, n in models]
    value = statistic(*(wrong / n for wrong, n in models))
    low, high = percentile_interval(statistic(*draws))
    return Quantity(float(value), float(low), float(high), "test images", int(models[0][1].sum()))
