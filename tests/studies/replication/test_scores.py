"""Scores over the runs of a replication: where one more run lies, and tables in the documents' form."""

import numpy as np
import pytest
from scipy.stats import t

from vision.data.dataset import Dataset
from vision.scores.intervals import over_seeds, wilson_interval
from vision.studies.replication.runs import ReplicationRun, train_replication
from vision.studies.replication.scores import EPOCH_COLUMNS, class_rows, epoch_rows, judge, over_runs, spread
from vision.studies.replication.splits import draw_split


def test_spread_is_the_t_interval_and_that_of_one_more_run():
    draws = np.random.default_rng(0).normal(10, 2, (1000, 4))  # three seeds, and one more
    found = [spread(runs) for runs in draws[:, :3]]
    inside = [one["another_low"] <= more <= one["another_high"] for one, more in zip(found, draws[:, 3], strict=True)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    half = t.ppf(0.975, 2) * draws[0, :3].std(ddof=1)
    assert found[0]["another_high"] - found[0]["mean"] == pytest.approx(half * np.sqrt(1 + 1 / 3))
    assert {name: found[0][name] for name in over_seeds(draws[0, :3])} == pytest.approx(over_seeds(draws[0, :3]))


def test_spread_stays_within_0_and_the_largest():
    near_0, near_1 = np.array([0.0, 0.0, 0.1]), np.array([1.0, 1.0, 0.9])
    found = spread(near_0, largest=1.0)
    assert (found["low"], found["another_low"], found["high"]) == (0, 0, over_seeds(near_0)["high"])
    found = spread(near_1, largest=1.0)
    assert (found["high"], found["another_high"], found["low"]) == (1, 1, over_seeds(near_1)["low"])


def test_each_run_is_scored_on_its_own_split_and_over_runs_are_means(entry, dataset, path):
    whole = Dataset({**dataset.splits, "test": dataset.splits["train"][:12]}, dataset.class_names)
    runs = [train_replication(ReplicationRun(entry(epochs=1), seed), data=path, device="cpu") for seed in (0, 1)]
    judged = [judge(run, whole, 5, "cpu") for run in runs]
    for seed, run in enumerate(judged):
        parts = draw_split(dataset, 5, seed).splits
        assert [run["scores"][name]["images"] for name in ("train", "valid", "test")] == [48, 12, 12]
        assert run["scores"]["valid"]["accuracy"] == runs[seed]["history"]["curves"][-1]["valid_accuracy"]
        assert [row["images"] for row in run["classes"]["train"]] == np.bincount(parts["train"].labels).tolist()
        for split in ("train", "test"):
            wrong = sum(row["misclassified"] for row in run["classes"][split])
            assert wrong == run["scores"][split]["images"] - run["scores"][split]["correct"]
        test = run["scores"]["test"]
        assert (test["accuracy_low"], test["accuracy_high"]) == wilson_interval(test["correct"], 12)
        assert run["parameters"] == 3 * (64 + 1)
    found = over_runs(judged)
    for split in ("train", "valid", "test"):
        for measure in ("accuracy", "loss"):
            assert found[split][measure]["mean"] == np.mean([run["scores"][split][measure] for run in judged])


def test_class_rows_are_mean_shares_the_worst_first_and_none_is_left_out():
    def run(wrong, images):
        rows = [
            {"class": label, "images": n, "misclassified": k, "share": k / n}
            for label, (k, n) in enumerate(zip(wrong, images, strict=True))
        ]
        return {"classes": {"train": rows, "test": rows}}

    rows = class_rows([run([1, 5, 0], [10, 10, 10]), run([3, 5, 0], [20, 10, 10])], ["a", "b", "c"])
    assert [(row["split"], row["class"]) for row in rows] == [(s, c) for s in ("train", "test") for c in "bac"]
    second = rows[1]
    assert (second["images"], second["misclassified"]) == (15, 2)
    assert second["mean"] == pytest.approx((1 / 10 + 3 / 20) / 2)  # of shares, as the interval is
    assert rows[2]["mean"] == 0


def test_epoch_rows_are_means_over_the_runs_that_got_there():
    def row(epoch, value):
        scores = [f"{split}_{measure}" for split in ("augmented_train", "valid") for measure in ("loss", "accuracy")]
        return {"epoch": epoch, **dict.fromkeys(scores, value)}

    rows = epoch_rows([[row(1, 0.1), row(2, 0.2), row(3, 0.3)], [row(1, 0.3), row(2, 0.4)]])
    assert [(found["epoch"], found["split"], found["measure"]) for found in rows] == [
        (epoch, split, measure) for epoch in (1, 2) for split in ("train", "valid") for measure in ("accuracy", "loss")
    ]
    assert [found["mean"] for found in rows] == pytest.approx([0.2] * 4 + [0.3] * 4)
    assert {*rows[0], "printed"} == set(EPOCH_COLUMNS)
    assert epoch_rows([[], []]) == []
