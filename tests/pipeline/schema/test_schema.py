"""The whole of params.yaml: names, roles and inputs that fit each other, what the studies need, no hidden number."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tests.parameters import CLASSIFIER, FEATURES, MODEL, VALUES, changed, mistake, with_model
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS
from vision.pipeline.schema.models import Recipe


@pytest.fixture(scope="module")
def params():
    return parse_params(VALUES)


def sections(kind: Any) -> Iterator[type[BaseModel]]:
    """A section and all that stand in it, at any depth."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from sections(field.annotation)
    for part in get_args(kind):
        yield from sections(part)


def test_no_number_that_changes_a_result_has_a_default_in_the_code():
    kinds = {*sections(Params), *NETS.values(), *ESTIMATORS.values(), *REPRESENTATIONS.values()}
    assert len(kinds) > 20
    with_default = {
        (kind.__name__, name)
        for kind in kinds
        for name, field in kind.model_fields.items()
        if not field.is_required()
    }  # fmt: skip
    as_defaults_say = {("FineTuned", "horizontal_flip")}
    assert with_default == {("Model", "hyper"), ("Classifier", "hyper"), ("Features", "hyper")} | as_defaults_say


def test_what_a_models_entry_leaves_out_is_what_the_defaults_say(params):
    for name, entry in VALUES["models"].items():
        read = params.models[name].model_dump()
        left_out = {key: value for key, value in VALUES["defaults"].items() if key not in {*entry, "search"}}
        assert left_out.items() <= read.items()
        assert {**VALUES["defaults"]["search"], **entry.get("search", {})} == read["search"]
        assert read.keys() == {*VALUES["defaults"], *entry}


def test_a_changed_default_reaches_every_entry_that_does_not_say_otherwise():
    read = parse_params(changed("defaults.momentum", 0.3)).models
    for name, entry in VALUES["models"].items():
        assert read[name].momentum == entry.get("momentum", 0.3)
    read = (
        parse_params(changed("defaults.search.contenders", 7, with_model(search={"repeats": 5}))).models["new"].search
    )
    assert (read.contenders, read.repeats) == (7, 5)


@pytest.mark.parametrize(("key", "value"), [("momentum", 1), ("search", 3), ("zzz", 1), ("lr", 0.1)])
def test_a_wrong_default_is_told_once_and_as_a_default(key, value):
    assert f"defaults.{key}" in mistake(changed(f"defaults.{key}", value)).split(";")[0]


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("models.convnet", MODEL),
        ("models.handwriting", MODEL),
        ("models.relu_mlp_maximisation", MODEL),
        ("models.knn", MODEL),
        ("models.handwriting_pca", MODEL),
        ("classifiers.convnet", CLASSIFIER),
        ("classifiers.softmax", CLASSIFIER),
        ("features.fashion", FEATURES),
        ("features.softmax", FEATURES),
    ],
)
def test_a_name_stands_for_one_thing_alone(key, entry):
    name = key.split(".")[1]
    assert mistake(changed(key, entry)).endswith(f".{name}: this name is taken; choose another one")


@pytest.mark.parametrize("name", ["Soft", "a-b", "2x", "", "a b", "a/b", "..", "a.b"])
@pytest.mark.parametrize(("section", "entry"), [("models", MODEL), ("classifiers", CLASSIFIER), ("features", FEATURES)])
def test_a_name_is_what_a_file_and_a_flag_can_be_called(section, entry, name):
    assert repr(name) in mistake({**VALUES, section: {**VALUES[section], name: entry}})


@pytest.mark.parametrize(("section", "entry"), [("models", MODEL), ("classifiers", CLASSIFIER), ("features", FEATURES)])
def test_inputs_name_a_prepared_dataset_of_the_entrys_role(section, entry):
    roles = {"handwriting", "fashion", "colour"}
    for inputs in ("nothing", "softmax", "knn", *(["new"] if section == "features" else [])):
        message = mistake(changed(f"{section}.new", {**entry, "inputs": inputs}))
        assert message.startswith(f"{section}.new.inputs is {inputs!r}: should be one of handwriting, fashion, colour")
        known = message.split("should be one of ")[1].split(", ")
        made = {*VALUES["features"], *VALUES["layers"]}
        assert set(known) == roles | made | ({"new"} if section == "features" else set())
    for role, inputs in (("fashion", "handwriting"), ("handwriting", "colour"), ("colour", "handwriting_pca")):
        message = mistake(changed(f"{section}.new", {**entry, "role": role, "inputs": inputs}))
        of = inputs.removesuffix("_pca")
        assert message == f"{section}.new.role is {role}: its inputs, {inputs}, are of {of}"
    for role, inputs in (("colour", "colour"), ("handwriting", "handwriting_pca")):
        read = parse_params(changed(f"{section}.new", {**entry, "role": role, "inputs": inputs}))
        assert (getattr(read, section)["new"].role, getattr(read, section)["new"].inputs) == (role, inputs)


@pytest.mark.parametrize("key", ["precision", "defaults.precision", "models.relu_mlp.precision"])
def test_portable_numerics_are_of_float32(key):
    values = changed(key, "bfloat16")
    message = mistake(values)
    assert message.endswith("precision is bfloat16: should be float32 in portable numerics; or `-S numerics=native`")
    assert parse_params({**values, "numerics": "native"})


def test_features_are_not_made_from_each_other():
    values = changed("features.first", {**FEATURES, "inputs": "second"})
    mistake(changed("features.second", {**FEATURES, "inputs": "first"}, values))


