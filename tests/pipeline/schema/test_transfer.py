"""Sections about transfer learning: backbones, fine-tuning, layers, spaces and the panel name what there is."""

import pytest

from tests.parameters import MODEL, VALUES, changed, mistake, with_norms
from vision.pipeline.params import parse_params
from vision.pipeline.schema.models import Options, Recipe
from vision.pipeline.schema.transfer import FineTuned

TUNED, LAYER = VALUES["finetuned"]["resnet18"], VALUES["layers"]["handwriting_backbone"]
SPACE, PANEL = VALUES["spaces"]["of"]["handwriting_backbone"], VALUES["panel"]
WEIGHTS = [*(f"backbone_{name}" for name in VALUES["backbones"]), *VALUES["finetuned"]]


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("backbones.resnet18.pretrained", "colour_vgg16", "should be one of colour_resnet18"),
        ("finetuned.resnet18.backbone", "backbone_resnet18", "should be one of resnet18"),
        ("finetuned.resnet18.backbone", "vgg16", "should be one of resnet18"),
        ("finetuned.resnet18.frozen.lr", [0.1, 0.2], "should be one rate: the head alone learns"),
        ("finetuned.resnet18.unfrozen.lr", [0.1, 0.2], "should be three rates: of early layers, late ones, the head"),
        ("finetuned.resnet18.inputs", "handwriting_pca", "should be handwriting, for its images"),
        ("layers.handwriting_backbone.weights", "vgg16", f"should be one of {', '.join(WEIGHTS)}"),
        ("layers.handwriting_backbone.inputs", "handwriting_pca", "should be handwriting, for its images"),
        ("spaces.of.handwriting_backbone.model", "colour_resnet18", "should be one of "),
        ("spaces.of.handwriting_backbone.model", "knn", "should be one of "),  # its decisions are not kept
    ],
)
def test_a_name_of_another_kind_is_refused(key, value, allowed):
    assert mistake(changed(key, value)).startswith(f"{key} is {value!r}: {allowed}")


@pytest.mark.parametrize("norms", [True, False])
def test_a_fine_tuned_network_has_norms_where_its_backbone_has(norms):
    assert parse_params(with_norms(norms, norms)).finetuned["vgg16"].hyper["norms"] is norms
    message = f"finetuned.vgg16.hyper.norms is {norms}: should be {not norms}, as of colour_vgg16".lower()
    assert mistake(with_norms(norms, not norms)) == message


@pytest.mark.parametrize("name", ["nobody", "handwriting", "fashion_pca"])
def test_a_space_is_of_features_of_its_role(name):
    made = {**VALUES["features"], **VALUES["layers"]}
    known = [key for key, entry in made.items() if entry["role"] == "handwriting"]
    message = f"spaces.of.{name}: no features of role handwriting have this name; allowed: {', '.join(known)}"
    assert mistake(changed(f"spaces.of.{name}", SPACE)) == message


def test_a_space_has_more_images_than_three_times_the_perplexity():
    values, key = changed("spaces.perplexity", 15), "spaces.of.colour_components.images"
    message = "spaces.perplexity is 15: should be below 15.0, spaces.of.colour_components.images divided by 3"
    assert mistake(changed(key, 45, values)) == message
    assert parse_params(changed(key, 46, values))


def test_a_row_of_the_panel_is_a_prepared_dataset_of_its_role():
    for name in ("nobody", "fashion"):
        message = mistake(changed(f"panel.inputs.{name}", {"role": "colour", "kind": "pixels"}))
        known = "allowed: colour, colour_scattering, "
        assert message.startswith(f"panel.inputs.{name}: nothing of role colour has this name; {known}")


def test_the_panel_has_one_row_of_each_role_and_kind():
    message = mistake(changed("panel.inputs.handwriting_pca", {"role": "handwriting", "kind": "scattering"}))
    assert (
        message == "panel.inputs.handwriting_pca is the second of role handwriting and kind scattering: one is wanted"
    )
    rows = {"fashion": {"role": "fashion", "kind": "pixels"}, "colour": {"role": "colour", "kind": "pixels"}}
    assert list(parse_params(changed("panel.inputs", rows)).panel.inputs) == ["fashion", "colour"]


@pytest.mark.parametrize("phase", ["frozen", "whole"])
def test_a_phase_takes_what_its_entry_leaves_out_from_the_defaults(phase):
    values = {"momentum": 0.5, "weight_decay": 0.3, "warmup_fraction": 0.4, "optimizer": "sgd"}
    params = parse_params(changed("defaults", {**VALUES["defaults"], **values}))
    entry = params.finetuned["resnet18"]
    recipe = entry.recipe(getattr(entry, phase), params.defaults)
    assert type(recipe) is Recipe
    expected = {name: getattr(params.defaults, name) for name in Options.model_fields}
    expected |= {name: TUNED[name] for name in ("batch_size", "weight_decay", "warmup_fraction")}
    expected |= {"optimizer": "adam", "schedule": "one_cycle", "decay_all": True}
    assert recipe.model_dump() == expected | {"lr": max(TUNED[phase]["lr"]), "epochs": TUNED[phase]["epochs"]}


@pytest.mark.parametrize("own", [True, False, None])
def test_a_fine_tuned_network_flips_images_as_its_entry_says_or_else_as_the_defaults(own):
    entry, options = FineTuned(**TUNED | {"horizontal_flip": own}), dict(VALUES["defaults"])
    del options["search"]
    for default in (True, False):
        defaults = Options(**options | {"horizontal_flip": default, "shift_pixels": 2})
        whole, frozen = entry.recipe(entry.unfrozen, defaults), entry.recipe(entry.frozen, defaults)
        assert whole.horizontal_flip is (default if own is None else own)
        assert whole.shift_pixels == 2
        assert frozen.horizontal_flip is False  # what a frozen backbone gives is no image
        assert frozen.shift_pixels == 0


def test_the_linear_classifier_of_the_panel_takes_the_rest_from_the_defaults():
    params = parse_params(VALUES)
    model = params.panel.linear("colour", "colour_scattering", params.defaults)
    assert (model.role, model.inputs, model.net, model.hyper["hidden"]) == ("colour", "colour_scattering", "mlp", [])
    assert (model.optimizer, model.schedule, model.decay_all) == ("adam", "one_cycle", params.defaults.decay_all)
    assert PANEL["softmax"].items() <= model.model_dump().items()


def test_fine_tuned_networks_come_after_the_others_of_their_role():
    params = parse_params(changed("finetuned.new", {**TUNED, "role": "fashion", "inputs": "fashion"}))
    assert params.models_of("fashion")[-1] == "new"
    assert "new" not in params.models_of("handwriting")


def test_pretrained_networks_are_checked_as_models_and_compared_with_nothing():
    params = parse_params(VALUES)
    assert params.pretrained["colour_vgg16"].momentum == VALUES["defaults"]["momentum"]
    assert "colour_vgg16" not in params.models_of("colour")
    of_features = {"inputs": "handwriting_pca", "net": "resnet18", "hyper": {"head": "linear"}}
    message = "pretrained.new.net is resnet18: should be mlp or dense_head for features, as its inputs are"
    assert mistake(changed("pretrained.new", {**MODEL, **of_features})) == message
