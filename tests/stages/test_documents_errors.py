"""The stages of the documents' errors: what they take from which file, and one table of all."""

import numpy as np
import pandas as pd
import pytest
import torch

from stages import documents_errors, documents_errors_000, documents_errors_003
from tests.parameters import VALUES
from vision.data.dataset import Samples
from vision.document_errors.rows import Measured, left_out, row
from vision.nets import build
from vision.nets.inference import predict
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.files import save_arrays
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_table, write_table
from vision.scores.losses import cross_entropy

PARAMS = parse_params(VALUES)
HYPER = {"mean": [0.0], "std": [1.0], "shape": [4], "n_classes": 2, "hidden": [], "activation": "tanh"}
WAYS = Measured(0.5, 0.4, 0.6), Measured(0.25, 0.2, 0.3), Measured(0.25, 0.1, 0.4)


def test_the_tables_of_all_documents_become_one(tmp_path):
    measured = {
        "000": [row("B0.1", "nearest_training_image", "percent", *WAYS, sample="9 test images")],
        "001": [row("B1.4", "mean_pixel", "number", *WAYS, sample="")],
        "002": [left_out("B2.5", "pooled_features", "features", "no maps")],
        "003": [row("B3.1", "valid_accuracy", "percent", *WAYS, sample="2 seeds", at="lambda 1")],
    }
    for name, rows in measured.items():
        write_table(tmp_path / f"{name}.csv", rows)
    documents_errors.main(PARAMS, measured=tmp_path, errors=tmp_path / "errors.csv")
    found = read_table(tmp_path / "errors.csv")
    assert found.bug.tolist() == ["B0.1", "B1.4", "B2.5", "B3.1"]
    assert found.wrong.fillna(-1).tolist() == [0.5, 0.5, -1, 0.5]
    assert found.what[3] == "validation accuracy of softmax regression, lambda 1"
    (tmp_path / "002.csv").unlink()
    with pytest.raises(UserError, match=r"002\.csv: no such file"):
        documents_errors.main(PARAMS, measured=tmp_path, errors=tmp_path / "errors.csv")


def test_every_run_on_a_part_is_scored_on_all_training_images(tmp_path):
    generator = np.random.default_rng(0)
    train = Samples(generator.normal(size=(60, 4)).astype(np.float32), np.arange(60) % 2, np.arange(60))
    saved, nets = [], {}
    for number, (fraction, seed) in enumerate([(1.0, 5), (1 / 3, 5), (1 / 3, 6)]):
        nets[fraction, seed] = net = build("mlp", **HYPER)
        with torch.no_grad():
            net.get_submodule("body.logits").weight.add_(1 + number).mul_(torch.tensor([[1.0], [-1.0]]))
        saved.append({"fraction": fraction, "seed": seed, "net": "mlp", "hyper": HYPER, "weights": net.state_dict()})
    save_checkpoint(tmp_path / "runs.pt", saved)
    columns = {"fraction": [1 / 3, 1 / 3, 1.0], "images": [20, 20, 60], "seed": [6, 5, 5]}
    write_table(tmp_path / "runs.csv", pd.DataFrame(columns | {"subset_loss": 7.0, "subset_accuracy": 0.5}))
    runs = documents_errors_000._with_scores_on_all(
        read_table(tmp_path / "runs.csv"), tmp_path / "runs.pt", train, "cpu"
    )
    for place, key in enumerate([(1 / 3, 6), (1 / 3, 5)]):
        logits = predict(nets[key], train)
        assert runs.all_loss[place] == pytest.approx(cross_entropy(logits, train.labels).mean())
        assert runs.all_accuracy[place] == pytest.approx((logits.argmax(1) == train.labels).mean())
    assert runs.all_loss[0] != runs.all_loss[1]
    assert (runs.all_loss[2], runs.all_accuracy[2]) == (7, 0.5)  # all of it is its part


def test_a_searchs_first_round_is_told_from_its_fresh_seeds_and_from_later_rounds(tmp_path):
    table = pd.DataFrame(
        {
            "round": [1, 1, 1, 1, 1, 1, 1, 2, 2], "fresh": [False] * 3 + [True] * 4 + [False, True],
            "seed": [0, 0, 0, 1, 2, 1, 2, 0, 1], "score": [0.1, 0.3, 0.2, 0.31, 0.32, 0.21, 0.22, 0.9, 0.9],
            "updates": [10, 20, 30, 20, 20, 30, 30, 99, 99],
        }
    )  # fmt: skip
    write_table(tmp_path / "runs.csv", table)
    curves = np.arange(9, dtype=np.float32)[:, None] + np.array([0.0, 0.25, 0.5], np.float32)
    save_arrays(tmp_path / "history.npz", valid_accuracy=curves)
    found = documents_errors_003._first_round(tmp_path / "runs.csv", tmp_path / "history.npz", 2)
    scores, again, accuracies, updates = found
    assert scores.tolist() == [0.1, 0.3, 0.2]
    assert again.tolist() == [[0.31, 0.32], [0.21, 0.22]]  # the best point first
    assert accuracies.tolist() == [[0, 0.25], [1, 1.25], [2, 2.25]]
    assert updates.tolist() == [10, 20, 30]


def test_a_grid_is_read_as_its_schema_reads_it():
    """Tools that write YAML 1.1 quote 1e-05."""
    rounds = [{"weight_decay": [0.1, "1e-05"]}]
    softmax = VALUES["models"]["softmax"]
    models = {**VALUES["models"], "softmax": {**softmax, "search": {**softmax["search"], "rounds": rounds}}}
    params = parse_params({**VALUES, "models": models})
    assert documents_errors_003._values(params.network("softmax")) == {"weight_decay": [0.1, 1e-05]}
