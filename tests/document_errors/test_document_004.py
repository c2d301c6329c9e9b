"""Document 004's errors (B4.1 to B4.10), on numbers small enough to be computed by hand."""

import math

import numpy as np
import pytest
import torch

from tests.document_errors.conftest import values
from tests.scratch import ROOT
from vision.data.dataset import Dataset, Samples
from vision.document_errors import document_004 as errors
from vision.document_errors import scratch
from vision.document_errors.scratch import Checkpoint
from vision.evidence.documents import read_document
from vision.nets import save_net
from vision.pipeline.schema.models import ScratchRun

HYPER = {"mean": [0.0], "std": [1.0], "shape": [1, 1, 2], "n_classes": 2, "hidden": [2], "activation": "linear"}
IDENTITY, SWAPPED, ZEROS = torch.eye(2), torch.eye(2).flip(0), torch.zeros(2)


def test_average_of_the_documents_own_matrix_is_not_the_reported_one():
    row = errors.contradict_the_matrix(read_document(ROOT / "documents/004.yaml"))
    assert values(row) == pytest.approx([0.9164, 0.9235, -0.0071])


def checkpoint(epoch, valid_accuracy, correct, images=1000):
    return Checkpoint(epoch, valid_accuracy, np.arange(images) < correct)


def test_training_file_and_test_images_are_independent_samples():
    row = scratch.evaluate_on_training_file([checkpoint(50, 0.1, 10), checkpoint(100, 0.9, 800)], 500)
    assert values(row) == pytest.approx([0.9, 0.8, 0.1])
    assert row.sample == "500 images of the training file, 1,000 test images"
    assert scratch.evaluate_on_training_file([], 500).left_out


def test_other_settings_are_compared_after_the_last_epoch_of_both():
    relu = [checkpoint(50, 0, 900), checkpoint(100, 0, 910)]
    defaults = {"early": [checkpoint(50, 0, 880)], "late": [checkpoint(100, 0, 890)], "none": []}
    early, late, none = scratch.compare_at_other_settings(defaults, relu)
    assert values(early) == pytest.approx([0.88, 0.90, -0.02])
    assert values(late) == pytest.approx([0.89, 0.91, -0.02])
    assert (early.at, bool(none.left_out)) == ("early, 50 epochs", True)
    assert late.change.high < 0 < scratch.compare_at_other_settings({"a": relu}, relu)[0].change.high  # paired


def test_outputs_that_are_no_numbers_have_the_share_of_the_first_class_as_accuracy():
    labels = np.repeat([0, 1, 2, 3], 250)
    row = scratch.score_no_numbers([checkpoint(50, 0.8, 850), checkpoint(100, 0.7, 900)], labels)
    assert values(row) == pytest.approx([0.25, 0.85, -0.6])


def test_selection_by_test_images_is_the_highest_test_accuracy():
    saved = [checkpoint(50, 0.80, 820), checkpoint(100, 0.85, 810), checkpoint(50, 0.84, 790)]
    assert values(scratch.select_on_test_images(saved)) == pytest.approx([0.82, 0.81, 0.01])
    assert values(scratch.select_on_test_images(saved[1:])) == pytest.approx([0.81, 0.81, 0])


@pytest.fixture
def study(tmp_path):
    """Networks whose weights of epoch 1 exchange the two classes, and those of epoch 2 do not."""
    runs = {"relu": ("numpy", "relu"), "linear": ("numpy", "linear"), "library": ("sklearn_defaults", "relu")}
    for name in runs:
        states = [
            {"weights_1": first, "biases_1": ZEROS, "weights_2": IDENTITY, "biases_2": ZEROS}
            for first in (SWAPPED, IDENTITY)
        ]
        curves = [{"epoch": 1, "valid_accuracy": 0.2}, {"epoch": 2, "valid_accuracy": 0.9}]
        history = {"curves": curves[: 1 if name == "library" else 2], "best_epoch": 2, "diverged": False}
        history["checkpoints"] = {"epoch_1": states[0], "epoch_2": states[1]}
        save_net(tmp_path / f"{name}.pt", "numpy_mlp", HYPER, states[1], history)
    return {
        name: ScratchRun(trainer=trainer, activation=kind, lr=0.1) for name, (trainer, kind) in runs.items()
    }, tmp_path


def test_networks_are_scored_with_the_weights_of_each_epoch_that_they_reached(study):
    runs, folder = study
    inputs = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    test = Samples(inputs, np.array([0, 0, 1, 0]), np.arange(4))
    rows = {row.bug: row for row in scratch.measure_networks(runs, folder, test, 10, str.upper)}
    assert values(rows["B4.2"]) == pytest.approx([0.9, 0.75, 0.15])
    assert (rows["B4.3"].at, *values(rows["B4.3"])) == ("LIBRARY, 1 epochs", 0.25, 0.25, 0)
    assert values(rows["B4.4"]) == [0.75, 0.75, 0]
    assert values(rows["B4.5"]) == [0.75, 0.75, 0]


def test_centre_crop_loses_the_edges_of_an_image():
    images = np.zeros((3, 1, 32, 32), np.uint8)
    images[0, 0, 2:30, 2:30] = 200  # the crop has 28 pixels of 32
    images[1, 0, 0] = 100
    crops, area, brightness = errors.crop_the_centre(images)  # the third image is black, and has no share
    assert values(area) == pytest.approx([1 - (7 / 8) ** 2, 0, 1 - (7 / 8) ** 2])
    assert values(brightness)[:2] == pytest.approx([0.5, 0])
    assert values(crops)[:2] == pytest.approx([1, 10 - 45 / 33**2], abs=1e-3)  # 45 pairs of epochs may coincide


def test_response_of_the_named_filter_is_compared_with_that_of_the_maximised_one():
    before, after = np.zeros((4, 3, 2, 2), np.float32), np.zeros((4, 3, 2, 2), np.float32)
    after[:, 1], after[:, 2] = 5, -1
    assert values(errors.name_another_filter(before, after, named=2, maximised=1)) == pytest.approx([-1, 5, -6])


def test_explained_class_is_rare_among_other_images():
    row = errors.explain_other_images(np.arange(200) < 4, np.arange(1000) < 900)
    assert values(row) == pytest.approx([0.02, 0.9, -0.88])


def test_constant_distribution_leaves_its_entropy_between_the_two():
    assert values(errors.confuse_equal_with_constant(10)) == pytest.approx([0, math.log(10), -math.log(10)])


def test_images_of_either_kind_are_assigned_to_the_class_by_its_name():
    class Brightest:
        """Assigns an image to class 1 if its first pixel is bright."""

        def logits(self, rows):
            return np.stack([np.full(len(rows), 0.5), rows[:, 0]], 1)

    options = type("Options", (), {"target": "bright", "stranger": "b"})
    pixels = np.array([0, 255, 255, 0], np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 4), np.uint8)
    clothing = Dataset({"test": Samples(pixels, np.array([0, 1, 1, 1]), np.arange(4))}, ["dark", "bright"])
    others = Dataset({"test": Samples(pixels, np.array([1, 0, 1, 1]), np.arange(4))}, ["a", "b"])
    ood_images, own = errors.assigned(Brightest(), clothing, others, options)
    assert (ood_images.tolist(), own.tolist()) == ([False, True, False], [True, True, False])
