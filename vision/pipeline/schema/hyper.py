"""The hyper-parameters of every network, classifier and representation: their names, types and ranges.

Each class here has the name of the class that it describes, which stands in the module named by the registry's key:
`mlp: MLP` is `vision/nets/mlp.py`, class `MLP`.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from vision.pipeline.schema.types import Count, Float, Int, StrictModel, statement

Width = Annotated[Int, Field(ge=1, le=16_384)]
MOST_WEIGHTS = 2**28  # between hidden layers: 1 GiB, and training takes some times that


def affordable(hidden: list[int]) -> list[int]:
    """Refuse hidden layers between which there would be more weights than memory holds."""
    if (weights := sum(before * after for before, after in pairwise(hidden))) > MOST_WEIGHTS:
        raise ValueError(f"Input should make at most {MOST_WEIGHTS:,} weights, not {weights:,}")
    return hidden


class ConvNet(StrictModel):
    """The ConvNet of document 000."""

    dropout: Float = Field(ge=0, lt=1)


class MLP(StrictModel):
    """A multilayer perceptron; without hidden layers it is softmax regression."""

    hidden: list[Width] = Field(max_length=100)
    activation: Literal["tanh", "relu"]

    _check_size = field_validator("hidden")(affordable)


class ResNet18(StrictModel):
    """ResNet-18 with torchvision's linear head or with that of fastai version 1, which pools by maximum and by mean."""

    head: Literal["linear", "concat_pool"]


class NumpyMLP(StrictModel):
    """The multilayer perceptron from scratch, which learns by plain stochastic gradient descent."""

    hidden: list[Width] = Field(max_length=100)
    activation: Literal["linear", "relu", "sigmoid", "tanh"]

    _check_size = field_validator("hidden")(affordable)


class VGG16(StrictModel):
    """VGG16 with or without batch norms; its head is one linear layer, or three of so many units before the last."""

    norms: bool = Field(strict=True)
    head: Literal["linear", "dense"]
    dense_units: Int = Field(ge=0, le=4096)  # torchvision's have 4,096

    @field_validator("dense_units")
    @classmethod
    def _check_head(cls, units: int, info: ValidationInfo) -> int:
        if (head := info.data.get("head")) and (head == "dense") != (units > 0):
            raise ValueError(f"Input should be {'above 0' if head == 'dense' else '0'} for a {head} head")
        return units


class DenseHead(StrictModel):
    """The dense layers of a VGG on features that were computed before: two of so many units, and that of the logits."""

    dense_units: Int = Field(ge=1, le=4096)


NETS: dict[str, type[StrictModel]] = {
    "convnet": ConvNet,
    "dense_head": DenseHead,
    "mlp": MLP,
    "numpy_mlp": NumpyMLP,
    "resnet18": ResNet18,
    "vgg16": VGG16,
}


class MeanImage(StrictModel):
    """The nearest class mean: nothing to choose."""


class LogisticRegression(StrictModel):
    """Multinomial logistic regression: scikit-learn's C, and the most iterations of L-BFGS."""

    inverse_penalty: Float = Field(gt=0, le=1e9)
    iterations: Count


class RandomForest(StrictModel):
    """A random forest."""

    trees: Annotated[Int, Field(ge=1, le=100_000)]


class NearestNeighbours(StrictModel):
    """K nearest neighbours."""

    neighbours: Count


class SupportVectors(StrictModel):
    """A support vector machine with a radial kernel: scikit-learn's C."""

    penalty: Float = Field(gt=0, le=1e9)


class LinearDiscriminant(StrictModel):
    """Linear discriminant analysis: nothing to choose."""


ESTIMATORS: dict[str, type[StrictModel]] = {
    "mean_image": MeanImage,
    "logistic_regression": LogisticRegression,
    "random_forest": RandomForest,
    "knn": NearestNeighbours,
    "svm": SupportVectors,
    "linear_discriminant": LinearDiscriminant,
}


class PrincipalComponents(StrictModel):
    """The leading principal components."""

    components: Count


class SampledComponents(PrincipalComponents):
    """The leading principal components, learned from this many training images at most."""

    images: Annotated[Int, Field(ge=2, le=10_000_000)]


class Scattering(StrictModel):
    """The scattering transform up to order 2: kymatio's J and L, and the precision that its numbers are kept in."""

    scales: Annotated[Int, Field(ge=1, le=6)]
    angles: Annotated[Int, Field(ge=1, le=64)]
    precision: Literal["float32", "float16"]


REPRESENTATIONS: dict[str, type[StrictModel]] = {
    "principal_components": PrincipalComponents,
    "sampled_components": SampledComponents,
    "scattering": Scattering,
}


def checked(registry: Mapping[str, type[StrictModel]], key: str) -> AfterValidator:
    """Hold the hyper-parameters of an entry against the class that the entry's `key` names, and return them as numbers.

    Raises:
        PydanticCustomError: one is unknown, missing, or has a wrong type or value
    """

    def check(hyper: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if (name := info.data.get(key)) is None:  # that key is wrong itself
            return hyper
        try:
            return registry[name].model_validate(hyper).model_dump()
        except ValidationError as error:
            raise _mistake(error, name, list(registry[name].model_fields)) from None

    return AfterValidator(check)


def _mistake(error: ValidationError, name: str, known: list[str]) -> PydanticCustomError:
    first = min(error.errors(), key=lambda mistake: mistake["type"] != "extra_forbidden")
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return statement(f"{key} is {first['input']!r}: {name} has none; allowed: {', '.join(known) or 'nothing'}")
    if first["type"] == "missing":
        return statement(f"{key} is missing: {name} needs it")
    return statement(f"{key} is {first['input']!r}: {first['msg'].replace('Value error, ', '').lower()}")
