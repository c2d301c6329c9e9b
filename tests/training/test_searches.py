"""Searches: which networks are trained, which wins and by how much, and their tables."""

from functools import partial

import numpy as np
import pytest

from tests.trainings import entry, same, striped_images
from vision.data.dataset import Dataset
from vision.data.statistics import channel_statistics
from vision.nets import restore_net
from vision.nets.inference import predict
from vision.pipeline.workers import parallel_map
from vision.scores.intervals import seed_and_sample_estimate
from vision.training.history import Training
from vision.training.jobs import Job, Trained, train_job
from vision.training.searches import convergence_epoch, histories, run_table, score, search

COMMON = 0
NOISE = {1: 0.01, 2: -0.02, 3: 0.04}  # of the new seeds
HYPER = {"hidden": [4], "activation": "tanh"}


def grid(*rounds):
    return entry(*rounds, search={"repeats": 3}, hyper=HYPER, epochs=3)


def by_lr(job):
    """A larger rate is better, and so is a smaller batch; a seed changes all scores alike."""
    return 0.5 + job.recipe.lr / 10 - job.recipe.batch_size / 1000 + NOISE.get(job.seed, 0)


def run_search(model, accuracy, diverged=lambda job: False):
    """Search where the accuracy at the second epoch is a function of the job; the result and all jobs trained."""
    calls = []

    def train_all(jobs):
        calls.extend(jobs)
        curves = [[{"epoch": 1, "valid_accuracy": 0}, {"epoch": 2, "valid_accuracy": accuracy(job)}] for job in jobs]
        trainings = [
            Training(rows, [0.5] * 8, best_epoch=2, diverged=diverged(job))
            for rows, job in zip(curves, jobs, strict=True)
        ]
        return [Trained(job, {}, {}, training) for job, training in zip(jobs, trainings, strict=True)]

    return search(model, seed=COMMON, train_all=train_all), calls


def test_every_point_is_trained_once_and_the_finalists_again_with_each_new_seed():
    result, calls = run_search(grid({"lr": [1, 3, 2], "batch_size": [8, 16]}), by_lr)
    trained = [(job.recipe.lr, job.recipe.batch_size, job.seed, job.labels["new_seed"]) for job in calls]
    assert trained[:6] == [(lr, size, COMMON, False) for lr in (1, 3, 2) for size in (8, 16)]
    assert trained[6:] == [(3, size, seed, True) for size in (8, 16) for seed in (1, 2, 3)]
    assert result.jobs == calls
    assert len({job.name for job in calls}) == len(calls)


def test_new_seeds_alone_decide():
    def lucky(job):  # the best of the grid is worse with new seeds
        new = job.labels["new_seed"]
        return {1: 0.1, 2: 0.9, 3: 0.7}[job.recipe.lr] - 0.5 * (job.recipe.lr == 2 and new)

    result, _ = run_search(grid({"lr": [1, 2, 3]}), lucky)
    assert result.model.lr == 3
    assert result.jobs[result.chosen].recipe.lr == 3


@pytest.mark.parametrize("seed", [COMMON, 2])
def test_a_training_that_diverged_never_wins(seed):
    result, _ = run_search(
        grid({"lr": [1, 2, 3]}), by_lr, lambda job: job.recipe.lr == 3 and job.seed in (COMMON, seed)
    )
    assert result.model.lr == 2


def test_without_a_choice_there_is_no_margin():
    result, calls = run_search(grid({"lr": [2]}), by_lr)
    assert (result.model.lr, result.finalists, len(calls)) == (2, {}, 4)
    result, calls = run_search(grid(), by_lr)
    assert (result.model, calls, result.summary(None)) == (grid(), [], {})


def test_a_round_starts_from_the_winner_of_the_one_before():
    result, calls = run_search(grid({"lr": [1, 2]}, {"batch_size": [16, 8, 32]}), by_lr)
    second = [job for job in result.jobs if job.labels["round"] == 2]
    assert not [job for job in calls if job.labels["round"] == 2 and job.recipe.batch_size == 8]  # trained before
    assert {job.recipe.lr for job in second} == {2}
    assert [job.recipe.batch_size for job in second[:3]] == [16, 8, 32]
    chosen = result.jobs[result.chosen]
    assert (chosen.labels, chosen.seed, chosen.recipe) == ({"round": 2, "new_seed": False}, COMMON, result.model)
    assert {number: (model.lr, model.batch_size) for number, model in result.winners.items()} == {1: (2, 8), 2: (2, 8)}


@pytest.fixture(scope="module")
def trained():
    """A search of real trainings, with the validation images."""
    images = striped_images(120, noise=200, stripe=30)
    dataset = Dataset({"train": images[:60], "valid": images[60:]}, list("abc"), *channel_statistics(images.inputs))
    train = partial(train_job, data=dataset, device="cpu")
    rounds = [{"lr": [0.0001, 0.01, 0.1], "hidden": [[6], [4, 5]]}, {"optimizer": ["sgd", "adam"]}]
    model = entry(*rounds, epochs=4)
    return search(model, seed=COMMON, train_all=lambda jobs: [*map(train, jobs)]), dataset


