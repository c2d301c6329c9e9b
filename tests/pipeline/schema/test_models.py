"""Entries of models: their searches, the grids of these, and what a point of a grid changes."""

import pytest

from tests.parameters import mistake, with_model
from tests.trainings import entry
from vision.pipeline.params import parse_params
from vision.pipeline.schema.models import MOST_POINTS


def rounds(*grids, **search):
    return with_model(search={"rounds": list(grids), **search})


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("lr", -1, "greater than 0"),
        ("batch_size", 2.5, "valid integer"),
        ("hidden", 25, "hidden is 25: input should be a valid list"),  # widths that are not nested
        ("hidden", [10**12], "hidden.0 is 1000000000000"),
        ("width", 3, "unknown name width; allowed here: activation, batch_size, "),
        ("net", "convnet", "unknown name net; "),
    ],
)
def test_a_bad_value_in_a_grid_is_named_with_its_place(key, value, reason):
    message = mistake(rounds({"hidden": [[5]]}, {"epochs": [1, 2], key: [value]}))
    assert message.startswith(f"models.new.search.rounds.1.{key} holds {value!r}: ")
    assert reason in message


@pytest.mark.parametrize("values", [[], 3, [0.1, 0.1]], ids=str)
def test_a_grid_has_a_list_of_different_values_for_each_name(values):
    assert mistake(rounds({"lr": values})).startswith(f"models.new.search.rounds.0.lr is {values!r}: ")


def test_a_grid_has_a_limited_number_of_points():
    sizes = list(range(1, 102))
    message = mistake(rounds({"lr": [0.1]}, {"batch_size": sizes, "epochs": sizes[:100]}))
    assert message == f"models.new.search.rounds.1 has 10,100 points: should be at most {MOST_POINTS:,}"
    assert entry({"batch_size": sizes[:100], "epochs": sizes[:100]}).search.rounds


def test_the_search_scores_no_more_epochs_than_are_trained():
    message = mistake(rounds({"lr": [0.1]}, score_epochs=3))
    assert message == "models.new.search.score_epochs is 3: should be at most 2, epochs"
    assert parse_params(rounds({"lr": [0.1]}, score_epochs=2)).models["new"].search.score_epochs == 2
    assert parse_params(rounds(score_epochs=3)).models["new"].search.rounds == []  # nothing is scored
    assert mistake(rounds({"epochs": [2, 1]}, score_epochs=2)).endswith("should be at least 2, search.score_epochs")


def test_changed_replaces_values_of_the_recipe_and_of_the_hyper_parameters():
    model = entry({"lr": [1]})
    other = model.changed({"lr": 0.5, "hidden": [7, 3]})
    assert (other.lr, other.hyper) == (0.5, {"hidden": [7, 3], "activation": "relu"})
    assert other.model_dump(exclude={"lr", "hyper", "search"}) == model.model_dump(exclude={"lr", "hyper", "search"})
    assert other.search == model.search.model_copy(update={"rounds": []})
    assert (model.lr, model.hyper) == (0.1, {"hidden": [6], "activation": "relu"})
    assert [other.value(name) for name in ("lr", "optimizer", "hidden")] == [0.5, "sgd", [7, 3]]


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
