"""Are a document's numbers what its settings give?

Reads the weights of every run, the training and test images, and what the document printed. Writes metrics, of each run
with its own intervals and over seeds; tables of the scores, of each class and of each epoch, ours beside the printed
ones. Rows L3, L6 to L8, L14, L16, L17, P9, P10.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from vision.data.dataset import Dataset
from vision.evidence.documents import read_document
from vision.evidence.printed import Printed
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.studies.replication.scores import EPOCH_COLUMNS, class_rows, epoch_rows, judge, over_runs


def main(
    params: Params,
    *,
    replication: str,
    data: Path,
    test: Path,
    weights: Path,
    document: Path,
    metrics: Path,
    scores: Path,
    classes: Path,
    epochs: Path,
) -> None:
    entry, dataset, runs = params.replication(replication), Dataset.load(data, test), load_checkpoint(weights)
    judged = [judge(saved, dataset, entry.valid_one_in, params.device) for saved in runs]
    summary, histories = over_runs(judged), [saved["history"] for saved in runs]
    printed = Printed(read_document(document), replication, getattr(params.datasets, entry.role))

    score_rows = [
        {"split": split, "measure": measure, "printed": printed.scores.get((split, measure)), **found}
        for split, measures in summary.items()
        for measure, found in measures.items()
    ]
    by_epoch = epoch_rows([history["curves"] for history in histories])
    for row in by_epoch:
        row["printed"] = printed.epochs.get((row["epoch"], row["split"], row["measure"]))
    write_table(scores, score_rows)
    write_table(classes, [row | _printed_class(printed, row) for row in class_rows(judged, dataset.class_names)])
    write_table(epochs, pd.DataFrame(by_epoch, columns=EPOCH_COLUMNS))
    diverged = {"diverged": True} if any(history["diverged"] for history in histories) else {}
    by_seed = {
        f"seed_{saved['seed']}": {"kept_epoch": saved["history"]["kept_epoch"], **found["scores"]}
        for saved, found in zip(runs, judged, strict=True)
    }
    write_metrics(metrics, {"parameters": judged[0]["parameters"], **diverged, **summary, "by_seed": by_seed})


def _printed_class(printed: Printed, row: dict[str, Any]) -> dict[str, float | None]:
    """How many images of a class the document says were misclassified, and their share."""
    wrong, images = printed.classes.get((row["split"], row["class"]), (None, None))
    share = wrong / images if images else None
    return {"printed_images": images, "printed_misclassified": wrong, "printed": share}


if __name__ == "__main__":
    run(main)
