"""How can one see what a study found?

Reads tables and arrays that other stages saved. Writes the figures of one study.
"""

from importlib import import_module
from pathlib import Path

from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, study: str, data: Path, models: Path, plots: Path, figures: Path) -> None:
    import_module(f"vision.figures.studies.study_{study}").draw(params, data, models, plots, figures)


if __name__ == "__main__":
    run(main)
