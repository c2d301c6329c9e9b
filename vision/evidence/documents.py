"""What the documents printed, and what others published: the files of documents/."""

from pathlib import Path
from typing import Any

from vision.pipeline.parsing import read_yaml

DOCUMENTS = ("000", "001", "002", "003", "004")  # each has a file of that name
Document = dict[str, Any]
Accuracies = dict[str, list[dict[str, Any]]]


def read_document(path: Path) -> Document:
    """Read what one document printed and stated: its title, dataset, role, tables and statements."""
    return read_yaml(path)


def read_accuracies(path: Path) -> Accuracies:
    """Read accuracies.yaml: what the documents `printed`, and what others `published`."""
    return read_yaml(path)


def accuracies(numbers: list[dict[str, Any]], dataset: str) -> dict[str, float]:
    """The test accuracy of each model on this dataset, in [0, 1], as printed or as published."""
    return {number["model"]: number["accuracy"] for number in numbers if number["dataset"] == dataset}


def printed_table(document: Document, table: str) -> list[dict[str, Any]]:
    """The rows of a table that a document printed, each by the names of its columns."""
    found = document["tables"][table]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
