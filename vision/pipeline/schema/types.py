"""Types that all sections of params.yaml share: sections with known keys, numbers, names, and the text of an error."""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, create_model, model_validator
from pydantic_core import PydanticCustomError


class StrictModel(BaseModel):
    """A section whose keys are all known and whose values do not change."""

    model_config = {"frozen": True}

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, values: Any) -> Any:
        check_keys(values, cls.model_fields)  # before a misspelt key is reported as a missing one
        return values


def section(name: str, base: type[StrictModel] = StrictModel, /, **fields: Any) -> type[StrictModel]:
    """A section from the types of its keys; `name` is that of its class."""
    return create_model(name, __base__=base, **fields)


def check_keys(values: Any, known: Iterable[str], place: str = "") -> None:
    """Refuse an unknown key and name the nearest known one; `place` is where the keys stand in the section."""
    names = sorted(known)
    for key in [key for key in values if key not in names] if isinstance(values, dict) else []:
        nearest = [f"did you mean {name}? " for name in difflib.get_close_matches(str(key), names, n=1)]
        allowed = "".join([*nearest, f"Allowed here: {', '.join(names) or 'nothing'}"])
        context = {"key": f"{place}{key}", "allowed": allowed}
        raise PydanticCustomError("unknown", "unknown parameter {key}; {allowed}", context)


def validation_error(text: str) -> PydanticCustomError:
    """An error whose text begins with the key that is wrong, as the section that raises it knows the key."""
    return PydanticCustomError("section", "{text}", {"text": text})


def describe(error: ValidationError) -> str:
    """The first error in one line: its key, the value and what is allowed."""
    first = error.errors()[0]
    kind, place, text = first["type"], [*map(str, first["loc"])], first["msg"].replace("Input should", "should")
    key, value = ".".join(place), repr(first["input"])
    if kind == "unknown":
        return f"unknown parameter {'.'.join([*place, first['ctx']['key']])}; {first['ctx']['allowed']}"
    if kind == "section":
        return ".".join([*place, text])
    if kind == "missing":
        return f"{key} is missing; `git diff params.yaml` shows what was removed"
    if kind in ("model_type", "dict_type"):
        text = "should be a section of key: value lines"
    return f"{key or 'the file'} is {value[:400]}: {text}"


def _number(value: Any) -> Any:
    """Accept a number in quotes, as "1e-05", which tools for YAML 1.1 write; refuse true and false."""
    if isinstance(value, bool):
        raise PydanticCustomError("number", "should be a number")
    return value


def _distinct(values: list) -> list:
    if any(value in values[:place] for place, value in enumerate(values)):
        raise PydanticCustomError("distinct", "should have each value once")
    return values


Distinct = AfterValidator(_distinct)
Float = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
NotNegative = Annotated[Float, Field(ge=0)]
Rate = Annotated[Float, Field(gt=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
Int = Annotated[int, Field(strict=True)]
Index = Annotated[Int, Field(ge=0)]
Count = Annotated[Int, Field(ge=1)]
Several = Annotated[Int, Field(ge=2)]
Seed = Annotated[Int, Field(ge=0, lt=2**32)]
Seeds = Annotated[list[Seed], Distinct, Field(min_length=2)]
Switch = Annotated[bool, Field(strict=True)]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