def test_the_margin_over_the_runner_up_has_the_error_of_seeds_and_images(trained):
    result, dataset = trained
    valid, summary = dataset.splits["valid"], result.summary(dataset.splits["valid"])["search"]
    scores, correct = {}, {}
    for job, one in zip(result.jobs, result.results, strict=True):
        if job.labels == {"round": 1, "new_seed": True}:
            key = job.recipe.model_dump_json()
            scores[key] = [*scores.get(key, []), one.training.curves[-1]["valid_accuracy"]]
            net = restore_net("mlp", one.hyper, one.weights)
            correct[key] = correct.get(key, 0) + (predict(net, valid).argmax(1) == valid.labels) / 2
    first, second = sorted(scores, key=lambda key: -np.mean(scores[key]))
    expected = seed_and_sample_estimate(np.subtract(scores[first], scores[second]), correct[first] - correct[second])
    assert summary["margin_of_round_1"] == pytest.approx(expected._asdict())
    assert summary["margin_of_round_1_std"] == pytest.approx(np.subtract(scores[first], scores[second]).std(ddof=1))
    assert first == result.winners[1].model_dump_json()
    assert summary["runs"] == len({id(one) for one in result.results}) < len(result.jobs)


def test_the_kept_weights_are_those_of_the_winner_with_the_common_seed(trained):
    result, dataset = trained
    expected = train_job(Job.of("again", result.model, COMMON), data=dataset, device="cpu")
    kept = result.results[result.chosen]
    assert (kept.hyper, kept.training) == (expected.hyper, expected.training)
    assert same(kept.weights, expected.weights)


def test_tables_have_a_row_for_each_training_and_one_that_is_chosen(trained):
    result, _ = trained
    rows, arrays = run_table(result), histories(result)
    assert [row for row in rows if row["chosen"]] == [rows[result.chosen]]
    for place, (row, job, one) in enumerate(zip(rows, result.jobs, result.results, strict=True)):
        assert (row["round"], row["new_seed"], row["seed"]) == (*job.labels.values(), job.seed)
        assert (row["lr"], row["hidden"]) == (f"{job.recipe.lr:g}", " ".join(map(str, job.recipe.hyper["hidden"])))
        assert row["winner"] == (job.recipe == result.winners[row["round"]])
        accuracies = [curve["valid_accuracy"] for curve in one.training.curves]
        assert (row["score"], row["updates"]) == (accuracies[-1], 4 * 8)
        np.testing.assert_array_equal(arrays["valid_accuracy"][place], np.float32(accuracies))
        np.testing.assert_array_equal(arrays["step_losses"][place], np.float32(one.training.step_losses))
    np.testing.assert_array_equal(arrays["chosen_step_losses"], arrays["step_losses"][result.chosen])


def test_scores_and_histories_of_a_training_that_diverged():
    result, _ = run_search(entry({"lr": [1, 2]}), by_lr)
    short = Training([{"epoch": 1, "valid_accuracy": 0.25}], [0.5] * 4, diverged=True)
    result.results[1] = Trained(result.jobs[1], {}, {}, short)
    arrays = histories(result)
    np.testing.assert_array_equal(arrays["valid_accuracy"][1], [0.25, np.nan])
    assert np.isnan(arrays["step_losses"][1]).sum() == 4
    assert (run_table(result)[1]["score"], run_table(result)[1]["convergence_epoch"]) == (0, 0)
    curves = [{"valid_accuracy": value} for value in (0.2, 0.7, 0.9)]
    assert [score(Training(curves), epochs) for epochs in (1, 2, 10)] == pytest.approx([0.9, 0.8, 0.6])


@pytest.mark.parametrize(
    ("accuracies", "epochs", "expected"),
    [
        ([0.5, 0.88, 0.8992, 0.9, 0.9, 0.9], 3, 3),  # within 0.1 points of 90 %
        ([0.5, 0.88, 0.8988, 0.9, 0.9, 0.9], 3, 4),
        ([0.5, 0.91, 0.8, 0.9, 0.9], 2, 2),  # also if it decreases later
        ([0.9] * 3, 3, 1),
    ],
)
def test_convergence_epoch_is_the_first_within_a_tenth_of_a_point_of_the_last_epochs(accuracies, epochs, expected):
    assert convergence_epoch(np.array(accuracies), epochs) == expected


@pytest.mark.slow
def test_a_job_has_the_same_bits_in_a_worker_process(dataset, tmp_path):
    dataset.save(tmp_path / "data.npz")
    train = partial(train_job, data=tmp_path / "data.npz", device="cpu")
    jobs = [Job.of("job", entry(lr=lr), seed) for seed, lr in [(3, 0.05), (0, 0.1)]]
    for job, result in zip(jobs, parallel_map(train, jobs, workers=2), strict=True):
        here = train(job)
        assert (result.hyper, result.training) == (here.hyper, here.training)
        assert same(result.weights, here.weights)
