"""Mistakes with what is drawn of a network's layers: of which images, on which scale, beside which labels."""

import numpy as np
import torch

from vision.data.dataset import Samples
from vision.document_errors.rows import Row, difference, mean, row, share
from vision.embedding.neighbours import nearest, vote
from vision.pipeline.schema.models import Recipe
from vision.scores.separation import silhouettes
from vision.training.augmentation import random_affine

Layers = dict[str, np.ndarray]


def augment(samples: Samples, recipe: Recipe, seed: int) -> Samples:
    """The images as the training sees them: float32 in [0, 1], changed at random."""
    images = torch.from_numpy(samples.inputs).float() / samples.scale
    changed = random_affine(images, recipe, torch.Generator().manual_seed(seed))
    return Samples(changed.numpy(), samples.labels, samples.indices)


def draw_augmented_training_images(
    drawn: Layers, drawn_labels: np.ndarray, fresh: Layers, labels: np.ndarray, neighbours: int
) -> list[Row]:
    """Layers are drawn of images that the network was fitted to, augmented besides, and not of test images (bug B1.3).

    Args:
        drawn, fresh: float (N, D) and (M, D) by layer, of augmented training images and of test images
        drawn_labels, labels: int (N,) and (M,)
        neighbours: how many of them name an image's class
    """
    rows, sample = [], f"{len(drawn_labels):,} training images, {len(labels):,} test images"
    for layer in fresh:
        sides = (drawn[layer], drawn_labels), (fresh[layer], labels)
        right = [share(vote(nearest(points, neighbours), own) == own) for points, own in sides]
        apart = [mean(silhouettes(points, own)) for points, own in sides]
        about = {"sample": sample, "at": layer.replace("_", " ")}
        rows.append(row("B1.3", "neighbours_accuracy", "percent", *right, difference(*right), **about))
        rows.append(row("B1.3", "silhouette", "number", *apart, difference(*apart), **about))
    return rows
