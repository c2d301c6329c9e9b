"""Entries of replications and the sweep: what all of them share, and every mistake one line with its place."""

import pytest

from tests.parameters import VALUES, changed, mistake
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.schema.replications import Replication

ENTRIES = VALUES["replications"]


def entry(**changes):
    return changed("replications.new", {**ENTRIES["tanh_mlp_document"], **changes})


@pytest.mark.parametrize("name", ENTRIES)
def test_every_replication_is_at_a_constant_rate_with_decay_on_all_parameters(name):
    recipe = parse_params(VALUES).replications[name].recipe
    assert (recipe.schedule, recipe.decay_all, recipe.momentum, recipe.precision) == ("constant", True, 0, "float32")
    for key in ("optimizer", "lr", "batch_size", "epochs", "weight_decay"):
        assert getattr(recipe, key) == ENTRIES[name][key]
    assert not recipe.horizontal_flip
    assert recipe.rotation_degrees == recipe.crop_padding_pixels == 0  # the images are moved before


def test_no_default_reaches_a_replication():
    values = changed("defaults", {**VALUES["defaults"], "momentum": 0.3, "weight_decay": 0.7, "schedule": "one_cycle"})
    assert parse_params(values).replications == parse_params(VALUES).replications


@pytest.mark.parametrize("key", Replication.model_fields)
def test_an_entry_leaves_nothing_out(key):
    incomplete = {name: value for name, value in ENTRIES["softmax"].items() if name != key}
    assert mistake(changed("replications.new", incomplete)).startswith(f"replications.new.{key} is missing")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("document", 3, "document is 3: input should be '000'"),
        ("document", "005", "document is '005'"),
        ("beside", [], "beside is []"),
        ("beside", ["softmax", "softmax"], "hold each value once"),
        ("beside", ["nobody"], "beside holds 'nobody': should be one of mean_image, "),
        ("beside", ["fashion_softmax"], "beside holds 'fashion_softmax': should be one of "),
        ("net", "convnet", "net is 'convnet': input should be 'mlp'"),
        ("hyper", {"hidden": [0], "activation": "tanh"}, "hyper.hidden.0 is 0"),
        ("initialisation", "he", "initialisation is 'he': input should be 'torch' or 'xavier_hidden'"),
        ("valid_one_in", 1, "greater than or equal to 2"),
        ("optimizer", "rmsprop", "'adam'"),
        ("lr", 0, "greater than 0"),
        ("weight_decay", -1, "greater than or equal to 0"),
        ("keep", "first", "'best' or 'last'"),
        ("seeds", [0], "at least 2 items"),
        ("seeds", [1, 1], "hold each value once"),
        ("schedule", "one_cycle", "unknown parameter replications.new.schedule"),
    ],
    ids=str,
)
def test_a_wrong_value_is_one_line_with_its_place(key, value, words):
    message = mistake(entry(**{key: value}))
    assert "replications.new." in message
    assert words in message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "replication",
            "nobody",
            "replicated_sweep.replication is 'nobody': should be one of relu_mlp, softmax_document, softmax, "
            "tanh_mlp_document",
        ),
        (
            "last_epochs",
            26,
            "replicated_sweep.settled_epoch and last_epochs make 31 epochs: should be at most 30, the epochs of "
            "softmax_document",
        ),
        ("last_epochs", 1, "replicated_sweep.last_epochs is 1: input should be greater than or equal to 2"),
        ("weight_decay", [1, 1], "replicated_sweep.weight_decay is [1, 1]: input should hold each value once"),
    ],
    ids=str,
)
def test_a_sweep_that_cannot_be_is_one_line(key, value, message):
    assert mistake(changed(f"replicated_sweep.{key}", value)) == message


def test_a_sweep_is_of_the_role_that_its_stage_reads():
    values = changed("replications.softmax_document.role", "fashion")
    values = changed("replications.softmax_document.beside", ["fashion_softmax"], values)
    assert mistake(values).startswith("replicated_sweep.replication is 'softmax_document': should be one of relu_mlp, ")


def test_a_replication_is_found_by_its_name_or_the_names_are_told():
    params = parse_params(VALUES)
    assert params.replication("softmax") is params.replications["softmax"]
    with pytest.raises(UserError, match=f"^unknown replication 'knn'; allowed: {', '.join(ENTRIES)}$"):
        params.replication("knn")
