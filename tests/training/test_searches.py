"""Searches: which runs are made, which wins and by how much; runs trained in processes of their own."""

from functools import partial

import numpy as np
import pytest

from tests.trainings import entry, same
from vision.pipeline.workers import run_all
from vision.scores.intervals import over_seeds
from vision.training.history import Training
from vision.training.runs import train_model
from vision.training.search_tables import histories, run_table
from vision.training.searches import Run, SearchResult, score, search, show_value, train_run

COMMON = 0
NOISE = {1: 0.01, 2: -0.02, 3: 0.04}  # of the fresh seeds
HYPER = {"hidden": [4], "activation": "tanh"}


def grid(*rounds):
    return entry(*rounds, search={"repeats": 3}, hyper=HYPER, epochs=3)


def by_lr(run):
    """A larger rate is better, and so is a smaller batch; each seed moves all of its runs alike."""
    return 0.5 + run.model.lr / 10 - run.model.batch_size / 1000 + NOISE.get(run.seed, 0)


def test_every_point_runs_once_and_the_best_again_with_each_fresh_seed(run_search):
    result, calls = run_search(grid({"lr": [1, 3, 2], "batch_size": [8, 16]}), by_lr)
    points = [(1, 8), (1, 16), (3, 8), (3, 16), (2, 8), (2, 16)]
    assert [(run.model.lr, run.model.batch_size) for run in calls[:6]] == points
    assert [(run.seed, run.fresh) for run in calls[:6]] == 6 * [(COMMON, False)]
    again = [(run.model.lr, run.model.batch_size, run.seed, run.fresh) for run in calls[6:]]
    assert again == [(*point, seed, True) for point in [(3, 8), (3, 16)] for seed in (1, 2, 3)]
    assert result.runs == calls
    assert calls[1].values == {"lr": 1, "batch_size": 16}


def test_fresh_seeds_alone_decide(run_search):
    """The best of the grid was lucky; with fresh seeds the second is better (bug B3.10)."""

    def lucky(run):
        return {1: 0.1, 2: 0.9, 3: 0.7}[run.model.lr] - (0.5 if run.model.lr == 2 and run.fresh else 0)

    result, _ = run_search(grid({"lr": [1, 2, 3]}), lucky)
    assert result.model.lr == 3
    assert result.runs[result.chosen].values == {"lr": 3}
    # What was third of the grid is no contender, however good its fresh seeds would be.
    result, _ = run_search(
        grid({"lr": [1, 2, 3]}), lambda run: lucky(run) + (9 if run.model.lr == 1 and run.fresh else 0)
    )
    assert result.model.lr == 3


def test_a_round_starts_from_the_winner_of_the_one_before(run_search):
    result, calls = run_search(grid({"lr": [1, 2]}, {"batch_size": [16, 8, 32]}), by_lr)
    second = [run for run in result.runs if run.round == 2]
    assert not [run for run in calls if run.round == 2 and run.model.batch_size == 8]  # the first round's trained it
    assert {run.model.lr for run in second} == {2}
    assert [run.model.batch_size for run in second[:3]] == [16, 8, 32]
    assert (result.model.lr, result.model.batch_size, result.model.hyper) == (2, 8, HYPER)
    chosen = result.runs[result.chosen]
    assert (chosen.round, chosen.fresh, chosen.seed, chosen.model) == (2, False, COMMON, result.model)
    assert {number: (model.lr, model.batch_size) for number, model in result.winners.items()} == {1: (2, 8), 2: (2, 8)}


def test_the_lead_is_that_of_paired_differences_over_the_fresh_seeds(run_search):
    def accuracy(run):  # the seeds move all runs alike, which pairs take out
        return by_lr(run) + (0.001 * run.seed if run.model.lr == 2 else 0)

    result, _ = run_search(grid({"lr": [1, 2]}, {"batch_size": [16, 8]}), accuracy)
    expected = over_seeds(np.array([0.1 + 0.001 * seed for seed in (1, 2, 3)]))
    assert result.lead.keys() == {1, 2}
    assert result.lead[1] == pytest.approx(expected)
    assert result.lead[2]["mean"] == pytest.approx(0.008)
    assert result.lead[2]["std"] == pytest.approx(0)


