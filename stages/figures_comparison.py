"""How do all models compare, in two figures?

Reads the comparison's tables. Writes error, loss and calibration of every model with intervals, with a temperature and
without, beside the documents' numbers, and the matrix of pairs. Row H18.
"""

from pathlib import Path

from vision.figures.comparison import draw_models, draw_pairs
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table


def main(params: Params, *, models: Path, pairs: Path, models_figure: Path, pairs_figure: Path) -> None:
    table = read_table(models)
    table["title"] = table.model.map(params.title)
    best_first = table.sort_values("accuracy", ascending=False, kind="stable")
    draw_models(models_figure, table)
    draw_pairs(pairs_figure, read_table(pairs), dict(zip(best_first.model, best_first.title, strict=True)))


if __name__ == "__main__":
    run(main)
