"""The sections of studies that code imports; `Params` describes the others."""

from typing import Annotated, Literal

from pydantic import Field

from vision.pipeline.schema import types as t
from vision.pipeline.schema.models import Entry, Model, Net, Options, Role

Perplexity = Annotated[t.Float, Field(ge=2)]
Indices = Annotated[list[t.Index], t.Distinct, Field(min_length=1)]
Levels = Annotated[list[t.Index], Field(min_length=2, max_length=2)]
Layers = Annotated[list[t.Name], t.Distinct]

Evaluation = t.section(
    "Evaluation", training_images=t.Count, calibration_bins=t.Several, resamples=Annotated[t.Int, Field(ge=100)]
)
Embedding = t.section(
    "Embedding", Entry, model=t.Name, net=Net, layers=Layers, images=t.Count, perplexity=Perplexity, pca=t.Switch,
    training_images=t.Index,
)  # fmt: skip
Explanations = t.section(
    "Explanations", model=t.Name, layer=t.Name, filters=Indices, iterations=t.Count, frame_every=t.Count, lr=t.Rate,
    pixels=t.Count, noise_levels=Levels, channel=t.Index, stranger=str, stranger_images=t.Count, target=str,
    images=t.Count, sanity_images=t.Several, steps=t.Several, jitter=t.Rate,
)  # fmt: skip


class Benchmark(t.StrictModel):
    """The same classifiers on every representation of the images."""

    components: t.Count
    component_images: t.Several
    trees: t.Count
    neighbours: t.Count
    softmax: t.section("Linear", lr=t.Rate, epochs=t.Count, batch_size=t.Count, weight_decay=t.NotNegative)
    inputs: dict[t.Name, t.section("Input", role=Role, kind=Literal["pixels", "scattering", "backbone", "finetuned"])]

    def linear(self, role: str, inputs: str, defaults: Options) -> Model:
        """The linear classifier as an entry of `models`; what its recipe does not name is as in `defaults`."""
        values = defaults.model_dump() | self.softmax.model_dump() | {"optimizer": "adam", "schedule": "one_cycle"}
        return Model(**values, role=role, inputs=inputs, net="mlp", hyper={"hidden": [], "activation": "tanh"})
