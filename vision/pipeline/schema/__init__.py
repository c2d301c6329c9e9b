"""The schema of params.yaml: every number that changes a result, its type and its range. It holds no such number."""

import re
from types import SimpleNamespace
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from vision.pipeline.errors import UserError
from vision.pipeline.schema import models, studies
from vision.pipeline.schema import types as t
from vision.pipeline.schema.hyper import BACKBONES, ESTIMATORS, OF_FEATURES, REPRESENTATIONS, hyper_of

CONVNET = "convnet"
ROLES = get_args(models.Role)
PREPARED = ("datasets", "features", "layers")
TRAINED = ("models", "pretrained", "finetuned", CONVNET)
COMPARED = ("classifiers", "models", "from_scratch.models", "finetuned", CONVNET)
# Sections; the key of their entries that holds a name, or a list of names; the sections where such a name must exist;
# the keys on which both entries agree.
REFERENCES = (
    (("features", "models", "pretrained", "classifiers", "embeddings"), "inputs", PREPARED, ("role",)),
    (("layers", "finetuned"), "inputs", ("datasets",), ("role",)),
    (("backbones",), "pretrained", ("models", "pretrained"), ("net",)),
    (("finetuned",), "backbone", ("backbones",), ("net",)),
    (("layers",), "weights", (*TRAINED, "backbone weights"), ("net",)),
    (("embeddings",), "model", TRAINED, ("role", "net")),
    (("explanations",), "model", ("finetuned",), ("role", "net")),
    (("replications",), "baselines", COMPARED, ("role",)),
    (("benchmark.inputs",), "itself", PREPARED, ("role",)),
    (("compared",), "itself", COMPARED, ("role",)),
    (("studies",), "itself", COMPARED, ()),
)

SOURCES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "cifar10": "CIFAR-10", "digits": "scikit-learn's digits"}
Source = Literal[tuple(SOURCES)]
Names = Annotated[list[t.Name], t.Distinct, Field(min_length=2)]
Fractions = Annotated[list[Annotated[t.Float, Field(gt=0, le=1)]], t.Distinct, Field(min_length=3)]
Iterations = Annotated[t.Int, Field(gt=250)]  # scikit-learn's t-SNE reports no divergence after fewer
Channels = Annotated[t.Int, Field(ge=1, le=64)]
Weights = Literal["cifar10", "imagenet", "none"]


def _kinds(registry: dict[str, type], key: str) -> type:
    """Entries by name, with the hyper-parameters of the class in `registry` that `key` names."""
    fields = {key: Literal[tuple(registry)], "hyper": hyper_of(registry, key)}
    return dict[t.Name, t.section("Kind", models.Entry, **fields)]


