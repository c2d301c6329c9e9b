"""Classes by name: each stands in a module of its own, imported when it is needed."""

from collections.abc import Mapping
from importlib import import_module

from vision.pipeline.errors import UserError
from vision.pipeline.schema.types import StrictModel


def load_class(package: str, registry: Mapping[str, type[StrictModel]], name: str) -> type:
    """The class of vision/<package>/<name>.py that has the same name as its description in `registry`."""
    if name not in registry:
        raise UserError(f"unknown name {name!r} of vision/{package}; allowed: {', '.join(registry)}")
    return getattr(import_module(f"vision.{package}.{name}"), registry[name].__name__)
