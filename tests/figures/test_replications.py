"""Figures of replications: drawn the same twice, also where no document printed anything of the images."""

import numpy as np
import pandas as pd
import pytest

from tests.figures.test_transfer import twice
from vision.figures.replications import draw_replications, draw_sweep

SCORES = pd.DataFrame(
    {
        "name": ["Softmax regression, test", "Tanh network, test"], "printed": [0.92, 0.95], "mean": [0.923, 0.949],
        "low": [0.922, 0.944], "high": [0.924, 0.954], "another_low": [0.918, 0.93], "another_high": [0.928, 0.968],
    }
)  # fmt: skip


@pytest.mark.parametrize("rows", [2, 0])
def test_scores_are_drawn_against_the_printed_ones(rows, tmp_path):
    assert twice(lambda path: draw_replications(path, SCORES[:rows]), tmp_path).width == 1050


def test_a_sweep_is_drawn_by_lambda(tmp_path):
    generator = np.random.default_rng(0)
    curves = pd.DataFrame(
        [
            {"weight_decay": value, "seed": seed, "epoch": epoch, "split": "valid", "measure": "accuracy",
             "value": 0.8 + 0.1 * generator.random()}
            for value in (1, 0.1) for seed in (0, 1) for epoch in range(1, 9)
        ]
    )  # fmt: skip
    assert twice(lambda path: draw_sweep(path, curves), tmp_path).width == 1050
