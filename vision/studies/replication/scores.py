"""What the runs of a replication score: each by itself, and over seeds, with where one more run would lie."""

import math
from typing import Any

import numpy as np

from vision.data.dataset import Dataset
from vision.nets import build
from vision.nets.inference import count_parameters, predict, to_device
from vision.scores.classification import misclassified_by_class, summarise
from vision.scores.intervals import over_seeds
from vision.studies.replication.splits import draw_split

SPLITS = ("train", "valid", "test")
MEASURES = {"accuracy": 1.0, "loss": math.inf}  # and what they cannot exceed
SPREAD = ["mean", "std", "low", "high", "another_low", "another_high"]
EPOCH_COLUMNS = ["epoch", "split", "measure", "printed", *SPREAD]


def spread(values: np.ndarray, *, largest: float = math.inf) -> dict[str, float]:
    """Mean, standard deviation and 95 % t interval of the mean of one number per seed, and where one more would lie.

    A document prints one run, so that its number is to be held against another_low and another_high, the 95 % interval
    of a further run: sqrt(n + 1) times as far from the mean of n seeds as that mean's own. The test images of all runs
    are the same; it is of what differs between runs alone.

    Args:
        values: float (n,), at least two, none below 0
        largest: what the number cannot exceed
    """
    found = over_seeds(values)
    mean, half = found["mean"], found["high"] - found["mean"]
    for name, reach in (("", half), ("another_", half * math.sqrt(len(values) + 1))):
        found |= {f"{name}low": max(mean - reach, 0.0), f"{name}high": min(mean + reach, largest)}
    return found


def judge(saved: dict[str, Any], dataset: Dataset, valid_one_in: int, device: str) -> dict[str, Any]:
    """Score one run on its own training and validation part and on the test images.

    Args:
        saved: as vision.studies.replication.runs.train_replication returns it
        dataset: with the splits train, valid and test

    Returns:
        parameters; scores, of each split accuracy and loss with their intervals; classes, of train and test one row per
        class: images, misclassified, share
    """
    net = to_device(build(saved["net"], **saved["hyper"]), device)
    net.load_state_dict(saved["weights"])
    parts = {**draw_split(dataset, valid_one_in, saved["seed"]).splits, "test": dataset.splits["test"]}
    logits = {name: predict(net, part) for name, part in parts.items()}
    n_classes = len(dataset.class_names)
    return {
        "parameters": count_parameters(net),
        "scores": {name: summarise(logits[name], part.labels) for name, part in parts.items()},
        "classes": {
            name: misclassified_by_class(parts[name].labels, logits[name].argmax(1), n_classes)
            for name in ("train", "test")
        },
    }


def over_runs(judged: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Of each split and measure, the spread over the runs' scores."""
    return {
        split: {
            measure: spread(np.array([run["scores"][split][measure] for run in judged]), largest=largest)
            for measure, largest in MEASURES.items()
        }
        for split in SPLITS
    }


def class_rows(judged: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """One row per split and class, the worst first, as rows L7, L8, L16 and L17 have them: means over runs.

    Args:
        names: of the classes

    Returns:
        rows of split, class, images, misclassified, and of the misclassified share what `spread` gives
    """
    rows = []
    for split in ("train", "test"):
        found = []
        for label, name in enumerate(names):
            of_class = [run["classes"][split][label] for run in judged]
            counts = {key: float(np.mean([row[key] for row in of_class])) for key in ("images", "misclassified")}
            shares = spread(np.array([row["share"] for row in of_class]), largest=1.0)
            found.append({"split": split, "class": name, **counts, **shares})
        rows += sorted(found, key=lambda row: -row["mean"])
    return rows


def epoch_rows(curves: list[list[dict[str, float]]]) -> list[dict[str, Any]]:
    """One row per epoch, split and measure, as row P9 has them: the spread over the runs that got there, if two did.

    Training scores are running means over the epoch, on images that were moved (bug B1.2), as the document's are.

    Args:
        curves: of each run its rows of epoch, <split>_loss and <split>_accuracy
    """
    rows = []
    for epoch in range(1, 1 + max(map(len, curves))):
        there = [run[epoch - 1] for run in curves if len(run) >= epoch]
        for split, prefix in (("train", "augmented_train"), ("valid", "valid")):
            for measure, largest in MEASURES.items():
                values = np.array([row[f"{prefix}_{measure}"] for row in there])
                if len(values) > 1:
                    about = {"epoch": epoch, "split": split, "measure": measure}
                    rows.append({**about, **spread(values, largest=largest)})
    return rows
