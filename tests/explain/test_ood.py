"""Out-of-distribution images, their scores, and the AUROC against scikit-learn's."""

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from vision.data.dataset import Samples
from vision.explain import ood
from vision.explain.ood import as_bytes, auroc, grey_noise, photograph, resized


def random_images(count, channels=3):
    values = np.random.default_rng(0).integers(0, 256, (count, channels, 32, 32), np.uint8)
    return Samples(values, np.arange(count) % 2, 100 + np.arange(count))


def test_draw_class_draws_without_replacement():
    drawn = ood.draw_class(random_images(40), 1, 8, seed=0)
    assert set(drawn.labels) == {1}
    assert len(set(drawn.indices)) == len(drawn) == 8


def test_resized_photograph_matches_pillow():
    cat = photograph()
    assert cat[0, 0].mean() > cat[0, 2].mean() + 20  # a ginger cat: red comes first
    expected = np.array(Image.fromarray(cat[0].transpose(1, 2, 0)).resize((96, 96), Image.Resampling.BILINEAR))
    assert np.abs(255 * resized(cat, 96)[0] - expected.transpose(2, 0, 1)).max() < 2  # Pillow rounds in between


def test_resized_to_the_same_side_keeps_pixels_and_repeats_grey_in_three_channels():
    grey = random_images(6, channels=1).inputs
    found = resized(grey, 32)
    assert ood.as_samples(found).scale == 1  # so that it is not scaled again
    np.testing.assert_array_equal(as_bytes(found), grey.repeat(3, 1))


def test_collect_pictures_gives_both_sizes_with_names_and_indices():
    unseen = random_images(2)
    pictures = ood.collect_pictures(unseen, (48, 16), (10, 20), 0)
    assert pictures.names == ["chelsea", "ood_1", "ood_2", "noise"]
    assert pictures.indices.tolist() == [-1, 100, 101, -1]
    for images, side in ((pictures.large, 48), (pictures.small, 16)):
        parts = resized(photograph(), side), resized(unseen.inputs, side), grey_noise(side, 10, 20, 0)
        np.testing.assert_array_equal(images, np.concatenate(parts))
    assert set(as_bytes(pictures.large[-1]).ravel()) == set(range(10, 20))


def test_confidence_and_energy_of_known_probabilities():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [2, 2, 4]], np.float32))
    np.testing.assert_allclose(ood.confidences(logits), [0.7, 0.5], rtol=1e-6)
    np.testing.assert_allclose(ood.ood_scores(logits)["energy"], [0, -np.log(8)], atol=1e-6)
    np.testing.assert_allclose(ood.ood_scores(logits)["confidence"], [0.3, 0.5], rtol=1e-5)
    assert ood.ood_scores(np.array([[1e4, -1e4]], np.float32))["energy"] == -1e4


def test_pixel_scores_are_means_of_the_border_and_of_the_corners():
    images = np.zeros((2, 3, 4, 5), np.uint8)
    images[0, :, 1:3, 1:4] = 255  # inside
    images[1, :, 0, :] = 255  # 5 of 14 border pixels, 2 of 4 corners
    for samples in (ood.as_samples(images / np.float32(255)), Samples(images, *np.zeros((2, 2), int))):
        found = ood.pixel_scores(samples)
        np.testing.assert_allclose(found["border_mean"], [0, 5 / 14])
        np.testing.assert_allclose(found["corner_mean"], [0, 0.5])


@pytest.mark.parametrize(("shift", "digits"), [(-2, 9), (1, 0)])  # without and with ties
def test_auroc_matches_scikit_learn(shift, digits):
    generator = np.random.default_rng(0)
    scores, unseen = generator.normal(size=301).round(digits), generator.normal(shift, size=87).round(digits)
    found = auroc(scores, unseen)
    expected = roc_auc_score([0] * 301 + [1] * 87, np.concatenate([scores, unseen]))
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert 0 <= found.low < expected < found.high <= 1


def test_delong_interval_covers_the_true_area():
    generator, truth = np.random.default_rng(0), 0.7602499  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt(2))
    found = [auroc(generator.normal(size=80), generator.normal(1, size=50)) for _ in range(600)]
    assert 0.92 < np.mean([one.low <= truth <= one.high for one in found]) < 0.97


def test_delong_interval_of_five_scores_matches_the_formula():
    found = auroc(np.array([0.0, 2.0]), np.array([1.0, 3.0, 4.0]))  # above: 1/2, 1, 1; below: 1, 2/3
    assert found.value == pytest.approx(5 / 6)
    assert found.low == pytest.approx(5 / 6 - 1.959964 * (1 / 12 / 3 + 1 / 18 / 2) ** 0.5)
