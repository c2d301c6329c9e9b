"""`make coverage`: how often the 95 % intervals contain the true value, in many samples of a known population.

The population is the predictions of two artificial networks for many images of ten classes; a sample is a test set.
The interval of a ranking may cover less where two classes are tied, since sampling noise increases a maximum.
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
from vision.scores import classification
from vision.scores.calibration import describe_calibration
from vision.scores.estimate import Estimate
from vision.scores.intervals import mean_estimate
from vision.scores.paired import paired_gain
from vision.scores.separation import silhouettes

CLASSES, POPULATION = 10, 400_000
DRAWS = {"resamples": 300, "seed": 0}


class Predictions(NamedTuple):
    """Logits of two networks, points in two dimensions, and labels."""

    first: np.ndarray
    second: np.ndarray
    points: np.ndarray
    labels: np.ndarray

    def sample(self, chosen: np.ndarray) -> "Predictions":
        return Predictions(*(array[chosen] for array in self))


class SampleTables(Sources):
    """The tables of both networks for one sample."""

    tables: dict[tuple[str, str], pd.DataFrame]

    def table_of(self, results: str, name: str, part: str = "evaluation") -> pd.DataFrame:
        return self.tables[results, name]

    def scores(self, results: str) -> dict[str, Estimate]:
        return {}  # of a single network, not of seeds


def population(generator: np.random.Generator) -> Predictions:
    """The first network is calibrated, the second overconfident; images of later classes are harder for both."""
    labels = generator.integers(0, CLASSES, POPULATION)
    hard = np.linspace(2.2, 4.5, CLASSES)[::-1][labels, None]
    evidence = generator.normal(size=(POPULATION, CLASSES)) + np.eye(CLASSES)[labels] * hard
    first = evidence * hard  # the log-posterior of this evidence
    second = 2 * (evidence + generator.normal(scale=0.5, size=evidence.shape)) * hard
    labels = (generator.random(POPULATION)[:, None] < softmax(first, 1).cumsum(1)).argmax(1)
    means = np.array([[math.cos(angle), math.sin(angle)] for angle in np.linspace(0, 5, CLASSES)]) * 3
    return Predictions(first, second, means[labels] + generator.normal(size=(POPULATION, 2)), labels)


def of_rule(rule: Callable, of: Any, sample: Predictions) -> Estimate:
    """A claim's measure of the confusion matrices and the errors by class."""
    sources = SampleTables(None, *DRAWS.values())
    sources.tables = {}
    for model, logits in (("first", sample.first), ("second", sample.second)):
        predicted = logits.argmax(1)
        confusion = classification.confusion_matrix(sample.labels, predicted, CLASSES)
        rows = classification.confusion_rows(confusion, [str(number) for number in range(CLASSES)])
        sources.tables[model, "confusion"] = pd.DataFrame(rows)
        rows = pd.DataFrame(classification.misclassified_by_class(sample.labels, predicted, CLASSES))
        sources.tables[model, "misclassified"] = rows.assign(split="test")
    return rule(sources, of)


def score(name: str, describe: Callable, network: str, sample: Predictions) -> Estimate:
    return describe(getattr(sample, network), sample.labels)[name]


def macro_f1(sample: Predictions) -> Estimate:
    confusion = classification.confusion_matrix(sample.labels, sample.first.argmax(1), CLASSES)
    return classification.macro_f1(confusion, **DRAWS)


def difference(sample: Predictions) -> Estimate:
    return paired_gain(*(logits.argmax(1) == sample.labels for logits in (sample.first, sample.second)))


def silhouette(sample: Predictions) -> Estimate:
    return mean_estimate(silhouettes(sample.points[:2000], sample.labels[:2000]))


calibration = partial(describe_calibration, bins=15, **DRAWS)
errors = partial(classification.describe_errors, **DRAWS)
WORST = {"model": "first", "classes": [7, 8, 9]}
QUANTITIES: dict[str, Callable[[Predictions], Estimate]] = {
    "accuracy": partial(score, "accuracy", classification.summarise, "first"),
    "loss": partial(score, "loss", classification.summarise, "second"),
    "Brier score": partial(score, "brier", calibration, "second"),
    "confidence gap": partial(score, "confidence_gap", calibration, "second"),
    "ECE, calibrated": partial(score, "ece", calibration, "first"),
    "ECE, overconfident": partial(score, "ece", calibration, "second"),
    "macro F1": macro_f1,
    "median confidence of errors": partial(score, "median_confidence_wrong", errors, "second"),
    "difference of accuracies": difference,
    "distance of two classes": lambda sample: centroid_distances(sample.points, sample.labels, **DRAWS)[0, 1],
    "mean silhouette": silhouette,
    "most confused pair": partial(of_rule, counts.confused_pair, {"model": "first", "pair": [8, 9]}),
    "worst classes": partial(of_rule, counts.worst_classes, WORST),
    "smallest error rate": partial(of_rule, counts.smallest_error_rate, WORST),
    "ratio of the worst": partial(of_rule, counts.ratio_of_worst_classes, ["first", "second"]),
}


def true_values(everything: Predictions, images: int, generator: np.random.Generator) -> dict[str, float]:
    """The values of the population; a silhouette is relative to the other points of a sample, so samples give it."""
    values = {name: measure(everything).value for name, measure in QUANTITIES.items() if measure is not silhouette}
    samples = (everything.sample(generator.integers(0, POPULATION, images)) for _ in range(20))
    values["mean silhouette"] = float(np.mean([silhouette(sample).value for sample in samples]))
    values["most confused pair"] *= images / POPULATION  # a number of images
    return values


@click.command(help=__doc__.split("\n\n")[0])
@click.option("--simulations", default=400, show_default=True, type=click.IntRange(min=2))
@click.option("--images", default=10_000, show_default=True, type=click.IntRange(min=2000, max=POPULATION))
def main(simulations: int, images: int) -> None:
    generator = np.random.default_rng(0)
    everything = population(generator)
    truths = true_values(everything, images, generator)
    covered = dict.fromkeys(QUANTITIES, 0)
    for _ in range(simulations):
        sample = everything.sample(generator.integers(0, POPULATION, images))
        for name, measure in QUANTITIES.items():
            estimate = measure(sample)
            covered[name] += estimate.low <= truths[name] <= estimate.high
    print(f"{simulations} test sets of {images:,} images; ± one standard error of the simulation")
    for name, count in covered.items():
        error = math.sqrt(count * (simulations - count) / simulations) / simulations
        print(f"{name:32}{100 * count / simulations:6.1f} % ± {100 * error:.1f}   truth {truths[name]:.4g}")


if __name__ == "__main__":
    main()
