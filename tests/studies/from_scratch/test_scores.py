"""Scores of the study's networks: test accuracies over seeds, and pairs on the same images."""

import numpy as np
import pytest

from vision.nets import build, load_net, save_net
from vision.scores.classification import summarise
from vision.scores.intervals import seed_and_sample_estimate
from vision.scores.paired import paired_interval
from vision.studies.from_scratch.jobs import other_jobs, tried_jobs
from vision.studies.from_scratch.scores import accuracy_rows, evaluate, loss_differences, pair_rows, scores
from vision.training.jobs import train_job

RUNS = {
    "ours": ("numpy", "relu", 0.1), "slow": ("numpy", "linear", 0.001), "wild": ("numpy", "linear", 500.0),
    "theirs": ("sklearn", "relu", 0.1), "default": ("sklearn_defaults", "relu", 0.1),
    "slow_default": ("sklearn_defaults", "linear", 0.001),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(study, dataset, tmp_path_factory):
    settings, path = study(RUNS), tmp_path_factory.mktemp("nets") / "net.pt"
    saved = {}
    for job in sorted([*tried_jobs(settings), *other_jobs(settings, [7, 5])], key=lambda job: job.seed):
        trained = train_job(job, data=dataset, device="cpu")
        history = trained.training.history() | {"checkpoints": trained.training.checkpoints}
        save_net(path, "numpy_mlp", trained.hyper, trained.weights, history)
        saved.setdefault(job.name, []).append(load_net(path))
    return settings, saved, {name: evaluate(saved[name], dataset.splits) for name in RUNS}


def logits(one, weights, dataset):
    net = build("numpy_mlp", **one.hyper)
    net.load_state_dict(weights)
    return net.logits(dataset.splits["test"].rows)


def test_accuracies_are_means_over_the_networks_of_all_seeds(found, dataset):
    settings, saved, networks = found
    reported, labels = {("ours", "epoch_2"): 0.9, ("default", "epoch_4"): 0.7}, dataset.splits["test"].labels
    diverged = {name: one[0].history["diverged"] for name, one in saved.items()}
    rows = accuracy_rows(settings, "chosen", networks, diverged, reported)
    assert [row["kept"] for row in rows if row["model"] == "ours"] == ["epoch_2", "epoch_4", "best"]
    assert {row["model"] for row in rows} == {"ours", "slow", "default", "slow_default"}
    assert scores(500, saved["wild"], networks["wild"])["diverged_in_epoch"] == 1
    for row in rows:
        each = saved[row["model"]]
        assert row["seeds"] == len(each) == (1 if row["model"].startswith("slow") else 2)
        assert row["reported"] == reported.get((row["model"], row["kept"]))
        assert not row["diverged"]
        if row["kept"] != "best":
            assert row["epochs"] == row["kept"][-1]
            given = [logits(one, one.history["checkpoints"][row["kept"]], dataset) for one in each]
            correct = np.array([one.argmax(1) == labels for one in given])
            over = seed_and_sample_estimate(correct.mean(1), correct.mean(0)) if len(each) > 1 else None
            expected = over or summarise(given[0], labels)["accuracy"]
            limits = row["accuracy_low"], row["accuracy_high"]
            assert (row["accuracy"], *limits) == (expected.value, max(expected.low, 0), min(expected.high, 1))
            assert row["loss"] == pytest.approx(np.mean([summarise(one, labels)["loss"].value for one in given]))
            by_epoch = [one.history["curves"][int(row["epochs"]) - 1]["valid_accuracy"] for one in each]
            assert row["valid_accuracy"] == np.mean(by_epoch)
        assert scores(0.1, each, networks[row["model"]])[row["kept"]]["accuracy"].value == row["accuracy"]


def test_pairs_are_ours_against_scikit_learn_as_it_comes_on_the_same_images(found):
    settings, _, networks = found
    rows = pair_rows(settings, "chosen", networks)
    named = [(row["first"], row["second"], row["kept"]) for row in rows]
    kinds = ("epoch_2", "epoch_4", "best")
    assert [row for row in named if row[2] in kinds] == [
        (first, second, kept) for first, second in (("ours", "default"), ("slow", "slow_default")) for kept in kinds
    ]
    own = ("ours", "slow", "default", "slow_default")  # neither what diverged nor a copy
    best = max(own, key=lambda name: networks[name]["best"].valid_accuracy)
    assert [row for row in named if row[2] == "best of all"] == [
        (best, name, "best of all") for name in own if name != best
    ]
    assert ("slow", "slow", "epoch_2 less epoch_4") in named
    row = rows[named.index(("ours", "default", "epoch_4"))]
    first, second = (networks[name]["epoch_4"].correct.astype(float) for name in ("ours", "default"))
    expected = seed_and_sample_estimate((first - second).mean(1), (first - second).mean(0))
    limits = row["difference_low"], row["difference_high"]
    assert (row["difference"], *limits) == (expected.value, max(expected.low, -1), min(expected.high, 1))
    row = rows[named.index(("slow", "slow_default", "epoch_4"))]
    first, second = (networks[name]["epoch_4"].correct[0] for name in ("slow", "slow_default"))
    gained, lost = int((first & ~second).sum()), int((second & ~first).sum())
    assert (row["difference_low"], row["difference_high"]) == paired_interval(gained, lost, len(first))


def test_equal_terms_have_equal_losses(found):
    settings, saved, _ = found
    (difference,) = loss_differences(settings, saved).values()
    assert 0 < difference < 1e-4
