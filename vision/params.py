"""The schema of params.yaml: every number that changes a result, its type and its range."""

import difflib
from itertools import product
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from vision.errors import UserError


def _number(value: Any) -> Any:
    """Let a string such as 1e-05 through: YAML 1.1 reads an exponent without a dot as text. Refuse true and false."""
    if isinstance(value, bool):
        raise ValueError("Input should be a number")
    return value


def _distinct(values: list) -> list:
    if any(value in values[:place] for place, value in enumerate(values)):
        raise ValueError("Input should hold each value once")
    return values


Float = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Int = Annotated[int, Field(strict=True)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
Seeds = Annotated[list[Seed], AfterValidator(_distinct), Field(min_length=2)]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
Source = Literal["mnist", "fashion_mnist", "cifar10", "digits"]
CONVNET = "convnet"
# What the studies' own stages read: these entries must stay, perceptrons, with these rounds first.
STUDIED_ROUNDS = {
    "softmax": [{"weight_decay"}],
    "tanh_mlp": [{"lr", "batch_size", "hidden"}, {"weight_decay"}],
    "relu_mlp": [],
}
STUDIED_BASELINE = "mean_image"
METRICS_OF_STUDIES = {
    "comparison", "handwriting", "fashion", "colour", "convnet_tsne", "convnet_neighbours", "convnet_subsets",
    "relu_mlp_representations", "relu_mlp_imagined",
}  # fmt: skip


class Section(BaseModel):
    """One section of params.yaml: unknown keys are errors, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recipe(Section):
    """How one network is trained: its optimiser and schedule, and how its batches are augmented."""

    optimizer: Literal["sgd", "adam"]
    schedule: Literal["one_cycle", "constant"]
    lr: Float = Field(gt=0)
    epochs: Int = Field(ge=1)
    batch_size: Int = Field(ge=1)
    momentum: Float = Field(ge=0, lt=1)
    weight_decay: Float = Field(ge=0)
    warmup_fraction: Float = Field(gt=0, lt=1)
    rotation_degrees: Float = Field(ge=0, le=180)
    scale_fraction: Float = Field(ge=0, lt=1)
    shift_pixels: Float = Field(ge=0)
    crop_padding_pixels: Int = Field(ge=0)
    precision: Literal["bfloat16", "float32"]


# What an entry under `models` need not say: everything that is off.
PLAIN = {
    "optimizer": "sgd",
    "schedule": "constant",
    "momentum": 0,
    "weight_decay": 0,
    "warmup_fraction": 0.25,
    "rotation_degrees": 0,
    "scale_fraction": 0,
    "shift_pixels": 0,
    "crop_padding_pixels": 0,
    "precision": "float32",
}


class Search(Section):
    """How hyper-parameters are chosen by validation, round after round; no rounds mean that nothing is searched.

    Attributes:
        rounds: each a grid, lists of values by name; a round starts from the winner of the one before
        contenders: how many of a round's best points run again with fresh seeds, which decide
        repeats: how many fresh seeds; they follow the seed that all points had
        score_epochs: a run's score is its mean validation accuracy over this many last epochs (row L12)
    """

    rounds: list[dict[str, Annotated[list, Field(min_length=1), AfterValidator(_distinct)]]] = []
    contenders: Int = Field(2, ge=2)
    repeats: Int = Field(2, ge=2)
    score_epochs: Int = Field(1, ge=1)


class Model(Recipe):
    """One network that is compared: its class, the hyper-parameters of that class, and its recipe.

    Attributes:
        net: a name in vision.nets.NETS
        hyper: what that class is built with beside what the data decide
    """

    net: str
    hyper: dict[str, Any] = {}
    search: Search = Search()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        return PLAIN | values if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _check_search(self) -> "Model":
        if self.search.rounds and self.search.score_epochs > self.epochs:
            raise _statement(
                f"search.score_epochs is {self.search.score_epochs}: should be at most {self.epochs}, epochs"
            )
        for number, grid in enumerate(self.search.rounds):
            for name, value in ((name, value) for name, values in grid.items() for value in values):
                try:
                    self.changed({name: value})
                except (ValidationError, ValueError) as error:
                    reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
                    raise _statement(f"search.rounds.{number}.{name} holds {value!r}: {reason}") from None
        return self

    def changed(self, values: dict[str, Any]) -> "Model":
        """The same without its search and with other values, of the recipe or of `hyper`.

        Raises:
            ValueError: a name is neither's
        """
        own = {name: value for name, value in values.items() if name in Recipe.model_fields}
        hyper = {name: value for name, value in values.items() if name not in own}
        if unknown := set(hyper) - set(self.hyper):
            known = sorted({*Recipe.model_fields, *self.hyper})
            raise ValueError(f"unknown name {min(unknown)}; allowed here: {', '.join(known)}")
        return Model(**self.model_dump(exclude={"search", "hyper"}) | own, hyper={**self.hyper, **hyper})

    def value(self, name: str) -> Any:
        """What the recipe or `hyper` says for a name."""
        return getattr(self, name) if name in Recipe.model_fields else self.hyper[name]

    def grid(self, number: int) -> list[dict[str, Any]]:
        """The points of one round: every combination of its values, the last name's varying fastest."""
        lists = self.search.rounds[number]
        return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]


