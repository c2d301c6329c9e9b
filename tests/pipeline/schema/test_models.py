"""Entries of trained networks: searches and their grids, and the recipes of fine-tuning, replications and studies."""

import pytest

from tests.parameters import VALUES, changed, mistake, with_model
from tests.trainings import entry
from vision.pipeline.params import parse_params
from vision.pipeline.schema.models import NO_AUGMENTATION, FineTuned, Options, Recipe

DEFAULTS = {name: value for name, value in VALUES["defaults"].items() if name != "search"}


def rounds(*grids, **search):
    return with_model(search={"rounds": list(grids), **search})


def test_wrong_name_or_value_in_a_grid_is_named_with_its_round():
    wrong = [("lr", -1, "lr is -1: should be greater than 0"), ("hidden", 25, "hyper.hidden is 25: should be a valid")]
    for key, value, reason in wrong:  # widths that are not nested
        message = mistake(rounds({"hidden": [[5]]}, {"epochs": [1, 2], key: [value]}))
        assert message.startswith(f"models.new.search.rounds.1.{key}: {reason}")
    for name, nearest in (("hiden", "hidden"), ("epoch", "epochs")):
        message = mistake(rounds({"lr": [0.1]}, {name: [3]}))
        assert message.startswith(f"unknown parameter models.new.search.rounds.1.{name}; did you mean {nearest}? ")


def test_search_scores_no_more_epochs_than_are_trained():
    message = "models.new.search.score_epochs is 3: should be at most 2, the epochs of a run"
    assert mistake(rounds({"epochs": [3, 2]}, score_epochs=3)) == message
    assert parse_params(rounds({"lr": [0.1]}, score_epochs=2)).models["new"].search.score_epochs == 2
    assert parse_params(rounds(score_epochs=3)).models["new"].search.rounds == []  # nothing is scored


def test_with_overrides_replaces_values_of_the_recipe_and_of_the_hyper_parameters():
    model = entry({"lr": [1]})
    other = model.with_overrides({"lr": 0.5, "hidden": [7, 3]})
    assert (other.lr, other.hyper) == (0.5, {"hidden": [7, 3], "activation": "relu"})
    assert other.model_dump(exclude={"lr", "hyper", "search"}) == model.model_dump(exclude={"lr", "hyper", "search"})
    assert other.search == model.search.model_copy(update={"rounds": []})
    assert (model.lr, model.hyper) == (0.1, {"hidden": [6], "activation": "relu"})
    assert [other.value(name) for name in ("lr", "optimizer", "hidden")] == [0.5, "sgd", [7, 3]]
    with pytest.raises(ValueError, match="unknown parameter width"):
        model.with_overrides({"width": 3})


def test_grid_is_the_product_with_the_last_name_varying_fastest():
    rates, sizes, hidden = [0.1, 0.2], [8, 16, 32], [[1], [2], [3], [4], [5]]
    model = entry({"epochs": [7]}, {"lr": rates, "batch_size": sizes, "hidden": hidden})
    points = model.grid(1)
    assert len(points) == 2 * 3 * 5
    for i, lr in enumerate(rates):
        for j, size in enumerate(sizes):
            for k, widths in enumerate(hidden):  # the index of bug B3.4
                assert points[(i * 3 + j) * 5 + k] == {"lr": lr, "batch_size": size, "hidden": widths}
    assert model.grid(0) == [{"epochs": 7}]


@pytest.mark.parametrize("phase", ["frozen", "unfrozen"])
def test_phase_takes_what_its_entry_leaves_out_from_the_defaults(phase):
    defaults = Options(**DEFAULTS | {"momentum": 0.5, "weight_decay": 0.3, "shift_pixels": 2})
    values, entry_keys = VALUES["finetuned"]["resnet18"], ("batch_size", "weight_decay", "warmup_fraction")
    for flip in (True, False, None):
        tuned = FineTuned(**values | {"horizontal_flip": flip})
        recipe = tuned.recipe(getattr(tuned, phase), defaults)
        expected = defaults.model_dump() | {name: values[name] for name in entry_keys}
        expected |= {"optimizer": "adam", "schedule": "one_cycle", "decay_all": True}
        expected |= NO_AUGMENTATION if phase == "frozen" else {"horizontal_flip": bool(flip)}
        assert recipe == Recipe(**expected, lr=max(values[phase]["lr"]), epochs=values[phase]["epochs"])


def test_some_epoch_sees_the_images_as_they_are_and_the_network_takes_any_size():
    for key, value, allowed in (
        ("models.colour_resnet18.half_size_epochs", 12, "should be below 12"),
        ("finetuned.vgg16.unfrozen.half_size_epochs", 4, "should be below 4"),
        ("models.fashion_convnet.half_size_epochs", 2, "should be left out for convnet"),
    ):
        assert mistake(changed(key, value)).startswith(f"{key} is {value}: {allowed}")


def test_replication_of_several_lambdas_has_epochs_to_summarise():
    key, entry = "replications.softmax_lambdas", VALUES["replications"]["softmax_lambdas"]
    for change in ({"convergence_epoch": 21}, {"last_epochs": None}, {"epochs": 14}):
        assert mistake(changed(key, entry | change)).startswith(f"{key}.convergence_epoch and last_epochs: should be")
    assert parse_params(changed(key, entry | {"epochs": 15})).replications["softmax_lambdas"].epochs == 15