class Params(models.Headline):
    """The whole of params.yaml. The headline ConvNet's recipe stands at its top level."""

    dropout: t.Fraction
    seed: t.Seed
    threads: t.Count
    device: Literal["cpu", "cuda", "mps"]
    numerics: Literal["portable", "native"]
    datasets: t.section("Datasets", **dict.fromkeys(ROLES, Source))
    split: t.section("Split", valid_one_in=t.Several)
    subsets: t.section("Subsets", fractions=Fractions, seeds=t.Seeds)
    evaluation: studies.Evaluation
    tsne: t.section(
        "Tsne", pca_components=t.Several, iterations=Iterations, angle=t.Fraction, quality_neighbours=t.Count
    )
    neighbours: t.section("Neighbours", queries=studies.Indices, count=t.Count)
    kernels: t.section("Kernels", images=t.Several)
    features: _kinds(REPRESENTATIONS, "representation")
    defaults: models.Defaults
    models: dict[t.Name, models.Model]
    pretrained: dict[t.Name, models.Model]
    from_scratch: models.FromScratch
    classifiers: _kinds(ESTIMATORS, "estimator")
    backbones: dict[t.Name, t.section("Backbone", net=Literal[BACKBONES], weights=Weights, pretrained=t.Name)]
    finetuned: dict[t.Name, models.FineTuned]
    layers: dict[t.Name, t.section("Layer", models.Entry, net=models.Net, weights=t.Name, layer=t.Name)]
    embeddings: dict[t.Name, studies.Embedding]
    activations: t.section("Activations", image=t.Index, channels=Channels)
    benchmark: studies.Benchmark
    maximisation: t.section("Maximisation", batches=t.Count, batch_size=t.Count, steps=t.Count, lr=t.Rate)
    explanations: studies.Explanations | None = None
    document_errors: t.section("DocumentErrors", seeds=t.Seeds)
    replications: dict[t.Name, models.Replication]
    compared: t.section("Compared", **dict.fromkeys(ROLES, Names))
    studies: dict[str, list[t.Name]]
    titles: dict[t.Name, str]

    @model_validator(mode="before")
    @classmethod
    def _fill_networks(cls, values: Any) -> Any:
        """Give each network the values of `defaults` that its entry does not have."""
        for section in ("models", "pretrained"):
            if isinstance(values, dict) and isinstance(entries := values.get(section), dict):
                defaults = dict.fromkeys(entries, values.get("defaults"))
                values = values | {section: _filled(defaults, entries)}
        return values

    @model_validator(mode="after")
    def _check_references(self) -> "Params":
        for sections, field, targets, same in REFERENCES:
            for place, _, entry in self._entries(*sections):
                wanted = {key: getattr(entry, key) for key in same}
                known = [name for _, name, target in self._entries(*targets) if wanted.items() <= vars(target).items()]
                given = getattr(entry, field)
                for value in given if isinstance(given, list) else [given]:
                    if value not in known:
                        allowed = f"should be one of {', '.join(known)}" if known else "there is none"
                        kind = " and ".join(map(" ".join, wanted.items()))
                        key = f"{place}.{field}".replace("..", ".").removesuffix(".itself")
                        raise t.validation_error(f"{key} is {value!r}: {allowed}, of {kind}")
        return self

    def _entries(self, *sections: str) -> list[tuple[str, str, Any]]:
        """Place, name and entry of everything in some sections, which may be those that REFERENCES adds."""
        rows, kind = self.benchmark.inputs.items(), {"role": "fashion", "net": "vgg16"}
        known = dict(self) | {
            CONVNET: {CONVNET: self.network(CONVNET)},
            "datasets": {role: SimpleNamespace(role=role) for role in ROLES},
            "from_scratch.models": self.from_scratch.models,
            "backbone weights": {f"backbone_{name}": entry for name, entry in self.backbones.items()},
            "explanations": {"": SimpleNamespace(**kind, model=at.model)} if (at := self.explanations) else {},
            "benchmark.inputs": {name: SimpleNamespace(role=row.role, itself=name) for name, row in rows},
            "compared": {role: SimpleNamespace(role=role, itself=names) for role, names in self.compared},
            "studies": {study: SimpleNamespace(itself=names) for study, names in self.studies.items()},
        }
        return [(f"{section}.{name}", name, entry) for section in sections for name, entry in known[section].items()]

    @model_validator(mode="after")
    def _check_precision(self) -> "Params":
        trained = [(f"{place}.", model) for place, _, model in self._entries("models", "pretrained")]
        for place, entry in [("", self), ("defaults.", self.defaults), *trained]:
            if entry.precision == "bfloat16" and self.numerics == "portable":
                allowed = "should be float32 in portable numerics; or use `-S numerics=native`"
                raise t.validation_error(f"{place}precision is bfloat16: {allowed}")
        return self

    @model_validator(mode="after")
    def _check_features(self) -> "Params":
        """A network whose inputs are features takes them, and does not augment them."""
        for place, _, model in self._entries("models", "pretrained"):
            allowed = {"net": OF_FEATURES} | {name: (off,) for name, off in models.NO_AUGMENTATION.items()}
            if model.inputs in ROLES:
                continue
            for name, values in allowed.items():
                searched = [value for grid in model.search.rounds for value in grid.get(name, [])]
                for value in (getattr(model, name), *searched):
                    if value not in values:
                        known = " or ".join(map(str, values))
                        raise t.validation_error(f"{place}.{name} is {value}: should be {known} for {model.inputs}")
        return self

    def network(self, name: str) -> models.Model:
        """The entry of one network; the ConvNet's is made from the top level. An unknown name is a UserError."""
        if name == CONVNET:
            recipe = {name: getattr(self, name) for name in models.Headline.model_fields}
            entry = {"net": CONVNET, "hyper": {"dropout": self.dropout}, "search": self.defaults.search}
            return models.Model(role="handwriting", inputs="handwriting", **entry, **recipe)
        return _entry("model", name, self.models | self.pretrained)

    def replication(self, name: str) -> models.Replication:
        """The entry of one replication. An unknown name is a UserError."""
        return _entry("replication", name, self.replications)

    def title(self, name: str) -> str:
        """The name of a model in figures and tables; without a title of its own, that of its key without the role."""
        key = re.sub(f"^({'|'.join(ROLES)})_", "", name)
        return self.titles.get(name) or self.titles.get(key) or key.replace("_", " ").capitalize()

    def dataset(self, role: str) -> str:
        """The name of a role's dataset in figures."""
        return SOURCES[getattr(self.datasets, role)]

    def headings(self, role: str) -> dict[str, str]:
        """The title of every model of a role, with the name of the dataset."""
        return {name: f"{self.title(name)} on {self.dataset(role)}" for name in self.models_of(role)}

    def models_of(self, role: str) -> list[str]:
        """The names of all models of one role in the order of params.yaml, the headline ConvNet last."""
        return [name for _, name, entry in self._entries(*COMPARED) if entry.role == role]

    def study_of(self, name: str) -> str:
        """The document whose study draws a model's figures; empty for those drawn with their role."""
        return next((study for study, names in self.studies.items() if name in names), "")


def _filled(defaults: Any, entry: Any) -> Any:
    """An entry over the defaults, key by key at every depth."""
    if not isinstance(defaults, dict) or not isinstance(entry, dict):
        return entry
    return defaults | {key: _filled(defaults.get(key), value) for key, value in entry.items()}


def _entry(kind: str, name: str, entries: dict[str, Any]) -> Any:
    if name not in entries:
        raise UserError(f"unknown {kind} {name!r}; allowed: {', '.join(entries)}")
    return entries[name]