class Baseline(Section):
    """One classifier that is fitted and not trained.

    Attributes:
        estimator: a name in vision.baselines.ESTIMATORS
        hyper: what it is made with
    """

    estimator: str
    hyper: dict[str, Any] = {}


class Datasets(Section):
    """Which published dataset plays which role."""

    handwriting: Source
    fashion: Source
    colour: Source


class Split(Section):
    """How the published training images are divided."""

    valid_one_in: Int = Field(ge=2)


class Subsets(Section):
    """The training-set-size study."""

    fractions: Annotated[list[Annotated[Float, Field(gt=0, le=1)]], AfterValidator(_distinct)] = Field(min_length=3)
    seeds: Seeds


class Evaluation(Section):
    """How predictions are scored."""

    calibration_bins: Int = Field(ge=2)
    resamples: Int = Field(ge=100)


class Tsne(Section):
    """t-SNE and the measures of its quality."""

    perplexity: Float = Field(ge=2)
    pca_components: Int = Field(ge=2)
    iterations: Int = Field(gt=250)
    quality_neighbours: Int = Field(ge=1)


class Neighbours(Section):
    """The nearest-neighbour study."""

    queries: Annotated[list[Annotated[Int, Field(ge=0)]], AfterValidator(_distinct)] = Field(min_length=1)
    count: Int = Field(ge=1)


class Kernels(Section):
    """The study of first-layer kernels."""

    images: Int = Field(ge=2)


class Representations(Section):
    """The drawings of what a network's layers hold."""

    images: Int = Field(ge=10)


class Imagination(Section):
    """What a network takes for a digit: a random search, and a climb along the gradient."""

    batches: Int = Field(ge=1)
    batch_size: Int = Field(ge=1)
    steps: Int = Field(ge=1)
    lr: Float = Field(gt=0)


