"""The split of a replication: plain random, of the document's sizes, drawn anew for each seed."""

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.pipeline.errors import UserError


def published(dataset: Dataset) -> Samples:
    """The published training images, in the order of their file: training and validation part together."""
    parts = dataset.splits["train"], dataset.splits["valid"]
    inputs, labels, indices = (np.concatenate([getattr(part, key) for part in parts]) for key in vars(parts[0]))
    return Samples(inputs, labels, indices)[np.argsort(indices)]


def draw_split(dataset: Dataset, valid_one_in: int, seed: int) -> Dataset:
    """Divide the published training images at random, not by class, as documents 001 and 003 do (rows P5, L2).

    Which images the documents drew cannot be had. Mean and standard deviation are those of all published training
    images, validation images among them (row P2, bug B1.4); document 003 has them with four digits.

    Args:
        dataset: with the splits train and valid; how it is divided changes nothing
        valid_one_in: one image in so many is for validation
        seed: of the permutation

    Raises:
        UserError: no image would be left for validation
    """
    images = published(dataset)
    n_valid = len(images) // valid_one_in
    if not n_valid:
        raise UserError(f"valid_one_in is {valid_one_in}: should be at most {len(images)}, the number of images")
    order = np.random.default_rng(seed).permutation(len(images))
    splits = {"train": images[order[n_valid:]], "valid": images[order[:n_valid]]}
    return Dataset(splits, dataset.class_names, *channel_statistics(images.inputs))
