"""Embeddings in two dimensions: against scikit-learn, and groups that must stay apart."""

import numpy as np
import pytest
from sklearn import decomposition

from vision.embedding.neighbours import nearest, vote
from vision.embedding.tsne import pca, tsne
from vision.pipeline.errors import UserError


@pytest.mark.parametrize("components", [1, 3, 8])
def test_principal_components_are_scikit_learns_but_for_their_signs(generator, components):
    points = generator.normal(size=(50, 8)) @ generator.normal(size=(8, 8)) + 5
    found = pca(points, components)
    expected = decomposition.PCA(components, svd_solver="full").fit_transform(points)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(np.cov(found.T), np.diag(found.var(0, ddof=1)).squeeze(), atol=1e-9)


def test_there_are_no_more_components_than_columns_or_rows(generator):
    points = generator.normal(size=(30, 4))
    found = pca(points, 50)
    assert found.shape == (30, 4)
    gaps = [np.linalg.norm(rows[:, None] - rows, axis=2) for rows in (points, found)]
    np.testing.assert_allclose(*gaps, atol=1e-9)  # all components together are a rotation
    assert pca(points[:3], 50).shape == (3, 3)


def test_tsne_keeps_separate_groups_apart_and_repeats_itself(blobs):
    points, labels = blobs
    options = {"perplexity": 10, "pca_components": 50, "iterations": 500, "seed": 0, "threads": 1}
    (embedding, divergence), (again, _) = (tsne(points, **options) for _ in range(2))
    assert embedding.shape == (90, 2)
    assert divergence >= 0
    np.testing.assert_array_equal(embedding, again)
    assert (vote(nearest(embedding, 5), labels) == labels).all()


def test_tsne_refuses_a_perplexity_that_does_not_fit(blobs):
    tsne(blobs[0], perplexity=29.9, pca_components=5, iterations=250, seed=0, threads=1)
    with pytest.raises(UserError, match=r"tsne\.perplexity is 30: must be below 30"):
        tsne(blobs[0], perplexity=30, pca_components=5, iterations=250, seed=0, threads=1)


def test_tsne_refuses_features_that_are_all_the_same():
    with pytest.raises(UserError, match="the same features for every image"):
        tsne(np.full((90, 10), 0.3), perplexity=10, pca_components=5, iterations=250, seed=0, threads=1)
