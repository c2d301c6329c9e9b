"""What the documents printed, and what others published: documents.yaml."""

from pathlib import Path
from typing import Any

from vision.pipeline.parsing import read_yaml

Documents = dict[str, Any]


def read_documents(path: Path) -> Documents:
    """Read documents.yaml: `documents` by their three digits, and `published`, the numbers of others."""
    return read_yaml(path)


def printed_accuracies(documents: Documents, dataset: str) -> dict[str, float]:
    """The test accuracy that a document printed for each model, in [0, 1], on this dataset."""
    return {
        model: printed["accuracy"]
        for document in documents["documents"].values()
        if document["dataset"] == dataset
        for model, printed in document["accuracies"].items()
    }


def printed_accuracy(documents: Documents, document: str, model: str) -> float:
    """The accuracy that one document printed for one model, in [0, 1]."""
    return documents["documents"][document]["accuracies"][model]["accuracy"]


def published_accuracies(documents: Documents, dataset: str) -> dict[str, float]:
    """The test accuracy that others published for such a model, in [0, 1], on this dataset."""
    found = documents["published"]
    return {number["model"]: number["accuracy"] for number in found if number["dataset"] == dataset}


def printed_table(documents: Documents, document: str, table: str) -> list[dict[str, Any]]:
    """The rows of a table that a document printed, each by the names of its columns."""
    found = documents["documents"][document]["tables"][table]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
