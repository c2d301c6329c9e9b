"""Where does each model of a role fail, and how do all of them compare?

Reads tables and predictions of evaluation, and the images. Writes the figures of every model that belongs to no
document's study, and the comparison of all.
"""

from functools import partial
from pathlib import Path

from vision.figures.forest import draw_models
from vision.figures.matrices import draw_pairs
from vision.figures.model import draw_model
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.pipeline.workers import parallel_map


def main(
    params: Params, *, role: str, data: Path, models: Path, tables: Path, comparison: Path, figures: Path
) -> None:  # fmt: skip
    names = [name for name in params.models_of(role) if not params.study_of(name)]
    parallel_map(partial(draw_model, data, models, tables, figures, params.headings(role)), names)
    best_first = read_table(comparison / "models.csv").sort_values("accuracy", ascending=False, kind="stable")
    titles = {name: params.title(name) for name in best_first.model}
    dataset = params.dataset(role)
    draw_models(figures / "models.png", best_first.assign(title=titles.values()), dataset)
    draw_pairs(figures / "pairs.png", read_table(comparison / "pairs.csv"), titles, dataset)


if __name__ == "__main__":
    run(main)
