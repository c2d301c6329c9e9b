"""Reading params.yaml and other files of known content: the first error is one line with its place."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line, read_yaml
from vision.pipeline.schema import Params
from vision.pipeline.schema.types import describe


def load_params(path: Path) -> Params:
    """Read and validate params.yaml; every error is a UserError."""
    return parse_params(read_yaml(path))


def parse_params(values: Any) -> Params:
    """Validate the content of params.yaml; every error is a UserError."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        raise UserError(f"params.yaml: {one_line(describe(error))}") from None


def validate(kind: Any, values: Any, place: str) -> Any:
    """Values as a type that pydantic knows; `place` is where they stand, in the message of the UserError."""
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(one_line(f"{place}{'.'.join(map(str, first['loc']))}: {first['msg']}")) from None
