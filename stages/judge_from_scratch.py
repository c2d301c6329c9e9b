"""How accurate are the networks of the study, and is the difference between two of them larger than chance?

Reads their weights and the validation and test images. Writes, for each network and each epoch that is kept of it, its
test accuracy beside what document 004 printed; pairs of networks on the same test images; and where one diverged.
Rows F5, F6, F8, bugs B4.2, B4.4, B4.5.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.evidence.documents import printed_table, read_document
from vision.nets import SavedNet, load_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, write_metrics, write_table
from vision.studies.from_scratch.scores import accuracy_rows, judge, pair_rows


def main(
    params: Params,
    *,
    data: Path,
    test: Path,
    weights: Path,
    document: Path,
    metrics: Path,
    accuracies: Path,
    pairs: Path,
) -> None:
    study, splits = params.from_scratch, Dataset.load(data, test).splits
    saved = {name: load_net(weights / f"{name}.pt") for name in study.runs}
    found = {name: judge(one, splits) for name, one in saved.items()}
    printed = _printed(document, params.datasets.fashion)
    write_table(accuracies, accuracy_rows(study, found, {name: one.history for name, one in saved.items()}, printed))
    write_table(pairs, pair_rows(study, found))
    write_metrics(
        metrics,
        {
            name: {"lr": study.runs[name].lr, **_about(one)} | {kept: one.scores for kept, one in found[name].items()}
            for name, one in saved.items()
        },
    )


def _about(saved: SavedNet) -> Metrics:
    """How a training went; of one that diverged, in which epoch."""
    history = saved.history
    about = {"best_epoch": history["best_epoch"], "finite_epochs": len(history["curves"])}
    diverged = history["diverged"]
    return about | {"diverged": diverged} | ({"diverged_in_epoch": len(history["curves"]) + 1} if diverged else {})


def _printed(path: Path, dataset: str) -> dict[tuple[str, int], float]:
    """The test accuracies that the document printed of its images, by model and epoch.

    What it calls scikit-learn at the same rate has that library's other defaults (bug B4.3).
    """
    document = read_document(path)
    if dataset != document["dataset"]:
        return {}
    tables = {"numpy_networks": "", "sklearn_networks": "_defaults"}
    return {
        (row["model"] + ending, row["epochs"]): row["accuracy"]
        for table, ending in tables.items()
        for row in printed_table(document, table)
    }


if __name__ == "__main__":
    run(main)
