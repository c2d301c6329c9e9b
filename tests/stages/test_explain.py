"""The stage of explanations on a fresh network: what it writes fits together, and a wrong name is named."""

import numpy as np
import pytest

from stages.explain import main
from tests.explain.networks import vgg16, vgg16_hyper
from tests.parameters import VALUES, changed
from vision.data.dataset import Dataset, Samples
from vision.nets import save_net
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_metrics, read_table

SMALL = {"pixels": 16, "iterations": 4, "frame_every": 2, "steps": 2, "sanity_images": 10, "target": "2"}
PLACES = {"explanations": "e.npz", "metrics": "explanations.json", "strangers": "s.csv", "sanity": "c.csv"}


def dataset(path, channels, side, names):
    values = np.random.default_rng(channels).integers(0, 256, (60, channels, side, side), np.uint8)
    Dataset({"test": Samples(values, np.arange(60) % 10, 500 + np.arange(60))}, names).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    dataset(folder / "own.npz", 1, 8, [str(number) for number in range(10)])
    dataset(folder / "others.npz", 3, 12, ["ant", "cat", *"cdefghij"])
    save_net(folder / "net.pt", "vgg16", vgg16_hyper(), vgg16().state_dict(), {})
    return folder


def parameters(**options):
    return parse_params(changed("explanations", VALUES["explanations"] | SMALL | options))


def explain(folder, name, **options):
    place = folder / name
    inputs = {"test": folder / "own.npz", "colour": folder / "others.npz", "weights": folder / "net.pt"}
    main(parameters(**options), **inputs, **{key: place / file for key, file in PLACES.items()})
    return place


def test_explanations_metrics_and_tables_fit_together(folder):
    first = explain(folder, "first")
    found, about = load_arrays(first / "e.npz"), read_metrics(first / "explanations.json")
    names = ["chelsea", "stranger_1", "stranger_2", "stranger_3", "noise"]
    assert found["pictures"].tolist() == names == list(about["pictures"])
    assert (found["frames"].shape, found["responses"].shape) == ((1, 5, 3, 3, 16, 16), (1, 5, 5))
    assert found["gradient"].shape == (8, 3, 8, 8)
    assert found["grad_cam"].shape == (8, 2, 2)
    assert found["explained_classes"][:4].tolist() == [2] * 4
    assert len(set(found["explained_classes"][4:])) == 4
    np.testing.assert_array_equal(found["explained_indices"] % 10, found["explained_classes"][4:])
    assert len(found["layers"]) == 44
    assert found["features_34"].shape == (2, 1, 1)
    assert (about["test_images"], about["stranger_images"]) == (60, 6)
    assert all(index % 10 == 1 for index in found["picture_indices"][1:4])  # all cats
    scores, sanity = read_table(first / "s.csv"), read_table(first / "c.csv")
    assert scores["picture"].unique().tolist() == names
    assert len(scores) == 10
    gradients = sanity[(sanity.method == "gradient") & (sanity.against == "redrawn")]
    assert gradients.correlation.mean() == pytest.approx(about["sanity"]["gradient"]["redrawn"]["correlation"])


@pytest.mark.parametrize(
    ("key", "value", "begin"),
    [
        ("stranger", "dog", "explanations.stranger is 'dog': should be one of ant, cat, c, "),
        ("target", "Pullover", "explanations.target is 'Pullover': should be one of 0, 1, "),
        ("layer", "features_33", "explanations.layer is 'features_33': should be a convolution, one of features_0, "),
    ],
)
def test_unknown_name_is_refused_before_any_work(folder, key, value, begin):
    with pytest.raises(UserError) as caught:
        explain(folder, "refused", **{key: value})
    assert str(caught.value).startswith(begin)
    assert not (folder / "refused").exists()
