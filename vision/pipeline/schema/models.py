"""Recipes, searches, and the entries of what is trained. The comments of params.yaml say what each key means."""

from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, TypeAdapter, ValidationError, model_validator

from vision.pipeline.schema import types as t
from vision.pipeline.schema.hyper import NETS, hyper_of

Role = Literal["handwriting", "fashion", "colour"]
Net = Literal[tuple(NETS)]
ANY_SIZE = ("resnet18", "vgg16")  # networks for images of any size
TRAINERS = ("numpy", "sklearn", "sklearn_defaults")
NO_AUGMENTATION = {
    "rotation_degrees": 0, "scale_fraction": 0, "shift_pixels": 0, "crop_padding_pixels": 0, "horizontal_flip": False,
}  # fmt: skip


class Options(t.StrictModel):
    """The part of a recipe that an entry may leave to `defaults`."""

    optimizer: Literal["sgd", "adam"]
    schedule: Literal["one_cycle", "constant"]
    momentum: t.Fraction
    weight_decay: t.NotNegative
    decay_all: t.Switch
    warmup_fraction: Annotated[t.Fraction, Field(gt=0)]
    rotation_degrees: t.NotNegative
    scale_fraction: t.Fraction
    shift_pixels: t.NotNegative
    crop_padding_pixels: t.Index
    horizontal_flip: t.Switch
    precision: Literal["bfloat16", "float32"]


class Headline(Options):
    """How the ConvNet is trained: its optimiser and schedule, and how its batches are augmented."""

    lr: t.Rate
    epochs: t.Count
    batch_size: t.Count


class Recipe(Headline):
    """How one network is trained; with `half_size_epochs`, so many first epochs take images of half the size."""

    half_size_epochs: t.Count | None = None

    @model_validator(mode="after")
    def _check_half_size(self) -> "Recipe":
        if self.half_size_epochs and self.half_size_epochs >= self.epochs:  # no weights would be left to keep
            allowed = f"should be below {self.epochs}, the number of epochs, or left out"
            raise t.validation_error(f"half_size_epochs is {self.half_size_epochs}: {allowed}")
        return self


def plain_recipe(**values: Any) -> Recipe:
    """Gradient descent at a constant learning rate, without augmentation, but for `values`."""
    plain = {"optimizer": "sgd", "schedule": "constant", "momentum": 0, "weight_decay": 0, "decay_all": False}
    return Recipe(**plain | NO_AUGMENTATION | {"warmup_fraction": 0.5, "precision": "float32"} | values)


class Search(t.StrictModel):
    """How hyper-parameters are chosen by validation, round after round; without rounds nothing is searched."""

    rounds: list[Annotated[dict[str, Annotated[list, t.Distinct, Field(min_length=1)]], Field(min_length=1)]]
    finalists: t.Several
    repeats: t.Several
    score_epochs: t.Count


Defaults = t.section("Defaults", Options, search=Search)


class Entry(t.StrictModel):
    """The data of an entry: which images they are or are made from, and the prepared dataset."""

    role: Role
    inputs: t.Name


class Model(Entry, Recipe):
    """One network: its class, the hyper-parameters of that class, its recipe, and the search for both."""

    net: Net
    hyper: hyper_of(NETS, "net")
    search: Search

    @model_validator(mode="after")
    def _check_any_size(self) -> "Model":
        if self.half_size_epochs and self.net not in ANY_SIZE:
            allowed = f"should be left out for {self.net}, and is allowed for {' and '.join(ANY_SIZE)}"
            raise t.validation_error(f"half_size_epochs is {self.half_size_epochs}: {allowed}")
        return self

    @model_validator(mode="after")
    def _check_search(self) -> "Model":
        for number, grid in enumerate(self.search.rounds):
            place = f"search.rounds.{number}."
            t.check_keys(grid, [*Recipe.model_fields, *self.hyper], place)
            for name, value in ((name, value) for name, values in grid.items() for value in values):
                try:
                    epochs = self.with_overrides({name: value}).epochs
                except ValidationError as error:
                    raise t.validation_error(f"{place}{name}: {t.describe(error)}") from None
                if epochs < (scored := self.search.score_epochs):
                    allowed = f"should be at most {epochs}, the epochs of a run"
                    raise t.validation_error(f"search.score_epochs is {scored}: {allowed}")
        return self

    def with_overrides(self, values: dict[str, Any]) -> "Model":
        """The entry without the rounds of its search and with other values, of the recipe or of `hyper`."""
        hyper = {name: values.get(name, value) for name, value in self.hyper.items()}
        others = {name: value for name, value in values.items() if name not in hyper}
        search = {**self.search.model_dump(), "rounds": []}
        return Model(**self.model_dump() | others | {"hyper": hyper, "search": search})

    def value(self, name: str) -> Any:
        """The value of a name, in the recipe or in `hyper`."""
        return getattr(self, name) if name in Recipe.model_fields else self.hyper[name]

    def grid(self, number: int) -> list[dict[str, Any]]:
        """The points of one round: every combination of its values, the last name's varying fastest."""
        lists = self.search.rounds[number]
        return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]


def _rates(groups: int) -> type:
    """The peak learning rate of each group of layers, the head's last."""
    return Annotated[list[t.Rate], Field(min_length=groups, max_length=groups)]


Frozen = t.section("Frozen", epochs=t.Index, lr=_rates(1), norms_lr=(t.Rate | None, None))  # the head, and norms
Unfrozen = t.section(  # the early layers, the late ones and the head
    "Unfrozen", epochs=t.Count, half_size_epochs=(t.Count | None, None), lr=_rates(3)
)


