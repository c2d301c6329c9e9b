"""Figures made of images and maps: the data drawn are the data given, signed scales are centred on zero and shared."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.figures import embeddings, explanations, matrices, pictures

NAMES = ["a", "b", "c"]


def random_images(count, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, channels, 8, 8), np.uint8)


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_confusion_has_true_classes_in_rows_and_colours_errors_alone(canvas_of):
    confusion = np.array([[90, 7, 0], [1, 80, 2], [0, 0, 70]])
    axes = canvas_of(matrices.draw_confusion, confusion, NAMES, "Net on digits").axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    np.testing.assert_array_equal(axes.images[0].get_array().filled(0), [[0, 7, 0], [1, 0, 2], [0, 0, 0]])  # bug B0.9
    counts = {text.get_position(): text.get_text() for text in axes.texts}
    assert counts == {(0, 0): "90", (1, 0): "7", (0, 1): "1", (1, 1): "80", (2, 1): "2", (2, 2): "70"}
    assert axes.get_title() == "Net on digits\n10 errors in 250 test images"


def test_embeddings_have_every_point_in_the_colour_of_its_class(canvas_of):
    points, labels = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3
    axes = canvas_of(embeddings.draw_embedding, points, labels, np.arange(30) < 4, NAMES, "title").axes[0]
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), points)
    colours = axes.collections[0].get_facecolors()
    assert len(np.unique(colours[labels == 1], axis=0)) == 1
    assert len(np.unique(colours, axis=0)) == 3
    medians = [tuple(np.median(points[labels == label], axis=0)) for label in range(3)]
    assert [tuple(text.get_position()) for text in axes.texts] == medians
    np.testing.assert_array_equal(axes.collections[1].get_offsets(), points[:4])  # misclassified


def test_galleries_show_errors_in_their_order(canvas_of):
    images, labels, indices = random_images(6), np.array([0, 1, 2, 0, 1, 2]), np.arange(6) + 100
    probabilities = np.full((6, 3), 0.1)
    probabilities[np.arange(6), [0, 2, 1, 0, 1, 0]] = [0.8, 0.7, 0.9, 0.8, 0.8, 0.6]
    samples = Samples(images, labels, indices)
    axes = canvas_of(pictures.draw_misclassified, samples, probabilities, NAMES, "Net").axes[0]
    np.testing.assert_array_equal([one.get_array() for one in axes.images], images[[2, 1, 5], 0])
    assert texts_of(axes)[:2] == ["b: 90.0 %\ntrue c: 10.0 %", "test 102"]

    probabilities[4] = [1, 0, 0]  # of a true 1: an infinite loss
    probabilities[1, 1] = 0.05
    axes = canvas_of(pictures.draw_top_losses, samples, probabilities, NAMES, "Net").axes[0]
    np.testing.assert_array_equal([one.get_array() for one in axes.images][:3], images[[4, 1, 2], 0])
    assert "loss 3.00 nats" in texts_of(axes)[2]

    none = canvas_of(pictures.draw_misclassified, samples, np.eye(3)[labels], NAMES, "Net").axes[0]
    assert none.get_title().startswith("Net\n0 of the 0 ")


def test_sample_has_a_row_for_each_part_with_errors_drawn_without_replacement(canvas_of):
    images, labels = random_images(40), np.arange(40) % 3
    split = Samples(images, labels, np.arange(40))
    parts = {"train": (split, labels), "test": (split, (labels + 1) % 3)}
    axes = canvas_of(pictures.draw_sample, parts, NAMES, "Net").axes[0]
    assert axes.get_title().split("\n")[1:] == [
        "no misclassified training images", "10 of the 40 misclassified test images, at random"
    ]  # fmt: skip
    notes = [text for text in texts_of(axes) if text.startswith("test ")]
    assert len(axes.images) == len(set(notes)) == 10  # bug B3.7
    for image, note in zip(axes.images, notes, strict=True):
        np.testing.assert_array_equal(image.get_array(), images[int(note.split()[1]), 0])


def test_kernels_share_one_scale_centred_on_zero(canvas_of):
    weights = np.random.default_rng(0).normal(size=(9, 3, 3)) - 1
    end = np.abs(weights).max()
    panels = canvas_of(pictures.draw_kernels, weights, "title").axes  # bug B0.10
    for panel, kernel in zip(panels, weights, strict=False):
        np.testing.assert_array_equal(panel.images[0].get_array(), kernel)
        assert panel.images[0].get_clim() == pytest.approx((-end, end))


def test_first_layer_shows_the_units_with_the_largest_outgoing_weights(canvas_of):
    first, second = np.random.default_rng(0).normal(size=(60, 12)), np.ones((3, 60)) * np.arange(60)
    axes = canvas_of(pictures.draw_first_layer, [first, second], (3, 2, 2), "net", NAMES).axes[0]
    units, tiled = first.reshape(60, 3, 2, 2).mean(1), axes.images[0].get_array().filled(np.nan)
    assert tiled.shape == (5 * 4, 10 * 4)
    np.testing.assert_allclose(tiled[1:3, 1:3], units[59])
    np.testing.assert_allclose(tiled[17:19, 37:39], units[10])
    end = np.abs(units[10:]).max()
    assert axes.images[0].get_clim() == pytest.approx((-end, end))
    assert "50 of 60" in axes.get_title()


def test_maximised_images_are_never_called_certain(canvas_of):
    images = np.full((3, 1, 4, 4), 0.5)
    axes = canvas_of(pictures.draw_maximised, {"search": (images, [1.0, 0.5, 0.9998])}, NAMES).axes[0]
    assert texts_of(axes)[::2] == ["a\n> 99.99 %", "b\n50.00 %", "c\n99.98 %"]  # bug B1.6


def test_saliency_maps_are_centred_on_zero_and_cut_at_the_99th_percentile(canvas_of):
    generator, images = np.random.default_rng(1), random_images(2, channels=3)
    sizes = {"gradient": (3, 8, 8), "gradient_grey": (8, 8), "integrated_gradients": (3, 8, 8), "grad_cam": (2, 2)}
    maps = {name: np.stack([generator.normal(size=size), np.zeros(size)]) for name, size in sizes.items()}
    parts = maps | {"explained": images}, ["One\nmore"] * 2, list("abcde"), "title", "note"
    canvas = canvas_of(explanations.draw_saliency, *parts)
    colour, _, integrated, cam = (axes.images[-1] for axes in canvas.axes[2:6])
    end = np.percentile(np.abs(maps["gradient"][0]), 99)
    expected = (0.5 + maps["gradient"][0] / (2 * end)).clip(0, 1).transpose(1, 2, 0)
    np.testing.assert_allclose(colour.get_array(), expected)
    for drawn, values in ((integrated, maps["integrated_gradients"][0].sum(0)), (cam, maps["grad_cam"][0])):
        end = np.percentile(np.abs(values), 99)
        np.testing.assert_array_equal(drawn.get_array(), values)
        assert drawn.get_clim() == pytest.approx((-end, end))
    assert cam.get_extent() == [-0.5, 7.5, 7.5, -0.5]  # over the image
    assert (canvas.axes[8].images[0].get_array() == 0.5).all()  # of no gradient


def test_layers_are_named_by_block_and_convolution_with_their_channels(canvas_of):
    kinds = ["Conv3x3", "ReLU", "Conv3x3", "MaxPool2d", "Conv3x3", "BatchNorm2d", "MaxPool2d"]
    titles = explanations.layer_titles(kinds)
    assert titles == ["conv 1-1", "ReLU 1-1", "conv 1-2", "pool 1", "conv 2-1", "norm 2-1", "pool 2"]
    layers = [(title, 64 if i < 4 else 128, np.ones((2, 4, 4))) for i, title in enumerate(titles)]
    canvas = canvas_of(explanations.draw_layers, np.zeros((2, 3, 8, 8), np.uint8), layers, ["first", "second"])
    shown = [axes for axes in canvas.axes if axes.get_visible()]
    assert [axes.get_title() for axes in shown if axes.get_title() in titles] == titles * 2
    headings = [text for axes in shown for text in [axes.get_xlabel(), *texts_of(axes)] if text.startswith("block")]
    assert headings == ["block 1\n64 channels", "block 2\n128 channels"] * 2
