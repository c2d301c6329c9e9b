"""Figures of the network from scratch: drawn the same twice, also of trainings that diverged."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from tests.figures.test_transfer import twice
from vision.figures.from_scratch import _name_rates, draw_accuracies, draw_curves, draw_losses

RUNS = {
    f"{trainer}_{activation}_{lr}": SimpleNamespace(trainer=trainer, activation=activation, lr=lr)
    for trainer in ("numpy", "sklearn", "sklearn_defaults")
    for activation, lr in (("relu", 0.1), ("sigmoid", 0.1), ("tanh", 0.1), ("linear", 0.1), ("linear", 0.001))
}


def curves(diverged_epochs):
    rows = []
    for name, run in RUNS.items():
        epochs = diverged_epochs if run.lr == 0.1 and run.activation == "linear" else 12
        for epoch in range(1, epochs + 1):
            for split, measure in (("augmented_train", "loss"), ("valid", "loss"), ("valid", "accuracy")):
                value = 0.5 + 0.4 / epoch if measure == "loss" else 1 - 0.3 / epoch
                rows.append({"run": name, "epoch": epoch, "split": split, "measure": measure, "value": value})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("draw", [draw_curves, draw_losses])
@pytest.mark.parametrize("diverged_epochs", [0, 5, 12])
def test_trainings_are_drawn(draw, diverged_epochs, tmp_path):
    assert twice(lambda path: draw(path, curves(diverged_epochs), RUNS), tmp_path).width == 1050


def test_rates_stand_at_their_own_curves_whatever_the_last_epoch_does():
    """The lowest curve jumps above the other in its last epoch, and its name stays below it."""
    shown = {name: RUNS[name] for name in ("numpy_linear_0.1", "numpy_linear_0.001")}
    values = {"numpy_linear_0.1": [0.4, 0.3, 0.2, 0.9], "numpy_linear_0.001": [0.8, 0.7, 0.6, 0.5]}
    rows = [
        {"run": name, "epoch": epoch, "value": value}
        for name, found in values.items()
        for epoch, value in enumerate(found, 1)
    ]
    figure, axes = plt.subplots()
    _name_rates(axes, pd.DataFrame(rows), shown)
    found = {text.get_text(): (tuple(text.xy), text.get_va()) for text in axes.texts}
    plt.close(figure)
    assert found == {"rate 0.1": ((3, 0.2), "top"), "rate 0.001": ((3, 0.6), "bottom")}


@pytest.mark.parametrize("printed", [0.89, np.nan])
def test_accuracies_are_drawn_beside_the_documents(printed, tmp_path):
    rows = pd.DataFrame(
        [
            {"model": name, "trainer": run.trainer, "kept": kept, "epoch": epoch, "accuracy": 0.88,
             "accuracy_low": 0.87, "accuracy_high": 0.89, "printed": printed if kept != "best" else np.nan}
            for name, run in RUNS.items() for kept, epoch in (("epoch_6", 6), ("epoch_12", 12), ("best", 11))
        ]
    )  # fmt: skip
    assert twice(lambda path: draw_accuracies(path, rows, str.upper), tmp_path).width == 1050
