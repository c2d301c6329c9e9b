"""Representations by name. Each stands in a module of its own, imported when it is asked for.

A representation is made from the hyper-parameters that vision.pipeline.schema.hyper describes. `fit_transform(train)`
learns from the training samples alone and gives their features, float32 (N, D); `transform(samples)` gives those of
others; `n_parameters` is how many numbers were fitted, `summary()` what the metrics say of it.
"""

from importlib import import_module
from typing import Any

from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import REPRESENTATIONS


def make(name: str, hyper: dict[str, Any]) -> Any:
    """Make a representation.

    Raises:
        UserError: none has this name, or it takes no such hyper-parameter
    """
    if name not in REPRESENTATIONS:
        raise UserError(f"unknown representation {name!r}; allowed: {', '.join(REPRESENTATIONS)}")
    try:
        return getattr(import_module(f"vision.features.{name}"), REPRESENTATIONS[name].__name__)(**hyper)
    except TypeError as error:
        raise UserError(f"representation {name}: {error}") from error
