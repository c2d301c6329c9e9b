"""What document 003's errors change: one network for all lambdas, wrong curves, the best of many runs, one lambda."""

import math
from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset, assert_same_samples
from vision.document_errors.grid import compare_at_equal_epochs, index_wrongly, report_the_best_run
from vision.document_errors.rows import Row, difference, test_images
from vision.document_errors.sweep import train_all, train_through_all_lambdas
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Model
from vision.pipeline.tables import read_table
from vision.scores.estimate import Estimate, Scores, read_scores
from vision.scores.intervals import seed_estimate
from vision.scores.paired import paired_gain

SHOWN = 10  # images of a figure of document 003


def measure(params: Params, documents: Path, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from the search of the tanh network, predictions, replications, and trainings of softmax regression."""
    regression, network = params.network("softmax"), params.network("tanh_mlp")
    lambdas, grid = first_round_values(regression)["weight_decay"], first_round_values(network)
    prepared = data / "prepared/handwriting/train.npz"
    through, separate = train_all(params, lambdas, prepared)
    runs = plots / "models/handwriting/tanh_mlp/training/runs.csv"
    history = data / "models/handwriting/tanh_mlp/training.npz"
    scores, repeated, accuracies, updates = first_round(runs, history, network.epochs)
    images = len(Dataset.load(prepared).splits["valid"])
    names, folder = ("tanh_mlp", "softmax"), plots / "replications"
    at_one = [read_scores(folder / f"{name}_document/evaluation/scores.csv") for name in names]
    predictions = [load_arrays(data / f"models/handwriting/{name}/predictions.npz") for name in names]
    assert_same_samples(*(arrays["test_indices"] for arrays in predictions))
    at_best = [arrays["test_logits"].argmax(1) == arrays["test_labels"] for arrays in predictions]
    return [
        *train_through_all_lambdas(through, separate, lambdas, regression.search.score_epochs),
        *index_wrongly(scores, grid, images),
        compare_at_one_lambda(*at_one, *at_best),
        draw_with_replacement(at_one[0]),
        *report_the_best_run(scores, repeated, images),
        *compare_at_equal_epochs(accuracies, updates, grid, network.search.score_epochs),
    ]


def first_round_values(model: Model) -> dict[str, list]:
    """The values that the first round of a model's search tries, by name."""
    grid = model.search.rounds[0].items()
    return {name: [model.with_overrides({name: value}).value(name) for value in values] for name, values in grid}


def first_round(table: Path, history: Path, epochs: int) -> tuple[np.ndarray, ...]:
    """A search's first round: scores of all points, of the best with new seeds, curves and updates of all points."""
    runs = read_table(table).query("round == 1")
    single, repeated = runs[~runs.new_seed], runs[runs.new_seed]
    accuracies = load_arrays(history)["valid_accuracy"][single.index, :epochs].astype(np.float64)
    scores = repeated.score.to_numpy().reshape(-1, repeated.seed.nunique())
    return single.score.to_numpy(), scores, accuracies, single.updates.to_numpy()


def compare_at_one_lambda(network: Scores, regression: Scores, *at_best: np.ndarray) -> Row:
    """The tanh network is compared with softmax regression at one lambda, which is the best of neither.

    Args:
        at_best: bool (N,) each, which test images they classify correctly at their best lambdas
    """
    wrong, right = difference(network["test.accuracy"], regression["test.accuracy"]), paired_gain(*reversed(at_best))
    sample = f"{len(seeds_of(network))} seeds, {test_images(at_best[0])}"
    return Row("B3.6", "network_lead", "points", wrong, right, difference(wrong, right), sample)


def draw_with_replacement(network: Scores) -> Row:
    """The misclassified test images of a network, replicated, are drawn with replacement, and one may appear twice."""
    row, seeds = Row("B3.7", "repeated_image", "percent"), seeds_of(network)
    tests = [[network[f"{seed}.test.{name}"].value for name in ("accuracy", "images")] for seed in seeds]
    misclassified = [round((1 - accuracy) * images) for accuracy, images in tests]
    if min(misclassified) < SHOWN:
        return row._replace(left_out=f"fewer than {SHOWN} images are misclassified")
    unique = [math.prod(1 - drawn / images for drawn in range(SHOWN)) for images in misclassified]
    wrong = seed_estimate(1 - np.array(unique), smallest=0, largest=1)
    return row.filled((wrong, Estimate(0), wrong), f"{len(seeds)} seeds, {SHOWN} misclassified images each")


def seeds_of(replication: Scores) -> list[str]:
    """The sections of a replication's scores, one for each seed, as `by_seed.seed_0`."""
    return list(dict.fromkeys(".".join(name.split(".")[:2]) for name in replication if name.startswith("by_seed.")))