def test_a_run_that_diverges_never_wins(run_search):
    model = grid({"lr": [1, 2, 3]})
    result, calls = run_search(model, by_lr, lambda run: run.model.lr == 3)
    assert result.model.lr == 2
    assert {run.model.lr for run in calls if run.fresh} == {1, 2}
    # It counts as 0 also where only one fresh seed diverges.
    result, _ = run_search(model, by_lr, lambda run: run.model.lr == 3 and run.seed == 2)
    assert result.model.lr == 2
    scores = np.array([[0.7 + noise, 0.8 + noise] for noise in NOISE.values()]) - 8 / 1000
    scores[1, 1] = 0
    assert result.lead[1] == pytest.approx(over_seeds(scores[:, 0] - scores[:, 1]))


def test_a_single_point_has_no_lead_and_no_rounds_no_runs(run_search):
    result, calls = run_search(grid({"lr": [2]}), by_lr)
    assert (result.model.lr, result.lead, len(calls)) == (2, {}, 4)
    assert "lead_of_round_1" not in result.summary()["search"]
    result, calls = run_search(grid(), by_lr)
    assert (result.model, calls, result.runs, result.summary()) == (grid(), [], [], {})


def test_summary_counts_the_runs_and_holds_the_chosen_numbers(run_search):
    rounds = [{"lr": [1, 2], "hidden": [[4], [30, 20]]}, {"optimizer": ["adam", "sgd"]}]
    result, calls = run_search(grid(*rounds), lambda run: by_lr(run) + len(run.model.hyper["hidden"]) / 100)
    summary = result.summary()["search"]
    assert summary["runs"] == len(calls) < len(result.runs)  # what two rounds share was trained once
    assert summary["chosen"] == {"lr": 2, "hidden_1": 30, "hidden_2": 20}
    assert [summary["lead_of_round_1"], summary["lead_of_round_2"]] == [result.lead[1], result.lead[2]]
    assert SearchResult(result.model, result.runs[:1], result.results[:1]).summary() == {}


@pytest.mark.parametrize(("epochs", "expected"), [(1, 0.9), (2, 0.8), (10, 0.6)])
def test_a_score_is_the_mean_over_the_last_epochs(epochs, expected):
    curves = [{"valid_accuracy": value} for value in (0.2, 0.7, 0.9)]
    assert score(Training(curves), epochs) == pytest.approx(expected)
    assert score(Training(curves, diverged=True), epochs) == score(Training(diverged=True), epochs) == 0


def test_a_value_is_shown_without_brackets():
    assert [*map(show_value, [[30, 20], [], 0.00001, 16, "adam"])] == ["30 20", "", "1e-05", "16", "adam"]


@pytest.fixture
def train(dataset, tmp_path):
    dataset.save(tmp_path / "data.npz")
    return partial(train_run, data=tmp_path / "data.npz", device="cpu")


@pytest.mark.slow
def test_a_run_has_the_same_bits_in_a_worker_process(train):
    jobs = [Run(1, False, seed, {"lr": lr}, entry(lr=lr)) for seed, lr in [(3, 0.05), (0, 0.1)]]
    for job, result in zip(jobs, run_all(train, jobs, workers=1), strict=True):
        here = train(job)
        assert (result.hyper, result.training) == (here.hyper, here.training)
        assert same(result.weights, here.weights)


def test_a_search_keeps_the_weights_of_its_winner_with_the_common_seed(dataset, train, no_workers):
    model = entry({"lr": [1e-4, 0.05], "hidden": [[5], [6, 4]]}, {"weight_decay": [0.5, 0.001]})
    found = search(model, seed=0, train=train)
    assert len(found.runs) == len(found.results) == 4 + 2 * 2 + 2 + 2 * 2
    assert found.model.lr == 0.05
    expected, kept = train_model(found.model, dataset, seed=0, device="cpu"), found.results[found.chosen]
    assert (kept.hyper, kept.training) == (expected.hyper, expected.training)
    assert same(kept.weights, expected.weights)
    assert {row["updates"] for row in run_table(found, 1)} == {2 * 5}
    assert not np.isnan(histories(found)["step_losses"]).any()
