"""The colours of the classes stay apart for a reader with normal vision, a protanope and a deuteranope."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from vision.figures.style import CLASS_COLOURS

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
# IEC 61966-2-1, linear sRGB to XYZ under D65.
XYZ_OF_RGB = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# The muted scheme of Paul Tol with a darker grey, drawn before: classes 6 and 9 are one grey to a protanope.
UNSAFE_COLOURS = (
    "#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77", "#CC6677", "#882255", "#AA4499", "#777777",
)  # fmt: skip


def lab(colour: str, vision: str) -> np.ndarray:
    """CIELAB of a colour as a vision sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = (VISIONS[vision] @ linear).clip(0, 1)
    ratios = XYZ_OF_RGB @ seen / XYZ_OF_RGB.sum(1)
    x, y, z = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(first, second) -> float:
    """Distance of two CIELAB colours: Sharma, Wu & Dalal (2005), "The CIEDE2000 Color-Difference Formula"."""
    lightness, a, b = np.array([first, second], float).T
    a = a * (1 + 0.5 * (1 - chroma_weight(np.hypot(a, b).mean())))
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    turn = (hue[1] - hue[0] + 180) % 360 - 180 if chroma.all() else 0.0
    middle = hue[0] + turn / 2 if chroma.all() else hue.sum()
    mean_chroma, from_50 = chroma.mean(), (lightness.mean() - 50) ** 2
    waves = [(-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63)]
    t = 1 + sum(size * np.cos(np.radians(times * middle + shift)) for size, times, shift in waves)
    dl = (lightness[1] - lightness[0]) / (1 + 0.015 * from_50 / np.sqrt(20 + from_50))
    dc = (chroma[1] - chroma[0]) / (1 + 0.045 * mean_chroma)
    dh = 2 * np.sqrt(chroma.prod()) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * mean_chroma * t)
    blue = np.radians(60 * np.exp(-(((middle % 360 - 275) / 25) ** 2)))
    return np.sqrt(dl**2 + dc**2 + dh**2 - 2 * chroma_weight(mean_chroma) * np.sin(blue) * dc * dh)


def chroma_weight(chroma: float) -> float:
    """0 for a grey, nearly 1 for a strong colour."""
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def least_distance(colours: tuple[str, ...], vision: str) -> float:
    return min(ciede2000(*pair) for pair in combinations([lab(colour, vision) for colour in colours], 2))


@pytest.mark.parametrize("vision", VISIONS)
def test_every_two_classes_look_different(vision):
    assert len(CLASS_COLOURS) == 10
    assert least_distance(CLASS_COLOURS, vision) >= LEAST_DISTANCES[vision]


@pytest.mark.parametrize("vision", VISIONS)
def test_every_class_is_dark_enough_for_dots_on_white(vision):
    assert max(lab(colour, vision)[0] for colour in CLASS_COLOURS) <= HIGHEST_LIGHTNESS


@pytest.mark.parametrize("vision", VISIONS)
def test_colours_that_are_not_safe_are_found_out(vision):
    assert least_distance(UNSAFE_COLOURS, vision) < LEAST_DISTANCES[vision]
    assert lab("#DDDDDD", vision)[0] > HIGHEST_LIGHTNESS


@pytest.mark.parametrize("vision", VISIONS)
def test_every_vision_sees_white_and_grey_alike(vision):
    np.testing.assert_allclose(lab("#FFFFFF", vision), [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(lab("#777777", vision), [50.03, 0, 0], atol=0.01)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (56, -27, -3), 31.9030),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_gives_the_published_distances(first, second, distance):
    assert ciede2000(first, second) == pytest.approx(distance, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(distance, abs=5e-5)
