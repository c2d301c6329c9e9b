"""Reading YAML as DVC does, YAML 1.2 by DVC's own library, so that a stage reads what DVC records."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from vision.pipeline.errors import UserError


def read_yaml(path: Path) -> Any:
    """Read a YAML file; a UserError, if it is missing or not YAML, is one line that names the place."""
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the top of the repository") from None
    except (YAMLError, ValueError, LookupError) as error:  # the last two: a value is not of its type, as !!int abc
        reason = str(error)
        if isinstance(error, MarkedYAMLError) and error.problem and error.problem_mark:
            reason = f"line {error.problem_mark.line + 1}: {error.problem}"
        raise UserError(f"{path}: not YAML ({one_line(reason)})") from None


def one_line(text: str) -> str:
    """The text with one space for each run of spaces and line breaks."""
    return " ".join(text.split())
