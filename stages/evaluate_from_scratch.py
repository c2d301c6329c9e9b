"""How accurate are the networks of the study, and which of them differ significantly?

Writes the test accuracy of each network at each checkpoint with the one that document 004 reported; pairs of networks
on the same test images; and which trainings diverged.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.evidence.documents import read_document, reported_table
from vision.nets import load_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.studies.from_scratch.scores import accuracy_rows, evaluate, pair_rows, scores


def main(params: Params, *, data: Path, weights: Path, document: Path, tables: Path) -> None:
    study, splits = params.from_scratch, Dataset.load(data / "train.npz", data / "test.npz").splits
    saved = {name: load_net(weights / f"{name}.pt") for name in study.runs}
    networks = {name: evaluate(one, splits) for name, one in saved.items()}
    diverged = {name: one.history["diverged"] for name, one in saved.items()}
    reported = _reported(document, params.datasets.fashion)
    write_table(tables / "accuracies.csv", accuracy_rows(study, networks, diverged, reported))
    write_table(tables / "pairs.csv", pair_rows(study, networks))
    write_scores(
        tables / "scores.csv",
        {name: scores(study.runs[name].lr, saved[name].history, networks[name]) for name in networks},
    )


def _reported(path: Path, dataset: str) -> dict[tuple[str, int], float]:
    """The reported test accuracies by model and epoch, if of this dataset; of scikit-learn they are at its defaults."""
    document = read_document(path)
    if dataset != document["dataset"]:
        return {}
    tables = {"numpy_networks": "", "sklearn_networks": "_defaults"}
    return {
        (row["model"] + ending, row["epochs"]): row["accuracy"]
        for table, ending in tables.items()
        for row in reported_table(document, table)
    }


if __name__ == "__main__":
    run(main)
