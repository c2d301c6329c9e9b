"""The common style: deterministic files of the width of the page, and colours that colour-blind readers tell apart."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from vision.figures.style import CLASS_COLOURS, SERIES_LINES, figure, series_lines

# Machado, Oliveira & Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# the matrices of severity 1.0, applied to linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
LEAST_DISTANCES = {"normal": 25, "protanopia": 14, "deuteranopia": 14}  # CIEDE2000
HIGHEST_LIGHTNESS = 82  # CIELAB L*; white is 100, and a colour of 82 has a contrast of 1.6 with it


def lab(colours, vision):
    """CIELAB (N, 3) of colours as a vision sees them."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # sRGB, IEC 61966-2-1
    seen = (linear @ VISIONS[vision].T).clip(0, 1)
    return rgb2lab(np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("vision", VISIONS)
def test_class_colours_differ_from_each_other_and_from_white(vision):
    assert len(CLASS_COLOURS) == 10
    first, second = np.array(list(combinations(lab(CLASS_COLOURS, vision), 2))).swapaxes(0, 1)
    assert deltaE_ciede2000(first, second).min() >= LEAST_DISTANCES[vision]
    assert lab(CLASS_COLOURS, vision)[:, 0].max() <= HIGHEST_LIGHTNESS


def test_lines_of_a_series_differ_in_colour_and_in_dashes():
    styles = series_lines("abcdef")
    assert list(styles) == list("abcdef")
    for key in ("c", "ls"):
        assert len({str(style[key]) for style in styles.values()}) == len(SERIES_LINES)


@pytest.mark.parametrize(("options", "width"), [({}, 1862), ({"colours": 256, "dpi": 200}, 1400)])
def test_figure_is_as_wide_as_the_page_and_its_bytes_are_deterministic(options, width, tmp_path):
    for name in ("a.png", "b.png"):
        with figure(tmp_path / name, height_inches=1.0, **options) as axes:
            axes.imshow(np.arange(12.0).reshape(3, 4))
            axes.set(xlabel="x")
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.format, picture.width, picture.mode) == ("PNG", width, "P")
        assert max(picture.convert("RGB").getcolors())[1] == (255, 255, 255)  # paper stays white, also if dithered
        assert "Software" not in picture.info
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
