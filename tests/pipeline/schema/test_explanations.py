"""The section about what a network sees: a mistake is one line."""

import pytest

from tests.parameters import VALUES, changed, mistake
from vision.pipeline.params import parse_params


def test_the_projects_own_section_is_of_the_documents_settings():
    found = parse_params(VALUES).explanations
    assert (found.filters, found.iterations, found.frame_every, found.lr) == ([1], 40, 5, 0.1)
    assert (found.layer, found.channel, found.noise_levels) == ("features_34", 5, [150, 180])
    assert (found.target, found.stranger) == ("Pullover", "cat")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("frame_every", 7, "explanations.frame_every is 7: should divide iterations, 40"),
        ("frame_every", 1, "explanations.frame_every is 1: should give at most 12 frames of 40"),
        ("noise_levels", [9, 8], "explanations.noise_levels is [9, 8]: should be two grey levels, the lower one first"),
        ("noise_levels", [9, 9], "explanations.noise_levels is [9, 9]: should be two grey levels, the lower one first"),
        ("model", "resnet18", "explanations.model is 'resnet18': should be one of vgg16"),
        ("model", "nobody", "explanations.model is 'nobody': should be one of vgg16"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(key, value, message):
    assert mistake(changed(f"explanations.{key}", value)) == message


def test_where_there_is_no_such_network_that_is_told():
    others = {name: entry for name, entry in VALUES["finetuned"].items() if name != "vgg16"}
    values = changed("finetuned", others, changed("layers", {
        name: entry for name, entry in VALUES["layers"].items() if entry["weights"] != "vgg16"
    }))  # fmt: skip
    assert mistake(values) == "explanations.model is 'vgg16': should be one of none, there is no vgg16 of role fashion"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("layer", "Features 34"), ("filters", []), ("filters", [1, 1]), ("filters", [512]), ("filters", [-1]),
        ("iterations", 0), ("frame_every", 0), ("lr", 0), ("pixels", 7), ("pixels", 10**9), ("channel", 64),
        ("stranger", ""), ("stranger_images", 0), ("stranger_images", 8), ("target", 2), ("images", 0), ("images", 9),
        ("noise_levels", [1]), ("noise_levels", [0, 257]), ("sanity_images", 9), ("steps", 1), ("jitter", 0),
        ("jitter", 1.1),
    ],
)  # fmt: skip
def test_names_and_ranges_are_held(key, value):
    message = mistake(changed(f"explanations.{key}", value))
    assert message.startswith(f"explanations.{key}")


@pytest.mark.parametrize("key", VALUES["explanations"])
def test_nothing_may_be_left_out(key):
    left = {name: value for name, value in VALUES["explanations"].items() if name != key}
    assert mistake(changed("explanations", left)).startswith(f"explanations.{key}")
