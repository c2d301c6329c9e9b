"""The whole of params.yaml: names, roles and inputs that fit each other, defaults, and no hidden number."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tests.parameters import MODEL, VALUES, changed, mistake, with_model
from vision.pipeline.params import parse_params
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS
from vision.pipeline.schema.models import Headline

OF_FEATURES = {**MODEL, "inputs": "handwriting_pca"}


@pytest.fixture(scope="module")
def params():
    return parse_params(VALUES)


def sections(kind: Any) -> Iterator[type[BaseModel]]:
    """A section and all that it contains, at any depth."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from sections(field.annotation)
    for part in get_args(kind):
        yield from sections(part)


def test_no_number_that_changes_a_result_has_a_default_in_the_code():
    kinds = {*sections(Params), *NETS.values(), *ESTIMATORS.values(), *REPRESENTATIONS.values()}
    assert len(kinds) > 20
    fields = [(name, field) for kind in kinds for name, field in kind.model_fields.items()]
    optional = {name: field.default for name, field in fields if not field.is_required()}
    assert optional.pop("hyper") == {}
    names = ("horizontal_flip", "norms_lr", "convergence_epoch", "last_epochs", "explanations", "epochs", "batch_size",
             "half_size_epochs")  # fmt: skip
    assert optional == dict.fromkeys(names)


def test_defaults_fill_what_entries_leave_out():
    read = parse_params(changed("defaults.momentum", 0.3, with_model(search={"repeats": 5})))
    for section in ("models", "pretrained"):
        for name, entry in VALUES[section].items():
            expected = {"half_size_epochs": None, **VALUES["defaults"], "momentum": 0.3, **entry}
            expected["search"] = {**VALUES["defaults"]["search"], **entry.get("search", {})}
            assert getattr(read, section)[name].model_dump() == expected
    assert read.models["new"].search.model_dump() == {**VALUES["defaults"]["search"], "repeats": 5}


@pytest.mark.parametrize(
    ("key", "other", "kind"),  # a name that exists, and whose role or net is another one
    [
        *[(f"{section}.{name}.inputs", "fashion", "role handwriting") for section, name in (
            ("models", "softmax"), ("classifiers", "knn"), ("features", "handwriting_pca"), ("embeddings", "convnet"),
            ("layers", "convnet_features"), ("finetuned", "resnet18"),
        )],
        ("finetuned.resnet18.inputs", "handwriting_pca", "role handwriting"),  # features in place of images
        ("backbones.resnet18.pretrained", "colour_vgg16", "net resnet18"),
        ("finetuned.resnet18.backbone", "vgg16", "net resnet18"),
        ("layers.fashion_backbone.weights", "backbone_resnet18", "net vgg16"),
        ("embeddings.relu_mlp.model", "fashion_relu_mlp", "role handwriting and net mlp"),
        ("embeddings.relu_mlp.model", "knn", "role handwriting and net mlp"),  # it is no network
        ("explanations.model", "resnet18", "role fashion and net vgg16"),
        ("replications.softmax.baselines", ["softmax", "vgg16"], "role handwriting"),
        ("compared.fashion", ["fashion_knn", "numpy_linear"], "role fashion"),  # of the study alone
        ("compared.colour", ["colour_resnet18", "colour_vgg16"], "role colour"),  # pretrained
    ],
)  # fmt: skip
def test_name_is_of_an_entry_of_the_same_kind(key, other, kind):
    for value in (other, "nobody") if isinstance(other, str) else (other,):
        wrong = value if isinstance(value, str) else value[-1]
        message = mistake(changed(key, value))
        assert message.startswith(f"{key} is {wrong!r}: should be one of ")
        assert message.endswith(f", of {kind}")


def test_benchmark_has_prepared_datasets_of_the_role():
    for name in ("nobody", "handwriting_pca"):
        message = mistake(changed(f"benchmark.inputs.{name}", {"role": "fashion", "kind": "scattering"}))
        assert message.startswith(f"benchmark.inputs.{name} is {name!r}: should be one of fashion, ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"net": "convnet", "hyper": {"dropout": 0}}, "net is convnet: should be mlp or dense_head for handw"),
        ({"rotation_degrees": 5}, "rotation_degrees is 5.0: should be 0 for handwriting_pca"),
        ({"search": {"rounds": [{"horizontal_flip": [False, True]}]}}, "horizontal_flip is True: should be False for "),
    ],
)
def test_networks_of_images_and_augmentation_are_refused_for_features(changes, words):
    assert mistake(changed("models.new", {**OF_FEATURES, **changes})).startswith(f"models.new.{words}")


def test_portable_numerics_need_float32():
    for key in ("precision", "defaults.precision", "pretrained.colour_vgg16.precision"):
        values = changed(key, "bfloat16")
        assert mistake(values).startswith(f"{key} is bfloat16: should be float32 in portable numerics; ")
        assert parse_params({**values, "numerics": "native"})


def test_study_from_scratch_saves_weights_within_its_epochs():
    message = "from_scratch.checkpoints holds 100: should be at most 60, from_scratch.epochs"
    assert mistake(changed("from_scratch.epochs", 60)) == message


def test_recipe_of_the_convnet_stands_at_the_top_level(params):
    entry = params.network(CONVNET)
    assert {name: getattr(entry, name) for name in Headline.model_fields}.items() <= VALUES.items()
    assert (entry.net, entry.role, entry.inputs) == ("convnet", "handwriting", "handwriting")
    assert (entry.hyper, entry.search.rounds) == ({"dropout": VALUES["dropout"]}, [])
    assert params.network("colour_vgg16") is params.pretrained["colour_vgg16"]


def test_models_of_a_role_come_in_the_order_of_the_file(params):
    sections = (VALUES["classifiers"], VALUES["models"], VALUES["from_scratch"]["models"], VALUES["finetuned"])
    for role in VALUES["datasets"]:
        expected = [name for section in sections for name, entry in section.items() if entry["role"] == role]
        assert params.models_of(role) == expected + [CONVNET] * (role == "handwriting")
    titles = [params.title(name) for name in ("relu_mlp", "fashion_relu_mlp", "colour_no_title")]
    assert titles == [VALUES["titles"]["relu_mlp"]] * 2 + ["No title"]
