"""The sections about features that others learned: a mistake is one line, and recipes are made of what is said."""

import pytest

from tests.parameters import CLASSIFIER, FEATURES, MODEL, VALUES, changed, mistake, with_norms
from vision.pipeline.params import parse_params
from vision.pipeline.schema.models import Options, Recipe

HUGE = 10**30
RESNET = {"net": "resnet18", "hyper": {"head": "linear"}}
TUNED = VALUES["finetuned"]["resnet18"]
LAYER = VALUES["layers"]["handwriting_trunk"]
WEIGHTS = [*(f"trunk_{name}" for name in VALUES["trunks"]), *VALUES["finetuned"]]


def prepared(role):
    """The names of prepared datasets of a role, in the order in which messages tell them."""
    made = {**VALUES["features"], **VALUES["layers"]}
    return [role, *(name for name, entry in made.items() if entry["role"] == role)]


def without(section, *names):
    return {name: entry for name, entry in VALUES[section].items() if name not in names}


def told(choices):
    return f"should be one of {', '.join(choices)}"


def refused(key, value, message):
    assert mistake(changed(key, value)) == message


@pytest.mark.parametrize("rates", [[0.001, 0.003], [0.1, 0.1, 0.1]], ids=str)
def test_the_frozen_phase_has_one_rate(rates):
    message = f"finetuned.resnet18.frozen.lr is {rates}: should be one rate: the head alone learns"
    refused("finetuned.resnet18.frozen.lr", rates, message)


@pytest.mark.parametrize("rates", [[0.001], [0.1, 0.2]], ids=str)
def test_the_whole_phase_has_three_rates(rates):
    message = f"finetuned.resnet18.whole.lr is {rates}: should be three rates: of early layers, late ones, the head"
    refused("finetuned.resnet18.whole.lr", rates, message)


@pytest.mark.parametrize("name", ["nobody", "softmax", "convnet", "resnet18", "knn"])
def test_a_trunk_takes_the_weights_of_a_model_of_its_kind(name):
    of_its_kind = [key for key, model in VALUES["models"].items() if model["net"] == "resnet18"]
    assert of_its_kind
    refused("trunks.resnet18.pretrained", name, f"trunks.resnet18.pretrained is '{name}': {told(of_its_kind)}")


def test_where_there_is_no_model_of_its_kind_that_is_told():
    others = {name: model for name, model in VALUES["models"].items() if model["net"] != "resnet18"}
    pretrained = VALUES["trunks"]["resnet18"]["pretrained"]
    message = f"trunks.resnet18.pretrained is '{pretrained}': should be one of none, there is none"
    refused("models", others, message)


@pytest.mark.parametrize("name", ["nobody", "trunk_resnet18", "colour_resnet18", "softmax"])
def test_what_is_fine_tuned_has_a_trunk(name):
    refused("finetuned.resnet18.trunk", name, f"finetuned.resnet18.trunk is '{name}': {told(['resnet18'])}")


@pytest.mark.parametrize("name", ["nobody", "trunk_nobody", "colour_resnet18", "convnet"])
def test_a_layer_is_one_of_a_trunk_or_of_what_was_fine_tuned(name):
    refused("layers.handwriting_trunk.weights", name, f"layers.handwriting_trunk.weights is '{name}': {told(WEIGHTS)}")


@pytest.mark.parametrize("norms", [True, False])
def test_a_vgg16_may_have_norms_or_not(norms):
    params = parse_params(with_norms(norms, norms))
    hypers = [entry.hyper["norms"] for entry in (params.pretrained["colour_vgg16"], params.finetuned["vgg16"])]
    assert hypers == [norms, norms]


@pytest.mark.parametrize("norms", [True, False])
def test_what_is_fine_tuned_has_norms_where_its_trunk_has(norms):
    found, wanted = str(norms).lower(), str(not norms).lower()
    message = f"finetuned.vgg16.hyper.norms is {found}: should be {wanted}, as of colour_vgg16"
    assert mistake(with_norms(norms, not norms)) == message


@pytest.mark.parametrize(
    ("key", "value", "choices"),
    [
        ("trunks.vgg16.pretrained", "colour_resnet18", ["colour_vgg16"]),
        ("trunks.resnet18.pretrained", "colour_vgg16", ["colour_resnet18"]),
        ("finetuned.vgg16.trunk", "resnet18", ["vgg16"]),
        ("finetuned.resnet18.trunk", "vgg16", ["resnet18"]),
    ],
)
def test_of_two_kinds_of_network_each_has_its_own(key, value, choices):
    assert mistake(changed(key, value)) == f"{key} is {value!r}: {told(choices)}"


