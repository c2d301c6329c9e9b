"""Classifiers by name. Each stands in a module of its own, imported when it is needed.

A classifier has `fit(inputs, labels)`, `logits(inputs)` and, once fitted, `n_parameters`; inputs are float32 (N, D).
`log_probabilities` is false if its logits are scores without a unit, such as distances.
"""

from typing import Any

from vision.pipeline.registry import load_class
from vision.pipeline.schema.hyper import ESTIMATORS


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int) -> Any:
    """Make a classifier."""
    return load_class("classifiers", ESTIMATORS, name)(**hyper, seed=seed, threads=threads)
