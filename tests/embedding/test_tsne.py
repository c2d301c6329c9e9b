"""Principal components against scikit-learn, and t-SNE: separate groups stay separate."""

import numpy as np
import pytest
from sklearn import decomposition

from vision.embedding import tsne as tsne_module
from vision.embedding.neighbours import nearest, vote
from vision.embedding.tsne import pca, tsne
from vision.pipeline.errors import UserError

OPTIONS = {"angle": 0.5, "pca_components": 50, "iterations": 300, "seed": 0, "threads": 1}


@pytest.mark.parametrize("wide", [1024, 7], ids=["exact", "random projections"])
def test_pca_matches_scikit_learn_but_for_signs(generator, wide, monkeypatch):
    monkeypatch.setattr(tsne_module, "WIDE", wide)
    points = generator.normal(size=(50, 8)) @ generator.normal(size=(8, 8)) + 5
    full = np.abs(decomposition.PCA(svd_solver="full").fit_transform(points))
    np.testing.assert_allclose(np.abs(pca(points, 50, 0)), full, atol=1e-9)
    np.testing.assert_allclose(np.abs(pca(points, 3, 0)), full[:, :3], atol=1e-9)


def test_tsne_separates_groups_and_is_deterministic(blobs):
    points, labels = blobs
    (embedding, divergence), (again, _) = (tsne(points, perplexity=10, **OPTIONS) for _ in range(2))
    assert embedding.shape == (90, 2)
    assert divergence > 0
    np.testing.assert_array_equal(embedding, again)
    assert (vote(nearest(embedding, 5), labels) == labels).all()


def test_tsne_refuses_too_large_a_perplexity_and_constant_features(blobs):
    with pytest.raises(UserError, match="perplexity is 30"):
        tsne(blobs[0], perplexity=30, **OPTIONS)
    with pytest.raises(UserError, match="same features"):
        tsne(np.full((90, 10), 0.3), perplexity=10, **OPTIONS)
