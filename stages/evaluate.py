"""How good is a trained network, and how sure are we of that?

Reads the weights and all three splits. Writes the metrics, the confusion matrix, the scores of each class, the
reliability table, the test images that it gets wrong, and the predictions of every training and test image, which later
stages join by sample index.
Rows C7, C9, L7, L8, P10.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.nets import load_net
from vision.nets.inference import count_parameters, predict, to_device
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.evaluation import write_evaluation


def main(
    params: Params,
    *,
    data: Path,
    test: Path,
    weights: Path,
    metrics: Path,
    confusion: Path,
    classes: Path,
    calibration: Path,
    misclassified: Path,
    errors: Path,
    predictions: Path,
) -> None:
    dataset, saved = Dataset.load(data, test), load_net(weights)
    splits, history, net = dataset.splits, saved.history, to_device(saved.net, params.device)
    logits = {name: predict(net, split) for name, split in splits.items()}
    about = {"best_epoch": history["best_epoch"], "parameters": dataset.n_parameters + count_parameters(net)}
    if history["diverged"]:
        about |= {"diverged": True, "last_finite_epoch": len(history["curves"])}
    if "search" in history:
        about["search"] = history["search"]
    write_evaluation(
        logits, splits, dataset.class_names, about, options=params.evaluation, seed=params.seed,
        metrics=metrics, confusion=confusion, classes=classes, calibration=calibration, misclassified=misclassified,
        errors=errors, predictions=predictions,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
