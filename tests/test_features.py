"""Neighbours and drawings, against scikit-learn, brute force and cases with a known answer."""

import numpy as np
import pytest
from sklearn import decomposition, manifold

from vision import features
from vision.pipeline.errors import UserError


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def blobs(generator):
    """Three far-apart groups of 30 points in 10 dimensions, and their labels."""
    labels = np.repeat([0, 1, 2], 30)
    return generator.normal(size=(90, 10)) + 20 * np.eye(10)[labels], labels


@pytest.mark.parametrize("duplicates", [0, 15])
def test_nearest_are_the_brute_force_ones_and_never_the_row_itself(generator, duplicates):
    points = generator.normal(size=(60, 5)).astype(np.float32)
    points[:duplicates] = points[0]
    found = features.nearest(points, 4)
    distances = np.linalg.norm(points[:, None] - points.astype(float), axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(np.take_along_axis(distances, found, 1), np.sort(distances, 1)[:, :4], atol=1e-6)
    assert all(len({row, *near}) == 5 for row, near in enumerate(found))


def test_nearest_refuses_more_rows_than_there_are(generator):
    points = generator.normal(size=(5, 2))
    assert features.nearest(points, 4).shape == (5, 4)
    with pytest.raises(UserError, match="5 neighbours were asked for: must be below 5"):
        features.nearest(points, 5)


@pytest.mark.parametrize("drawn", ["two of the axes", "noise"])
@pytest.mark.parametrize("k", [1, 7])
def test_trustworthiness_is_scikit_learns(generator, drawn, k, monkeypatch):
    monkeypatch.setattr(features, "RANK_CHUNK", 64)  # the last chunk of 150 rows is a short one
    points = generator.normal(size=(150, 6))
    drawing = points[:, :2] if drawn == "two of the axes" else generator.normal(size=(150, 2))
    expected = manifold.trustworthiness(points, drawing, n_neighbors=k)
    found = features.trustworthiness(points, features.nearest(drawing, k))
    assert found.mean() == pytest.approx(expected)
    np.testing.assert_array_equal(features.trustworthiness(points, features.nearest(points, k)), np.ones(150))


def test_recall_counts_shared_neighbours_in_any_order():
    high = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 3, 4]])
    low = np.array([[4, 3, 2, 1], [1, 2, 3, 4], [9, 2, 8, 7]])
    assert features.neighbour_recall(high, low).tolist() == [1, 0, 0.25]


def test_vote_takes_the_majority_and_of_equals_the_lowest():
    labels = np.array([2, 1, 2, 0, 3])
    neighbours = np.array([[0, 1, 2], [2, 1, 4], [0, 1, 1]])
    assert features.vote(neighbours, labels).tolist() == [2, 1, 1]


def test_centroid_ranks_order_pairs_by_the_distance_of_their_means():
    points = np.array([[0.0, -1], [0, 1], [5, -1], [5, 1], [6, -9], [6, 9]])
    ranks = features.centroid_ranks(points, np.array([0, 0, 1, 1, 2, 2]))
    assert ranks == {(1, 2): 1, (0, 1): 2, (0, 2): 3}


@pytest.mark.parametrize("components", [1, 3, 8])
def test_principal_components_are_scikit_learns_but_for_their_signs(generator, components):
    points = generator.normal(size=(50, 8)) @ generator.normal(size=(8, 8)) + 5
    found = features.pca(points, components)
    expected = decomposition.PCA(components, svd_solver="full").fit_transform(points)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(np.cov(found.T), np.diag(found.var(0, ddof=1)).squeeze(), atol=1e-9)


def test_there_are_no_more_components_than_columns_or_rows(generator):
    points = generator.normal(size=(30, 4))
    found = features.pca(points, 50)
    assert found.shape == (30, 4)
    gaps = [np.linalg.norm(rows[:, None] - rows, axis=2) for rows in (points, found)]
    np.testing.assert_allclose(*gaps, atol=1e-9)  # all components together are a rotation
    assert features.pca(points[:3], 50).shape == (3, 3)