def test_the_convnets_entry_is_the_top_level_recipe(params):
    entry = params.network(CONVNET)
    assert {name: getattr(entry, name) for name in Recipe.model_fields} == params.recipe.model_dump()
    assert (entry.net, entry.role, entry.inputs) == ("convnet", "handwriting", "handwriting")
    assert (entry.hyper, entry.search.rounds) == ({"dropout": VALUES["dropout"]}, [])


@pytest.mark.parametrize(
    "search", [{"rounds": [{"hidden": [[5]]}]}, {"rounds": [{"lr": [0.1]}], "score_epochs": 1000}], ids=str
)
def test_defaults_that_the_convnet_cannot_take_are_told_before_work_starts(search):
    values = changed("defaults.search", {**VALUES["defaults"]["search"], **search})
    for entry in values["models"].values():
        entry["search"] = {"rounds": [], "score_epochs": 1, **entry.get("search", {})}
    mistake(values)


def test_a_networks_entry_is_found_by_its_name_or_the_names_are_told(params):
    for section in ("models", "pretrained"):
        for name in VALUES[section]:
            assert params.network(name) is getattr(params, section)[name]
    known = ["convnet", *VALUES["models"], *VALUES["pretrained"]]
    for name in ("nobody", "knn"):
        with pytest.raises(UserError, match=f"^unknown model '{name}'; allowed: {', '.join(known)}$"):
            params.network(name)


def test_the_models_of_a_role_come_in_the_order_of_the_file(params):
    def of(role, section):
        return [name for name, entry in VALUES[section].items() if entry["role"] == role]

    def models_of(role):
        sections = VALUES | {"from_scratch": VALUES["from_scratch"]["models"]}
        order = ("classifiers", "models", "from_scratch", "finetuned")
        return [name for key in order for name, entry in sections[key].items() if entry["role"] == role]

    assert params.models_of("handwriting") == [*models_of("handwriting"), CONVNET]
    assert len(of("handwriting", "finetuned")) > 0
    for role in ("fashion", "colour"):
        assert params.models_of(role) == models_of(role)
    more = parse_params(with_model(role="colour", inputs="colour"))
    assert more.models_of("colour") == [*params.models_of("colour"), "new"]
    assert more.models_of("handwriting") == params.models_of("handwriting")


def test_a_title_is_the_given_one_or_the_name():
    read = parse_params(changed("titles", {"relu_mlp": "ReLU"}))
    assert (read.title("relu_mlp"), read.title("mean_image")) == ("ReLU", "mean image")


EPOCHS = VALUES["models"]["softmax"]["epochs"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("models", {}, "models.softmax is missing"),
        ("classifiers", {}, "classifiers.mean_image is missing"),
        ("models.relu_mlp", {**MODEL, "net": "convnet", "hyper": {"dropout": 0}}, "models.relu_mlp.net is 'convnet'"),
        (
            "models.softmax.inputs",
            "handwriting_pca",
            "models.softmax.inputs is 'handwriting_pca'",
        ),
        ("models.relu_mlp.hyper", {"hidden": [], "activation": "relu"}, "models.relu_mlp.hyper.hidden is empty"),
        ("models.relu_mlp.hyper.hidden", [250, 1], "models.relu_mlp.hyper.hidden is [250, 1]: should be 2 or wider"),
        ("models.softmax.search.rounds", [{"lr": [0.1]}], "models.softmax.search.rounds.0 should search weight_decay"),
        ("models.tanh_mlp.search.rounds", [], "rounds.0 should search batch_size, hidden, lr"),
        (
            "models.tanh_mlp.search.rounds",
            [{"lr": [0.1], "batch_size": [8], "hidden": [[5, 5]]}, {"weight_decay": [0.1]}],
            "rounds.0.hidden should hold one width each",
        ),
        ("models.softmax.search.score_epochs", EPOCHS + 1, f"score_epochs is {EPOCHS + 1}: should be at most {EPOCHS}"),
    ],
    ids=str,
)
def test_what_the_studies_draw_must_stay(key, value, words):
    assert words in mistake(changed(key, value))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("models.new", {**MODEL, "inputs": "handwriting_pca", "rotation_degrees": 5}, "rotation_degrees is above 0"),
        ("models.new", {**MODEL, "inputs": "handwriting_pca", "net": "convnet", "hyper": {"dropout": 0}}, "convnet"),
        ("models.new_test", MODEL, "taken"),
        ("features.handwriting_test", FEATURES, "taken"),
        ("representations.images", 50, "tsne.perplexity is 30: should be below 16.7"),
        ("tsne.quality_neighbours", 2500, "tsne.quality_neighbours is 2500: should be below 2500.0"),
        ("maximisation", {"batches": 100_000, "batch_size": 100_000, "steps": 1, "lr": 1}, "should be at most"),
    ],
)
def test_what_cannot_go_together_is_told_before_work_starts(key, value, words):
    assert words in mistake(changed(key, value))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["fashion_knn"], "at least 2"),
        (["fashion_knn", "fashion_knn"], "each value once"),
        (["fashion_knn", "knn"], "compared.fashion.1 is 'knn': should be one of fashion_mean_image, "),
        (["fashion_knn", "nobody"], "compared.fashion.1 is 'nobody': should be one of fashion_mean_image, "),
    ],
)
def test_models_of_one_role_are_compared(names, words):
    assert words in mistake(changed("compared.fashion", names))
