"""Division of samples: stratified orders, whose prefixes are nested subsets."""

import heapq

import numpy as np

from vision.data.dataset import Samples
from vision.pipeline.errors import UserError


def stratified_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """Order positions at random so that every prefix holds each class in proportion, to less than one image.

    Of a class with n of the N images, the k-th comes between floor(k N / n) and ceil((k + 1) N / n), earliest deadline
    first, which is always possible (Tijdeman, 1980). `labels` are int (N,); returns a permutation, int64 (N,).
    """
    generator, total = np.random.default_rng(seed), len(labels)
    members = [generator.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    taken, order = [0] * len(members), np.empty(total, np.int64)
    waiting, ready = [(0, group) for group in range(len(members))], []
    for position in range(total):
        while waiting and waiting[0][0] <= position:
            group = heapq.heappop(waiting)[1]
            deadline = -(-(taken[group] + 1) * total // len(members[group]))
            heapq.heappush(ready, (deadline, generator.random(), group))
        group = heapq.heappop(ready)[2]
        order[position] = members[group][taken[group]]
        taken[group] += 1
        if taken[group] < len(members[group]):
            heapq.heappush(waiting, (taken[group] * total // len(members[group]), group))
    return order


def stratified_sample(samples: Samples, images: int, seed: int) -> Samples:
    """So many of the samples, or all if there are fewer, in their order, each class in proportion."""
    return samples[np.sort(stratified_order(samples.labels, seed)[:images])]


def subset(samples: Samples, fraction: float, seed: int) -> Samples:
    """A class-stratified part; for one seed, the samples of a smaller fraction are among those of a larger one."""
    size = round(fraction * len(samples))
    if size <= samples.labels.max():
        raise UserError(f"subsets.fractions holds {fraction:g}: gives {size} images, fewer than the classes")
    return samples[stratified_order(samples.labels, seed)[:size]]
