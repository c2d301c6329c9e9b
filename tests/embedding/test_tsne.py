"""Principal components against scikit-learn, and t-SNE: separate groups stay separate."""

import numpy as np
import pytest
from sklearn import decomposition

from vision.embedding.neighbours import nearest, vote
from vision.embedding.tsne import pca, tsne
from vision.pipeline.errors import UserError


@pytest.mark.parametrize(("components", "kept"), [(1, 1), (3, 3), (50, 8)])
def test_pca_matches_scikit_learn_but_for_signs(generator, components, kept):
    points = generator.normal(size=(50, 8)) @ generator.normal(size=(8, 8)) + 5
    found = pca(points, components)
    expected = decomposition.PCA(kept, svd_solver="full").fit_transform(points)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    assert pca(points[:3], 50).shape == (3, 3)


def test_tsne_separates_groups_and_is_deterministic(blobs):
    points, labels = blobs
    options = {"perplexity": 10, "pca_components": 50, "iterations": 300, "seed": 0, "threads": 1}
    (embedding, divergence), (again, _) = (tsne(points, **options) for _ in range(2))
    assert embedding.shape == (90, 2)
    assert divergence >= 0
    np.testing.assert_array_equal(embedding, again)
    assert (vote(nearest(embedding, 5), labels) == labels).all()


def test_tsne_refuses_too_large_a_perplexity_and_constant_features(blobs):
    options = {"pca_components": 5, "iterations": 250, "seed": 0, "threads": 1}
    tsne(blobs[0], perplexity=29.9, **options)
    with pytest.raises(UserError, match=r"tsne\.perplexity is 30: must be below 30"):
        tsne(blobs[0], perplexity=30, **options)
    with pytest.raises(UserError, match="the same features for every image"):
        tsne(np.full((90, 10), 0.3), perplexity=10, **options)
