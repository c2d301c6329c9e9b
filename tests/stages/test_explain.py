"""The stage of explanations on an untrained network: its outputs agree, and wrong names are refused."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from stages.explain import main
from tests.explain.networks import VGG16_HYPER
from tests.parameters import VALUES
from tests.trainings import noise
from vision.data.dataset import Dataset
from vision.nets import build, save_net
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

SMALL = {"pixels": 16, "iterations": 4, "frame_every": 2, "steps": 2, "sanity_images": 10, "target": "2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    named = {"clothing": (1, 8, list("0123456789")), "colour": (3, 12, ["ant", "cat", *"cdefghij"])}
    for name, (channels, side, names) in named.items():
        split = noise(560, channels, side, side, n_classes=10, seed=channels)[
            500:
        ]  # their indices are not their places
        Dataset({"test": split}, names).save(folder / name / "test.npz")
    torch.manual_seed(0)
    save_net(folder / "net.pt", "vgg16", VGG16_HYPER, build("vgg16", **VGG16_HYPER).state_dict(), {})
    return folder


def explain(folder, **options):
    entry = SimpleNamespace(**VALUES["explanations"] | SMALL | options)
    params = SimpleNamespace(explanations=entry, finetuned={entry.model: SimpleNamespace(net="vgg16")}, seed=0)
    inputs = {"data": folder / "clothing", "colour": folder / "colour", "weights": folder / "net.pt"}
    main(params, **inputs, explanations=folder / "out/e.npz", tables=folder / "out")


def test_arrays_tables_and_scores_agree(folder):
    explain(folder)
    found, scores = load_arrays(folder / "out/e.npz"), read_scores(folder / "out/scores.csv")
    names = ["chelsea", "ood_1", "ood_2", "ood_3", "noise"]
    assert found["pictures"].tolist() == names
    assert (found["frames"].shape, found["responses"].shape) == ((1, 5, 3, 3, 16, 16), (1, 5, 5))
    assert found["responses"][0, 4, -1] == scores["maximisation.filter_1.noise.end"].value
    assert found["gradient"].shape == (8, 3, 8, 8)
    assert found["explained_classes"][:4].tolist() == [2] * 4
    np.testing.assert_array_equal(found["explained_indices"] % 10, found["explained_classes"][4:])
    assert found["features_34"].shape == (2, 1, 1)
    assert (scores["test_images"].value, scores["ood_images"].value) == (60, 6)
    assert (found["picture_indices"][1:4] % 10 == 1).all()  # all cats
    ood, sanity = read_table(folder / "out/ood.csv"), read_table(folder / "out/sanity.csv")
    assert ood.picture.unique().tolist() == names
    energy = ood[(ood.picture == "ood_2") & (ood.score == "energy")].iloc[0]
    assert {"energy", "corner_mean"} <= {name.removeprefix("auroc.") for name in scores if name.startswith("auroc.")}
    assert energy.predicted == int(scores["pictures.ood_2.predicted"].value)
    assert energy.ood_share == pytest.approx(scores["pictures.ood_2.ood_share.energy"].value)
    gradients = sanity[(sanity.method == "gradient") & (sanity.compared_with == "randomised_weights")]
    assert gradients.correlation.mean() == pytest.approx(scores["sanity.gradient.randomised_weights"].value)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("stranger", "dog", "one of ant, cat"),
        ("layer", "features_33", "one of features_0, "),
        ("filters", [0, 512], "below 512"),
    ],
)
def test_unknown_name_is_refused_with_the_allowed_ones(folder, key, value, allowed):
    with pytest.raises(UserError, match=f"explanations.{key} .*{allowed}"):
        explain(folder, **{key: value})
