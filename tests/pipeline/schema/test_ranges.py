"""Ranges of the values in params.yaml: the last one that is accepted, and one beyond."""

import pytest
from pydantic import ValidationError

from tests.parameters import VALUES
from vision.pipeline.schema.explanations import Explanations
from vision.pipeline.schema.models import FromScratch
from vision.pipeline.schema.models import Recipe, Search
from vision.pipeline.schema.models import ReplicatedSweep, Replication
from vision.pipeline.schema.studies import Evaluation, Maximisation, Neighbours, Split, Subsets, Tsne
from vision.pipeline.schema.transfer import Activations, FineTuned, Spaces

OF = {
    Recipe: {name: VALUES[name] for name in Recipe.model_fields},
    Search: VALUES["defaults"]["search"],
    FineTuned: VALUES["finetuned"]["vgg16"],
    FromScratch: VALUES["from_scratch"],
    ReplicatedSweep: VALUES["replicated_sweep"],
    Replication: VALUES["replications"]["softmax"],
}


@pytest.mark.parametrize(
    ("section", "key", "accepted", "refused"),
    [
        (Recipe, "momentum", 0, 1), (Recipe, "weight_decay", 0, -1), (Recipe, "scale_fraction", 0, 1),
        (Recipe, "warmup_fraction", 0.5, 0), (Recipe, "warmup_fraction", 0.5, 1), (Recipe, "shift_pixels", 0, -1),
        (Recipe, "rotation_degrees", 180, 181), (Recipe, "crop_padding_pixels", 0, 1.5),
        (Recipe, "optimizer", "adam", "rmsprop"), (Recipe, "schedule", "one_cycle", "cosine"),
        (Search, "finalists", 2, 1), (Search, "repeats", 2, 1),
        (Split, "valid_one_in", 2, 1), (Evaluation, "resamples", 100, 99), (Evaluation, "calibration_bins", 2, 1),
        (Subsets, "fractions", [0.1, 0.5, 1], [0.5, 1]), (Subsets, "fractions", [0.1, 0.5, 1], [0, 0.5, 1]),
        (Tsne, "perplexity", 2, 1),
        (Tsne, "iterations", 251, 250),  # scikit-learn reports no divergence after so few
        (Neighbours, "queries", [0], []), (Neighbours, "queries", [1, 0], [0, 0]), (Maximisation, "steps", 1, 0),
        (FineTuned, "batch_size", 2, 1),  # batch norm needs two
        (FineTuned, "warmup_fraction", 0.5, 0), (FineTuned, "warmup_fraction", 0.5, 1),
        (Spaces, "perplexity", 2, 1), (Activations, "channels", 64, 65),
        (Replication, "valid_one_in", 2, 1), (Replication, "weight_decay", 0, -1),
        (Replication, "beside", ["a"], []), (Replication, "beside", ["a", "b"], ["a", "a"]),
        (Replication, "hyper", {"hidden": [1], "activation": "relu"}, {"hidden": [0], "activation": "relu"}),
        (ReplicatedSweep, "last_epochs", 2, 1), (ReplicatedSweep, "weight_decay", [1, 0], [1, 1]),
        (Explanations, "iterations", 10, 7),  # frames every 5
        (Explanations, "iterations", 60, 65),  # at most 12 frames
        (Explanations, "noise_levels", [8, 9], [9, 9]), (Explanations, "filters", [0, 511], [512]),
        (FromScratch, "hidden", [1], [0]), (FromScratch, "hidden", [16384] * 2, [16384] * 3),
        (FromScratch, "checkpoints", [100], [101]), (FromScratch, "checkpoints", [1, 2], [2, 2]),
    ],
)  # fmt: skip
def test_a_section_accepts_the_bound_and_refuses_what_lies_beyond(section, key, accepted, refused):
    values = OF[section] if section in OF else VALUES[section.__name__.lower()]
    assert getattr(section(**values | {key: accepted}), key) == accepted
    with pytest.raises(ValidationError):
        section(**values | {key: refused})
