"""The sections of params.yaml about features that others learned: backbones, fine-tuning, layers, spaces, the panel."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from vision.pipeline.schema.hyper import NETS, checked
from vision.pipeline.schema.models import Entry, Model, Options, Recipe, Role
from vision.pipeline.schema.types import Count, Epochs, Float, Int, Name, Rate, StrictModel, statement

AUGMENTATIONS = ("rotation_degrees", "scale_fraction", "shift_pixels", "crop_padding_pixels")
TrunkNet = Literal["resnet18", "vgg16"]  # keys of NETS, of networks whose layers others learn from
Rates = Annotated[list[Rate], Field(min_length=1, max_length=3)]


class Backbone(StrictModel):
    """A network whose layers others learn from.

    Attributes:
        weights: cifar10, those of the model `pretrained`, which this pipeline trains; imagenet, torchvision's published
            ones; or none, fresh ones
        pretrained: a key of `models`, or of `pretrained`
    """

    net: TrunkNet
    weights: Literal["cifar10", "imagenet", "none"]
    pretrained: Name


class Phase(StrictModel):
    """A part of a fine-tuning: its epochs, and the peak learning rate of each group of layers, the last the head's."""

    epochs: Epochs
    lr: Rates


class FineTuned(Entry):
    """A network made of a backbone and a new head, which learns first alone and then with the backbone (rows H4 to H6).

    Attributes:
        backbone: a key of `backbones`
        update_batchnorm: whether, once the backbone learns, its batch norms keep counting means and variances (bug B2.13);
            before, they do not
        horizontal_flip: whether, once the backbone learns, one image in two is mirrored, left to right; or None: as
            `defaults` say
    """

    backbone: Name
    net: TrunkNet
    hyper: Annotated[dict[str, Any], checked(NETS, "net")]
    batch_size: Annotated[Int, Field(ge=2, le=1_000_000)]
    weight_decay: Float = Field(ge=0, le=1000)
    warmup_fraction: Float = Field(gt=0, lt=1)
    update_batchnorm: bool = Field(strict=True)
    horizontal_flip: bool | None = Field(default=None, strict=True)
    frozen: Phase
    unfrozen: Phase

    @model_validator(mode="after")
    def _check_rates(self) -> "FineTuned":
        if len(self.frozen.lr) != 1:
            raise statement(f"frozen.lr is {self.frozen.lr}: should be one rate: the head alone learns")
        if len(self.unfrozen.lr) != 3:
            raise statement(
                f"unfrozen.lr is {self.unfrozen.lr}: should be three rates: of early layers, late ones, the head"
            )
        return self

    def recipe(self, phase: Phase, defaults: Options) -> Recipe:
        """A phase as the training loop takes it; what the entry does not name is as in `defaults`."""
        own = {name: getattr(self, name) for name in ("batch_size", "weight_decay", "warmup_fraction")}
        fixed: dict[str, Any] = {"optimizer": "adam", "schedule": "one_cycle", "decay_all": True}
        if phase is self.frozen:  # what the frozen backbone gives is no image, and is computed once
            fixed |= dict.fromkeys(AUGMENTATIONS, 0) | {"horizontal_flip": False}
        elif self.horizontal_flip is not None:
            fixed["horizontal_flip"] = self.horizontal_flip
        left = {name: getattr(defaults, name) for name in Options.model_fields}
        return Recipe(**left | own | fixed, lr=max(phase.lr), epochs=phase.epochs)


class Layer(Entry):
    """A prepared dataset of what one layer of a trained network gives.

    Attributes:
        weights: the name of the weights file
        layer: a tap of the network
    """

    net: TrunkNet
    weights: Name
    layer: Name


class Space(StrictModel):
    """A prepared dataset that is looked at: in two dimensions, and how its classes lie.

    Attributes:
        model: whose decisions are shown with it
        images: test images at most
    """

    role: Role
    model: Name
    images: Int = Field(ge=10, le=10_000_000)


class Spaces(StrictModel):
    """How spaces are looked at.

    Attributes:
        perplexity: of t-SNE
        training_images: on which neural collapse is measured, at most
    """

    perplexity: Float = Field(ge=2, le=1_000_000)
    training_images: Int = Field(ge=10, le=10_000_000)
    of: dict[Name, Space]


class Activations(StrictModel):
    """The picture of what a network's layers give for one test image, by its index, and how many channels of each."""

    image: Int = Field(ge=0, le=2**31)
    channels: Annotated[Int, Field(ge=1, le=64)]


class LinearRecipe(StrictModel):
    """How the panel's linear classifier is trained: Adam, on one cycle."""

    lr: Rate
    epochs: Epochs
    batch_size: Count
    weight_decay: Float = Field(ge=0, le=1000)


class PanelInput(StrictModel):
    """A row of the table: the prepared dataset of this name, and which kind of description it is."""

    role: Role
    kind: Literal["pixels", "scattering", "backbone", "finetuned"]


