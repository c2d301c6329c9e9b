"""How accurate does a network get with features that it learned on other images?

Trains a new head on the frozen backbone, then all layers. Writes the weights of the best epoch by validation loss, the
curves, and the losses and learning rates of all steps.
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
from vision.training.history import epoch_printer


def main(params: Params, *, model: str, data: Path, backbone: Path, weights: Path, history: Path, tables: Path) -> None:
    entry = params.finetuned[model]
    trained, rates = finetune(
        entry, load_net(backbone), Dataset.load(data / "train.npz"), params.defaults, seed=params.seed,
        device=params.device, on_epoch=epoch_printer(entry.frozen.epochs + entry.unfrozen.epochs),
    )  # fmt: skip
    training = trained.training
    if training.diverged:
        print(f"{model}: {training}; try smaller rates", file=sys.stderr)
    write_table(tables / "curves.csv", tidy_curves(model, training.curves))
    save_arrays(history, chosen_step_losses=np.array(training.step_losses, np.float32), rates=rates)
    save_net(weights, entry.net, trained.hyper, trained.weights, training.history())


if __name__ == "__main__":
    run(main)
