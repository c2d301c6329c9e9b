"""The pipeline of dvc.yaml on a few hundred digits: each stage is called in this process, and DVC records the results.

Without the start of a process for each stage, and with one dvc.lock written at the end, all of it takes two minutes.
"""

import copy
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from unittest import mock

import networkx
import pytest
import sklearn.datasets
from dvc.repo import Repo
from dvc.stage.serialize import to_single_stage_lockfile
from dvc.utils.serialize import dump_yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

import stages.plot
import stages.plot_models
from tests.repositories import MINIATURE, TINY, git
from tests.running import call, stages_in_process
from tests.scratch import make_scratch, merge
from vision.figures import style
from vision.figures.model import draw_model

IMAGES = 300
DRAWN = ("convnet", "mean_image")
FIGURES = ("confusion", "misclassified", "sample", "wrong_labels", "reliability")
UNREADABLE = "unreadable.txt"  # what is wrong with the figures that were drawn


@contextmanager
def opened(folder: Path) -> Iterator[Repo]:
    """Give DVC's view of a scratch copy, whose stages it runs in this process, on the first digits alone."""
    digits = sklearn.datasets.load_digits()
    digits.update(images=digits.images[:IMAGES], target=digits.target[:IMAGES])
    patched = mock.patch.object(sklearn.datasets, "load_digits", return_value=digits)
    with chdir(folder), Repo() as repo, patched, stages_in_process(folder):
        yield repo


def reproduce(folder: Path, *targets: str, **options: object) -> set[str]:
    """Do what `dvc repro` does; return the names of the stages that ran."""
    with opened(folder) as repo:
        return {stage.addressing for stage in repo.reproduce(targets or None, **options)}


def draw_few(data: Path, models: Path, tables: Path, figures: Path, headings: dict[str, str], name: str) -> None:
    """Draw the figures of a few models, and blank ones of the others: those of twenty models take a minute."""
    if name in DRAWN:
        draw_model(data, models, tables, figures, headings, name)
        return
    names = [*FIGURES, "curves"] if (tables / name / "training").exists() else FIGURES
    (figures / name).mkdir(parents=True)
    for figure in names:
        Image.new("RGB", (8, 8)).save(figures / name / f"{figure}.png")


def has_label(axes: Axes, axis: str) -> bool:
    """Whether an axis, "x" or "y", has no numbers, or a label of its own, of axes that share it, or of the figure."""
    ticks = [tick.get_text() for tick in getattr(axes, f"get_{axis}ticklabels")() if tick.get_visible()]
    sharing = getattr(axes, f"get_shared_{axis}_axes")().get_siblings(axes)
    labels = [getattr(one, f"get_{axis}label")() for one in sharing]
    numbers = [text for text in ticks if re.fullmatch(r"[\d,.−-]+( %)?", text)]
    return not numbers or any([*labels, getattr(axes.figure, f"get_sup{axis}label")()])


def faults(canvas: Figure) -> Iterator[str]:
    """What keeps a reader from reading a figure that has been drawn."""
    shown = [axes for axes in canvas.axes if axes.get_visible()]
    for axes in shown:
        yield from (f"{axes.get_title()!r}: {axis} has no label" for axis in "xy" if not has_label(axes, axis))
    for legend in canvas.legends:
        if not legend.get_texts() or any(legend.get_window_extent().overlaps(a.get_window_extent()) for a in shown):
            yield f"{shown[0].get_title()!r}: a legend is empty or covers data"


def build(folder: Path) -> Path:
    """Make a scratch copy in which every stage has run and the results are committed."""
    overrides = copy.deepcopy(TINY)
    merge(overrides, MINIATURE)
    make_scratch(folder, overrides)
    render, unreadable = style.render, folder / UNREADABLE
    unreadable.touch()

    def render_and_check(canvas: Figure) -> Image.Image:
        picture = render(canvas)
        with unreadable.open("a") as file:
            file.writelines(f"{fault}\n" for fault in faults(canvas))
        return picture

    with opened(folder) as repo, repo.lock:
        locked = {}
        for stage in networkx.dfs_postorder_nodes(repo.index.graph):  # what a stage depends on comes before it
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(style, "render", render_and_check)
                for script in (stages.plot, stages.plot_models):
                    patch.setattr(script, "draw_model", draw_few)
                call(shlex.split(stage.cmd), folder)
            stage.save()
            stage.commit()
            locked[stage.addressing] = to_single_stage_lockfile(stage)
    dump_yaml(folder / "dvc.lock", json.loads(json.dumps({"schema": "2.0", "stages": locked})))  # of plain types
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "results")
    return folder
