"""The stages of a replication: runs that diverge, and several weight decays."""

import pytest

from tests.running import change
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

SETTINGS = {"epochs": 3, "batch_size": 32, "seeds": [0, 1]}


@pytest.mark.parametrize("lr", [0.001, 1000])
def test_replication_is_evaluated_by_seed_and_over_seeds(lr, scratch, run_stage):
    change(scratch, replications={"relu_mlp": SETTINGS | {"lr": lr}})
    assert ("diverged" in run_stage("replicate@relu_mlp")) == (lr == 1000)
    run_stage("evaluate_replication@relu_mlp")
    folder = scratch / "plots/replications/relu_mlp/evaluation"
    scores = read_scores(folder / "scores.csv")
    assert ("diverged" in scores) is (lr == 1000)
    assert scores["by_seed.seed_1.test.images"].value == 240
    row = read_table(folder / "reported.csv").query("split == 'test' and measure == 'accuracy'").iloc[0]
    assert scores["test.accuracy"][:4] == pytest.approx((row["mean"], row.low, row.high, 2))
    assert scores["test.accuracy_prediction_high"].value == pytest.approx(row.prediction_high)


def test_several_weight_decays_are_compared_by_their_histories(scratch, run_stage):
    settings = SETTINGS | {"weight_decay": [0.1, 0.01], "convergence_epoch": 1, "last_epochs": 2}
    change(scratch, replications={"softmax_lambdas": settings})
    run_stage("replicate@softmax_lambdas")
    run_stage("evaluate_replication@softmax_lambdas")
    folder = scratch / "plots/replications/softmax_lambdas"
    curves = read_table(folder / "training/curves.csv").query("split == 'valid' and measure == 'accuracy'")
    rows, scores = read_table(folder / "evaluation/lambdas.csv"), read_scores(folder / "evaluation/scores.csv")
    for row in rows.itertuples():
        last = curves[(curves.weight_decay == row.weight_decay) & (curves.epoch == 3)]
        name = f"lambda_{row.weight_decay:g}".replace(".", "_")
        assert row.final_mean == pytest.approx(last.value.mean())
        assert scores[f"{name}.final"][:4] == pytest.approx((row.final_mean, row.final_low, row.final_high, 2))
        assert scores[f"{name}.final_std"].value == pytest.approx(row.final_std)
