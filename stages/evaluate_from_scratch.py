"""How accurate are the networks of the study, and which of them differ significantly?

Writes the test accuracy of each network at each checkpoint with the one that document 004 reported; pairs of networks
on the same test images; and which trainings diverged; with the chosen layers, and for NumPy's with the others.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.evidence.documents import read_document, reported_table
from vision.nets import load_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.studies.from_scratch.names import saved_names
from vision.studies.from_scratch.scores import accuracy_rows, evaluate, loss_differences, pair_rows, scores


def main(params: Params, *, data: Path, weights: Path, document: Path, tables: Path) -> None:
    study, splits = params.from_scratch, Dataset.load(data / "train.npz", data / "test.npz").splits
    reported = _reported(document, params.datasets.fashion)
    hidden = load_net(weights / f"{next(iter(study.runs))}.pt").hyper["hidden"]
    accuracies, pairs, found = [], [], {}
    for layers, names in saved_names(study, hidden).items():
        saved = {name: [load_net(weights / f"{file}.pt") for file in files] for name, files in names.items()}
        networks = {name: evaluate(each, splits) for name, each in saved.items()}
        diverged = {name: any(one.history["diverged"] for one in each) for name, each in saved.items()}
        accuracies += accuracy_rows(study, layers, networks, diverged, reported)
        pairs += pair_rows(study, layers, networks)
        found[layers] = {name: scores(study.runs[name].lr, saved[name], networks[name]) for name in networks}
        found[layers]["loss_difference"] = loss_differences(study, saved)
    write_table(tables / "accuracies.csv", accuracies)
    write_table(tables / "pairs.csv", pairs)
    write_scores(tables / "scores.csv", found)


def _reported(path: Path, dataset: str) -> dict[tuple[str, str], float]:
    """The reported test accuracies by model and checkpoint, if of this dataset; scikit-learn's are as it comes."""
    document = read_document(path)
    if dataset != document["dataset"]:
        return {}
    tables = {"numpy_networks": "", "sklearn_networks": "_defaults"}
    return {
        (row["model"] + ending, f"epoch_{row['epochs']}"): row["accuracy"]
        for table, ending in tables.items()
        for row in reported_table(document, table)
    }


if __name__ == "__main__":
    run(main)
