"""The loss of each sample, against torch and by hand."""

import numpy as np
import torch

from vision.scores.losses import cross_entropy


def test_cross_entropy_is_torchs_also_for_large_logits():
    generator = np.random.default_rng(0)
    logits, labels = np.logspace(0, 3, 100)[:, None] * generator.normal(size=(100, 4)), generator.integers(0, 4, 100)
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="none")
    np.testing.assert_allclose(cross_entropy(logits, labels), expected.numpy(), rtol=1e-10, atol=1e-10)


def test_cross_entropy_of_row_p8_is_that_worked_by_hand():
    logits = np.array([[5.0] + [1] * 9] * 2)
    # The document's 4.154 is the logarithm of its rounded 0.0157 (bug B1.7).
    assert cross_entropy(logits, np.array([0, 7])).round(4).tolist() == [0.1526, 4.1526]
