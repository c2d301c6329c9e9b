"""How did the trainings of the network from scratch go, beside scikit-learn's, and which activation is best?

Reads the curves and test accuracies of the study. Writes figures of them. Rows F4, F5, F7.
"""

from pathlib import Path

from vision.figures.from_scratch import draw_accuracies, draw_curves, draw_losses
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table


def main(
    params: Params, *, curves: Path, accuracies: Path, curves_figure: Path, losses_figure: Path, accuracies_figure: Path
) -> None:
    study, rows, judged = params.from_scratch, read_table(curves), read_table(accuracies)
    draw_curves(curves_figure, rows, study.runs)
    draw_losses(losses_figure, rows, study.runs)
    draw_accuracies(accuracies_figure, judged, params.title)


if __name__ == "__main__":
    run(main)
