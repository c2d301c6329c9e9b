"""What do a document's errors change?

Reads what the document reported, the models, predictions and tables, and the descriptions of its errors. Writes one row
for each quantity, measured the document's way and the right way.
"""

from importlib import import_module
from pathlib import Path

import pandas as pd

from vision.pipeline.parsing import read_yaml
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table


def main(
    params: Params, *, document: str, documents: Path, data: Path, models: Path, plots: Path, tables: Path
) -> None:
    descriptions = read_yaml(documents / "errors.yaml")
    rows = import_module(f"vision.document_errors.document_{document}").measure(params, documents, data, models, plots)
    rows = sorted(rows, key=lambda row: int(row.bug.split(".")[1]))
    write_table(tables / "errors.csv", pd.DataFrame(row.record(document, descriptions[row.bug]) for row in rows))


if __name__ == "__main__":
    run(main)