@pytest.mark.parametrize("value", [1, "yes", 0.5])
def test_mirroring_is_yes_or_no(value):
    assert mistake(changed("finetuned.vgg16.horizontal_flip", value)).startswith("finetuned.vgg16.horizontal_flip is ")


@pytest.mark.parametrize("role", ["handwriting", "colour"])
@pytest.mark.parametrize("name", ["nobody", "the role", "of another role"])
def test_a_space_is_of_features_of_its_role(role, name):
    name = {"the role": role, "of another role": "fashion_pca"}.get(name, name)
    model = VALUES["spaces"]["of"][f"{role}_trunk"]["model"]
    entry, allowed = {"role": role, "model": model, "images": 1000}, ", ".join(prepared(role)[1:])
    message = f"spaces.of.{name}: no features of role {role} have this name; allowed: {allowed}"
    refused(f"spaces.of.{name}", entry, message)


@pytest.mark.parametrize(
    ("role", "name"), [("handwriting", "nobody"), ("handwriting", "colour_resnet18"), ("colour", "resnet18")]
)
def test_a_space_has_the_decisions_of_a_model_of_its_role(role, name):
    params = parse_params(VALUES)
    compared = [model for model in params.models_of(role) if model not in params.classifiers]
    key = f"spaces.of.{role}_trunk.model"
    refused(key, name, f"{key} is '{name}': {told(compared)}")


@pytest.mark.parametrize(("images", "limit"), [(45, "15.0"), (44, "14.7"), (10, "3.3")])
def test_a_space_has_more_images_than_its_perplexity_needs(images, limit):
    values = changed("spaces.perplexity", 15)
    key = "spaces.of.colour_components.images"
    message = f"spaces.perplexity is 15: should be below {limit}, spaces.of.colour_components.images divided by 3"
    assert mistake(changed(key, images, values)) == message
    assert parse_params(changed(key, 46, values))


@pytest.mark.parametrize("role", ["handwriting", "colour"])
@pytest.mark.parametrize("name", ["nobody", "fashion_pca", "fashion"])
def test_a_row_of_the_panel_is_a_prepared_dataset_of_its_role(role, name):
    message = f"panel.inputs.{name}: nothing of role {role} has this name; allowed: {', '.join(prepared(role))}"
    refused(f"panel.inputs.{name}", {"role": role, "kind": "pixels"}, message)


def test_the_panel_has_one_row_of_each_role_and_kind():
    message = "panel.inputs.handwriting_pca is the second of role handwriting and kind scattering: one is wanted"
    refused("panel.inputs.handwriting_pca", {"role": "handwriting", "kind": "scattering"}, message)
    rows = {"fashion": {"role": "fashion", "kind": "pixels"}, "colour": {"role": "colour", "kind": "pixels"}}
    assert list(parse_params(changed("panel.inputs", rows)).panel.inputs) == ["fashion", "colour"]


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("layers.handwriting_pca", LAYER),
        ("layers.colour", LAYER),
        ("layers.handwriting_test", LAYER),
        ("layers.convnet", LAYER),
        ("models.handwriting_trunk", MODEL),
        ("classifiers.handwriting_trunk", CLASSIFIER),
        ("finetuned.handwriting_trunk", TUNED),
        ("finetuned.colour_resnet18", TUNED),
        ("finetuned.knn", TUNED),
        ("finetuned.convnet", TUNED),
        ("finetuned.new_test", TUNED),
        ("pretrained.handwriting_trunk", MODEL),
        ("pretrained.relu_mlp", MODEL),
        ("models.panel", MODEL),
        ("finetuned.comparison_colour", TUNED),
    ],
)
def test_a_name_of_a_layer_or_of_a_fine_tuned_network_stands_for_one_thing_alone(key, entry):
    refused(key, entry, f"{key}: this name is taken; choose another one")


@pytest.mark.parametrize(("key", "entry"), [("features.handwriting_trunk", FEATURES), ("models.resnet18", MODEL)])
def test_a_name_that_is_taken_is_told_where_it_stands_last(key, entry):
    name = key.split(".")[1]
    assert mistake(changed(key, entry)).endswith(f".{name}: this name is taken; choose another one")


@pytest.mark.parametrize(("section", "entry"), [("layers", LAYER), ("finetuned", TUNED)])
def test_what_others_learned_has_inputs_of_its_role(section, entry):
    everything = [
        *VALUES["datasets"],
        *VALUES["features"],
        *VALUES["layers"],
        *(["new"] if section == "layers" else []),
    ]
    for inputs in ("nothing", "softmax", "resnet18", *(["new"] if section == "layers" else [])):
        refused(
            f"{section}.new", {**entry, "inputs": inputs}, f"{section}.new.inputs is '{inputs}': {told(everything)}"
        )
    for role, inputs, of in (("colour", "handwriting", "handwriting"), ("handwriting", "colour_trunk", "colour")):
        message = f"{section}.new.role is {role}: its inputs, {inputs}, are of {of}"
        refused(f"{section}.new", {**entry, "role": role, "inputs": inputs}, message)
    assert parse_params(changed(f"{section}.new", {**entry, "role": "fashion", "inputs": "fashion"}))


