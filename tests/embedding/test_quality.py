"""Quality of an embedding, against scikit-learn and cases with a known answer."""

import numpy as np
import pytest
from scipy.stats import special_ortho_group
from sklearn import manifold, metrics

from vision.embedding import quality
from vision.embedding.neighbours import nearest
from vision.embedding.quality import Points, centroid_distances, embedding_quality, trustworthiness
from vision.pipeline.errors import UserError
from vision.scores.intervals import wilson_interval
from vision.scores.paired import paired_interval


def test_trustworthiness_matches_scikit_learn(generator, monkeypatch):
    monkeypatch.setattr(quality, "RANK_CHUNK", 64)  # the last chunk of 150 rows is a short one
    points = generator.normal(size=(150, 6))
    embedding = points[:, :2]
    found = trustworthiness(points, nearest(embedding, 7))
    assert found.mean() == pytest.approx(manifold.trustworthiness(points, embedding, n_neighbors=7))
    assert (trustworthiness(points, nearest(points, 7)) == 1).all()
    with pytest.raises(UserError, match="quality_neighbours"):
        trustworthiness(points, nearest(points, 75))


def test_embedding_quality_of_a_shuffled_embedding_is_at_chance(generator):
    labels = np.repeat([0, 1, 2], 60)
    values = generator.normal(size=(180, 2)) + 4 * np.eye(3, 2)[labels]
    points = Points(values, labels, 10)
    faithful = embedding_quality(points, points)
    assert faithful["trustworthiness"].value == faithful["knn_recall"].value == 1
    assert faithful["knn_accuracy_features"] == faithful["knn_accuracy_embedding"]
    assert faithful["silhouette"].value == pytest.approx(metrics.silhouette_score(values, labels))
    shuffled = embedding_quality(points, Points(generator.permutation(values), labels, 10))
    # Of 179 others, 10 are neighbours; of 3 classes, one is right.
    assert shuffled["knn_recall"].value == pytest.approx(10 / 179, abs=0.03)
    assert shuffled["trustworthiness"].value == pytest.approx(0.5, abs=0.05)
    assert shuffled["knn_accuracy_embedding"].value == pytest.approx(1 / 3, abs=0.12)
    assert shuffled["knn_accuracy_features"] == faithful["knn_accuracy_features"]


def test_separation_gain_is_the_paired_difference_of_second_and_first(generator, blobs):
    apart, labels = blobs
    first, second = Points(generator.normal(size=(90, 2)), labels, 5), Points(apart, labels, 5)
    gains, wrong = quality.separation_gain(first, second), int((first.votes != labels).sum())
    assert gains["knn_accuracy_gain"][:4] == (wrong / 90, *paired_interval(wrong, 0, 90), 90)
    gain = metrics.silhouette_score(apart, labels) - metrics.silhouette_score(first.values, labels)
    assert gains["silhouette_gain"].value == pytest.approx(gain)


def test_procrustes_match_is_1_after_rotation_and_scaling_and_falls_with_noise(generator):
    points = generator.normal(size=(200, 2))
    turned = 3 * points @ special_ortho_group.rvs(2, random_state=0) + 5
    assert quality.procrustes_match(points, turned, 10, 0).value == pytest.approx(1)
    noisy = quality.procrustes_match(points, points + generator.normal(size=(200, 2)), 100, 0)
    assert noisy.low < noisy.value < noisy.high
    assert noisy.value == pytest.approx(0.5, abs=0.1)  # half of the variation is noise


def test_centroid_distances_are_relative_to_the_median_and_sorted():
    points = np.array([[0.0, -1], [0, 1], [5, -1], [5, 1], [6, -9], [6, 9]])
    distances = centroid_distances(points, np.array([0, 0, 1, 1, 2, 2]), 100, 0)
    assert [(*pair, each.value) for pair, each in distances.items()] == [(1, 2, 0.2), (0, 1, 1), (0, 2, 1.2)]


def test_centroid_distance_interval_covers_the_true_distance(generator):
    centres = np.array([[0.0, 0], [4, 0], [0, 3]])  # 3, 4 and 5 apart
    covered, labels = [], np.repeat([0, 1, 2], 50)
    for _ in range(100):
        distances = centroid_distances(generator.normal(size=(150, 2)) + centres[labels], labels, 100, 0)
        covered.append(distances[1, 2].low < 1.25 < distances[1, 2].high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_misplaced_fraction_is_a_share_of_the_first_class():
    labels, votes = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([1, 0, 2, 0, 1, 0, 0])
    assert quality.misplaced_fraction(votes, labels, 0, 1)[:4] == (1 / 4, *wilson_interval(1, 4), 4)
