"""What every section of params.yaml is made of: strict sections, bounded numbers, names, errors that name keys."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class StrictModel(BaseModel):
    """One section of params.yaml: unknown keys are errors, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _number(value: Any) -> Any:
    """Let a number in quotes through, as "1e-05": tools that write YAML 1.1 quote it. Refuse true and false."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


def _distinct(values: list) -> list:
    if any(value in values[:place] for place, value in enumerate(values)):
        raise ValueError("Input should hold each value once")
    return values


def statement(text: str) -> PydanticCustomError:
    """An error that says itself which key and value it means, below the section that found it."""
    return PydanticCustomError("statement", "{text}", {"text": text})


Float = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Int = Annotated[int, Field(strict=True)]
Distinct = AfterValidator(_distinct)
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]

# Upper bounds are far above what makes sense and below what ends in a crash, or never.
Epochs = Annotated[Int, Field(ge=1, le=1_000_000)]
Count = Annotated[Int, Field(ge=1, le=1_000_000)]
Rate = Annotated[Float, Field(gt=0, le=1000)]
Seed = Annotated[Int, Field(ge=0, lt=2**32)]
Seeds = Annotated[list[Seed], Distinct, Field(min_length=2, max_length=1000)]
