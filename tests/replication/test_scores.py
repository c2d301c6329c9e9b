"""Scores over the runs of a replication: where one more run lies, and tables in the documents' form."""

import numpy as np
import pytest
from scipy.stats import t

from vision.data.dataset import Dataset
from vision.replication.runs import ReplicationRun, train_replication
from vision.replication.scores import EPOCH_COLUMNS, class_rows, epoch_rows, judge, over_runs, spread
from vision.replication.splits import draw_split
from vision.scores.intervals import over_seeds, wilson_interval


def test_the_mean_has_its_t_interval():
    values = np.array([0.5, 0.6, 0.65])
    assert {name: spread(values)[name] for name in over_seeds(values)} == pytest.approx(over_seeds(values))


def test_one_more_run_lies_within_its_interval_95_times_in_100():
    generator = np.random.default_rng(0)
    draws = generator.normal(10, 2, (4000, 4))  # three seeds, and one more
    inside = [
        found["another_low"] <= more <= found["another_high"]
        for *runs, more in draws
        for found in [spread(np.array(runs))]
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.01)
    found, half = spread(draws[0, :3]), t.ppf(0.975, 2) * draws[0, :3].std(ddof=1)
    assert found["another_high"] - found["mean"] == pytest.approx(half * np.sqrt(1 + 1 / 3))


def test_no_bound_leaves_what_a_share_can_be():
    for values in ([0.0, 0.0, 0.1], [1.0, 1.0, 0.9]):
        found = spread(np.array(values), largest=1.0)
        assert all(0 <= found[name] <= 1 for name in ("low", "high", "another_low", "another_high"))


@pytest.fixture
def judged(entry, dataset, path):
    """Two runs, judged; the test images are the first twelve."""
    test = dataset.splits["train"][:12]
    whole = Dataset({**dataset.splits, "test": test}, dataset.class_names)
    runs = [train_replication(ReplicationRun(entry(epochs=1), seed), data=path, device="cpu") for seed in (0, 1)]
    return [judge(run, whole, 5, "cpu") for run in runs]


def test_each_run_is_scored_on_its_own_split_with_its_own_intervals(judged, dataset):
    for seed, run in enumerate(judged):
        parts = draw_split(dataset, 5, seed).splits
        assert [run["scores"][name]["images"] for name in ("train", "valid", "test")] == [48, 12, 12]
        assert [row["images"] for row in run["classes"]["train"]] == np.bincount(parts["train"].labels).tolist()
        for split in ("train", "test"):
            wrong = sum(row["misclassified"] for row in run["classes"][split])
            assert wrong == run["scores"][split]["images"] - run["scores"][split]["correct"]
        test = run["scores"]["test"]
        assert (test["accuracy_low"], test["accuracy_high"]) == wilson_interval(test["correct"], 12)
        assert run["parameters"] == 3 * (64 + 1)


def test_over_runs_every_score_is_a_mean_with_its_spread(judged):
    found = over_runs(judged)
    for split in ("train", "valid", "test"):
        for measure in ("accuracy", "loss"):
            values = [run["scores"][split][measure] for run in judged]
            assert found[split][measure]["mean"] == pytest.approx(np.mean(values))


def test_classes_stand_by_their_share_the_worst_first_and_none_is_left_out():
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


def test_epochs_are_means_over_the_runs_that_got_there():
    def row(epoch, value):
        scores = {
            f"{split}_{measure}": value for split in ("augmented_train", "valid") for measure in ("loss", "accuracy")
        }
        return {"epoch": epoch, **scores}

    rows = epoch_rows([[row(1, 0.1), row(2, 0.2), row(3, 0.3)], [row(1, 0.3), row(2, 0.4)]])
    assert [(found["epoch"], found["split"], found["measure"]) for found in rows] == [
        (epoch, split, measure) for epoch in (1, 2) for split in ("train", "valid") for measure in ("accuracy", "loss")
    ]
    assert [found["mean"] for found in rows] == pytest.approx([0.2] * 4 + [0.3] * 4)
    assert {*rows[0], "printed"} == set(EPOCH_COLUMNS)
    assert epoch_rows([[], []]) == []
