"""How good is a trained network, and how sure are we of that?

Reads the weights and all three splits. Writes the metrics, the confusion matrix, the scores of each class, the
reliability table, and the predictions of every training and test image, which later stages join by sample index.
Rows C7, C9, L7, L8, P10.
"""

from pathlib import Path

from vision.datasets import Dataset
from vision.evaluation import write_evaluation
from vision.nets import load_net
from vision.params import Params
from vision.stage import run
from vision.training import predict


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
    predictions: Path,
) -> None:
    splits = Dataset.load(data).splits | Dataset.load(test).splits
    net, history = load_net(weights)
    net.to(params.device)
    logits = {name: predict(net, split.images) for name, split in splits.items()}
    about = {"best_epoch": history["best_epoch"], "parameters": sum(p.numel() for p in net.parameters())}
    if history["diverged"]:
        about |= {"diverged": True, "last_finite_epoch": len(history["curves"])}
    if "search" in history:
        about["search"] = history["search"]
    write_evaluation(
        logits, splits, Dataset.load(test).class_names, about, options=params.evaluation, seed=params.seed,
        metrics=metrics, confusion=confusion, classes=classes, calibration=calibration, misclassified=misclassified,
        predictions=predictions,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
