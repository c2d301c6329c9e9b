"""The section of params.yaml about the network in NumPy and scikit-learn's beside it."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from vision.pipeline.schema.hyper import Width, affordable
from vision.pipeline.schema.models import Entry, Recipe
from vision.pipeline.schema.types import Count, Distinct, Epochs, Name, Rate, StrictModel, statement

TRAINERS = ("numpy", "sklearn", "sklearn_defaults")


class ScratchRun(Entry):
    """One network of the study.

    Attributes:
        net: the kind of network that its weights make, whoever trains them
        trainer: numpy, our own; sklearn, MLPClassifier on truly equal terms; sklearn_defaults, the same as it is
        activation: of the hidden layers
    """

    net: Literal["numpy_mlp"]
    trainer: Literal[TRAINERS]
    activation: Literal["linear", "relu", "sigmoid", "tanh"]
    lr: Rate


class FromScratch(StrictModel):
    """The same layers, trained by us and by scikit-learn (rows F2 to F8).

    Attributes:
        hidden: width of each hidden layer, of all networks
        checkpoints: epochs after which weights are kept and judged, beside those of the most accurate epoch
        models: networks that are compared with all others of their role
        others: those that stand in the study alone
    """

    hidden: list[Width] = Field(max_length=100)
    batch_size: Count
    epochs: Epochs
    checkpoints: Annotated[list[Epochs], Distinct, Field(min_length=1, max_length=100)]
    models: Annotated[dict[Name, ScratchRun], Field(min_length=1)]
    others: dict[Name, ScratchRun]

    _check_size = field_validator("hidden")(affordable)

    @model_validator(mode="after")
    def _check_epochs(self) -> "FromScratch":
        if (last := max(self.checkpoints)) > self.epochs:
            raise statement(f"checkpoints holds {last}: should be at most {self.epochs}, epochs")
        return self

    @property
    def runs(self) -> dict[str, ScratchRun]:
        """All networks of the study by name."""
        return self.models | self.others

    def recipe(self, run: ScratchRun) -> Recipe:
        """Plain descent at a constant rate, as the training loop is told."""
        plain: dict[str, Any] = {"optimizer": "sgd", "schedule": "constant", "momentum": 0, "weight_decay": 0}
        plain |= dict.fromkeys(("rotation_degrees", "scale_fraction", "shift_pixels", "crop_padding_pixels"), 0)
        unused = {"decay_all": False, "warmup_fraction": 0.5, "horizontal_flip": False, "precision": "float32"}
        return Recipe(**plain | unused, lr=run.lr, batch_size=self.batch_size, epochs=self.epochs)


def check_from_scratch(study: FromScratch, role: str) -> None:
    """Hold that all networks of the study learn from the images of one role, which its stages read."""
    for section in ("models", "others"):
        for name, run in getattr(study, section).items():
            for key in ("role", "inputs"):
                if (found := getattr(run, key)) != role:
                    raise statement(f"from_scratch.{section}.{name}.{key} is {found}: should be {role}")
    if both := set(study.models) & set(study.others):
        raise statement(f"from_scratch.others.{min(both)} stands under models, too; choose another name")
