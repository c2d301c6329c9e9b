"""Maps of a network's layers: one scale for a layer, their own pixels, and what is zero is seen to be."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from vision.figures.activations import describe, draw_activations, shared_scale, tile_maps

SIDES = {"conv1": 14, "bn1": 14, "relu": 14, "maxpool": 7, "layer1": 7, "layer2": 4, "layer3": 2, "layer4": 1}


def layers():
    """Noise in the shapes of ResNet-18 for an image of 28 x 28 pixels; before ReLU it has both signs."""
    generator = np.random.default_rng(0)
    widths = dict.fromkeys(SIDES, 64) | {"layer2": 128, "layer3": 256, "layer4": 512}
    maps = {name: generator.normal(size=(widths[name], side, side)) for name, side in SIDES.items()}
    return {
        name: (values if name in ("conv1", "bn1") else values.clip(0)).astype(np.float32)
        for name, values in maps.items()
    }


def image(channels=1):
    return np.random.default_rng(0).integers(0, 256, (channels, 28, 28), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_is_as_wide_as_the_page_and_the_same_every_time(channels, tmp_path):
    for name in ("a.png", "b.png"):
        draw_activations(tmp_path / name, image(channels), layers(), "title")
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.format, picture.width) == ("PNG", 1400)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_every_layer_has_a_scale_of_its_own_and_silent_maps_are_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(plt, "close", lambda canvas: None)
    maps = layers()
    maps["layer1"][[0, 9]] = 0
    draw_activations(tmp_path / "a.png", image(), maps, "title")
    panels = plt.gcf().axes[:9]
    monkeypatch.undo()
    plt.close("all")
    assert [panel.get_title().split(":")[0] for panel in panels] == ["input", *maps]
    for panel, (name, values) in zip(panels[1:], maps.items(), strict=True):
        shown, (drawn,) = values[:64], panel.images
        low, high = drawn.get_clim()
        assert high == pytest.approx(np.abs(shown).max())
        assert low == (-high if name in ("conv1", "bn1") else 0)
        assert drawn.get_cmap().name == ("RdBu_r" if name in ("conv1", "bn1") else "viridis")
        assert len(panel.lines[0].get_xdata()) == (~shown.any((1, 2))).sum()
    assert len(panels[5].lines[0].get_xdata()) == 2
    assert "512 × 1 × 1" in panels[8].get_title()


@pytest.mark.parametrize(
    ("values", "colours", "limits"),
    [
        ([0, 2], "viridis", (0, 2)),
        ([-3, 2], "RdBu_r", (-3, 3)),
        ([0, 0], "viridis", (0, 1)),
        ([-1, -1], "RdBu_r", (-1, 1)),
    ],
)
def test_only_a_negative_value_makes_a_scale_of_two_signs(values, colours, limits):
    name, scale = shared_scale(np.array(values, np.float32).reshape(2, 1, 1))
    assert (name, (scale.vmin, scale.vmax)) == (colours, limits)


@pytest.mark.parametrize("size", [(14, 14), (7, 7), (1, 1), (5, 3), (100, 100)])
@pytest.mark.parametrize("count", [1, 7, 64])
def test_a_tiled_map_has_every_value_as_often_and_no_other(count, size):
    maps = np.arange(count * size[0] * size[1], dtype=np.float32).reshape(count, *size)
    tiled, middles = tile_maps(maps)
    values, counts = np.unique(tiled[~np.isnan(tiled)], return_counts=True)
    np.testing.assert_array_equal(values, maps.ravel())
    assert len(set(counts)) == 1
    for (across, down), values in zip(middles.round().astype(int), maps, strict=True):
        assert tiled[down, across] in values


def test_a_description_counts_zeros_and_channels_that_respond():
    maps = np.zeros((4, 2, 2), np.float32)
    maps[1], maps[2, 0, 0] = 3, -1
    assert describe(maps) == "69 % zeros; 2 of 4 respond"


def test_few_layers_of_few_channels_and_layers_without_any_response_can_be_drawn(tmp_path):
    draw_activations(tmp_path / "a.png", image(), {"relu": np.zeros((5, 4, 4), np.float32)}, "title", channels=4)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == 1400
