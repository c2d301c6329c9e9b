"""Representations by name. Each stands in a module of its own, which is imported on demand.

`fit_transform(train)` learns from the training samples alone and returns their features, float32 or float16 (N, D);
`transform(samples)` returns those of other samples; `n_parameters` is how many numbers were fitted; `summary()` holds
scores.
"""

from typing import Any

from vision.pipeline.registry import load_class
from vision.pipeline.schema.hyper import REPRESENTATIONS


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int, device: str) -> Any:
    """Make a representation; a UserError if there is none of this name."""
    return load_class("features", REPRESENTATIONS, name)(**hyper, seed=seed, threads=threads, device=device)
