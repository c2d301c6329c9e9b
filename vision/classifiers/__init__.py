"""Classifiers by name. Each stands in a module of its own, imported when it is asked for.

A classifier is made from the hyper-parameters that vision.pipeline.schema.hyper describes, seed and threads. It has
`fit(inputs, labels)`, `logits(inputs)`, and then `n_parameters`; inputs are float32 (N, D), pixels in [0, 1].
"""

from importlib import import_module
from typing import Any

from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import ESTIMATORS


def make(name: str, hyper: dict[str, Any], *, seed: int, threads: int) -> Any:
    """Make a classifier.

    Raises:
        UserError: none has this name, or it takes no such hyper-parameter
    """
    if name not in ESTIMATORS:
        raise UserError(f"unknown estimator {name!r}; allowed: {', '.join(ESTIMATORS)}")
    try:
        chosen = getattr(import_module(f"vision.classifiers.{name}"), ESTIMATORS[name].__name__)
        return chosen(**hyper, seed=seed, threads=threads)
    except TypeError as error:
        raise UserError(f"estimator {name}: {error}") from error
