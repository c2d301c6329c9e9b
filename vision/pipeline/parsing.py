"""Reading YAML as DVC does, YAML 1.2 by DVC's own library, so that what a stage sees is what DVC records."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import Node

from vision.pipeline.errors import UserError

DEEPEST = 100  # sections within each other; some ten thousand end the process inside the library, without any error


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises:
        UserError: it is missing or no YAML; one line, which names the file's line where one is known
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the top of the repository") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not YAML ({one_line(str(error))})") from None


def parse_yaml(text: str, name: object) -> Any:
    """Read YAML from text.

    Args:
        name: what the text is called where it is no YAML

    Raises:
        UserError: it is no YAML; one line, which names the text's line where one is known
    """
    try:
        _check_depth(text)
        yaml = YAML(typ="safe")
        yaml.Constructor = _Constructor
        return yaml.load(text)
    except (YAMLError, ValueError) as error:
        raise UserError(f"{name}: not YAML ({_describe(error)})") from None


def one_line(text: str) -> str:
    """The text with one space for each run of spaces and line breaks."""
    return " ".join(text.split())


class _Constructor(SafeConstructor):
    """Says where a value stands that is not of its type, as `!!int abc` or the date 2020-13-45."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError) as error:
            kind = str(node.tag).rpartition(":")[2]
            raise ConstructorError(problem=f"not a {kind}: {error}", problem_mark=node.start_mark) from None


def _check_depth(text: str) -> None:
    depth = 0
    for event in YAML(typ="safe").parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEEPEST:
            raise ConstructorError(problem=f"nested more than {DEEPEST} deep", problem_mark=event.start_mark)


def _describe(error: Exception) -> str:
    if isinstance(error, MarkedYAMLError) and error.problem and error.problem_mark:
        return one_line(f"line {error.problem_mark.line + 1}: {error.problem}")
    return one_line(str(error))
