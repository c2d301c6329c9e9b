"""Document 003's errors with comparisons (B3.6, B3.7), and what is read of a search."""

import numpy as np
import pandas as pd
import pytest

from tests.document_errors.conftest import values
from vision.document_errors import document_003 as errors
from vision.pipeline.files import save_arrays
from vision.pipeline.tables import write_table
from vision.scores.estimate import Estimate


def replication(*misclassified, images=1000):
    """Scores of a replication whose seeds misclassify so many test images."""
    mean = 1 - np.mean(misclassified) / images
    scores = {"test.accuracy": Estimate(mean, mean - 0.01, mean + 0.01)}
    for seed, count in enumerate(misclassified):
        scores[f"by_seed.seed_{seed}.test.accuracy"] = Estimate(1 - count / images)
        scores[f"by_seed.seed_{seed}.test.images"] = Estimate(images)
    return scores


def test_lead_at_one_lambda_differs_from_the_lead_at_the_best():
    at_best = (np.arange(1000) < count for count in (980, 920))
    row = errors.compare_at_one_lambda(replication(40, 40), replication(90, 90), *at_best)
    assert values(row) == pytest.approx([0.05, 0.06, -0.01])
    assert row.wrong[1:3] == pytest.approx((0.05 - 0.01 * 2**0.5, 0.05 + 0.01 * 2**0.5))


def test_probability_of_a_repeated_image_is_that_of_the_birthday_problem():
    row = errors.draw_with_replacement(replication(365, 365))  # ten people
    assert values(row) == pytest.approx([0.1169, 0, 0.1169], abs=5e-5)
    assert errors.draw_with_replacement(replication(365, 9)).left_out


def test_first_round_is_separate_from_new_seeds_and_later_rounds(tmp_path):
    table = pd.DataFrame(
        {
            "round": [1, 1, 1, 1, 1, 1, 1, 2, 2], "new_seed": [False] * 3 + [True] * 4 + [False, True],
            "seed": [0, 0, 0, 1, 2, 1, 2, 0, 1], "score": [0.1, 0.3, 0.2, 0.31, 0.32, 0.21, 0.22, 0.9, 0.9],
            "updates": [10, 20, 30, 20, 20, 30, 30, 99, 99],
        }
    )  # fmt: skip
    write_table(tmp_path / "runs.csv", table)
    curves = np.arange(9, dtype=np.float32)[:, None] + np.array([0.0, 0.25, 0.5], np.float32)
    save_arrays(tmp_path / "history.npz", valid_accuracy=curves)
    scores, repeated, accuracies, updates = errors.first_round(tmp_path / "runs.csv", tmp_path / "history.npz", 2)
    assert scores.tolist() == [0.1, 0.3, 0.2]
    assert repeated.tolist() == [[0.31, 0.32], [0.21, 0.22]]  # the best point first
    assert accuracies.tolist() == [[0, 0.25], [1, 1.25], [2, 2.25]]
    assert updates.tolist() == [10, 20, 30]