def test_a_drawing_of_what_it_draws_is_faithful_and_a_shuffled_one_is_not(generator):
    labels = np.repeat([0, 1, 2], 60)
    points = generator.normal(size=(180, 2)) + 4 * np.eye(3, 2)[labels]
    faithful = features.drawing_quality(points, points, labels, 10)
    assert faithful["trustworthiness"] == faithful["knn_recall"] == 1
    assert faithful["knn_accuracy_features"] == faithful["knn_accuracy_drawing"]
    shuffled = features.drawing_quality(points, generator.permutation(points), labels, 10)
    # Of 179 others, 10 are neighbours; of 3 classes, one is right.
    assert shuffled["knn_recall"] == pytest.approx(10 / 179, abs=0.03)
    assert shuffled["trustworthiness"] == pytest.approx(0.5, abs=0.05)
    assert shuffled["knn_accuracy_drawing"]["share"] == pytest.approx(1 / 3, abs=0.12)
    assert shuffled["knn_accuracy_features"] == faithful["knn_accuracy_features"]


def test_a_drawings_quality_is_that_of_its_parts_with_their_intervals(generator, blobs):
    points, labels = blobs
    drawing = points[:, :2]
    found = features.drawing_quality(points, drawing, labels, 7)
    assert found["trustworthiness"] == pytest.approx(manifold.trustworthiness(points, drawing, n_neighbors=7))
    near, drawn = features.nearest(points, 7), features.nearest(drawing, 7)
    shared = [len({*a} & {*b}) / 7 for a, b in zip(near, drawn, strict=True)]
    assert found["knn_recall"] == pytest.approx(np.mean(shared))
    for name in ("trustworthiness", "knn_recall"):
        assert found[f"{name}_low"] < found[name] < found[f"{name}_high"]
    assert found["knn_accuracy_drawing"]["share"] == np.mean(features.vote(drawn, labels) == labels)
    assert found["knn_accuracy_features"]["share"] == 1  # the groups are far apart


def test_tsne_keeps_separate_groups_apart_and_repeats_itself(blobs):
    points, labels = blobs
    options = {"perplexity": 10, "pca_components": 50, "iterations": 500, "seed": 0, "threads": 1}
    (drawing, divergence), (again, _) = (features.tsne(points, **options) for _ in range(2))
    assert drawing.shape == (90, 2)
    assert divergence >= 0
    np.testing.assert_array_equal(drawing, again)
    assert (features.vote(features.nearest(drawing, 5), labels) == labels).all()


def test_tsne_refuses_a_perplexity_that_does_not_fit(blobs):
    features.tsne(blobs[0], perplexity=29.9, pca_components=5, iterations=250, seed=0, threads=1)
    with pytest.raises(UserError, match=r"tsne\.perplexity is 30: must be below 30"):
        features.tsne(blobs[0], perplexity=30, pca_components=5, iterations=250, seed=0, threads=1)


def test_pixel_ratio_of_copies_is_0_and_of_random_images_about_1(generator):
    images, labels = generator.integers(0, 256, (400, 1, 8, 8), np.uint8), np.repeat([0, 1], 200)
    strangers = np.array([generator.choice(np.flatnonzero(labels == label), 8) for label in labels])
    assert features.pixel_distance_ratio(images, labels, strangers, seed=0).mean() == pytest.approx(1, abs=0.02)
    images[1::2] = images[::2]
    twins = np.repeat(np.arange(400)[:, None] ^ 1, 8, axis=1)
    assert (features.pixel_distance_ratio(images, labels, twins, seed=0) == 0).all()


def test_pixel_ratio_is_1_where_all_images_are_equally_far_apart():
    images, labels = (255 * np.eye(20, dtype=np.uint8)).reshape(20, 1, 4, 5), np.repeat([0, 1, 2, 3], 5)
    near = np.array([[other for other in range(20) if other != row][:3] for row in range(20)])
    assert features.pixel_distance_ratio(images, labels, near, seed=0) == pytest.approx(1)


def test_tsne_refuses_features_that_are_all_the_same():
    with pytest.raises(UserError, match="the same features for every image"):
        features.tsne(np.full((90, 10), 0.3), perplexity=10, pca_components=5, iterations=250, seed=0, threads=1)
