"""What do the documents' mistakes change, on one table?

Reads what was measured of each document's mistakes. Writes one row for each quantity, the wrong way and the right way
side by side, with what the document did, in words.
"""

from pathlib import Path

import pandas as pd

from vision.evidence.mistakes import tell
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table, write_table

DOCUMENTS = ("000", "001", "002", "003")


def main(params: Params, *, measured: Path, errors: Path) -> None:
    rows = pd.concat([read_table(measured / f"{name}.csv") for name in DOCUMENTS], ignore_index=True)
    write_table(errors, tell(rows))


if __name__ == "__main__":
    run(main)
