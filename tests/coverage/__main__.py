"""`make coverage`: how often the 95 % intervals hold the truth, drawn many times from a population where it is known.

The population are the predictions of two invented networks for many images, of ten classes, some harder than others;
a draw is a test set, and the truth is the quantity of the whole population. A ranking's interval may cover less where
two classes tie in truth: its margin is a maximum over classes, which chance can only make larger.
"""

import stages  # noqa: F401, I001  chooses the numerics, before anything that computes is imported

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd
from scipy.special import softmax

from vision.embedding.quality import centroid_distances
from vision.evidence.claims import counts
from vision.evidence.claims.sources import Sources
from vision.scores.calibration import confidences, describe_calibration
from vision.scores.classification import (
    confusion_matrix,
    confusion_rows,
    describe_errors,
    macro_f1,
    misclassified_by_class,
    summarise,
)
from vision.scores.intervals import mean_interval
from vision.scores.paired import paired_interval
from vision.scores.separation import silhouettes

CLASSES, POPULATION = 10, 400_000
NAMES = [str(number) for number in range(CLASSES)]
BINS, RESAMPLES = 15, 300
Interval = tuple[float, float, float]  # the value, and the ends


class Predictions(NamedTuple):
    """Logits of two networks, float64 (N, 10), points in two dimensions, and the labels of the same images."""

    first: np.ndarray
    second: np.ndarray
    points: np.ndarray
    labels: np.ndarray

    def drawn(self, chosen: np.ndarray) -> "Predictions":
        return Predictions(*(array[chosen] for array in self))


class Drawn(Sources):
    """Tables of one draw, as the pipeline would write them."""

    tables: dict[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name]


def population(generator: np.random.Generator) -> Predictions:
    """The first network is calibrated, the second surer than right; images of later classes are harder for both."""
    labels = generator.integers(0, CLASSES, POPULATION)
    hard = np.linspace(2.2, 4.5, CLASSES)[::-1][labels, None]
    evidence = generator.normal(size=(POPULATION, CLASSES)) + np.eye(CLASSES)[labels] * hard
    first = evidence * hard  # the log-posterior of this evidence
    second = 2 * (evidence + generator.normal(scale=0.5, size=evidence.shape)) * hard
    labels = (generator.random(POPULATION)[:, None] < softmax(first, 1).cumsum(1)).argmax(1)
    means = np.array([[math.cos(angle), math.sin(angle)] for angle in np.linspace(0, 5, CLASSES)]) * 3
    return Predictions(first, second, means[labels] + generator.normal(size=(POPULATION, 2)), labels)


def sources(found: Predictions) -> Drawn:
    """The confusion matrix and the errors by class of both networks."""
    drawn = Drawn(None, None, RESAMPLES, 0)
    drawn.tables = {}
    for model, logits in (("first", found.first), ("second", found.second)):
        matrix = confusion_matrix(found.labels, logits.argmax(1), CLASSES)
        drawn.tables[f"models/{model}/confusion.csv"] = pd.DataFrame(confusion_rows(matrix, NAMES))
        rows = pd.DataFrame(misclassified_by_class(found.labels, logits.argmax(1), CLASSES))
        drawn.tables[f"models/{model}/misclassified.csv"] = rows.assign(split="test")
    return drawn


def of_rule(rule: Callable, of: Any, found: Predictions) -> Interval:
    return rule(sources(found), of)[:3]


def of_scores(name: str, describe: Callable, network: str, found: Predictions) -> Interval:
    scores = describe(getattr(found, network), found.labels)
    return tuple(scores[f"{name}{end}"] for end in ("", "_low", "_high"))


def f1(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    return macro_f1(confusion_matrix(labels, logits.argmax(1), CLASSES), RESAMPLES, 0)


def difference(found: Predictions) -> Interval:
    """Accuracy of the second network less that of the first."""
    old, new = (confidences(logits, found.labels)[1] for logits in (found.first, found.second))
    gained, lost = int((new & ~old).sum()), int((old & ~new).sum())
    return ((gained - lost) / len(old), *paired_interval(gained, lost, len(old)))


def distance(found: Predictions) -> Interval:
    """Of the means of two classes, over the median pair."""
    return tuple(centroid_distances(found.points, found.labels, RESAMPLES, 0)[0, 1].values())


def silhouette(found: Predictions) -> Interval:
    """The mean one; of each point it is among the others that were drawn."""
    values = silhouettes(found.points[:2000], found.labels[:2000])
    return float(values.mean()), *mean_interval(values)


calibration = partial(describe_calibration, bins=BINS, resamples=RESAMPLES, seed=0)
errors = partial(describe_errors, resamples=RESAMPLES, seed=0)
QUANTITIES: dict[str, Callable[[Predictions], Interval]] = {
    "accuracy": partial(of_scores, "accuracy", summarise, "first"),
    "loss": partial(of_scores, "loss", summarise, "second"),
    "Brier score": partial(of_scores, "brier", calibration, "second"),
    "confidence gap": partial(of_scores, "confidence_gap", calibration, "second"),
    "calibration error, calibrated": partial(of_scores, "ece", calibration, "first"),
    "calibration error, too sure": partial(of_scores, "ece", calibration, "second"),
    "macro F1": partial(of_scores, "macro_f1", f1, "first"),
    "median confidence of mistakes": partial(of_scores, "median_confidence_wrong", errors, "second"),
    "difference of accuracies": difference,
    "distance of two classes": distance,
    "mean silhouette": silhouette,
    "most confused pair": partial(of_rule, counts.confusions, {"model": "first", "pair": [8, 9]}),
    "worst classes": partial(of_rule, counts.worst_classes, {"model": "first", "classes": [7, 8, 9]}),
    "least of classes": partial(of_rule, counts.least_of_classes, {"model": "first", "classes": [7, 8, 9]}),
    "ratio of the worst": partial(of_rule, counts.ratio_of_worst, ["first", "second"]),
}


@click.command(help=__doc__.split("\n\n")[0])
@click.option("--simulations", default=400, show_default=True, type=click.IntRange(min=2))
@click.option("--images", default=10_000, show_default=True, type=click.IntRange(min=2000, max=POPULATION))
def main(simulations: int, images: int) -> None:
    generator = np.random.default_rng(0)
    everything = population(generator)
    truths = {name: measure(everything)[0] for name, measure in QUANTITIES.items() if name != "mean silhouette"}
    draws = [everything.drawn(generator.integers(0, POPULATION, images)) for _ in range(20)]
    truths["mean silhouette"] = float(np.mean([silhouette(draw)[0] for draw in draws]))
    truths["most confused pair"] *= images / POPULATION  # a number of images
    held = dict.fromkeys(QUANTITIES, 0)
    for _ in range(simulations):
        drawn = everything.drawn(generator.integers(0, POPULATION, images))
        for name, measure in QUANTITIES.items():
            _, low, high = measure(drawn)
            held[name] += low <= truths[name] <= high
    print(f"{simulations} test sets of {images:,} images; ± one standard error of the simulation")
    for name, count in held.items():
        share = count / simulations
        error = math.sqrt(share * (1 - share) / simulations)
        print(f"{name:32}{100 * share:6.1f} % ± {100 * error:.1f}   truth {truths[name]:.4g}")


if __name__ == "__main__":
    main()
