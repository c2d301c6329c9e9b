"""Scores of the study's networks: test accuracies, and pairs on the same images."""

import pytest

from vision.nets import build, load_net, save_net
from vision.scores.paired import mcnemar, paired_interval
from vision.studies.from_scratch.jobs import scratch_jobs
from vision.studies.from_scratch.scores import accuracy_rows, evaluate, pair_rows, scores
from vision.training.jobs import train_job

RUNS = {
    "ours": ("numpy", "relu", 0.1), "theirs": ("sklearn", "relu", 0.1), "default": ("sklearn_defaults", "relu", 0.1),
    "slow": ("numpy", "linear", 0.001), "wild": ("numpy", "linear", 500.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(study, dataset, tmp_path_factory):
    settings, path = study(RUNS), tmp_path_factory.mktemp("nets") / "net.pt"
    results, saved = {job.name: train_job(job, data=dataset, device="cpu") for job in scratch_jobs(settings, 3)}, {}
    for name in settings.runs:
        trained = results[name]
        history = trained.training.history() | {"checkpoints": trained.training.checkpoints}
        save_net(path, "numpy_mlp", trained.hyper, trained.weights, history)
        saved[name] = load_net(path)
    return settings, saved, {name: evaluate(one, dataset.splits) for name, one in saved.items()}


def test_accuracies_are_those_of_the_weights_of_each_epoch(found, dataset):
    settings, saved, networks = found
    reported = {("ours", 2): 0.9, ("ours", 4): 0.8, ("theirs", 4): 0.7}
    rows = accuracy_rows(settings, networks, {name: one.history["diverged"] for name, one in saved.items()}, reported)
    assert [row["kept"] for row in rows if row["model"] == "ours"] == ["epoch_2", "epoch_4", "best"]
    assert not [row for row in rows if row["model"] == "wild"]
    assert scores(500, saved["wild"].history, networks["wild"])["diverged_in_epoch"] == 1
    test = dataset.splits["test"]
    for row in rows:
        one = saved[row["model"]]
        assert row["correct"] == networks[row["model"]][row["kept"]].correct.sum()
        net = build("numpy_mlp", **one.hyper)
        if row["kept"] != "best":
            net.load_state_dict(one.history["checkpoints"][row["kept"]])
            assert row["epoch"] == int(row["kept"][-1])
            assert row["correct"] == (net.logits(test.rows).argmax(1) == test.labels).sum()
            assert row["valid_accuracy"] == one.history["curves"][row["epoch"] - 1]["valid_accuracy"]
        assert row["reported"] == (reported.get((row["model"], row["epoch"])) if row["kept"] != "best" else None)
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
        assert not row["diverged"]
        assert scores(0.1, one.history, networks[row["model"]])[row["kept"]]["accuracy"].value == row["accuracy"]


def test_pairs_are_ours_against_theirs_on_the_same_images(found):
    settings, _, networks = found
    rows = pair_rows(settings, networks)
    named = [(row["first"], row["second"], row["kept"]) for row in rows]
    kinds = ("epoch_2", "epoch_4", "best")
    assert [row for row in named if row[2] in kinds] == [
        ("ours", other, kept) for other in ("theirs", "default") for kept in kinds
    ]
    best = max(networks.keys() - {"wild"}, key=lambda name: networks[name]["best"].valid_accuracy)
    assert [row for row in named if row[2] == "best of all"] == [
        (best, name, "best of all") for name in RUNS if name not in (best, "wild")
    ]
    assert ("slow", "slow", "epoch_2 less epoch_4") in named
    row = rows[named.index(("ours", "default", "epoch_4"))]
    first, second = (networks[name]["epoch_4"].correct for name in ("ours", "default"))
    gained, lost = int((first & ~second).sum()), int((second & ~first).sum())
    assert gained + lost > 0
    assert row["difference"] == pytest.approx(first.mean() - second.mean())
    assert (row["difference_low"], row["difference_high"]) == paired_interval(gained, lost, len(first))
    assert row["p"] == mcnemar(first, second)
