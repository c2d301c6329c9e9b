"""Entries of models, classifiers and features: their searches, their grids, what a point changes."""

import pytest

from tests.parameters import CLASSIFIER, FEATURES, MODEL, changed, mistake, with_model
from tests.trainings import entry
from vision.pipeline.params import parse_params

HYPER = {"hidden": [6], "activation": "relu"}  # of tests.trainings.entry


def rounds(*grids, **search):
    return with_model(search={"rounds": list(grids), **search})


@pytest.mark.parametrize(
    ("section", "entry", "key"),
    [
        *[("models", MODEL, key) for key in ("role", "inputs", "net", "lr", "epochs", "batch_size")],
        *[("classifiers", CLASSIFIER, key) for key in ("role", "inputs", "estimator")],
        *[("features", FEATURES, key) for key in ("role", "inputs", "representation")],
    ],
)
def test_what_no_entry_can_do_without_is_told_as_missing(section, entry, key):
    incomplete = {name: value for name, value in entry.items() if name != key}
    assert mistake(changed(f"{section}.new", incomplete)).startswith(f"{section}.new.{key} is missing")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("lr", -1, "greater than 0"),
        ("lr", "abc", "valid number"),
        ("lr", 1e308, "less than or equal to 1000"),
        ("optimizer", "rmsprop", "'adam'"),
        ("batch_size", 2.5, "valid integer"),
        ("batch_size", 10**30, "less than or equal to 1000000"),
        ("warmup_fraction", 1, "less than 1"),
        ("hidden", 25, "hidden is 25: input should be a valid list"),
        ("hidden", [10**12], "hidden.0 is 1000000000000: input should be less than or equal to 16384"),
        ("hidden", "line\nbreak", "valid list"),
        ("activation", "gelu", "'tanh' or 'relu'"),
        ("width", 3, "unknown name width; allowed here: activation, batch_size, "),
        ("dropout", 0.5, "unknown name dropout; "),
        ("net", "convnet", "unknown name net; "),
        ("role", "fashion", "unknown name role; "),
        ("hyper", {"hidden": [5]}, "unknown name hyper; "),
        ("search", {}, "unknown name search; "),
    ],
    ids=str,
)
def test_a_bad_value_of_a_grid_is_one_line_with_its_place(key, value, reason):
    message = mistake(rounds({"hidden": [[5]]}, {"epochs": [1, 2], key: [value]}))
    assert message.startswith(f"models.new.search.rounds.1.{key} holds {value!r}: ")
    assert reason in message


def test_widths_that_are_not_nested_are_told_where_they_stand():
    message = mistake(rounds({"hidden": [25, 50]}))
    assert message == "models.new.search.rounds.0.hidden holds 25: hidden is 25: input should be a valid list"


@pytest.mark.parametrize("values", [[], 3, None, [0.1, 0.1]], ids=str)
def test_a_grid_needs_a_list_of_different_values_for_each_name(values):
    assert mistake(rounds({"lr": values})).startswith(f"models.new.search.rounds.0.lr is {values!r}: ")


@pytest.mark.parametrize(
    ("grid", "points"),
    [
        ({"batch_size": list(range(1, 10_002))}, "10,001"),
        ({"batch_size": list(range(1, 102)), "epochs": list(range(1, 101))}, "10,100"),
    ],
    ids=["one name", "two names"],
)
def test_a_grid_of_too_many_points_is_told_how_many(grid, points):
    expected = f"models.new.search.rounds.1 has {points} points: should be at most 10,000"
    assert mistake(rounds({"lr": [0.1]}, grid)) == expected


def test_too_many_rounds_are_the_users_error():
    message = mistake(rounds(*[{"lr": [0.1]}] * 101))
    assert message.startswith("models.new.search.rounds is [")
    assert "at most 100 items" in message


def test_no_more_epochs_are_scored_than_there_are():
    expected = "models.new.search.score_epochs is 3: should be at most 2, epochs"
    assert mistake(rounds({"lr": [0.1]}, score_epochs=3)) == expected
    assert parse_params(rounds({"lr": [0.1]}, score_epochs=2)).models["new"].search.score_epochs == 2
    assert parse_params(rounds(score_epochs=3)).models["new"].search.rounds == []  # nothing is scored


def test_an_entry_changes_in_the_recipe_and_in_its_hyper_parameters():
    model = entry({"lr": [1]})
    other = model.changed({"lr": 0.5, "hidden": [7, 3]})
    assert (other.lr, other.hyper) == (0.5, {"hidden": [7, 3], "activation": "relu"})
    assert other.model_dump(exclude={"lr", "hyper", "search"}) == model.model_dump(exclude={"lr", "hyper", "search"})
    assert other.search == model.search.model_copy(update={"rounds": []})
    assert (model.lr, model.hyper) == (0.1, HYPER)
    with pytest.raises(ValueError, match=r"^unknown name width; allowed here: activation, batch_size, "):
        model.changed({"width": 3})


def test_a_value_is_found_in_the_recipe_or_in_the_hyper_parameters():
    model = entry()
    assert [model.value(name) for name in ("lr", "optimizer", "hidden")] == [0.1, "sgd", [6]]


def test_a_grids_last_name_varies_fastest():
    a, b, c = [0.1, 0.2], [8, 16, 32], [[1], [2], [3], [4], [5]]
    model = entry({"epochs": [7]}, {"lr": a, "batch_size": b, "hidden": c})
    points = model.grid(1)
    assert len(points) == 2 * 3 * 5
    for i, lr in enumerate(a):
        for j, size in enumerate(b):
            for k, hidden in enumerate(c):  # the index of bug B3.4
                assert points[(i * 3 + j) * 5 + k] == {"lr": lr, "batch_size": size, "hidden": hidden}
    assert model.grid(0) == [{"epochs": 7}]
