"""The entries of params.yaml that are compared: their names, their searches, and how they are looked up."""

import copy

import pytest

from tests.test_params import VALUES, changed, mistake
from vision.pipeline.errors import UserError
from vision.pipeline.schema import PLAIN, Model, Recipe, parse_params

ENTRY = {"net": "mlp", "hyper": {"hidden": [5], "activation": "tanh"}, "lr": 0.1, "batch_size": 8, "epochs": 2}


def with_model(name, **entry):
    return changed(f"models.{name}", {**ENTRY, **entry})


@pytest.fixture(scope="module")
def params():
    return parse_params(VALUES)


@pytest.mark.parametrize(
    ("section", "key", "meant"),
    [
        ("models.relu_mlp", "lrr", "lr"),
        ("models.relu_mlp", "optimiser", "optimizer"),
        ("models.softmax.search", "round", "rounds"),
        ("baselines.knn", "hyperr", "hyper"),
    ],
)
def test_an_unknown_key_of_an_entry_is_named_with_what_was_meant_and_what_is_allowed(section, key, meant):
    message = mistake(changed(f"{section}.{key}", 1))
    assert f"unknown parameter {section}.{key}; did you mean {meant}?" in message
    assert meant in message.split("allowed here: ")[1].split(", ")


def test_an_unknown_key_that_is_like_no_other_is_told_what_is_allowed():
    message = mistake(changed("models.relu_mlp.learning_rate", 1))
    assert "unknown parameter models.relu_mlp.learning_rate; " in message
    assert message.split("allowed here: ")[1].split(", ") == sorted(Model.model_fields)


@pytest.mark.parametrize("key", ["net", "lr", "epochs", "batch_size"])
def test_what_no_entry_can_do_without_is_told_as_missing(key):
    values = with_model("new")
    del values["models"]["new"][key]
    assert f"models.new.{key} is missing" in mistake(values)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("lr", -1, "greater than 0"),
        ("lr", "abc", "valid number"),
        ("optimizer", "rmsprop", "'adam'"),
        ("batch_size", 2.5, "valid integer"),
        ("warmup_fraction", 1, "less than 1"),
        ("width", 3, "unknown name width; allowed here: activation, batch_size, "),
        ("net", "convnet", "unknown name net; "),
        ("search", {}, "unknown name search; "),
    ],
)
def test_a_bad_value_of_a_grid_is_one_line_with_its_place(key, value, reason):
    message = mistake(with_model("new", search={"rounds": [{"hidden": [[5]]}, {"epochs": [1, 2], key: [value]}]}))
    assert f" models.new.search.rounds.1.{key} holds {value!r}: " in message
    assert reason in message


@pytest.mark.parametrize("values", [[], 3, None], ids=str)
def test_a_grid_needs_a_list_of_values_for_each_name(values):
    assert f" models.new.search.rounds.0.lr is {values!r}: " in mistake(
        with_model("new", search={"rounds": [{"lr": values}]})
    )


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("models.convnet", ENTRY),
        ("baselines.convnet", {"estimator": "knn"}),
        ("baselines.softmax", {"estimator": "knn"}),
        ("models.knn", ENTRY),
    ],
)
def test_a_name_stands_for_one_model_alone(key, entry):
    name = key.split(".")[1]
    assert f".{name} is a name that is taken" in mistake(changed(key, entry))


@pytest.mark.parametrize("name", ["Soft", "a-b", "a.b", "2x", "", "a b", "a/b"])
def test_a_name_is_what_a_file_and_a_flag_can_be_called(name):
    values = copy.deepcopy(VALUES)
    values["models"][name] = ENTRY
    assert repr(name) in mistake(values)


def test_an_entry_changes_in_the_recipe_and_in_its_hyper_parameters():
    model = Model(**ENTRY, search={"rounds": [{"lr": [1]}]})
    other = model.changed({"lr": 0.5, "hidden": [7, 3]})
    assert (other.lr, other.hyper) == (0.5, {"hidden": [7, 3], "activation": "tanh"})
    assert other.model_dump(exclude={"lr", "hyper", "search"}) == model.model_dump(exclude={"lr", "hyper", "search"})
    assert other.search.rounds == []
    assert (model.lr, model.hyper) == (0.1, ENTRY["hyper"])
    with pytest.raises(ValueError, match="unknown name width"):
        model.changed({"width": 3})


def test_a_grids_last_name_varies_fastest():
    a, b, c = [0.1, 0.2], [8, 16, 32], [[1], [2], [3], [4], [5]]
    model = Model(**ENTRY, search={"rounds": [{"epochs": [7]}, {"lr": a, "batch_size": b, "hidden": c}]})
    points = model.grid(1)
    assert len(points) == 2 * 3 * 5
    for i, lr in enumerate(a):
        for j, size in enumerate(b):
            for k, hidden in enumerate(c):  # the index of bug B3.4
                assert points[(i * 3 + j) * 5 + k] == {"lr": lr, "batch_size": size, "hidden": hidden}
    assert model.grid(0) == [{"epochs": 7}]


def test_the_convnets_entry_is_the_top_level_recipe(params):
    entry = params.network("convnet")
    assert {name: getattr(entry, name) for name in Recipe.model_fields} == params.recipe.model_dump()
    assert (entry.net, entry.hyper, entry.search.rounds) == ("convnet", {"dropout": VALUES["dropout"]}, [])


def test_a_networks_entry_is_found_by_its_name_or_the_names_are_told(params):
    for name in VALUES["models"]:
        assert params.network(name) is params.models[name]
    for name in ("nobody", "knn"):
        with pytest.raises(
            UserError, match=f"unknown model '{name}'; allowed: {', '.join(['convnet', *VALUES['models']])}$"
        ):
            params.network(name)


def test_all_models_are_compared_in_the_order_of_the_file(params):
    assert params.compared == [*VALUES["baselines"], *VALUES["models"], "convnet"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("models", {}, "models.softmax is missing"),
        ("baselines", {}, "baselines.mean_image is missing"),
        ("models.relu_mlp.net", "convnet", "models.relu_mlp.net is 'convnet'"),
        ("models.relu_mlp.hyper", {"hidden": [], "activation": "relu"}, "models.relu_mlp.hyper.hidden is empty"),
        ("models.relu_mlp.hyper.hidden", [250, 1], "models.relu_mlp.hyper.hidden is [250, 1]: should be 2 or wider"),
        ("models.softmax.search.rounds", [{"lr": [0.1]}], "models.softmax.search.rounds.0 should search weight_decay"),
        ("models.tanh_mlp.search.rounds", [], "rounds.0 should search batch_size, hidden, lr"),
        (
            "models.tanh_mlp.search.rounds",
            [{"lr": [0.1], "batch_size": [8], "hidden": [[5, 5]]}, {"weight_decay": [0.1]}],
            "rounds.0.hidden should hold one width each",
        ),
        ("models.softmax.search.score_epochs", 31, "models.softmax.search.score_epochs is 31: should be at most 30"),
    ],
)
def test_what_the_studies_draw_must_stay(key, value, words):
    assert words in mistake(changed(key, value))


def test_an_entry_may_say_nothing_but_what_is_needed():
    needed = {"net": "mlp", "lr": "1e-3", "epochs": 1, "batch_size": 2}
    assert Model(**needed).model_dump() == {
        **PLAIN, **needed, "lr": 0.001, "hyper": {},
        "search": {"rounds": [], "contenders": 2, "repeats": 2, "score_epochs": 1},
    }  # fmt: skip
