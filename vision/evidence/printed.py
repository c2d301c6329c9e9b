"""What a document printed of a network that is replicated: its tables by the name of the entry in params.yaml.

A table of a document about several networks begins with the entry's name, `softmax_train_digits`; one of a document
about a single network does not, `epochs`. What a document did not print is nothing.
"""

from typing import Any

from vision.evidence.documents import Document, printed_table

Scores = dict[tuple[str, str], float]  # by split and measure


class Printed:
    """The numbers that a document printed of one network; none, where the images here are not the document's."""

    def __init__(self, document: Document, name: str, dataset: str):
        """Take the entry's name in params.yaml, and the dataset that plays its role here."""
        self.document, self.name = (document if document["dataset"] == dataset else None), name

    def _rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table; none if the document has no such table."""
        try:
            return printed_table(self.document, table) if self.document else []
        except KeyError:
            return []

    @property
    def scores(self) -> Scores:
        """Accuracy and loss of each split (rows L3, L6, L14; P10, and P9 at the epoch whose weights were kept)."""
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
        """By split and class, how many images were misclassified, of how many (rows L7, L8, L16, L17)."""
        return {
            (split, str(row["digit"])): (row["misclassified"], row["images"])
            for split in ("train", "test")
            for row in self._rows(f"{self.name}_{split}_digits")
        }

    @property
    def epochs(self) -> dict[tuple[int, str, str], float]:
        """By epoch, split and measure (row P9)."""
        return {
            (row["epoch"], split, measure): row[f"{split}_{measure}"]
            for row in self._rows("epochs")
            for split in ("train", "valid")
            for measure in ("loss", "accuracy")
        }
