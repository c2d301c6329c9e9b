"""Reading params.yaml: the first error is one line with its key, its value and what is allowed."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

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