def test_layers_are_not_made_of_each_other():
    message = mistake(
        changed("layers.second", {**LAYER, "inputs": "first"}, changed("layers.first", {**LAYER, "inputs": "second"}))
    )
    assert message.startswith("layers.first.inputs is 'second': should be one of handwriting, fashion, colour, ")


@pytest.mark.parametrize("inputs", ["handwriting_trunk", "handwriting_logits", "handwriting_scattering"])
def test_what_is_for_images_alone_is_not_asked_of_layers(inputs):
    entry = {**MODEL, "inputs": inputs}
    assert parse_params(changed("models.new", entry)).models["new"].inputs == inputs
    for net in (RESNET, {"net": "convnet", "hyper": {"dropout": 0}}):
        message = f"models.new.net is {net['net']}: should be mlp or dense_head for features, as its inputs are"
        refused("models.new", {**entry, **net}, message)
    message = "models.new.horizontal_flip is true: should be false for features, as its inputs are"
    refused("models.new", {**entry, "horizontal_flip": True}, message)
    refused("models.new", {**entry, "search": {"rounds": [{"horizontal_flip": [False, True]}]}}, message)
    message = "models.new.shift_pixels is above 0: should be 0 for features, as its inputs are"
    refused("models.new", {**entry, "shift_pixels": 1}, message)


@pytest.mark.parametrize("value", [1, 0, "yes", "true", None, 0.5, []], ids=repr)
@pytest.mark.parametrize(
    "key",
    [
        "finetuned.resnet18.norms_learn", "decay_all", "horizontal_flip", "defaults.decay_all",
        "defaults.horizontal_flip", "models.relu_mlp.decay_all", "models.colour_resnet18.horizontal_flip",
    ],
)  # fmt: skip
def test_what_is_true_or_false_is_no_number_and_no_word(key, value):
    refused(key, value, f"{key} is {value!r}: input should be a valid boolean")


@pytest.mark.parametrize("truth", [True, False])
def test_whether_norms_learn_is_true_or_false(truth):
    assert parse_params(changed("finetuned.resnet18.norms_learn", truth)).finetuned["resnet18"].norms_learn is truth


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("finetuned.resnet18.frozen.lr", ["1e-03"]),
        ("finetuned.resnet18.whole.lr", ["1e-06", "1e-05", 0.0001]),
        ("finetuned.resnet18.weight_decay", "1e-05"),
        ("finetuned.resnet18.warmup_fraction", "0.25"),
        ("spaces.perplexity", "2e1"),
        ("panel.softmax.lr", "1e-05"),
        ("panel.softmax.weight_decay", "1e-05"),
    ],
)
def test_a_number_that_yaml_reads_as_text_is_a_number(key, value):
    read = parse_params(changed(key, value)).model_dump()
    for name in key.split("."):
        read = read[name]
    assert read == ([float(item) for item in value] if isinstance(value, list) else float(value))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trunks.resnet18.net", "mlp"),
        ("trunks.resnet18.weights", "mnist"),
        ("trunks.resnet18.pretrained", 3),
        ("finetuned.resnet18.net", "convnet"),
        ("finetuned.resnet18.hyper", 3),
        ("finetuned.resnet18.hyper.head", "fastai"),
        ("finetuned.resnet18.batch_size", 0),
        ("finetuned.resnet18.batch_size", "64"),
        ("finetuned.resnet18.batch_size", HUGE),
        ("finetuned.resnet18.weight_decay", -0.1),
        ("finetuned.resnet18.weight_decay", HUGE),
        ("finetuned.resnet18.warmup_fraction", 0),
        ("finetuned.resnet18.warmup_fraction", 1),
        ("finetuned.resnet18.frozen", None),
        ("finetuned.resnet18.frozen.epochs", 0),
        ("finetuned.resnet18.whole.epochs", HUGE),
        ("finetuned.resnet18.frozen.lr", 0.1),
        ("finetuned.resnet18.frozen.lr", []),
        ("finetuned.resnet18.whole.lr", [0.1, 0.1, 0.1, 0.1]),
        ("layers.handwriting_trunk.layer", "Layer4"),
        ("layers.handwriting_trunk.net", "mlp"),
        ("spaces.perplexity", 1),
        ("spaces.perplexity", True),
        ("spaces.training_images", 9),
        ("spaces.training_images", HUGE),
        ("spaces.of", None),
        ("spaces.of.handwriting_trunk.images", 9),
        ("spaces.of.handwriting_trunk.images", 100.5),
        ("spaces.of.handwriting_trunk.role", "speech"),
        ("activations.image", -1),
        ("activations.image", HUGE),
        ("activations.channels", 0),
        ("activations.channels", 65),
        ("panel.components", 0),
        ("panel.component_images", 9),
        ("panel.trees", 0),
        ("panel.trees", HUGE),
        ("panel.neighbours", True),
        ("panel.softmax.lr", 0),
        ("panel.softmax.epochs", 1.5),
        ("panel.inputs", {}),
        ("panel.inputs.handwriting.kind", "words"),
    ],
    ids=str,
)
def test_a_bad_value_is_one_line_with_the_key_and_the_value(key, value):
    assert mistake(changed(key, value)).startswith(f"{key} is {value!r}: ")


