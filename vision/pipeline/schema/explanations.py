"""The section of params.yaml about what a convolutional network sees: explanations, and pictures that are strangers."""

from typing import Annotated

from pydantic import Field, model_validator

from vision.pipeline.schema.transfer import FineTuned
from vision.pipeline.schema.types import Distinct, Float, Int, Name, Rate, StrictModel, statement

NET, ROLE = "vgg16", "fashion"  # what the stage is about
Filter = Annotated[Int, Field(ge=0, le=511)]  # VGG16's widest layers have 512
Grey = Annotated[Int, Field(ge=0, le=256)]
ClassName = Annotated[str, Field(min_length=1, max_length=100)]


class Explanations(StrictModel):
    """How a trained network is looked into (rows F15 to F17).

    Attributes:
        model: a key of `finetuned`
        layer, filters: a convolution, by its tap, and the channels of it that are maximised
        iterations, frame_every, lr: of gradient ascent, and after how many a frame is kept
        pixels: the side of the pictures that it changes
        noise_levels: of grey, from the first up to below the second: what the picture of noise is made of
        channel: of every layer, which is drawn
        stranger, stranger_images: a class of `colour` that the network never saw, and how many pictures of it are drawn
        target: the class whose logit is explained on these
        images: test images of the network's own kind that are drawn beside them
        sanity_images: test images on which explanations of two networks are compared, at most
        steps: of integrated gradients
        jitter: by what share pixels differ, as a standard deviation, in the comparison with the network itself
    """

    model: Name
    layer: Name
    filters: Annotated[list[Filter], Distinct, Field(min_length=1, max_length=4)]
    iterations: Annotated[Int, Field(ge=1, le=10_000)]
    frame_every: Annotated[Int, Field(ge=1, le=10_000)]
    lr: Rate
    pixels: Annotated[Int, Field(ge=8, le=512)]
    noise_levels: Annotated[list[Grey], Field(min_length=2, max_length=2)]
    channel: Annotated[Int, Field(ge=0, le=63)]  # its first layers have 64
    stranger: ClassName
    stranger_images: Annotated[Int, Field(ge=1, le=7)]
    target: ClassName
    images: Annotated[Int, Field(ge=1, le=8)]
    sanity_images: Annotated[Int, Field(ge=10, le=100_000)]
    steps: Annotated[Int, Field(ge=2, le=10_000)]
    jitter: Annotated[Float, Field(gt=0, le=1)]

    @model_validator(mode="after")
    def _check_frames(self) -> "Explanations":
        if self.iterations % self.frame_every:
            raise statement(f"frame_every is {self.frame_every}: should divide iterations, {self.iterations}")
        if self.iterations > 12 * self.frame_every:
            raise statement(f"frame_every is {self.frame_every}: should give at most 12 frames of {self.iterations}")
        if self.noise_levels[0] >= self.noise_levels[1]:
            raise statement(f"noise_levels is {self.noise_levels}: should be two grey levels, the lower one first")
        return self


def check_explanations(explanations: Explanations, finetuned: dict[str, FineTuned]) -> None:
    """Hold that the network which is looked into is there and of its kind."""
    fitting = [name for name, tuned in finetuned.items() if (tuned.net, tuned.role) == (NET, ROLE)]
    if explanations.model not in fitting:
        known = ", ".join(fitting) or f"none, there is no {NET} of role {ROLE}"
        raise statement(f"explanations.model is {explanations.model!r}: should be one of {known}")
