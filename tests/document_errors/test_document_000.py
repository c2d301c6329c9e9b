"""Document 000's errors (B0.1 to B0.6), on features and losses small enough to be computed by hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests.document_errors.conftest import values
from vision.data.dataset import Samples
from vision.document_errors import document_000 as errors
from vision.embedding.neighbours import nearest
from vision.nets import build
from vision.nets.inference import predict
from vision.pipeline.checkpoints import save_checkpoint
from vision.scores.losses import cross_entropy

HYPER = {"mean": [0.0], "std": [1.0], "shape": [4], "n_classes": 2, "hidden": [], "activation": "tanh"}


def samples(features, labels):
    return Samples(np.array(features, np.float32)[:, None], np.array(labels), np.arange(len(labels)))


def test_loop_over_test_images_makes_every_image_its_own_neighbour():
    row = errors.loop_over_test_images(samples([0, 10, 20], [0, 1, 0]), samples([1, 9, 19], [0, 1, 1]))
    assert values(row) == pytest.approx([1, 2 / 3, 1 / 3])


def test_omit_the_nearest_matches_the_line_of_the_document():
    points = np.random.default_rng(0).normal(size=(40, 3))
    labels, k = (points[:, 0] > 0).astype(int), 4
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    document = np.array([np.argsort(row)[k:][:k] for row in distances])  # the image itself is the first
    meant = np.array([np.argsort(row)[1 : k + 1] for row in distances])
    images = Samples(np.zeros((40, 1, 2, 2), np.uint8), labels, np.arange(40))
    every, some, _ = errors.omit_the_nearest(nearest(points, 2 * k - 1), images, seed=0)
    for position, shown in enumerate((document, meant)):
        same = labels[shown] == labels[:, None]
        assert values(every)[position] == pytest.approx(same.all(1).mean())
        assert values(some)[position] == pytest.approx(same.mean())


def test_features_before_relu_change_the_accuracy_of_the_last_layer():
    before = np.array([[-5.0, 1.0], [-4.0, 2.0], [3.0, -9.0], [4.0, -8.0]])
    last = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([0.0, 0.5])  # class 0 where the features sum to more than 0.5
    accuracy, _ = errors.take_before_relu(before, np.maximum(before, 0), last, np.zeros(4, int), count=1)
    assert values(accuracy) == [0, 1, -1]


@pytest.fixture
def table():
    """The loss of all training images falls as 1 / sqrt(images), that of the subset rises as images."""
    images, seeds = np.array([(images, seed) for images in (100, 400, 1600) for seed in range(3)]).T
    return pd.DataFrame(
        {
            "images": images, "seed": seeds, "subset_loss": images * (1 + seeds) / 1e5,
            "all_loss": np.where(images == 1600, images / 1e5, images**-0.5) * (1 + seeds),
            "subset_accuracy": 1 - seeds / 100, "all_accuracy": 0.9 - seeds / 100,
            "test_loss": images**-0.5 * (1 + seeds),
        }
    )  # fmt: skip


def test_scores_on_all_images_hide_the_rising_loss_of_the_subset(table):
    *sizes, factor = errors.score_on_all_images(table, 1600)
    assert values(sizes[0])[:2] == pytest.approx([0.2, 0.002])
    assert values(sizes[2]) == pytest.approx([0.89, 0.99, -0.1])
    assert sizes[2].change.low == pytest.approx(-0.1)  # the same of every seed
    assert sizes[2].right.high == 1  # no accuracy is above
    # Its loss seems to fall, to 0.016 of 0.1, and rises, to 0.016 of 0.001.
    assert values(factor) == pytest.approx([0.16, 16, 0.01])


def test_factor_of_ten_is_fitted_to_all_sizes(table):
    assert values(errors.sixteenfold_as_tenfold(table)) == pytest.approx([16**-0.5, 10**-0.5, 1.6**-0.5])
    table.loc[table.images > 100, "test_loss"] *= 0.5
    slope = np.polyfit(np.log10([100, 400, 1600]), np.log10([0.1, 0.025, 0.0125]), 1)[0]
    assert errors.sixteenfold_as_tenfold(table).right.value == pytest.approx(10**slope)


def test_every_run_on_a_subset_is_scored_on_all_training_images(tmp_path):
    generator = np.random.default_rng(0)
    train = Samples(generator.normal(size=(60, 4)).astype(np.float32), np.arange(60) % 2, np.arange(60))
    saved, nets = [], {}
    for number, (fraction, seed) in enumerate([(1.0, 5), (1 / 3, 5), (1 / 3, 6)]):
        nets[fraction, seed] = net = build("mlp", **HYPER)
        with torch.no_grad():
            net.get_submodule("body.logits").weight.add_(1 + number).mul_(torch.tensor([[1.0], [-1.0]]))
        saved.append({"fraction": fraction, "seed": seed, "net": "mlp", "hyper": HYPER, "weights": net.state_dict()})
    save_checkpoint(tmp_path / "runs.pt", saved)
    columns = {"fraction": [0.33333333, 0.33333333, 1.0], "images": [20, 20, 60], "seed": [6, 5, 5]}
    table = pd.DataFrame(columns | {"subset_loss": 7.0, "subset_accuracy": 0.5})
    runs = errors.with_scores_on_all(table, tmp_path / "runs.pt", train, "cpu")
    for position, key in enumerate([(1 / 3, 6), (1 / 3, 5)]):
        logits = predict(nets[key], train)
        assert runs.all_loss[position] == pytest.approx(cross_entropy(logits, train.labels).mean())
        assert runs.all_accuracy[position] == pytest.approx((logits.argmax(1) == train.labels).mean())
    assert (runs.all_loss[2], runs.all_accuracy[2]) == (7, 0.5)  # its subset is all of them
