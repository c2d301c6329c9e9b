"""Figures made of images and maps: the data drawn are the data given, signed scales are centred on zero and shared."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.figures import activations, embeddings, explanations, matrices, pictures
from vision.figures.style import WRONG

NAMES = ["a", "b", "c"]


def random_images(count, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, channels, 8, 8), np.uint8)


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_confusion_has_true_classes_in_rows_and_colours_errors_alone(canvas_of):
    confusion = np.array([[90, 7, 0], [1, 80, 2], [0, 0, 70]])
    axes = canvas_of(matrices.draw_confusion, confusion, NAMES).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    shown = axes.images[0]
    np.testing.assert_array_equal(shown.get_array().filled(0), [[0, 7, 0], [1, 0, 2], [0, 0, 0]])  # bug B0.9
    assert shown.get_clim() == (0, 7)
    counts = {text.get_position(): text.get_text() for text in axes.texts}
    assert counts == {(0, 0): "90", (1, 0): "7", (0, 1): "1", (1, 1): "80", (2, 1): "2", (2, 2): "70"}
    assert axes.get_title().startswith("10 errors on 250")


def test_wrong_labels_are_shares_of_the_true_class(canvas_of):
    confusions = {"train": np.array([[8, 2, 0], [0, 9, 1], [0, 0, 0]]), "test": np.array([[5, 5, 0]] * 3)}
    axes = canvas_of(matrices.draw_wrong_labels, confusions, NAMES).axes
    heights = [[bar.get_height() for bar in part] for part in axes[0].containers]
    assert heights == [[0, 20, 0], [0, 50, 0]]
    assert [bar.get_height() for bar in axes[1].containers[0]] == [0, 0, 10]
    assert [one.get_visible() for one in axes] == [True] * 3 + [False] * 2


def test_embeddings_have_every_point_in_the_colour_of_its_class(canvas_of):
    points, labels = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3
    drawings = (
        canvas_of(embeddings.draw_embedding, points, labels, np.arange(30) < 4, NAMES, "title").axes[0],
        canvas_of(embeddings.draw_embeddings, [("title", points, labels)], NAMES, 2).axes[0],
    )
    for axes in drawings:
        np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
        colours = axes.collections[0].get_facecolors()
        assert len(np.unique(colours[labels == 1], axis=0)) == 1
        assert len(np.unique(colours, axis=0)) == 3
        assert [tuple(text.get_position()) for text in axes.texts] == [
            tuple(np.median(points[labels == label], axis=0)) for label in range(3)
        ]
    np.testing.assert_array_equal(drawings[0].collections[1].get_offsets(), points[:4])  # misclassified


def test_galleries_show_errors_in_their_order(canvas_of):
    images, labels, indices = random_images(6), np.array([0, 1, 2, 0, 1, 2]), np.arange(6) + 100
    probabilities = np.full((6, 3), 0.1)
    probabilities[np.arange(6), [0, 2, 1, 0, 1, 0]] = [0.8, 0.7, 0.9, 0.8, 0.8, 0.6]
    about = Samples(images, labels, indices), probabilities, NAMES
    axes = canvas_of(pictures.draw_misclassified, *about).axes[0]
    np.testing.assert_array_equal([one.get_array() for one in axes.images], images[[2, 1, 5], 0])
    assert texts_of(axes)[:2] == ["b: 90.0 %\ntrue c: 10.0 %", "test 102"]

    probabilities[4] = [1, 0, 0]  # of a true 1: an infinite loss
    probabilities[1, 1] = 0.05
    axes = canvas_of(pictures.draw_top_losses, *about).axes[0]
    np.testing.assert_array_equal([one.get_array() for one in axes.images][:3], images[[4, 1, 2], 0])
    assert "loss 3.00 nats" in texts_of(axes)[2]

    none = canvas_of(pictures.draw_misclassified, about[0], np.eye(3)[labels], NAMES).axes[0]
    assert none.get_title().startswith("0 of the 0 ")


def test_sample_has_a_row_for_each_part_with_errors_drawn_without_replacement(canvas_of):
    images, labels = random_images(40), np.arange(40) % 3
    split = Samples(images, labels, np.arange(40))
    parts = {"train": (split, labels), "test": (split, (labels + 1) % 3)}
    axes = canvas_of(pictures.draw_sample, parts, NAMES).axes[0]
    notes = [text for text in texts_of(axes) if text.startswith("test ")]
    assert len(axes.images) == len(set(notes)) == 10  # bug B3.7
    for image, note in zip(axes.images, notes, strict=True):
        np.testing.assert_array_equal(image.get_array(), images[int(note.split()[1]), 0])
    assert [text for text in texts_of(canvas_of(pictures.draw_sample, parts, NAMES).axes[0]) if text in notes] == notes


def test_neighbours_of_another_class_are_marked(canvas_of):
    images, labels = random_images(5, channels=3), np.array([0, 0, 1, 2, 0])
    axes = canvas_of(pictures.draw_neighbours, Samples(images, labels, np.arange(5)), NAMES, {4: [0, 2]}).axes
    np.testing.assert_array_equal(axes[2].images[0].get_array(), images[2].transpose(1, 2, 0))
    assert [one.xaxis.label.get_color() for one in axes] == ["black", "black", WRONG]


def test_weights_and_kernels_share_one_scale_centred_on_zero(canvas_of):
    weights = np.random.default_rng(0).normal(size=(9, 3, 3)) - 1
    end = np.abs(weights).max()
    panels = canvas_of(pictures.draw_kernels, weights, "title").axes  # bug B0.10
    for panel, kernel in zip(panels, weights, strict=False):
        np.testing.assert_array_equal(panel.images[0].get_array(), kernel)
        assert panel.images[0].get_clim() == pytest.approx((-end, end))
    tiled = canvas_of(pictures.draw_tiles, weights, "title", 4).axes[0].images[0]
    assert tiled.get_clim() == pytest.approx((-end, end))
    tiles = tiled.get_array().filled(np.nan)
    assert tiles.shape == (3 * 5, 4 * 5)
    np.testing.assert_array_equal(tiles[6:9, 1:4], weights[4])
    assert canvas_of(pictures.draw_tiles, 0 * weights, "title", 4).axes[0].images[0].get_clim() == (-1, 1)


def test_first_layer_shows_the_units_with_the_largest_outgoing_weights(canvas_of, monkeypatch):
    shown = {}
    monkeypatch.setattr(
        "vision.figures.pictures.draw_tiles", lambda path, units, title, columns: shown.update(units=units, title=title)
    )
    first, second = np.random.default_rng(0).normal(size=(60, 12)), np.ones((3, 60)) * np.arange(60)
    canvas_of(pictures.draw_first_layer, [first, second], (3, 2, 2), "net", NAMES)
    np.testing.assert_allclose(shown["units"], first[:9:-1].reshape(50, 3, 2, 2).mean(1))
    assert "50 of 60" in shown["title"]
    canvas_of(pictures.draw_first_layer, [first[:3]], (3, 2, 2), "net", NAMES)
    assert shown["title"] == "weights of net for a, b, c"


def test_maximised_images_are_never_called_certain(canvas_of):
    images = np.full((3, 1, 4, 4), 0.5)
    axes = canvas_of(pictures.draw_maximised, {"search": (images, [1.0, 0.5, 0.9998])}, NAMES).axes[0]
    assert texts_of(axes)[::2] == ["a\n> 99.99 %", "b\n50.00 %", "c\n99.98 %"]  # bug B1.6


def test_one_vs_rest_has_the_counts_of_every_model_and_of_the_document(canvas_of):
    counts = [[90 + place, place, 2 * place, 900] for place in range(3)]
    models = {"one": counts, "other": [[1, 2, 3, 4]] * 3}
    panels = canvas_of(matrices.draw_one_vs_rest, NAMES, models, [[5, 6, 7, 8]] * 3).axes
    assert texts_of(panels[2]) == ["92", "1", "5", "2", "2", "6", "4", "3", "7", "900", "4", "8"]
    assert [panel.get_visible() for panel in panels] == [True] * 3 + [False] * 2
    shades = panels[2].images[0].get_array()[..., 0]
    assert shades[1, 0] < shades[0, 1]  # more errors are darker
    canvas_of(matrices.draw_one_vs_rest, NAMES[:2], {"one": [[5, 0, 0, 5]] * 2}, None)  # no error at all


@pytest.mark.parametrize(("count", "size"), [(7, (5, 3)), (7, (100, 100))])
def test_tile_maps_enlarges_every_value_equally(count, size):
    maps = np.arange(count * size[0] * size[1], dtype=np.float32).reshape(count, *size)
    tiled, middles = activations.tile_maps(maps)
    values, counts = np.unique(tiled[~np.isnan(tiled)], return_counts=True)
    np.testing.assert_array_equal(values, maps.ravel())
    assert len(set(counts)) == 1
    for (across, down), values in zip(middles.round().astype(int), maps, strict=True):
        assert tiled[down, across] in values


def test_activations_have_one_scale_a_layer_and_mark_silent_maps(canvas_of):
    generator = np.random.default_rng(0)
    maps = {"conv1": generator.normal(size=(6, 4, 4)), "relu": generator.normal(size=(6, 4, 4)).clip(0)}
    maps["relu"][[0, 3]] = 0
    panels = canvas_of(activations.draw_activations, random_images(1)[0], maps, "title", channels=5).axes[:3]
    assert [panel.get_title().split(":")[0] for panel in panels] == ["input", "conv1", "relu"]
    for panel, values, name in zip(panels[1:], maps.values(), ("RdBu_r", "viridis"), strict=True):
        end = np.abs(values[:5]).max()
        assert panel.images[0].get_clim() == pytest.approx((0 if name == "viridis" else -end, end))
        assert panel.images[0].get_cmap().name == name
    assert [len(panel.lines[0].get_xdata()) for panel in panels[1:]] == [0, 2]
    assert "6 × 4 × 4" in panels[2].get_title()
    zeros = 100 * (maps["relu"] == 0).mean()
    assert panels[2].texts[0].get_text() == f"{zeros:.0f} % zeros; 4 of 6 active"


def test_maximised_frames_stand_under_their_iteration_and_over_their_response(canvas_of):
    frames = random_images(6, channels=3).reshape(2, 3, 3, 8, 8)
    responses = np.arange(10.0).reshape(2, 5)
    canvas = canvas_of(explanations.draw_maximised, frames, responses, 2, ["One\nmore", "Two\nmore"], "title")
    shown = [axes for axes in canvas.axes if axes.images]
    drawn = [axes.images[0].get_array() for axes in shown]
    np.testing.assert_array_equal(drawn, frames.reshape(6, 3, 8, 8).transpose(0, 2, 3, 1))
    assert [axes.get_title() for axes in shown[:3]] == ["iteration 0", "2", "4"]
    assert [axes.get_xlabel() for axes in shown] == ["0.00", "2.00", "4.00", "5.00", "7.00", "9.00"]
    lines = canvas.axes[-1].lines
    assert [line.get_label() for line in lines] == ["One", "Two"]
    np.testing.assert_array_equal(lines[1].get_ydata(), responses[1])


def test_saliency_maps_are_centred_on_zero_and_cut_at_the_99th_percentile(canvas_of):
    generator, images = np.random.default_rng(1), random_images(2, channels=3)
    sizes = {"gradient": (3, 8, 8), "gradient_grey": (8, 8), "integrated_gradients": (3, 8, 8), "grad_cam": (2, 2)}
    maps = {name: np.stack([generator.normal(size=size), np.zeros(size)]) for name, size in sizes.items()}
    canvas = canvas_of(
        explanations.draw_saliency, maps | {"explained": images}, ["One\nmore"] * 2, list("abcde"), "title", "note"
    )
    colour, grey, integrated, cam = (axes.images[-1] for axes in canvas.axes[2:6])
    end = np.percentile(np.abs(maps["gradient"][0]), 99)
    expected = (0.5 + maps["gradient"][0] / (2 * end)).clip(0, 1).transpose(1, 2, 0)
    np.testing.assert_allclose(colour.get_array(), expected)
    assert grey.get_clim() == (0, 1)
    for drawn, values in ((integrated, maps["integrated_gradients"][0].sum(0)), (cam, maps["grad_cam"][0])):
        end = np.percentile(np.abs(values), 99)
        np.testing.assert_array_equal(drawn.get_array(), values)
        assert drawn.get_clim() == pytest.approx((-end, end))
        assert drawn.get_cmap().name == "RdBu_r"
    assert cam.get_extent() == [-0.5, 7.5, 7.5, -0.5]  # over the image
    assert (canvas.axes[8].images[0].get_array() == 0.5).all()  # of no gradient


def test_layers_have_one_scale_for_all_images_and_a_row_for_each_block(canvas_of):
    generator, kinds = np.random.default_rng(2), ["Conv3x3", "ReLU", "MaxPool2d"]
    layers = []
    for number in range(6):
        maps = generator.normal(size=(2, 4, 4)) * [[[1]], [[10]]]
        layers.append((f"features_{number}", kinds[number % 3], maps if number % 3 == 0 else maps.clip(0)))
    layers[1][2][0] = 0
    canvas = canvas_of(explanations.draw_layers, random_images(2, channels=3), layers, ["first", "second"], "note")
    shown = [axes for axes in canvas.axes if axes.images and axes.get_title() != "input"]
    assert [axes.get_title() for axes in shown[:4]] == ["0 conv", "1 ReLU", "2 pool", "3 conv"]
    for place, axes in enumerate(shown):
        maps = layers[place % 6][2]
        np.testing.assert_array_equal(axes.images[0].get_array(), maps[place // 6])
        end = np.abs(maps).max()
        assert axes.images[0].get_clim() == pytest.approx((-end if maps.min() < 0 else 0, end))
        assert len(axes.lines) == (place == 1)  # silent
    rows = [axes.get_subplotspec().rowspan.start for axes in shown[:6]]
    assert rows == [1, 1, 1, 2, 2, 2]
