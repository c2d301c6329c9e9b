"""What the documents reported, and what others published: the files of documents/."""

from pathlib import Path
from typing import Any

from vision.pipeline.parsing import read_yaml

DOCUMENTS = ("000", "001", "002", "003", "004")  # each has a file of that name
Document = dict[str, Any]


def read_document(path: Path) -> Document:
    """Read one document's title, dataset, role, tables and claims."""
    return read_yaml(path)


def accuracies(numbers: list[dict[str, Any]], dataset: str) -> dict[str, float]:
    """The test accuracy of each model on this dataset, in [0, 1], of a list of accuracies.yaml."""
    return {number["model"]: number["accuracy"] for number in numbers if number["dataset"] == dataset}


def reported_table(document: Document, table: str) -> list[dict[str, Any]]:
    """The rows of a table that a document reported, each by the names of its columns."""
    content = document["tables"][table]
    return [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]


class Reported:
    """The numbers that a document reported of one network; none if `dataset`, of its role here, is not the document's.

    A table of a document about several networks begins with the name of the network's entry in params.yaml, as
    `softmax_train_digits`; one of a document about a single network does not, as `epochs`.
    """

    def __init__(self, document: Document, name: str, dataset: str):
        self.document, self.name = (document if document["dataset"] == dataset else {"tables": {}}), name

    def _rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table; none if the document has no such table."""
        return reported_table(self.document, table) if table in self.document["tables"] else []

    @property
    def scores(self) -> dict[tuple[str, str], float]:
        """Accuracy and loss by split and measure; those of validation at the epoch with the smallest loss."""
        found = {
            (row["split"], "accuracy"): row["correct"] / row["images"] for row in self._rows(f"{self.name}_splits")
        }
        for row in self._rows("test"):
            found |= {("test", measure): row[f"test_{measure}"] for measure in ("accuracy", "loss")}
        for row in sorted(self._rows("epochs"), key=lambda row: row["valid_loss"])[:1]:
            found |= {("valid", measure): row[f"valid_{measure}"] for measure in ("accuracy", "loss")}
        return found

    @property
    def classes(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By split and class, the number of misclassified images, and of all."""
        return {
            (split, str(row["digit"])): (row["misclassified"], row["images"])
            for split in ("train", "test")
            for row in self._rows(f"{self.name}_{split}_digits")
        }

    @property
    def epochs(self) -> dict[tuple[int, str, str], float]:
        """Loss and accuracy by epoch, split and measure."""
        return {
            (row["epoch"], split, measure): row[f"{split}_{measure}"]
            for row in self._rows("epochs")
            for split in ("train", "valid")
            for measure in ("loss", "accuracy")
        }
