"""The section of the network from scratch: plain descent for all, and every mistake one line with its place."""

import pytest

from tests.parameters import VALUES, changed, mistake
from vision.nets.numpy_mlp import PLAIN
from vision.pipeline.params import parse_params

STUDY = VALUES["from_scratch"]
RUN = STUDY["models"]["numpy_relu"]


@pytest.mark.parametrize("name", [*STUDY["models"], *STUDY["others"]])
def test_every_run_is_plain_descent_at_its_rate(name):
    study = parse_params(VALUES).from_scratch
    recipe = study.recipe(study.runs[name])
    assert {key: getattr(recipe, key) for key in PLAIN} == PLAIN
    assert (recipe.lr, recipe.batch_size, recipe.epochs) == (study.runs[name].lr, STUDY["batch_size"], STUDY["epochs"])


def test_what_is_compared_are_models_of_their_role_and_the_others_are_not():
    names = parse_params(VALUES).models_of("fashion")
    assert set(STUDY["models"]) <= set(names)
    assert not set(STUDY["others"]) & set(names)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("hidden", [0], "from_scratch.hidden.0 is 0"),
        ("hidden", [16384] * 4, "from_scratch.hidden is [16384, 16384, 16384, 16384]: input should make at most"),
        ("epochs", 60, "from_scratch.checkpoints holds 100: should be at most 60, epochs"),
        ("checkpoints", [], "from_scratch.checkpoints is []"),
        ("checkpoints", [50, 50], "hold each value once"),
        ("models.new", {**RUN, "trainer": "keras"}, "trainer is 'keras': input should be 'numpy', 'sklearn' or"),
        ("models.new", {**RUN, "activation": "gelu"}, "activation is 'gelu'"),
        ("models.new", {**RUN, "lr": 0}, "lr is 0: input should be greater than 0"),
        ("models.new", {**RUN, "net": "mlp"}, "net is 'mlp': input should be 'numpy_mlp'"),
        ("models.new", {**RUN, "role": "colour", "inputs": "colour"}, "models.new.role is colour: should be fashion"),
        ("models.new", {**RUN, "inputs": "fashion_pca"}, "models.new.inputs is fashion_pca: should be fashion"),
        ("models.new", {**RUN, "inputs": "nobody"}, "from_scratch.new.inputs is 'nobody': should be one of"),
        ("others.numpy_relu", RUN, "from_scratch.others.numpy_relu stands under models, too"),
        ("models.softmax", RUN, "from_scratch.softmax: this name is taken"),
        ("momentum", 0.9, "unknown parameter from_scratch.momentum"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line(key, value, words):
    assert words in mistake(changed(f"from_scratch.{key}", value))
