"""Searches: which runs are made, which wins and by how much, and what is told of them."""

from contextlib import nullcontext

import numpy as np
import pytest
from vision.searches import histories, run_table, score, search

from vision import searches
from vision.pipeline.schema import Model
from vision.scores import over_seeds
from vision.training import Training

ENTRY = {"net": "mlp", "hyper": {"hidden": [4], "activation": "tanh"}, "lr": 0.1, "batch_size": 8, "epochs": 3}
COMMON = 0
NOISE = {1: 0.01, 2: -0.02, 3: 0.04}  # of the fresh seeds


def training(accuracies, diverged=False, steps=4):
    curves = [{"epoch": epoch, "valid_accuracy": value} for epoch, value in enumerate(accuracies, start=1)]
    return Training(curves, [0.5] * steps * len(curves), len(curves), diverged)


def entry(*rounds, **options):
    return Model(**ENTRY, search={"rounds": list(rounds), "contenders": 2, "repeats": 3, **options})


@pytest.fixture
def found(monkeypatch):
    """Search with a training that is a function of the run, in this process; return what it found and every call."""

    def begin(model, accuracy, diverged=lambda run: False):
        calls = []

        def train(run):
            calls.append(run)
            return {"weights": {}, "hyper": {}, "training": training([0, accuracy(run)], diverged(run))}

        monkeypatch.setattr(
            searches, "team", lambda workers: nullcontext(lambda function, jobs: [*map(function, jobs)])
        )
        return search(model, seed=COMMON, train=train), calls

    return begin


def by_lr(run):
    """A larger rate is better, and so is a smaller batch; each seed moves all of its runs alike."""
    return 0.5 + run.model.lr / 10 - run.model.batch_size / 1000 + NOISE.get(run.seed, 0)


def test_every_point_runs_once_with_the_common_seed_and_the_best_again_with_each_fresh_one(found):
    result, calls = found(entry({"lr": [1, 3, 2], "batch_size": [8, 16]}), by_lr)
    points = [(1, 8), (1, 16), (3, 8), (3, 16), (2, 8), (2, 16)]
    assert [(run.model.lr, run.model.batch_size) for run in calls[:6]] == points
    assert [(run.seed, run.fresh) for run in calls[:6]] == 6 * [(COMMON, False)]
    again = [(run.model.lr, run.model.batch_size, run.seed, run.fresh) for run in calls[6:]]
    assert again == [(*point, seed, True) for point in [(3, 8), (3, 16)] for seed in (1, 2, 3)]
    assert result.runs == calls
    assert [run.values for run in calls[:2]] == [{"lr": 1, "batch_size": 8}, {"lr": 1, "batch_size": 16}]


def test_fresh_seeds_alone_decide(found):
    """The best of the grid was lucky; with fresh seeds the second is better."""

    def lucky(run):
        return {1: 0.1, 2: 0.9, 3: 0.7}[run.model.lr] - (0.5 if run.model.lr == 2 and run.fresh else 0)

    result, _ = found(entry({"lr": [1, 2, 3]}), lucky)
    assert result.model.lr == 3
    assert result.runs[result.chosen].values == {"lr": 3}
    # What was third of the grid is no contender, however good its fresh seeds would be.
    result, _ = found(entry({"lr": [1, 2, 3]}), lambda run: lucky(run) + (9 if run.model.lr == 1 and run.fresh else 0))
    assert result.model.lr == 3


def test_a_round_starts_from_the_winner_of_the_one_before(found):
    result, calls = found(entry({"lr": [1, 2]}, {"batch_size": [16, 8, 32]}), by_lr)
    second = [run for run in result.runs if run.round == 2]
    assert not [run for run in calls if run.round == 2 and run.model.batch_size == 8]  # the first round's trained it
    assert {run.model.lr for run in second} == {2}
    assert [run.model.batch_size for run in second[:3]] == [16, 8, 32]
    assert (result.model.lr, result.model.batch_size, result.model.hyper) == (2, 8, ENTRY["hyper"])
    kept = result.runs[result.chosen]
    assert (kept.round, kept.fresh, kept.seed, kept.model) == (2, False, COMMON, result.model)
    assert {number: (model.lr, model.batch_size) for number, model in result.winners.items()} == {1: (2, 8), 2: (2, 8)}


