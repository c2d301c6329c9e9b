"""Entries of replications and the sweep: what all of them share, and which models they may name."""

import pytest

from tests.parameters import VALUES, changed, mistake
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params

ENTRIES = VALUES["replications"]


def test_replications_train_at_a_constant_rate_with_decay_on_all_parameters_whatever_the_defaults():
    values = changed("defaults", {**VALUES["defaults"], "momentum": 0.3, "weight_decay": 0.7, "schedule": "one_cycle"})
    for name, entry in parse_params(values).replications.items():
        recipe = entry.recipe
        found = (recipe.schedule, recipe.decay_all, recipe.momentum, recipe.precision)
        assert found == ("constant", True, 0, "float32")
        for key in ("optimizer", "lr", "batch_size", "epochs", "weight_decay"):
            assert getattr(recipe, key) == ENTRIES[name][key]
        assert not recipe.horizontal_flip
        assert recipe.rotation_degrees == recipe.crop_padding_pixels == 0  # the images are moved before


def test_models_beside_a_replication_are_of_its_role():
    message = mistake(changed("replications.softmax.beside", ["fashion_softmax"]))
    assert message.startswith("replications.softmax.beside holds 'fashion_softmax': should be one of mean_image, ")


def test_the_sweep_repeats_a_replication_on_handwriting_within_its_epochs():
    values = changed("replications.softmax_document.role", "fashion")
    values = changed("replications.softmax_document.beside", ["fashion_softmax"], values)
    assert mistake(values).startswith("replicated_sweep.replication is 'softmax_document': should be one of relu_mlp, ")
    message = "settled_epoch and last_epochs make 31 epochs: should be at most 30, the epochs of softmax_document"
    assert mistake(changed("replicated_sweep.last_epochs", 26)) == f"replicated_sweep.{message}"
    assert parse_params(changed("replicated_sweep.last_epochs", 25))


def test_an_unknown_replication_is_told_the_known_ones():
    params = parse_params(VALUES)
    assert params.replication("softmax") is params.replications["softmax"]
    with pytest.raises(UserError, match=f"^unknown replication 'knn'; allowed: {', '.join(ENTRIES)}$"):
        params.replication("knn")