class Panel(StrictModel):
    """The same classifiers on every description of the images (row H18).

    Attributes:
        components: the leading principal components that all but the mean image and the linear classifier see, where
            the description is longer
        component_images: training images from which these are learned, at most
        trees, neighbours: of the random forest and of the nearest neighbours
        softmax: the recipe of the linear classifier, on every number of the description
    """

    components: Count
    component_images: Int = Field(ge=10, le=10_000_000)
    trees: Annotated[Int, Field(ge=1, le=100_000)]
    neighbours: Count
    softmax: LinearRecipe
    inputs: Annotated[dict[Name, PanelInput], Field(min_length=1)]

    def linear(self, role: str, inputs: str, defaults: Options) -> Model:
        """The linear classifier as an entry of `models`; what its recipe does not name is as in `defaults`."""
        own = {**self.softmax.model_dump(), "optimizer": "adam", "schedule": "one_cycle"}
        about = {"role": role, "inputs": inputs, "net": "mlp", "hyper": {"hidden": [], "activation": "tanh"}}
        return Model(**defaults.model_dump() | own, **about)


def check_backbones(backbones: dict[str, Backbone], models: dict[str, Model]) -> None:
    """Hold that the model whose weights a backbone takes is there and of its kind."""
    for name, backbone in backbones.items():
        if backbone.pretrained not in models or models[backbone.pretrained].net != backbone.net:
            known = (
                ", ".join(key for key, model in models.items() if model.net == backbone.net) or "none, there is none"
            )
            raise statement(f"backbones.{name}.pretrained is {backbone.pretrained!r}: should be one of {known}")


def check_layers(layers: dict[str, Layer], finetuned: dict[str, FineTuned], backbones: dict[str, Backbone]) -> None:
    """Hold that every fine-tuned network has a backbone, and every layer a network."""
    weights = {**{f"backbone_{name}": backbone for name, backbone in backbones.items()}, **finetuned}
    for name, tuned in finetuned.items():
        known = (
            ", ".join(key for key, backbone in backbones.items() if backbone.net == tuned.net) or "none, there is none"
        )
        if tuned.backbone not in backbones or backbones[tuned.backbone].net != tuned.net:
            raise statement(f"finetuned.{name}.backbone is {tuned.backbone!r}: should be one of {known}")
    for name, layer in layers.items():
        if layer.weights not in weights or weights[layer.weights].net != layer.net:
            raise statement(f"layers.{name}.weights is {layer.weights!r}: should be one of {', '.join(weights)}")
    for section, entries in (("finetuned", finetuned), ("layers", layers)):
        for name, entry in entries.items():
            if entry.inputs != entry.role:
                raise statement(f"{section}.{name}.inputs is {entry.inputs!r}: should be {entry.role}, for its images")


def check_norms(finetuned: dict[str, FineTuned], backbones: dict[str, Backbone], models: dict[str, Model]) -> None:
    """Hold that a network that may have norms or not has them where its backbone has."""
    for name, tuned in finetuned.items():
        pretrained = backbones[tuned.backbone].pretrained
        theirs, own = (str(entry.hyper.get("norms")).lower() for entry in (models[pretrained], tuned))
        if own != theirs:
            raise statement(f"finetuned.{name}.hyper.norms is {own}: should be {theirs}, as of {pretrained}")


def check_spaces(spaces: Spaces, prepared: dict[str, str | None], models: dict[str, list[str]]) -> None:
    """Hold that spaces are prepared datasets of features, and that there are decisions to show with them."""
    for name, space in spaces.of.items():
        if prepared.get(name) != space.role or name == space.role:
            known = ", ".join(key for key, role in prepared.items() if role == space.role != key)
            raise statement(f"spaces.of.{name}: no features of role {space.role} have this name; allowed: {known}")
        if space.model not in models[space.role]:
            known = ", ".join(models[space.role])
            raise statement(f"spaces.of.{name}.model is {space.model!r}: should be one of {known}")
        if 3 * spaces.perplexity >= space.images:
            limit = f"{space.images / 3:.1f}, spaces.of.{name}.images divided by 3"
            raise statement(f"spaces.perplexity is {spaces.perplexity:g}: should be below {limit}")


def check_panel(panel: Panel, prepared: dict[str, str | None]) -> None:
    """Hold that the table's rows are prepared datasets, one of a role and kind."""
    seen = set()
    for name, row in panel.inputs.items():
        if prepared.get(name) != row.role:
            known = ", ".join(key for key, role in prepared.items() if role == row.role)
            raise statement(f"panel.inputs.{name}: nothing of role {row.role} has this name; allowed: {known}")
        if (row.role, row.kind) in seen:
            raise statement(f"panel.inputs.{name} is the second of role {row.role} and kind {row.kind}: one is wanted")
        seen.add((row.role, row.kind))
