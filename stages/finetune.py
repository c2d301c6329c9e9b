"""What does a network make of features that it learned on other images?

Reads the backbone's weights and the training and validation images. Trains a new head on the frozen backbone, then both.
Writes the weights of the best epoch by validation loss, the curves, and the losses and learning rates of all steps.
Rows H4 to H7, bug B2.13.
"""

import sys
from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.nets import load_net, save_net
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.studies.finetuning import finetune


def main(params: Params, *, model: str, data: Path, backbone: Path, weights: Path, curves: Path, history: Path) -> None:
    entry = params.finetuned[model]
    trained, rates = finetune(
        entry, load_net(backbone), Dataset.load(data), params.defaults, seed=params.seed, device=params.device,
        on_epoch=_print_epoch,
    )  # fmt: skip
    training = trained.training
    if training.diverged:
        print(f"{model} diverged after epoch {len(training.curves)}; try smaller rates", file=sys.stderr)
    write_table(curves, tidy_curves(model, training.curves))
    save_arrays(history, chosen_step_losses=np.array(training.step_losses, np.float32), rates=rates)
    summary = {"curves": training.curves, "best_epoch": training.best_epoch, "diverged": training.diverged}
    save_net(weights, entry.net, trained.hyper, trained.weights, summary)


def _print_epoch(row: dict[str, float]) -> None:
    losses = f"train loss {row['augmented_train_loss']:.4f}, valid loss {row['valid_loss']:.4f}"
    print(f"epoch {row['epoch']:2}: {losses}, valid accuracy {row['valid_accuracy']:.2%}", flush=True)


if __name__ == "__main__":
    run(main)
