"""The pictures of explanations: page width, the same bytes, every frame and map, scales that are fair."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from vision.figures.explanations import Explained, draw_layers, draw_maximised, draw_saliency

KINDS = ["Conv3x3", "BatchNorm2d", "ReLU", "MaxPool2d"]


def pictures(*shape):
    return np.random.default_rng(0).integers(0, 256, (*shape, 3, 8, 8), np.uint8)


def draw_rise(path):
    responses = np.arange(2 * 5.0).reshape(2, 5)
    draw_maximised(path, pictures(2, 3), responses, 2, ["One\nwords\nmore", "Two\nwords"], "title")


def draw_pixels(path):
    generator = np.random.default_rng(1)
    maps = [generator.normal(size=size) for size in ((3, 8, 8), (8, 8), (8, 8), (2, 2))]
    maps[1] = np.abs(maps[1]).clip(0, 1)
    flat = [np.zeros_like(values) for values in maps]
    rows = [Explained(image, "One\nwords", *values) for image, values in zip(pictures(2), (maps, flat), strict=True)]
    draw_saliency(path, rows, ["a", "b", "c", "d", "e"], "title", "note")
    return maps


def draw_maps(path):
    generator = np.random.default_rng(2)
    layers = []
    for number in range(8):
        maps = generator.normal(size=(2, 4, 4)) * [[[1]], [[10]]]
        kind = KINDS[number % 4]
        layers.append((f"features_{number}", kind, maps if kind in KINDS[:2] else maps.clip(0)))
    layers[2][2][0] = 0
    draw_layers(path, pictures(2), layers, ["first", "second"], "note")
    return layers


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw and keep the axes."""
    monkeypatch.setattr(plt, "close", lambda canvas: None)

    def draw(function):
        plt.close("all")
        return function(tmp_path / "a.png"), plt.gcf()

    yield draw
    monkeypatch.undo()
    plt.close("all")


@pytest.mark.parametrize(("draw", "width"), [(draw_rise, 1050), (draw_pixels, 1400), (draw_maps, 1400)])
def test_a_figure_is_as_wide_as_the_page_and_the_same_every_time(draw, width, tmp_path, recwarn):
    for name in ("a.png", "b.png"):
        draw(tmp_path / name)
    with Image.open(tmp_path / "a.png") as picture:
        assert (picture.format, picture.width) == ("PNG", width)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert not [warning for warning in recwarn if "layout" in str(warning.message)]


def test_every_frame_stands_under_its_iteration_and_over_its_response(drawn):
    _, canvas = drawn(draw_rise)
    shown = [axes for axes in canvas.axes if axes.images]
    assert len(shown) == 6
    for place, axes in enumerate(shown):
        np.testing.assert_array_equal(
            axes.images[0].get_array(), pictures(2, 3).reshape(6, 3, 8, 8)[place].transpose(1, 2, 0)
        )
    assert [axes.get_title() for axes in shown[:3]] == ["iteration 0", "2", "4"]
    assert [axes.get_xlabel() for axes in shown] == ["0.00", "2.00", "4.00", "5.00", "7.00", "9.00"]
    lines = canvas.axes[-1].lines
    assert [line.get_label() for line in lines] == ["One", "Two"]
    np.testing.assert_array_equal(lines[1].get_ydata(), [5, 6, 7, 8, 9])


def test_signed_maps_are_centred_on_zero_and_cut_at_a_percentile(drawn):
    maps, canvas = drawn(draw_pixels)
    colour, grey, integrated, cam = (axes.images[-1] for axes in canvas.axes[2:6])
    end = np.percentile(np.abs(maps[0]), 99)
    np.testing.assert_allclose(colour.get_array(), (0.5 + maps[0] / (2 * end)).clip(0, 1).transpose(1, 2, 0))
    assert grey.get_clim() == (0, 1)
    for image, values in ((integrated, maps[2]), (cam, maps[3])):
        end = np.percentile(np.abs(values), 99)
        assert image.get_clim() == pytest.approx((-end, end))
        assert image.get_cmap().name == "RdBu_r"
    assert cam.get_array().shape == (2, 2)  # made smooth in drawing alone
    assert cam.get_extent() == [-0.5, 7.5, 7.5, -0.5]
    assert (canvas.axes[8].images[0].get_array() == 0.5).all()  # of no gradient


def test_a_layer_has_one_scale_for_both_images_blocks_have_rows_and_silence_is_marked(drawn):
    layers, canvas = drawn(draw_maps)
    shown = [axes for axes in canvas.axes if axes.images and axes.get_title() != "input"]
    assert len(shown) == 16
    assert [axes.get_title() for axes in shown[:5]] == ["0 conv", "1 norm", "2 ReLU", "3 pool", "4 conv"]
    for place, axes in enumerate(shown):
        maps = layers[place % 8][2]
        np.testing.assert_array_equal(axes.images[0].get_array(), maps[place // 8])
        end = np.abs(maps).max()
        assert axes.images[0].get_clim() == pytest.approx((-end if maps.min() < 0 else 0, end))
        assert len(axes.lines) == (place == 2)
    rows = [axes.get_position().y0 for axes in shown]
    assert rows[0] == pytest.approx(rows[3], abs=0.01)
    assert rows[4] < rows[3] - 0.05