@pytest.mark.parametrize(("phase", "number"), [("frozen", 0), ("whole", 2)])
@pytest.mark.parametrize("rate", [0, -1, 1e308, "fast", None, True], ids=str)
def test_a_bad_rate_is_named_by_its_place(phase, number, rate):
    rates = [*TUNED[phase]["lr"][:number], rate]
    assert mistake(changed(f"finetuned.resnet18.{phase}.lr", rates)).startswith(
        f"finetuned.resnet18.{phase}.lr.{number} is {rate!r}: "
    )


@pytest.mark.parametrize("phase", ["frozen", "whole"])
def test_a_phases_recipe_is_the_entrys_and_the_rest_that_of_the_defaults(phase):
    defaults = {
        "momentum": 0.5,
        "weight_decay": 0.3,
        "warmup_fraction": 0.4,
        "precision": "float32",
        "optimizer": "sgd",
    }
    values = changed("defaults", {**VALUES["defaults"], **defaults})
    params = parse_params(values)
    entry = params.finetuned["resnet18"]
    recipe = entry.recipe(getattr(entry, phase), params.defaults)
    assert type(recipe) is Recipe
    expected = {name: getattr(params.defaults, name) for name in Options.model_fields}
    expected |= {name: TUNED[name] for name in ("batch_size", "weight_decay", "warmup_fraction")}
    expected |= {"optimizer": "adam", "schedule": "one_cycle", "decay_all": True}
    assert recipe.model_dump() == expected | {"lr": max(TUNED[phase]["lr"]), "epochs": TUNED[phase]["epochs"]}


def test_fine_tuned_networks_come_after_the_others_of_their_role():
    params = parse_params(changed("finetuned.new", {**TUNED, "role": "fashion", "inputs": "fashion"}))
    assert params.models_of("fashion")[-1] == "new"
    assert params.models_of("colour") == parse_params(VALUES).models_of("colour")


@pytest.mark.parametrize("section", ["layers", "finetuned"])
def test_what_a_trunk_sees_are_images(section):
    name = next(iter(VALUES[section]))
    key = f"{section}.{name}.inputs"
    refused(key, "handwriting_pca", f"{key} is 'handwriting_pca': should be handwriting, for its images")


def test_the_trunks_file_is_no_other_networks():
    entry = VALUES["finetuned"]["resnet18"]
    told = mistake(changed("finetuned.trunk_resnet18", entry))
    assert told == "finetuned.trunk_resnet18: this name is taken; choose another one"


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("own", [True, False, None])
def test_images_are_mirrored_as_the_entry_says_or_else_as_defaults_do_but_no_maps_of_a_frozen_trunk(own, default):
    values = changed("defaults.horizontal_flip", default, changed("finetuned.vgg16.horizontal_flip", own))
    for name in ("scattering_linear", "colour_scattering_linear", "vgg16_frozen"):
        values["models"][name]["horizontal_flip"] = False
    params = parse_params(values)
    entry = params.finetuned["vgg16"]
    assert entry.recipe(entry.frozen, params.defaults).horizontal_flip is False
    assert entry.recipe(entry.whole, params.defaults).horizontal_flip is (default if own is None else own)


def test_what_is_pretrained_is_a_network_as_models_are_and_compared_with_nothing():
    params = parse_params(VALUES)
    entry = params.pretrained["colour_vgg16"]
    assert entry.momentum == VALUES["defaults"]["momentum"]
    assert params.network("colour_vgg16") == entry
    assert "colour_vgg16" not in params.models_of("colour")
    refused("pretrained.colour_vgg16.lr", -1, "pretrained.colour_vgg16.lr is -1: input should be greater than 0")
    message = "pretrained.new.net is resnet18: should be mlp or dense_head for features, as its inputs are"
    of_features = {"role": "handwriting", "inputs": "handwriting_pca", "net": "resnet18", "hyper": {"head": "linear"}}
    refused("pretrained.new", MODEL | of_features, message)
