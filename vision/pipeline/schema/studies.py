"""The sections of params.yaml that belong to no single model: data, evaluation, and the studies of one network."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vision.pipeline.schema.types import Count, Distinct, Float, Int, Name, Rate, Seeds, StrictModel, statement

MOST_IMAGES = 1_000_000_000  # of noise: some hours
Models = Annotated[list[Name], Distinct, Field(min_length=2)]
Source = Literal["mnist", "fashion_mnist", "cifar10", "digits"]


class Datasets(StrictModel):
    """Which published dataset plays which role."""

    handwriting: Source
    fashion: Source
    colour: Source


class Compared(StrictModel):
    """The names of the models of each role that are put side by side."""

    handwriting: Models
    fashion: Models
    colour: Models


class Split(StrictModel):
    """How the published training images are divided."""

    valid_one_in: Int = Field(ge=2, le=1_000_000)


class Subsets(StrictModel):
    """The training-set-size study."""

    fractions: Annotated[list[Annotated[Float, Field(gt=0, le=1)]], Distinct] = Field(min_length=3, max_length=1000)
    seeds: Seeds


class Evaluation(StrictModel):
    """How predictions are scored."""

    calibration_bins: Int = Field(ge=2, le=10_000)
    resamples: Int = Field(ge=100, le=100_000)


class Tsne(StrictModel):
    """t-SNE and the measures of its quality."""

    perplexity: Float = Field(ge=2, le=1_000_000)
    pca_components: Int = Field(ge=2, le=100_000)
    iterations: Int = Field(gt=250, le=100_000)
    quality_neighbours: Int = Field(ge=1, le=10_000)


class Neighbours(StrictModel):
    """The nearest-neighbour study."""

    queries: Annotated[list[Annotated[Int, Field(ge=0, le=2**31)]], Distinct] = Field(min_length=1, max_length=100)
    count: Int = Field(ge=1, le=100)


class Kernels(StrictModel):
    """The study of first-layer kernels."""

    images: Int = Field(ge=2, le=10_000_000)


class Representations(StrictModel):
    """The two-dimensional embeddings of a network's layers."""

    images: Int = Field(ge=10, le=10_000_000)


class Maximisation(StrictModel):
    """The search for inputs that maximise the outputs of a network: at random, and by gradient ascent."""

    batches: Count
    batch_size: Int = Field(ge=1, le=100_000)
    steps: Int = Field(ge=1, le=100_000)
    lr: Rate

    @model_validator(mode="after")
    def _check_images(self) -> "Maximisation":
        if (images := self.batches * self.batch_size) > MOST_IMAGES:
            raise statement(f"batches times batch_size is {images:,}: should be at most {MOST_IMAGES:,}")
        return self
