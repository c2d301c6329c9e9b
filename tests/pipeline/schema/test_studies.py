"""Sections of params.yaml that belong to one study: values that have to fit each other."""

import pytest

from tests.parameters import VALUES, changed, mistake
from vision.nets.numpy_mlp import PLAIN
from vision.pipeline.params import parse_params

STUDY = VALUES["from_scratch"]
RUN = STUDY["models"]["numpy_relu"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "maximisation",
            {**VALUES["maximisation"], "batches": 10**6, "batch_size": 1001},
            "maximisation.batches times batch_size is 1,001,000,000: should be at most 1,000,000,000",
        ),
        ("explanations.frame_every", 7, "explanations.frame_every is 7: should divide iterations, 40"),
        ("explanations.model", "resnet18", "explanations.model is 'resnet18': should be one of vgg16"),
        ("from_scratch.epochs", 60, "from_scratch.checkpoints holds 100: should be at most 60, epochs"),
        ("from_scratch.models.new", {**RUN, "trainer": "keras"}, "from_scratch.models.new.trainer is 'keras': "),
        (
            "from_scratch.models.new",
            {**RUN, "role": "colour", "inputs": "colour"},
            "from_scratch.models.new.role is colour: should be fashion",
        ),
        ("from_scratch.others.new", {**RUN, "inputs": "fashion_pca"}, "from_scratch.others.new.inputs is fashion_pca:"),
        ("from_scratch.others.numpy_relu", RUN, "from_scratch.others.numpy_relu stands under models, too"),
    ],
)
def test_values_that_do_not_fit_each_other_are_named(key, value, message):
    assert mistake(changed(key, value)).startswith(message)


def test_runs_from_scratch_are_plain_gradient_descent_at_their_own_rate():
    study = parse_params(VALUES).from_scratch
    assert study.runs.keys() == STUDY["models"].keys() | STUDY["others"].keys()
    for run in study.runs.values():
        recipe = study.recipe(run)
        assert {key: getattr(recipe, key) for key in PLAIN} == PLAIN
        assert (recipe.lr, recipe.batch_size, recipe.epochs) == (run.lr, STUDY["batch_size"], STUDY["epochs"])
