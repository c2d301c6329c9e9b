"""What is kept of a search: a table of its runs, and their histories."""

from typing import Any

import numpy as np

from vision.training.history import Training
from vision.training.searches import SearchResult, score, show_value

SETTLED = 0.001  # share of the validation images: a tenth of a percentage point


def settled_epoch(training: Training, epochs: int) -> int:
    """The first epoch whose validation accuracy is as high as its mean over the last epochs, to 0.1 points (row L5).

    What is higher later is the noise of single steps, not learning. 0 of a training that diverged.
    """
    accuracy = np.array([row["valid_accuracy"] for row in training.curves])
    return 0 if training.diverged else int(np.argmax(accuracy >= score(training, epochs) - SETTLED)) + 1


def run_table(found: SearchResult, score_epochs: int) -> list[dict[str, Any]]:
    """One row per run: its place in the search, its values, how it went, whether it won and whether it is kept."""
    rows = []
    for place, (run, result) in enumerate(zip(found.runs, found.results, strict=True)):
        training = result.training
        row = {"round": run.round, "fresh": run.fresh, "seed": run.seed}
        row |= {name: show_value(run.model.value(name)) for name in found.names}
        row |= {"updates": len(training.step_losses), "settled_epoch": settled_epoch(training, score_epochs)}
        row |= {"score": score(training, score_epochs), "diverged": training.diverged}
        row |= {"winner": run.model == found.winners.get(run.round), "chosen": place == found.chosen}
        rows.append(row)
    return rows


def histories(found: SearchResult) -> dict[str, np.ndarray]:
    """Every run's name, validation accuracy by epoch and training loss by step, float32 rows that end in NaN.

    chosen_step_losses are those of the run whose weights are kept.
    """
    trainings = [result.training for result in found.results]
    accuracies = [[row["valid_accuracy"] for row in training.curves] for training in trainings]
    losses = [training.step_losses for training in trainings]
    return {
        "names": np.array([run.name for run in found.runs]),
        "valid_accuracy": _padded(accuracies),
        "step_losses": _padded(losses),
        "chosen_step_losses": np.array(losses[found.chosen], np.float32),
    }


def _padded(rows: list[list[float]]) -> np.ndarray:
    padded = np.full((len(rows), max(map(len, rows))), np.nan, np.float32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