def test_the_lead_is_that_of_paired_differences_over_the_fresh_seeds(found):
    def accuracy(run):  # the seeds move all runs alike, which pairs take out
        return by_lr(run) + (0.001 * run.seed if run.model.lr == 2 else 0)

    result, _ = found(entry({"lr": [1, 2]}, {"batch_size": [16, 8]}), accuracy)
    expected = over_seeds(np.array([0.1 + 0.001 * seed for seed in (1, 2, 3)]))
    assert result.lead.keys() == {1, 2}
    assert result.lead[1] == pytest.approx(expected)
    assert result.lead[1]["mean"] > 0
    assert result.lead[2]["mean"] == pytest.approx(0.008)
    assert result.lead[2]["std"] == pytest.approx(0)


def test_a_run_that_diverges_never_wins(found):
    model = entry({"lr": [1, 2, 3]})
    result, calls = found(model, by_lr, lambda run: run.model.lr == 3)
    assert result.model.lr == 2
    assert {run.model.lr for run in calls if run.fresh} == {1, 2}
    # It counts as 0 also where only one fresh seed diverges.
    result, _ = found(model, by_lr, lambda run: run.model.lr == 3 and run.seed == 2)
    assert result.model.lr == 2
    fresh = [pair for pair in zip(result.runs, result.results, strict=True) if pair[0].fresh]
    scores = {(run.model.lr, run.seed): score(kept["training"], 1) for run, kept in fresh}
    assert scores[3, 2] == 0 < scores[3, 1]
    assert result.lead[1] == over_seeds(np.array([scores[2, seed] - scores[3, seed] for seed in (1, 2, 3)]))


def test_a_single_point_leads_nobody(found):
    result, calls = found(entry({"lr": [2]}), by_lr)
    assert (result.model.lr, result.lead, len(calls)) == (2, {}, 4)
    assert "lead_of_round_1" not in result.summary()["search"]


def test_a_summary_counts_the_runs_and_holds_what_was_chosen_as_numbers(found):
    rounds = [{"lr": [1, 2], "hidden": [[4], [30, 20]]}, {"optimizer": ["adam", "sgd"]}]
    result, calls = found(entry(*rounds), lambda run: by_lr(run) + len(run.model.hyper["hidden"]) / 100)
    summary = result.summary()["search"]
    assert summary["runs"] == len(calls)
    assert summary["chosen"] == {"lr": 2, "hidden_1": 30, "hidden_2": 20}
    assert [summary["lead_of_round_1"], summary["lead_of_round_2"]] == [result.lead[1], result.lead[2]]
    assert searches.SearchResult(result.model, result.runs[:1], result.results[:1]).summary() == {}


def test_the_table_has_a_row_for_each_run_and_one_that_is_chosen(found):
    result, calls = found(entry({"lr": [1, 2], "hidden": [[4], [5, 6]]}), by_lr, lambda run: run.model.lr == 1)
    rows = run_table(result, 1)
    assert len(rows) == len(calls)
    for row, run in zip(rows, calls, strict=True):
        assert (row["round"], row["fresh"], row["seed"], row["lr"]) == (1, run.fresh, run.seed, f"{run.model.lr:g}")
        assert row["hidden"] == " ".join(map(str, run.values["hidden"]))
        assert row["updates"] == 8
        assert row["diverged"] == (run.model.lr == 1)
        assert row["score"] == (0 if row["diverged"] else pytest.approx(by_lr(run)))
        assert row["settled_epoch"] == (0 if row["diverged"] else 2)
    assert [row for row in rows if row["chosen"]] == [rows[result.chosen]]
    assert [run for run, row in zip(calls, rows, strict=True) if row["winner"]] == [
        run for run in calls if run.model == result.model
    ]
    assert sum(row["winner"] for row in rows) == 1 + 3  # with the common seed and each fresh one
    assert len({run.name for run in calls}) == len(calls)


def test_histories_end_in_nan_where_a_run_was_shorter(found):
    result, _ = found(entry({"lr": [1, 2]}), by_lr)
    result.results[1]["training"] = training([0.25], diverged=True)
    result.results[2]["training"] = training([], diverged=True)
    arrays = histories(result)
    n = len(result.runs)
    assert arrays["names"].tolist() == [run.name for run in result.runs]
    assert (arrays["valid_accuracy"].shape, arrays["step_losses"].shape) == ((n, 2), (n, 8))
    assert arrays["valid_accuracy"].dtype == arrays["step_losses"].dtype == np.float32
    lengths = [2, 1, 0, *[2] * (n - 3)]
    assert (~np.isnan(arrays["valid_accuracy"])).sum(1).tolist() == lengths
    assert (~np.isnan(arrays["step_losses"])).sum(1).tolist() == [4 * length for length in lengths]
    np.testing.assert_array_equal(arrays["valid_accuracy"][1], [0.25, np.nan])
    result.chosen = 1
    assert histories(result)["chosen_step_losses"].tolist() == [0.5] * 4
