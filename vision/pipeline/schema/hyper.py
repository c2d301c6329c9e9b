"""The hyper-parameters of every network, classifier and representation: their names, types and ranges.

A key is a module of vision/nets, vision/classifiers or vision/features; its value has the name of the class there.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from vision.pipeline.schema.types import Count, Fraction, Index, Rate, StrictModel, Switch, section

NETS = {
    "convnet": section("ConvNet", dropout=Fraction),
    "dense_head": section("DenseHead", dense_units=Count),
    "mlp": section("MLP", hidden=list[Count], activation=Literal["tanh", "relu"]),
    "numpy_mlp": section("NumpyMLP", hidden=list[Count], activation=Literal["linear", "relu", "sigmoid", "tanh"]),
    "resnet18": section("ResNet18", head=Literal["linear", "concat_pool"]),
    "vgg16": section("VGG16", norms=Switch, head=Literal["linear", "dense"], dense_units=Index),
}
OF_FEATURES = ("mlp", "dense_head")  # networks whose inputs may be features in place of images
BACKBONES = ("resnet18", "vgg16")  # networks from which others are fine-tuned

ESTIMATORS = {
    "mean_image": section("MeanImage"),
    "logistic_regression": section("LogisticRegression", inverse_penalty=Rate, iterations=Count),
    "random_forest": section("RandomForest", trees=Count),
    "knn": section("NearestNeighbours", neighbours=Count),
    "svm": section("SupportVectors", penalty=Rate),
    "linear_discriminant": section("LinearDiscriminant"),
}

REPRESENTATIONS = {
    "principal_components": section("PrincipalComponents", components=Count),
    "sampled_components": section("SampledComponents", components=Count, images=Count),
    "scattering": section("Scattering", scales=Count, angles=Count, precision=Literal["float32", "float16"]),
}


def hyper_of(registry: Mapping[str, type[StrictModel]], key: str) -> Any:
    """The type of an entry's `hyper`: a dict, validated by the section of `registry` that the entry's `key` names."""

    def validate(hyper: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        kind = registry.get(info.data.get(key))  # None where `key` is wrong itself
        return kind.model_validate(hyper).model_dump() if kind else hyper

    return Annotated[dict[str, Any], AfterValidator(validate), Field(default={}, validate_default=True)]
