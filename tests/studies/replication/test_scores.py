"""Scores over the runs of a replication: prediction intervals, tables in the documents' form, numbers by lambda."""

import numpy as np
import pytest
from scipy.stats import t

from vision.data.dataset import Dataset
from vision.scores.intervals import seed_estimate
from vision.studies.replication.images import draw_split
from vision.studies.replication.jobs import replication_jobs
from vision.studies.replication.scores import (
    class_rows,
    epoch_rows,
    evaluate_run,
    lambda_scores,
    score_rows,
    spread,
)
from vision.training.jobs import train_job


def test_spread_is_the_t_interval_and_the_prediction_interval_of_one_more_run():
    draws = np.random.default_rng(0).normal(10, 2, (1000, 4))  # three seeds, and one more
    rows = [spread(runs) for runs in draws[:, :3]]
    covered = [
        row["prediction_low"] <= more <= row["prediction_high"] for row, more in zip(rows, draws[:, 3], strict=True)
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
    half = t.ppf(0.975, 2) * draws[0, :3].std(ddof=1)
    assert rows[0]["prediction_high"] - rows[0]["mean"] == pytest.approx(half * np.sqrt(1 + 1 / 3))
    estimate = seed_estimate(draws[0, :3])
    assert [rows[0][name] for name in ("mean", "low", "high")] == pytest.approx(estimate[:3])
    row = spread(np.array([0.0, 0.0, 0.1]), largest=0.2)
    assert (row["low"], row["prediction_low"], row["prediction_high"]) == (0, 0, 0.2)


def test_each_run_is_scored_on_its_own_split(entry, dataset):
    whole = Dataset({**dataset.splits, "test": dataset.splits["train"][:12]}, dataset.class_names)
    trained = [train_job(job, data=dataset, device="cpu") for job in replication_jobs(entry(epochs=1))]
    runs = [evaluate_run(one.checkpoint(), whole, 5, "cpu") for one in trained]
    for seed, run in enumerate(runs):
        parts, scores = draw_split(dataset, 5, seed).splits, run["scores"]
        assert [scores[name]["images"] for name in ("train", "valid", "test")] == [48, 12, 12]
        assert scores["valid"]["accuracy"].value == trained[seed].training.curves[-1]["valid_accuracy"]
        assert [row["images"] for row in run["classes"]["train"]] == np.bincount(parts["train"].labels).tolist()
        for split in ("train", "test"):
            wrong = sum(row["misclassified"] for row in run["classes"][split])
            assert wrong == scores[split]["images"] - scores[split]["correct"]
        assert run["parameters"] == 3 * (64 + 1)
    for row in score_rows(runs):
        assert row["mean"] == np.mean([run["scores"][row["split"]][row["measure"]].value for run in runs])


def test_class_rows_are_mean_shares_the_worst_first_and_none_is_left_out():
    def run(wrong, images):
        rows = [
            {"class": label, "images": n, "misclassified": k, "share": k / n}
            for label, (k, n) in enumerate(zip(wrong, images, strict=True))
        ]
        return {"classes": {"train": rows, "test": rows}}

    rows = class_rows([run([1, 5, 0], [10, 10, 10]), run([3, 5, 0], [20, 10, 10])], ["a", "b", "c"])
    assert [(row["split"], row["class"]) for row in rows] == [(s, c) for s in ("train", "test") for c in "bac"]
    assert (rows[1]["images"], rows[1]["misclassified"]) == (15, 2)
    assert rows[1]["mean"] == pytest.approx((1 / 10 + 3 / 20) / 2)
    assert rows[2]["mean"] == 0


def test_epoch_rows_are_means_over_the_runs_that_reached_the_epoch():
    def row(value):
        names = [f"{split}_{measure}" for split in ("augmented_train", "valid") for measure in ("loss", "accuracy")]
        return {name: value + place / 10 for place, name in enumerate(names)}

    rows = epoch_rows([[row(0.1), row(0.2), row(0.3)], [row(0.3), row(0.4)], []])
    assert [(found["epoch"], found["split"], found["measure"]) for found in rows[2:5]] == [
        (1, "valid", "accuracy"), (1, "valid", "loss"), (2, "train", "accuracy")
    ]  # fmt: skip
    assert [found["mean"] for found in rows[2:5]] == pytest.approx([0.5, 0.4, 0.4])
    assert len(rows) == 8


def saved(decay, accuracies):
    return {"weight_decay": decay, "history": {"curves": [{"valid_accuracy": value} for value in accuracies]}}


def test_lambda_scores_are_those_by_hand(entry):
    settings = entry(weight_decay=[1, 0.1], convergence_epoch=2, last_epochs=2, epochs=4)
    curves = {1: [[0.1, 0.5, 0.6, 0.8], [0.2, 0.7, 0.7, 0.7]], 0.1: [[0.5, 0.9, 0.9, 0.9], [0.5, 0.8, 0.8, 0.9]]}
    first, second = lambda_scores([saved(decay, run) for decay in curves for run in curves[decay]], settings).values()
    expected = {"final": [0.8, 0.7], "converged": [0.7, 0.7], "later_gain": [0.2, 0.0]}
    expected["fluctuation"] = [np.std([0.6, 0.8], ddof=1), 0]
    assert first.keys() == expected.keys()
    for name, values in expected.items():
        assert (first[name]["mean"], first[name]["std"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert second["gain"]["mean"] == pytest.approx(np.mean([0.9 - 0.7, 0.85 - 0.7]))
    assert (first["final"]["high"], first["converged"]["high"]) == (1, 0.7)  # an accuracy is at most 1
    assert first["later_gain"]["high"] > 1
    runs = [saved(decay, run[:3] if decay == 1 else run) for decay in curves for run in curves[decay]]
    first, second = lambda_scores(runs, settings).values()
    assert first == {"diverged": True}
    assert "gain" not in second
