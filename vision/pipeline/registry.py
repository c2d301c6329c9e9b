"""Classes by name: each stands in a module of its own, imported when it is asked for."""

from collections.abc import Mapping
from importlib import import_module

from vision.pipeline.errors import UserError
from vision.pipeline.schema.types import StrictModel


def find(room: str, registry: Mapping[str, type[StrictModel]], name: str) -> type:
    """The class that `name` stands for in vision/<room>/<name>.py; its description in `registry` has the same name.

    Raises:
        UserError: the registry has no such name
    """
    if name not in registry:
        raise UserError(f"unknown name {name!r} of vision/{room}; allowed: {', '.join(registry)}")
    return getattr(import_module(f"vision.{room}.{name}"), registry[name].__name__)
