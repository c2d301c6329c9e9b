"""How far do the documents' own settings lead from what they print, in two figures?

Reads the scores of all replications and the curves of document 003's sweep. Writes the accuracies against the printed
ones, and how validation error goes with each lambda. Rows L3, L5, L6, L14, P9, P10.
"""

from pathlib import Path

import pandas as pd

from vision.figures.replications import draw_replications, draw_sweep
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table


def main(params: Params, *, replications: Path, sweep: Path, scores_figure: Path, sweep_figure: Path) -> None:
    tables = [
        read_table(replications / name / "scores.csv").assign(name=f"{params.title(name)}, document {entry.document}")
        for name, entry in params.replications.items()
    ]
    found = pd.concat(tables, ignore_index=True)
    found["name"] += ", " + found.split.replace({"train": "training", "valid": "validation"})
    accuracies = found[(found.measure == "accuracy") & found.printed.notna()].reset_index(drop=True)
    draw_replications(scores_figure, accuracies)
    draw_sweep(sweep_figure, read_table(sweep))


if __name__ == "__main__":
    run(main)
