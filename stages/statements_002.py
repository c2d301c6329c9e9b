"""Which statements of document 002 do our numbers support? So far, of its mean images alone.

Reads metrics alone. Writes one row per statement: what was said, what we measured, when it would hold, the verdict.
Row H1.
"""

from pathlib import Path

from vision.evidence.documents import printed_accuracy, read_documents
from vision.evidence.statements import FAILS, HOLDS, Statement, accuracy, percent, write_statements
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics


def main(params: Params, *, mean_image: Path, documents: Path, statements: Path) -> None:
    reported = read_documents(documents)
    rows = [_mean_image(read_metrics(mean_image), printed_accuracy(reported, "002", "mean_image"))]
    write_statements(statements, rows, params.datasets.handwriting, reported, "002")


def _mean_image(scores: Metrics, printed: float) -> Statement:
    statement = f"The nearest mean image names {percent(printed)} of the validation images."
    valid, test = scores["valid"], scores["test"]
    held = valid["accuracy_low"] <= printed <= valid["accuracy_high"]
    measured = f"{accuracy(valid)} of the validation images, {accuracy(test)} of the test images"
    return Statement(
        "H1", statement, measured, f"{percent(printed)} lies within the first interval", HOLDS if held else FAILS
    )


if __name__ == "__main__":
    run(main)
