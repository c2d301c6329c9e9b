"""What do a document's errors change?

Reads the document's models, predictions and tables, and the descriptions of its errors. Writes one row for each
quantity, measured the document's way and the right way.
"""

from pathlib import Path

import pandas as pd

from vision.document_errors import document_000, document_001, document_002, document_003
from vision.pipeline.parsing import read_yaml
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table

MEASURES = {
    "000": document_000.measure, "001": document_001.measure, "002": document_002.measure, "003": document_003.measure,
}  # fmt: skip


def main(params: Params, *, document: str, errors: Path, data: Path, models: Path, plots: Path, tables: Path) -> None:
    descriptions = read_yaml(errors)
    rows = MEASURES[document](params, data, models, plots)
    write_table(tables / "errors.csv", pd.DataFrame(row.record(document, descriptions[row.bug]) for row in rows))


if __name__ == "__main__":
    run(main)
