"""Quality of an embedding, against scikit-learn and cases with a known answer."""

import numpy as np
import pytest
from sklearn import manifold, metrics

from vision.embedding import quality
from vision.embedding.neighbours import nearest, vote
from vision.embedding.quality import centroid_distances, embedding_quality, strays, trustworthiness
from vision.pipeline.errors import UserError
from vision.scores.intervals import wilson_interval


@pytest.mark.parametrize("kind", ["two of the axes", "noise"])
def test_trustworthiness_matches_scikit_learn(generator, kind, monkeypatch):
    monkeypatch.setattr(quality, "RANK_CHUNK", 64)  # the last chunk of 150 rows is a short one
    points = generator.normal(size=(150, 6))
    embedding = points[:, :2] if kind == "two of the axes" else generator.normal(size=(150, 2))
    found = trustworthiness(points, nearest(embedding, 7))
    assert found.mean() == pytest.approx(manifold.trustworthiness(points, embedding, n_neighbors=7))
    np.testing.assert_array_equal(trustworthiness(points, nearest(points, 7)), np.ones(150))


def test_trustworthiness_needs_fewer_neighbours_than_half_of_the_images(generator):
    points = generator.normal(size=(20, 2))
    assert (trustworthiness(points, nearest(points, 9)) == 1).all()
    with pytest.raises(UserError, match=r"tsne\.quality_neighbours is 10: must be below 10"):
        trustworthiness(points, nearest(points, 10))


def test_centroid_distances_are_relative_to_the_median_and_sorted():
    points = np.array([[0.0, -1], [0, 1], [5, -1], [5, 1], [6, -9], [6, 9]])
    found = centroid_distances(points, np.array([0, 0, 1, 1, 2, 2]), 100, 0)
    assert {pair: distance["distance"] for pair, distance in found.items()} == {(1, 2): 0.2, (0, 1): 1, (0, 2): 1.2}
    assert list(found) == [(1, 2), (0, 1), (0, 2)]


def test_centroid_distance_interval_covers_and_narrows_with_more_images(generator):
    centres = np.array([[0.0, 0], [4, 0], [0, 3]])  # 3, 4 and 5 apart
    widths = []
    for images in (50, 2500):
        labels = np.repeat([0, 1, 2], images)
        found = centroid_distances(generator.normal(size=(3 * images, 2)) + centres[labels], labels, 300, 0)
        for pair, expected in {(0, 2): 0.75, (1, 2): 1.25}.items():
            assert found[pair]["distance_low"] < expected < found[pair]["distance_high"]
        widths.append(found[0, 2]["distance_high"] - found[0, 2]["distance_low"])
    assert widths[0] / widths[1] == pytest.approx(50**0.5, rel=0.3)


def test_embedding_quality_of_a_shuffled_embedding_is_at_chance(generator):
    labels = np.repeat([0, 1, 2], 60)
    points = generator.normal(size=(180, 2)) + 4 * np.eye(3, 2)[labels]
    faithful = embedding_quality(points, points, labels, 10)
    assert faithful["trustworthiness"] == faithful["knn_recall"] == 1
    assert faithful["knn_accuracy_features"] == faithful["knn_accuracy_embedding"]
    shuffled = embedding_quality(points, generator.permutation(points), labels, 10)
    # Of 179 others, 10 are neighbours; of 3 classes, one is right.
    assert shuffled["knn_recall"] == pytest.approx(10 / 179, abs=0.03)
    assert shuffled["trustworthiness"] == pytest.approx(0.5, abs=0.05)
    assert shuffled["knn_accuracy_embedding"]["share"] == pytest.approx(1 / 3, abs=0.12)
    assert shuffled["knn_accuracy_features"] == faithful["knn_accuracy_features"]


def test_embedding_quality_holds_each_measure_with_its_interval(generator, blobs):
    points, labels = blobs
    embedding = points[:, :2]
    found = embedding_quality(points, embedding, labels, 7)
    assert found["trustworthiness"] == pytest.approx(manifold.trustworthiness(points, embedding, n_neighbors=7))
    near, close = nearest(points, 7), nearest(embedding, 7)
    shared = [len({*a} & {*b}) / 7 for a, b in zip(near, close, strict=True)]
    assert found["knn_recall"] == pytest.approx(np.mean(shared))
    assert found["silhouette"] == pytest.approx(metrics.silhouette_score(embedding, labels))
    for name in ("trustworthiness", "knn_recall", "silhouette"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
    assert found["knn_accuracy_embedding"]["share"] == np.mean(vote(close, labels) == labels)
    assert found["knn_accuracy_features"]["share"] == 1  # the groups are far apart


def test_strays_are_shares_of_each_of_two_classes():
    labels, votes = np.array([0, 0, 0, 0, 1, 1, 2]), np.array([1, 0, 2, 0, 1, 0, 0])
    found = strays(votes, labels, 0, 1)
    assert (found["first_among_second"], found["second_among_first"]) == (1 / 4, 1 / 2)
    assert (found["second_among_first_low"], found["second_among_first_high"]) == wilson_interval(1, 2)