class FineTuned(Entry):
    """A backbone with a new head, which is trained alone and then with the backbone."""

    backbone: t.Name
    net: Net
    hyper: hyper_of(NETS, "net")
    batch_size: t.Count
    weight_decay: t.NotNegative
    warmup_fraction: Annotated[t.Fraction, Field(gt=0)]
    update_batchnorm: t.Switch
    horizontal_flip: t.Switch | None = None  # None: as in `defaults`
    frozen: Frozen  # without epochs there is one phase
    unfrozen: Unfrozen

    @model_validator(mode="after")
    def _check_half_size(self) -> "FineTuned":
        half, epochs = self.unfrozen.half_size_epochs, self.unfrozen.epochs
        if half and half >= epochs:
            raise t.validation_error(f"unfrozen.half_size_epochs is {half}: should be below {epochs}, or left out")
        return self

    def recipe(self, phase: t.StrictModel, defaults: Options) -> Recipe:
        """The recipe of one phase; what the entry does not name is as in `defaults`."""
        values = {name: getattr(defaults, name) for name in Options.model_fields}
        values |= {name: getattr(self, name) for name in ("batch_size", "weight_decay", "warmup_fraction")}
        values |= {"optimizer": "adam", "schedule": "one_cycle", "decay_all": True}
        if phase is self.frozen:  # its inputs may be the backbone's features, computed once
            values |= NO_AUGMENTATION
        elif self.horizontal_flip is not None:
            values["horizontal_flip"] = self.horizontal_flip
        half = getattr(phase, "half_size_epochs", None)  # not of the frozen phase, whose inputs may be features
        return Recipe(**values, lr=max(phase.lr), epochs=phase.epochs, half_size_epochs=half)


class ScratchRun(t.StrictModel):
    """One network of the study from scratch."""

    trainer: Literal[TRAINERS]
    activation: Literal["linear", "relu", "sigmoid", "tanh"]
    lr: t.Rate
    epochs: t.Count | None = None  # None: those of the study
    batch_size: t.Count | None = None  # None: that of the study, or scikit-learn's


class ComparedScratchRun(ScratchRun):
    """One that is compared with all models of its role."""

    role: Literal["fashion"]
    inputs: Literal["fashion"]
    net: Literal["numpy_mlp"]


class FromScratch(t.StrictModel):
    """The same layers, trained in NumPy and by scikit-learn."""

    layers: Annotated[list[list[t.Count]], t.Distinct, Field(min_length=1)]
    score_epochs: t.Count
    batch_size: t.Count
    epochs: t.Count
    checkpoints: Annotated[list[t.Count], t.Distinct, Field(min_length=1)]
    seeds: t.Seeds
    models: Annotated[dict[t.Name, ComparedScratchRun], Field(min_length=1)]
    others: dict[t.Name, ScratchRun]

    @model_validator(mode="after")
    def _check_checkpoints(self) -> "FromScratch":
        if (last := max(self.checkpoints)) > self.epochs:
            raise t.validation_error(f"checkpoints holds {last}: should be at most {self.epochs}, from_scratch.epochs")
        return self

    @property
    def runs(self) -> dict[str, ScratchRun]:
        """All networks of the study by name."""
        return self.models | self.others

    def recipe(self, run: ScratchRun) -> Recipe:
        """Plain gradient descent at the run's learning rate."""
        batch_size, epochs = run.batch_size or self.batch_size, run.epochs or self.epochs
        return plain_recipe(lr=run.lr, batch_size=batch_size, epochs=epochs)

    def seeds_of(self, name: str) -> list[int]:
        """All seeds for a nonlinear network that has the study's epochs, else the first alone."""
        run = self.runs[name]
        return self.seeds[:1] if run.activation == "linear" or run.epochs else self.seeds


def _one_or_several(value: Any) -> float | list[float]:
    several = Annotated[list[t.NotNegative], t.Distinct, Field(min_length=2)]
    return TypeAdapter(several if isinstance(value, list) else t.NotNegative).validate_python(value)


class Replication(t.StrictModel):
    """A network at a document's settings; a list as `weight_decay` makes runs for each of its values."""

    document: Literal["000", "001", "002", "003", "004"]
    role: Role
    baselines: Annotated[list[t.Name], t.Distinct, Field(min_length=1)]
    net: Literal["mlp"]
    hyper: hyper_of(NETS, "net")
    initialisation: Literal["torch", "xavier_hidden"]
    valid_one_in: t.Several
    optimizer: Literal["sgd", "adam"]
    lr: t.Rate
    batch_size: t.Count
    epochs: t.Count
    weight_decay: Annotated[Any, PlainValidator(_one_or_several)]
    rotation_degrees: t.NotNegative
    crop_padding_pixels: t.Index
    keep: Literal["best", "last"]
    seeds: t.Seeds
    convergence_epoch: t.Count | None = None
    last_epochs: t.Several | None = None

    @model_validator(mode="after")
    def _check_epochs(self) -> "Replication":
        needed = (self.convergence_epoch or self.epochs) + (self.last_epochs or self.epochs)
        if isinstance(self.weight_decay, list) and needed > self.epochs:
            allowed = f"should be given, and be at most {self.epochs} epochs together, as weight_decay is a list"
            raise t.validation_error(f"convergence_epoch and last_epochs: {allowed}")
        return self

    @property
    def recipe(self) -> Recipe:
        """The recipe of one run; images are augmented before each epoch, outside the recipe."""
        names = ("optimizer", "lr", "batch_size", "epochs", "weight_decay")
        return plain_recipe(decay_all=True, **{name: getattr(self, name) for name in names})
