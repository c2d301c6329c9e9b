"""Silhouettes, worked by hand."""

import numpy as np
import pytest

from vision.scores.separation import silhouettes


def test_silhouettes_are_those_worked_by_hand():
    """Rousseeuw (1987): (b - a) / max(a, b), of the mean distances to the own class and to the nearest other."""
    points = np.array([[0, 0], [0, 3], [4, 0], [4, 1], [40, 0], [40, 1]], np.float32)
    found = silhouettes(points, np.array([0, 0, 1, 1, 2, 2]))
    other = (4 + np.sqrt(17)) / 2
    assert found[0] == pytest.approx((other - 3) / other)
    assert found[2] == pytest.approx(1 - 1 / ((4 + 5) / 2))
