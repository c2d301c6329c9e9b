"""How good is a trained network, and how certain is that?

Writes scores, tables, and the predictions of a sample of the training images and of all test images.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_sample
from vision.nets import load_net
from vision.nets.inference import count_parameters, predict, to_device
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.estimate import Estimate
from vision.scores.evaluation import write_evaluation


def main(params: Params, *, data: Path, weights: Path, predictions: Path, tables: Path, metrics: Path) -> None:
    dataset, saved = Dataset.load(data / "train.npz", data / "test.npz"), load_net(weights)
    history, net, options = saved.history, to_device(saved.net, params.device), params.evaluation
    train = stratified_sample(dataset.splits["train"], options.training_images, params.seed)
    splits = dataset.splits | {"train": train}
    logits = {name: predict(net, split) for name, split in splits.items()}
    about = {"best_epoch": history["best_epoch"], "parameters": dataset.n_parameters + count_parameters(net)}
    if history["diverged"]:
        about |= {"diverged": True, "last_finite_epoch": len(history["curves"])}
    about["search"] = {
        name: Estimate(**entry) if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in history.get("search", {}).items()
    }
    write_evaluation(
        logits, splits, dataset.class_names, about, options=options, seed=params.seed,
        tables=tables, predictions=predictions, metrics=metrics,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
