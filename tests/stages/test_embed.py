"""The stage of embeddings on an untrained network: its tables describe the sampled images, layer by layer."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from stages.embed import main
from vision.data.dataset import Dataset, Samples
from vision.nets import build, save_net
from vision.nets.inference import predict
from vision.pipeline.files import save_arrays
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

HYPER = {"mean": [0.5], "std": [0.3], "shape": [1, 4, 4], "n_classes": 3, "hidden": [12], "activation": "relu"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder, generator = tmp_path_factory.mktemp("embed"), np.random.default_rng(0)
    torch.manual_seed(0)
    net = build("mlp", **HYPER)
    save_net(folder / "net.pt", "mlp", HYPER, net.state_dict(), {})
    logits = {}
    for name in ("train", "test"):
        labels = generator.permutation(np.arange(120) % 3)
        pixels = 60 * labels[:, None] + generator.integers(0, 100, (120, 16))
        split = Samples(pixels.astype(np.uint8).reshape(-1, 1, 4, 4), labels, 7 + generator.permutation(120))
        Dataset({name: split}, ["a", "b", "c"]).save(folder / f"{name}.npz")
        logits |= {f"{name}_logits": predict(net, split), f"{name}_indices": split.indices}
    save_arrays(folder / "predictions.npz", **logits)
    entry = SimpleNamespace(layers=["hidden_1", "logits"], images=60, perplexity=8, pca=True, training_images=90)
    params = SimpleNamespace(
        embeddings={"mlp": entry}, evaluation=SimpleNamespace(resamples=20), seed=0, threads=1, device="cpu",
        tsne=SimpleNamespace(pca_components=5, angle=0.5, iterations=250, quality_neighbours=4),
    )  # fmt: skip
    paths = {"weights": folder / "net.pt", "predictions": folder / "predictions.npz", "tables": folder / "out"}
    main(params, embedding="mlp", data=folder, **paths)
    return folder


def test_coordinates_belong_to_a_stratified_sample_in_file_order(tables):
    points, test = read_table(tables / "out/hidden_1.csv"), Dataset.load(tables / "test.npz").splits["test"]
    places = np.flatnonzero(np.isin(test.indices, points["index"]))
    assert points["index"].tolist() == test.indices[places].tolist()
    assert points.label.tolist() == test.labels[places].tolist()
    assert points.label.value_counts().tolist() == [20, 20, 20]


def test_scores_cover_each_layer_and_step(tables):
    scores = read_scores(tables / "out/scores.csv")
    assert [scores[f"{layer}.n_features"].value for layer in ("hidden_1", "logits")] == [12, 3]
    assert scores["hidden_1.tsne.trustworthiness"].value > 0.6
    assert ("hidden_1.collapse.nc3" in scores, "logits.collapse.nc3" in scores) == (True, False)
    accuracies = [scores[f"{layer}.pca.knn_accuracy_embedding"].value for layer in ("hidden_1", "logits")]
    assert scores["hidden_1_to_logits.pca.knn_accuracy_gain"].value == pytest.approx(accuracies[1] - accuracies[0])
    assert 0 < scores["hidden_1_to_logits.pca.explained"].value <= 1
    distances = read_table(tables / "out/distances.csv")
    assert distances.groupby(["layer", "points"]).size().tolist() == [3] * 4
