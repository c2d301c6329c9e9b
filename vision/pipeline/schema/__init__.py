"""The schema of params.yaml: every number that changes a result, its type and its range. It holds no such number."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from vision.pipeline.errors import UserError
from vision.pipeline.schema.explanations import Explanations, check_explanations
from vision.pipeline.schema.from_scratch import FromScratch, check_from_scratch
from vision.pipeline.schema.mistakes import Mistakes
from vision.pipeline.schema.models import Classifier, Features, Model, Options, Recipe, Search
from vision.pipeline.schema.replications import ReplicatedSweep, Replication, check_replications, check_sweep
from vision.pipeline.schema.studies import (
    Compared,
    Datasets,
    Evaluation,
    Kernels,
    Maximisation,
    Neighbours,
    Representations,
    Split,
    Subsets,
    Tsne,
)
from vision.pipeline.schema.transfer import (
    Activations,
    Backbone,
    FineTuned,
    Layer,
    Panel,
    Spaces,
    check_backbones,
    check_layers,
    check_norms,
    check_panel,
    check_spaces,
)
from vision.pipeline.schema.types import Float, Int, Name, Seed, statement

CONVNET = "convnet"
OF_FEATURES = ("mlp", "dense_head")  # networks that take rows of numbers
# What the studies' own stages read: these entries must stay, perceptrons on handwriting, with these rounds first.
STUDIED_ROUNDS = {
    "softmax": [{"weight_decay"}],
    "softmax_document": [],
    "tanh_mlp": [{"lr", "batch_size", "hidden"}, {"weight_decay"}],
    "tanh_mlp_document": [],
    "relu_mlp": [],
}
STUDIED_CLASSIFIER = "mean_image"
METRICS_OF_STUDIES = {
    "comparison_handwriting", "comparison_fashion", "comparison_colour", "convnet_tsne", "convnet_neighbours",
    "convnet_subsets", "relu_mlp_representations", "relu_mlp_maximisation", "panel", "replicated_sweep", "from_scratch",
    "explanations",
}  # fmt: skip


class Defaults(Options):
    """What an entry under `models` need not say; what is searched stands in the entry itself."""

    search: Search

    @field_validator("search")
    @classmethod
    def _check_rounds(cls, search: Search) -> Search:
        if search.rounds:
            raise statement("rounds should be empty: what is searched stands in the entry of the model")
        return search


class Params(Recipe):
    """The whole of params.yaml. The headline ConvNet's recipe stands at its top level."""

    dropout: Float = Field(ge=0, lt=1)
    seed: Seed
    threads: Int = Field(ge=1, le=256)
    device: Literal["cpu", "cuda", "mps"]
    numerics: Literal["portable", "native"]
    datasets: Datasets
    split: Split
    subsets: Subsets
    evaluation: Evaluation
    tsne: Tsne
    neighbours: Neighbours
    kernels: Kernels
    features: dict[Name, Features]
    defaults: Defaults
    models: dict[Name, Model]
    pretrained: dict[Name, Model]
    from_scratch: FromScratch
    classifiers: dict[Name, Classifier]
    backbones: dict[Name, Backbone]
    finetuned: dict[Name, FineTuned]
    layers: dict[Name, Layer]
    spaces: Spaces
    activations: Activations
    panel: Panel
    representations: Representations
    maximisation: Maximisation
    explanations: Explanations
    mistakes: Mistakes
    replications: dict[Name, Replication]
    replicated_sweep: ReplicatedSweep
    compared: Compared
    titles: dict[Name, str]

    @model_validator(mode="before")
    @classmethod
    def _fill_models(cls, values: Any) -> Any:
        """Give each network what `defaults` says and its entry does not."""
        if not isinstance(values, dict) or not isinstance(defaults := values.get("defaults"), dict):
            return values
        networks = {name: values[name] for name in ("models", "pretrained") if isinstance(values.get(name), dict)}
        return values | {
            section: {name: _filled(defaults, entry) for name, entry in entries.items()}
            for section, entries in networks.items()
        }

    @model_validator(mode="after")
    def _check_names(self) -> "Params":
        roles = set(Datasets.model_fields)
        taken = {CONVNET, *METRICS_OF_STUDIES, *roles, *(f"backbone_{name}" for name in self.backbones)}
        sections = ("features", "layers", "models", "pretrained", "classifiers", "finetuned")
        named = {section: getattr(self, section) for section in sections} | {"from_scratch": self.from_scratch.runs}
        for section, entries in named.items():
            for name, entry in entries.items():
                if name in taken or name.endswith("_test"):  # as the files of test images do
                    raise statement(f"{section}.{name}: this name is taken; choose another one")
                taken.add(name)
                role = self._role_of(entry.inputs)
                if role is None:
                    known = ", ".join([*Datasets.model_fields, *self.features, *self.layers])
                    raise statement(f"{section}.{name}.inputs is {entry.inputs!r}: should be one of {known}")
                if role != entry.role:
                    raise statement(f"{section}.{name}.role is {entry.role}: its inputs, {entry.inputs}, are of {role}")
        return self

    @model_validator(mode="after")
    def _check_inputs(self) -> "Params":
        """What is for images alone is not asked of features."""
        for where, model in self._networks():
            if model.inputs in Datasets.model_fields:
                continue
            if model.net not in OF_FEATURES:
                allowed = " or ".join(OF_FEATURES)
                raise statement(f"{where}.net is {model.net}: should be {allowed} for features, as its inputs are")
            for key in ("rotation_degrees", "scale_fraction", "shift_pixels", "crop_padding_pixels", "horizontal_flip"):
                searched = [value for grid in model.search.rounds for value in grid.get(key, [])]
                if any([getattr(model, key), *searched]):
                    found = "is true: should be false" if key == "horizontal_flip" else "is above 0: should be 0"
                    raise statement(f"{where}.{key} {found} for features, as its inputs are")
        return self

    @model_validator(mode="after")
    def _check_transfer(self) -> "Params":
        """What is learned from others' features names what there is."""
        prepared = {name: self._role_of(name) for name in (*Datasets.model_fields, *self.features, *self.layers)}
        trained = self.models | self.pretrained
        check_backbones(self.backbones, trained)
        check_layers(self.layers, self.finetuned, self.backbones)
        check_norms(self.finetuned, self.backbones, trained)
        networks = {
            role: [name for name in self.models_of(role) if name not in self.classifiers]
            for role in Datasets.model_fields
        }
        check_spaces(self.spaces, prepared, networks)
        check_panel(self.panel, prepared)
        check_explanations(self.explanations, self.finetuned)
        return self

    @model_validator(mode="after")
    def _check_from_scratch(self) -> "Params":
        check_from_scratch(self.from_scratch, "fashion")
        return self

    @model_validator(mode="after")
    def _check_replications(self) -> "Params":
        check_replications(self.replications, {role: self.models_of(role) for role in Datasets.model_fields})
        check_sweep(self.replicated_sweep, self.replications, "handwriting")
        return self

    @model_validator(mode="after")
    def _check_compared(self) -> "Params":
        """What is compared are models of that role."""
        for role, names in self.compared:
            known = self.models_of(role)
            for number, name in enumerate(names):
                if name not in known:
                    raise statement(f"compared.{role}.{number} is {name!r}: should be one of {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _check_precision(self) -> "Params":
        """bfloat16 is computed by some processors alone."""
        keys = {"precision": self.precision, "defaults.precision": self.defaults.precision}
        keys |= {f"{where}.precision": model.precision for where, model in self._networks()}
        for key, precision in keys.items():
            if precision == "bfloat16" and self.numerics == "portable":
                raise statement(f"{key} is bfloat16: should be float32 in portable numerics; or `-S numerics=native`")
        return self

    @model_validator(mode="after")
    def _check_representations(self) -> "Params":
        images, tsne = self.representations.images, self.tsne
        for key, times in (("perplexity", 3), ("quality_neighbours", 2)):
            if times * getattr(tsne, key) >= images:
                limit = f"{images / times:.1f}, representations.images divided by {times}"
                raise statement(f"tsne.{key} is {getattr(tsne, key):g}: should be below {limit}")
        return self

    def _networks(self) -> list[tuple[str, Model]]:
        """Where in params.yaml each network that is trained stands, and its entry."""
        sections = {"models": self.models, "pretrained": self.pretrained}
        return [(f"{section}.{name}", model) for section, found in sections.items() for name, model in found.items()]

    def _role_of(self, inputs: str) -> str | None:
        """The role whose images a prepared dataset is made from in the end; None if there is no such dataset."""
        made = {**self.features, **self.layers}
        for _ in range(1 + len(made)):  # no longer, if some are made from each other
            if inputs in Datasets.model_fields:
                return inputs
            inputs = made[inputs].inputs if inputs in made else ""
        return None

    @field_validator("models")
    @classmethod
    def _check_studied_models(cls, models: dict[str, Model]) -> dict[str, Model]:
        for name, rounds in STUDIED_ROUNDS.items():
            if name not in models:
                raise statement(f"{name} is missing; the stages of its study need it")
            _check_studied(name, models[name], rounds)
        hidden = models["relu_mlp"].hyper["hidden"]
        if not hidden:
            raise statement("relu_mlp.hyper.hidden is empty: its study draws the hidden layers")
        if 1 in hidden:
            raise statement(f"relu_mlp.hyper.hidden is {hidden}: should be 2 or wider, to be drawn in two dimensions")
        return models

    @field_validator("classifiers")
    @classmethod
    def _check_studied_classifier(cls, classifiers: dict[str, Classifier]) -> dict[str, Classifier]:
        if STUDIED_CLASSIFIER not in classifiers:
            raise statement(f"{STUDIED_CLASSIFIER} is missing; the stages of its study need it")
        _check_about(STUDIED_CLASSIFIER, classifiers[STUDIED_CLASSIFIER], "estimator", "mean_image")
        return classifiers

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
            where = {"role": "handwriting", "inputs": "handwriting", "net": CONVNET}
            hyper, search = {"dropout": self.dropout}, self.defaults.search
            return Model(**where, hyper=hyper, search=search, **self.recipe.model_dump())
        if name not in (known := self.models | self.pretrained):
            raise UserError(f"unknown model {name!r}; allowed: {', '.join([CONVNET, *known])}")
        return known[name]

    def replication(self, name: str) -> Replication:
        """The entry of one replication.

        Raises:
            UserError: there is none
        """
        if name not in self.replications:
            raise UserError(f"unknown replication {name!r}; allowed: {', '.join(self.replications)}")
        return self.replications[name]

    def title(self, name: str) -> str:
        """What figures and tables call a model."""
        return self.titles.get(name, name.replace("_", " "))

    def models_of(self, role: str) -> list[str]:
        """The names of all models of one role in the order of params.yaml, the headline ConvNet last."""
        entries = {**self.classifiers, **self.models, **self.from_scratch.models, **self.finetuned}
        entries[CONVNET] = self.network(CONVNET)
        return [name for name, entry in entries.items() if entry.role == role]


def _filled(defaults: dict[str, Any], entry: Any) -> Any:
    """An entry with the defaults that it does not replace; a search replaces them one by one."""
    if not isinstance(entry, dict):
        return entry
    searches = [defaults.get("search"), entry.get("search", {})]
    search = searches[0] | searches[1] if all(isinstance(found, dict) for found in searches) else searches[1]
    return {**defaults, **entry, "search": search}


def _check_about(name: str, entry: Model | Classifier, kind: str, value: str) -> None:
    for key, studied in ((kind, value), ("inputs", "handwriting")):
        if getattr(entry, key) != studied:
            raise statement(f"{name}.{key} is {getattr(entry, key)!r}: should be {studied}, which its study is about")


def _check_studied(name: str, model: Model, rounds: list[set[str]]) -> None:
    _check_about(name, model, "net", "mlp")
    for number, names in enumerate(rounds):
        found = model.search.rounds[number : number + 1]
        if not found or set(found[0]) != names:
            raise statement(
                f"{name}.search.rounds.{number} should search {', '.join(sorted(names))}, which its study draws"
            )
        if any(len(widths) != 1 for widths in found[0].get("hidden", [])):
            raise statement(f"{name}.search.rounds.{number}.hidden should hold one width each, as [200]")
    for number, grid in enumerate(model.search.rounds[len(rounds) :], start=len(rounds)):
        if "hidden" in grid:
            raise statement(f"{name}.search.rounds.{number} searches hidden: its study is about the layers it has")
