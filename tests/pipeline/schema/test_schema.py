"""The whole of params.yaml: names, roles and inputs that fit each other, what the studies need, no hidden number."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from tests.parameters import CLASSIFIER, FEATURES, MODEL, VALUES, changed, mistake, with_model
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.schema import CONVNET, Defaults, Params
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS
from vision.pipeline.schema.models import Recipe

LAYER, TUNED = VALUES["layers"]["handwriting_backbone"], VALUES["finetuned"]["resnet18"]
ENTRIES = {"models": MODEL, "classifiers": CLASSIFIER, "features": FEATURES, "layers": LAYER, "finetuned": TUNED}
OF_FEATURES = {**MODEL, "inputs": "handwriting_pca"}


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
    fields = [(kind.__name__, name, field) for kind in kinds for name, field in kind.model_fields.items()]
    with_default = {(kind, name) for kind, name, field in fields if not field.is_required()}
    of_hyper = {(kind, "hyper") for kind in ("Model", "Classifier", "Features")}
    assert with_default == of_hyper | {("FineTuned", "horizontal_flip")}


def test_defaults_fill_what_entries_leave_out():
    read = parse_params(changed("defaults.momentum", 0.3, with_model(search={"repeats": 5}))).models
    for name, entry in VALUES["models"].items():
        expected = {**VALUES["defaults"], "momentum": 0.3, **entry}
        expected["search"] = {**VALUES["defaults"]["search"], **entry.get("search", {})}
        assert read[name].model_dump() == expected
    assert read["new"].search.model_dump() == {**VALUES["defaults"]["search"], "repeats": 5}


def test_a_wrong_default_is_reported_as_a_default():
    assert mistake(changed("defaults.momentum", 1)).startswith("defaults.momentum is 1: ")
    with pytest.raises(ValidationError, match="rounds should be empty"):
        Defaults(**VALUES["defaults"] | {"search": {**VALUES["defaults"]["search"], "rounds": [{"lr": [0.1]}]}})


@pytest.mark.parametrize(
    "key",
    [
        "models.convnet", "models.handwriting", "models.relu_mlp_maximisation", "models.knn", "models.new_test",
        "classifiers.softmax", "features.fashion", "layers.handwriting_pca", "finetuned.backbone_resnet18",
        "finetuned.colour_resnet18", "pretrained.relu_mlp", "from_scratch.models.softmax",
    ],
)  # fmt: skip
def test_a_name_stands_for_one_thing_alone(key):
    entries = ENTRIES | {"pretrained": MODEL, "from_scratch": VALUES["from_scratch"]["models"]["numpy_relu"]}
    entry, name = entries[key.split(".")[0]], key.split(".")[-1]
    assert mistake(changed(key, entry)).endswith(f".{name}: this name is taken; choose another one")


@pytest.mark.parametrize("section", ENTRIES)
def test_an_entrys_name_suits_files_and_its_inputs_are_a_dataset_of_its_role(section):
    entry = ENTRIES[section]
    assert "'a-b'" in mistake({**VALUES, section: {**VALUES[section], "a-b": entry}})
    message = mistake(changed(f"{section}.new", {**entry, "inputs": "softmax"}))
    known = [*VALUES["datasets"], *VALUES["features"], *(["new"] if section == "features" else []), *VALUES["layers"]]
    known += ["new"] if section == "layers" else []
    assert message == f"{section}.new.inputs is 'softmax': should be one of {', '.join(known)}"
    message = mistake(changed(f"{section}.new", {**entry, "role": "colour", "inputs": "handwriting_pca"}))
    assert message == f"{section}.new.role is colour: its inputs, handwriting_pca, are of handwriting"
    read = parse_params(changed(f"{section}.new", {**entry, "role": "colour", "inputs": "colour"}))
    assert getattr(read, section)["new"].role == "colour"


def test_inputs_may_be_features_but_features_are_not_made_from_each_other():
    assert parse_params(changed("models.new", OF_FEATURES)).models["new"].inputs == "handwriting_pca"
    chain = changed("features.new", {**FEATURES, "inputs": "handwriting_pca"})
    assert parse_params(chain).features["new"].inputs == "handwriting_pca"
    values = changed("features.first", {**FEATURES, "inputs": "second"})
    message = mistake(changed("features.second", {**FEATURES, "inputs": "first"}, values))
    assert message.startswith("features.first.inputs is 'second': should be one of ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"net": "convnet", "hyper": {"dropout": 0}}, "net is convnet: should be mlp or dense_head for features"),
        ({"rotation_degrees": 5}, "rotation_degrees is above 0: should be 0 for features"),
        ({"horizontal_flip": True}, "horizontal_flip is true: should be false for features"),
        ({"search": {"rounds": [{"horizontal_flip": [False, True]}]}}, "horizontal_flip is true: should be false"),
    ],
)
def test_networks_of_images_and_augmentation_are_refused_for_features(changes, words):
    assert mistake(changed("models.new", {**OF_FEATURES, **changes})).startswith(f"models.new.{words}")


@pytest.mark.parametrize("key", ["precision", "defaults.precision", "models.relu_mlp.precision"])
def test_portable_numerics_need_float32(key):
    values = changed(key, "bfloat16")
    assert "precision is bfloat16: should be float32 in portable numerics" in mistake(values)
    assert parse_params({**values, "numerics": "native"})


def test_the_recipe_of_the_convnet_stands_at_the_top_level(params):
    entry = params.network(CONVNET)
    assert {name: getattr(entry, name) for name in Recipe.model_fields} == params.recipe.model_dump()
    assert (entry.net, entry.role, entry.inputs) == ("convnet", "handwriting", "handwriting")
    assert (entry.hyper, entry.search.rounds) == ({"dropout": VALUES["dropout"]}, [])


def test_network_finds_models_and_pretrained_ones_or_names_them(params):
    assert params.network("softmax") is params.models["softmax"]
    assert params.network("colour_vgg16") is params.pretrained["colour_vgg16"]
    known = ", ".join(["convnet", *VALUES["models"], *VALUES["pretrained"]])
    with pytest.raises(UserError, match=f"^unknown model 'knn'; allowed: {known}$"):
        params.network("knn")


def test_models_of_a_role_come_in_the_order_of_the_file(params):
    found = params.models_of("handwriting")
    assert found[:1] == ["mean_image"]
    assert found[-1] == CONVNET
    order = ["knn", "softmax", "softmax_document", "tanh_mlp", "relu_mlp", "resnet18"]
    assert [name for name in found if name in order] == order
    fashion = params.models_of("fashion")
    assert CONVNET not in fashion
    assert set(VALUES["from_scratch"]["models"]) <= set(fashion)
    assert not set(VALUES["from_scratch"]["others"]) & set(fashion)


def test_a_title_is_the_given_one_or_the_name():
    read = parse_params(changed("titles", {"relu_mlp": "ReLU"}))
    assert (read.title("relu_mlp"), read.title("mean_image")) == ("ReLU", "mean image")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("models", {}, "models.softmax is missing"),
        ("classifiers", {}, "classifiers.mean_image is missing"),
        ("models.relu_mlp", {**MODEL, "net": "convnet", "hyper": {"dropout": 0}}, "models.relu_mlp.net is 'convnet'"),
        ("models.softmax.inputs", "handwriting_pca", "models.softmax.inputs is 'handwriting_pca'"),
        ("models.relu_mlp.hyper.hidden", [], "models.relu_mlp.hyper.hidden is empty"),
        ("models.relu_mlp.hyper.hidden", [250, 1], "models.relu_mlp.hyper.hidden is [250, 1]: should be 2 or wider"),
        ("models.softmax.search.rounds", [{"lr": [0.1]}], "models.softmax.search.rounds.0 should search weight_decay"),
        ("models.tanh_mlp.search.rounds", [], "rounds.0 should search batch_size, hidden, lr"),
        (
            "models.tanh_mlp.search.rounds",
            [{"lr": [0.1], "batch_size": [8], "hidden": [[5, 5]]}, {"weight_decay": [0.1]}],
            "rounds.0.hidden should hold one width each",
        ),
        (
            "models.softmax.search.rounds",
            [{"weight_decay": [1, 0.1]}, {"hidden": [[5]]}],
            "models.softmax.search.rounds.1 searches hidden",
        ),
        ("representations.images", 50, "tsne.perplexity is 30: should be below 16.7"),
        ("representations.images", 90, "tsne.perplexity is 30: should be below 30.0"),
        ("tsne.quality_neighbours", 2500, "tsne.quality_neighbours is 2500: should be below 2500.0"),
        ("compared.fashion", ["fashion_knn"], "at least 2"),
        ("compared.fashion", ["fashion_knn", "knn"], "compared.fashion.1 is 'knn': should be one of fashion_mean_im"),
    ],
    ids=str,
)
def test_what_the_studies_need_must_stay(key, value, words):
    assert words in mistake(changed(key, value))
