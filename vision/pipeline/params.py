"""Reading params.yaml: the first mistake is told in one line, with its key, its value and what is allowed."""

import difflib
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line, read_yaml
from vision.pipeline.schema import Params

LONGEST_VALUE = 400  # characters of an error that are a value


def load_params(path: Path) -> Params:
    """Read and check params.yaml.

    Raises:
        UserError: it is missing, is no YAML, or breaks the schema
    """
    return parse_params(read_yaml(path))


def parse_params(values: Any) -> Params:
    """Check the parsed content of params.yaml.

    Raises:
        UserError: one line for the first mistake, naming the key, the value and what is allowed.
    """
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        # A misspelt key is also a missing one; what was written says more than what was not.
        first = min(error.errors(), key=lambda mistake: mistake["type"] != "extra_forbidden")
        raise UserError(f"params.yaml: {one_line(_describe(first))}") from None


def _shown(value: Any) -> str:
    """A value as an error shows it, not too long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or of aliases within each other
        return "a value too long to show"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _describe(mistake: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in mistake["loc"]) or "the file"
    if mistake["type"] == "extra_forbidden":
        known = _known_keys(mistake["loc"][:-1])
        guess = difflib.get_close_matches(str(mistake["loc"][-1]), known, n=1)
        hint = f"did you mean {guess[0]}? " if guess else ""
        return f"unknown parameter {key}; {hint}allowed here: {', '.join(known)}"
    if mistake["type"] in ("model_type", "dict_type"):
        return f"{key} is {_shown(mistake['input'])}: should be a section of key: value lines"
    if mistake["type"] == "missing":
        return f"{key} is missing; `git diff params.yaml` shows what was removed"
    if mistake["type"] == "statement":
        return f"{key}.{mistake['msg']}" if mistake["loc"] else mistake["msg"]
    return f"{key} is {_shown(mistake['input'])}: {mistake['msg'].replace('Value error, ', '').lower()}"


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    kind: Any = Params
    for name in path:
        kind = get_args(kind)[1] if get_origin(kind) is dict else kind.model_fields[name].annotation
    return sorted(kind.model_fields)