class Params(Recipe):
    """The whole of params.yaml. The headline ConvNet's recipe stands at its top level."""

    dropout: Float = Field(ge=0, lt=1)
    seed: Seed
    threads: Int = Field(ge=1, le=1024)
    device: Literal["cpu", "cuda", "mps"]
    datasets: Datasets
    split: Split
    subsets: Subsets
    evaluation: Evaluation
    tsne: Tsne
    neighbours: Neighbours
    kernels: Kernels
    models: dict[Name, Model]
    baselines: dict[Name, Baseline]
    representations: Representations
    imagination: Imagination

    @field_validator("models", "baselines")
    @classmethod
    def _check_names(cls, entries: dict[str, Section], info: Any) -> dict[str, Section]:
        if taken := set(entries) & {CONVNET, *info.data.get("models", {}), *METRICS_OF_STUDIES}:
            raise _statement(f"{min(taken)} is a name that is taken; choose another one")
        return entries

    @field_validator("models")
    @classmethod
    def _check_studied_models(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name, rounds in STUDIED_ROUNDS.items():
            if name not in models:
                raise _statement(f"{name} is missing; the stages of its study need it")
            if models[name].net != "mlp":
                raise _statement(f"{name}.net is {models[name].net!r}: should be mlp, which its study is about")
            for number, names in enumerate(rounds):
                found = models[name].search.rounds[number : number + 1]
                if not found or set(found[0]) != names:
                    raise _statement(
                        f"{name}.search.rounds.{number} should search {', '.join(sorted(names))}, which its study draws"
                    )
                if any(len(widths) != 1 for widths in found[0].get("hidden", [])):
                    raise _statement(f"{name}.search.rounds.{number}.hidden should hold one width each, as [200]")
        hidden = models["relu_mlp"].hyper.get("hidden")
        if not hidden:
            raise _statement("relu_mlp.hyper.hidden is empty: its study draws the hidden layers")
        if isinstance(hidden, list) and 1 in hidden:
            raise _statement(f"relu_mlp.hyper.hidden is {hidden}: should be 2 or wider, to be drawn in two dimensions")
        return models

    @field_validator("baselines")
    @classmethod
    def _check_studied_baseline(cls, baselines: dict[str, Baseline]) -> dict[str, Baseline]:
        if STUDIED_BASELINE not in baselines:
            raise _statement(f"{STUDIED_BASELINE} is missing; the stages of its study need it")
        return baselines

    @property
    def recipe(self) -> Recipe:
        """The top-level keys that say how the ConvNet is trained."""
        return Recipe(**{name: getattr(self, name) for name in Recipe.model_fields})

    def network(self, name: str) -> Model:
        """The entry of one network; the ConvNet's stands at the top level.

        Raises:
            UserError: there is none
        """
        if name == CONVNET:
            return Model(net=CONVNET, hyper={"dropout": self.dropout}, **self.recipe.model_dump())
        if name not in self.models:
            raise UserError(f"unknown model {name!r}; allowed: {', '.join([CONVNET, *self.models])}")
        return self.models[name]

    @property
    def compared(self) -> list[str]:
        """The names of all models in the order of params.yaml, the ConvNet last."""
        return [*self.baselines, *self.models, CONVNET]


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
        raise UserError(f"params.yaml: {_describe(first)}") from None


def _describe(mistake: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in mistake["loc"]) or "the file"
    if mistake["type"] == "extra_forbidden":
        known = _known_keys(mistake["loc"][:-1])
        guess = difflib.get_close_matches(str(mistake["loc"][-1]), known, n=1)
        hint = f"did you mean {guess[0]}? " if guess else ""
        return f"unknown parameter {key}; {hint}allowed here: {', '.join(known)}"
    if mistake["type"] in ("model_type", "dict_type"):
        return f"{key} is {mistake['input']!r}: should be a section of key: value lines"
    if mistake["type"] == "missing":
        return f"{key} is missing; `git diff params.yaml` shows what was removed"
    if mistake["type"] == "statement":
        return f"{key}.{mistake['msg']}"
    return f"{key} is {mistake['input']!r}: {mistake['msg'].replace('Value error, ', '').lower()}"


def _statement(text: str) -> PydanticCustomError:
    """An error that says itself which key and value it means, below the section that found it."""
    return PydanticCustomError("statement", "{text}", {"text": text})


def hyper_mistake(error: ValidationError) -> str:
    """The first wrong keyword argument of a class, in the words of parse_params."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "missing_keyword_only_argument":
        return f"{key} is missing"
    return f"{key} is {first['input']!r}: {first['msg'].lower()}"


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    kind: Any = Params
    for name in path:
        kind = get_args(kind)[1] if get_origin(kind) is dict else kind.model_fields[name].annotation
    return sorted(kind.model_fields)
