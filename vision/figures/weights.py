"""Figures of weights: what the units of a first layer weigh."""

import textwrap
from pathlib import Path

import numpy as np

from vision.figures.pictures import draw_tiles

SHOWN_UNITS = 50
TITLE_CHARACTERS = 90  # of a line as wide as the page


def draw_first_layer(
    path: Path, layers: list[np.ndarray], shape: tuple[int, ...], title: str, names: list[str]
) -> None:
    """Each unit's weights as one image, colours averaged, on one diverging scale (rows P17, L3, L11, bug B1.7).

    Of many units, those that weigh most in the next layer, heaviest first.

    Args:
        layers: weights float (units, inputs) of each linear layer; with one alone, a unit for each class
        shape: (C, H, W) of the inputs
        names: of the classes
    """
    units = layers[0].reshape(-1, *shape).mean(1)
    if len(layers) == 1:
        text = textwrap.fill(f"weights of {title} for {', '.join(names)}", TITLE_CHARACTERS)
        draw_tiles(path, units, text, columns=5)
        return
    shown = f"all {len(units)} units"
    if len(units) > SHOWN_UNITS:
        heaviest = np.argsort(-np.linalg.norm(layers[1], axis=0), kind="stable")[:SHOWN_UNITS]
        shown = f"the {SHOWN_UNITS} of {len(units)} units that weigh most in what follows"
        units = units[heaviest]
    draw_tiles(path, units, f"first layer of {title}: {shown}", columns=10)
