"""Representations by name. Each stands in a module of its own, imported when it is asked for.

A representation is made from the hyper-parameters that vision.pipeline.schema.hyper describes, seed, threads and
device. It has `fit_transform(train)`, which learns from the training samples alone and gives their features, float32
or float16 (N, D), then `transform(samples)`, which gives those of others, `n_parameters`, the number that was fitted,
and `summary()`, what the metrics say of it.
"""

from typing import Any

from vision.pipeline.registry import find
from vision.pipeline.schema.hyper import REPRESENTATIONS


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int, device: str) -> Any:
    """Make a representation.

    Raises:
        UserError: none has this name
    """
    return find("features", REPRESENTATIONS, name)(**hyper, seed=seed, threads=threads, device=device)
