"""How far apart classes lie."""

import numpy as np
import pytest

from vision.scores.separation import silhouettes


def by_hand(points, labels):
    """Rousseeuw (1987): (b - a) / max(a, b), of the mean distances to the own class and to the nearest other."""
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    found = []
    for place, own in enumerate(labels):
        mates = (labels == own) & (np.arange(len(labels)) != place)
        a = distances[place, mates].mean()
        b = min(distances[place, labels == other].mean() for other in set(labels.tolist()) - {own})
        found.append((b - a) / max(a, b))
    return np.array(found)


def test_against_its_definition():
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 8)
    points = generator.normal(size=(24, 3)) + 2 * np.eye(3)[labels]
    assert silhouettes(points.astype(np.float32), labels) == pytest.approx(by_hand(points, labels), abs=1e-6)


def test_it_grows_where_accuracy_is_already_all():
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 50)
    noise = generator.normal(size=(100, 2))
    means = [silhouettes(noise + distance * labels[:, None], labels).mean() for distance in (10, 20, 40)]
    assert means == sorted(means)
    assert means[-1] > means[0] + 0.05
