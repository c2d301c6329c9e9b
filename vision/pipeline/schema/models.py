"""What is trained, fitted and represented: recipes, searches, and the entries of models, classifiers and features."""

from itertools import product
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS, checked
from vision.pipeline.schema.types import Count, Distinct, Epochs, Float, Int, Name, Rate, StrictModel, statement

Role = Literal["handwriting", "fashion", "colour"]
MOST_POINTS = 10_000  # of one round of a search
Grid = Annotated[dict[str, Annotated[list, Field(min_length=1), Distinct]], Field(min_length=1)]


class Options(StrictModel):
    """The part of a recipe that an entry under `models` may leave to `defaults`."""

    optimizer: Literal["sgd", "adam"]
    schedule: Literal["one_cycle", "constant"]
    momentum: Float = Field(ge=0, lt=1)
    weight_decay: Float = Field(ge=0, le=1000)
    decay_all: bool = Field(strict=True)
    warmup_fraction: Float = Field(gt=0, lt=1)
    rotation_degrees: Float = Field(ge=0, le=180)
    scale_fraction: Float = Field(ge=0, lt=1)
    shift_pixels: Float = Field(ge=0, le=1000)
    crop_padding_pixels: Int = Field(ge=0, le=1000)
    horizontal_flip: bool = Field(strict=True)
    precision: Literal["bfloat16", "float32"]


class Recipe(Options):
    """How one network is trained: its optimiser and schedule, and how its batches are augmented."""

    lr: Rate
    epochs: Epochs
    batch_size: Count


class Search(StrictModel):
    """How hyper-parameters are chosen by validation, round after round; no rounds mean that nothing is searched.

    Attributes:
        rounds: each a grid, lists of values by name; a round starts from the winner of the one before
        finalists: how many of a round's best points run again with fresh seeds, which decide
        repeats: how many fresh seeds; they follow the seed that all points had
        score_epochs: a run's score is its mean validation accuracy over this many last epochs (row L12)
    """

    rounds: list[Grid] = Field(max_length=100)
    finalists: Int = Field(ge=2, le=1000)
    repeats: Int = Field(ge=2, le=1000)
    score_epochs: Epochs


class Entry(StrictModel):
    """What every entry says of the data it works on.

    Attributes:
        role: which role's images these are in the end; models of one role are compared
        inputs: the prepared dataset: the role itself for its images, or an entry of `features`
    """

    role: Role
    inputs: Name


class Model(Entry, Recipe):
    """One network that is compared: its class, the hyper-parameters of that class, and its recipe.

    Attributes:
        net: a key of NETS, and the module of vision.nets
        hyper: what that class is built with beside what the data decide
    """

    net: Literal[tuple(NETS)]
    hyper: Annotated[dict[str, Any], checked(NETS, "net")] = Field({}, validate_default=True)
    search: Search

    @model_validator(mode="after")
    def _check_search(self) -> "Model":
        if self.search.rounds and self.search.score_epochs > self.epochs:
            raise statement(
                f"search.score_epochs is {self.search.score_epochs}: should be at most {self.epochs}, epochs"
            )
        for number, grid in enumerate(self.search.rounds):
            if (points := prod(map(len, grid.values()))) > MOST_POINTS:
                raise statement(f"search.rounds.{number} has {points:,} points: should be at most {MOST_POINTS:,}")
            for name, value in ((name, value) for name, values in grid.items() for value in values):
                try:
                    changed = self.changed({name: value})
                    if changed.epochs < self.search.score_epochs:
                        raise ValueError(f"should be at least {self.search.score_epochs}, search.score_epochs")
                except ValueError as error:
                    reason = error.errors()[0]["msg"].lower() if isinstance(error, ValidationError) else error
                    raise statement(f"search.rounds.{number}.{name} holds {value!r}: {reason}") from None
        return self

    def changed(self, values: dict[str, Any]) -> "Model":
        """The same without the rounds of its search and with other values, of the recipe or of `hyper`.

        Raises:
            ValueError: a name is neither's, or a value is not allowed
        """
        own = {name: value for name, value in values.items() if name in Recipe.model_fields}
        hyper = {name: value for name, value in values.items() if name not in own}
        if unknown := set(hyper) - set(self.hyper):
            known = sorted({*Recipe.model_fields, *self.hyper})
            raise ValueError(f"unknown name {min(unknown)}; allowed here: {', '.join(known)}")
        search = {**self.search.model_dump(), "rounds": []}
        kept = self.model_dump(exclude={"search", "hyper"})
        return Model(**kept | own, hyper={**self.hyper, **hyper}, search=search)

    def value(self, name: str) -> Any:
        """What the recipe or `hyper` says for a name."""
        return getattr(self, name) if name in Recipe.model_fields else self.hyper[name]

    def grid(self, number: int) -> list[dict[str, Any]]:
        """The points of one round: every combination of its values, the last name's varying fastest."""
        lists = self.search.rounds[number]
        return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]


class Classifier(Entry):
    """One classifier that is fitted and not trained.

    Attributes:
        estimator: a key of ESTIMATORS, and the module of vision.classifiers
    """

    estimator: Literal[tuple(ESTIMATORS)]
    hyper: Annotated[dict[str, Any], checked(ESTIMATORS, "estimator")] = Field({}, validate_default=True)


class Features(Entry):
    """One prepared dataset that is made from another one.

    Attributes:
        representation: a key of REPRESENTATIONS, and the module of vision.features
    """

    representation: Literal[tuple(REPRESENTATIONS)]
    hyper: Annotated[dict[str, Any], checked(REPRESENTATIONS, "representation")] = Field({}, validate_default=True)
