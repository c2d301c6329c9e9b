"""What did a document's study find, in figures?

Reads tables and arrays that other stages saved. Writes the figures of the study and of its models.
"""

from functools import partial
from importlib import import_module
from pathlib import Path

from vision.figures.model import draw_model
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.workers import parallel_map


def main(params: Params, *, study: str, data: Path, models: Path, plots: Path, figures: Path) -> None:
    import_module(f"vision.figures.studies.study_{study}").draw(params, data, models, plots, figures)
    for role in type(params.datasets).model_fields:
        names = [name for name in params.models_of(role) if params.study_of(name) == study]
        folders = data / "prepared" / role, data / "models" / role, plots / "models" / role
        parallel_map(partial(draw_model, *folders, figures, params.headings(role)), names)


if __name__ == "__main__":
    run(main)
