"""What changed of the models since another revision, drawn on one page as by `dvc plots diff`.

`python -m vision.evidence.change.plots main` writes dvc_plots/index.html, which opens without a network.
"""

import re
import shutil
import sys
from pathlib import Path

from dvc.render.match import match_defs_renderers
from dvc.repo import Repo
from dvc_render import render_html

from vision.evidence.change.comparison import changed_results, plain
from vision.pipeline.errors import UserError

OUT = Path("dvc_plots")
KINDS = {  # how a file is drawn, by the end of its path
    "training/curves.csv": {"template": "curves", "x": "epoch", "y": "value"},
    "training/runs.csv": {"template": "scatter", "x": "updates", "y": "score"},
    "evaluation/confusion.csv": {"template": "confusion_counts", "x": "predicted", "y": "actual"},
    "evaluation/classes.csv": {"template": "bar_horizontal", "x": "f1", "y": "class"},
    "evaluation/calibration.csv": {"template": "scatter", "x": "confidence", "y": "accuracy"},
    ".png": {},
}
DRAWN = re.compile(r"plots/(models/\w+/\w+/(training|evaluation)/\w+\.csv|figures/\w+/\w+/\w+\.png)")


def main(base: str = "main") -> None:
    """Draw the tables and figures of models that differ from the revision `base`."""
    try:
        changed = [path for path in changed_results(base) if DRAWN.fullmatch(path)]
    except UserError as error:
        sys.exit(f"error: {plain(error)}")
    shutil.rmtree(OUT, ignore_errors=True)
    renderers = []
    with Repo() as repo:
        for ending, options in KINDS.items():
            if targets := [path for path in changed if path.endswith(ending)]:
                data = repo.plots.diff(targets=targets, revs=[base], props=options)
                drawn = match_defs_renderers(data, out=OUT / "static", templates_dir=repo.plots.templates_dir)
                renderers += [one.renderer for one in drawn]
    if renderers:
        print(render_html(renderers, OUT / "index.html", Path(".dvc", repo.config["plots"]["html_template"])))
    else:
        print(f"No table or figure of a model differs from {plain(base)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
