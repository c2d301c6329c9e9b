"""Classifiers by name. Each stands in a module of its own, imported when it is needed.

A classifier takes the hyper-parameters that vision.pipeline.schema.hyper describes, seed and threads. It has
`fit(inputs, labels)`, `logits(inputs)` and, once fitted, `n_parameters`; inputs are float32 (N, D), pixels in [0, 1].
`log_probabilities` is true if its logits are log-probabilities up to a constant of each image, as a network's are, and
false if they are scores without a unit, such as distances.
"""

from typing import Any

from vision.pipeline.registry import load_class
from vision.pipeline.schema.hyper import ESTIMATORS


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int) -> Any:
    """Make a classifier."""
    return load_class("classifiers", ESTIMATORS, name)(**hyper, seed=seed, threads=threads)
