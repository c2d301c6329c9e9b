"""Stages of models: wrong entries are refused, and a training that diverges stops nothing after it."""

import pytest

from tests.running import change
from vision.pipeline.errors import UserError
from vision.scores.estimate import read_scores

KNN = {"role": "handwriting", "inputs": "handwriting", "estimator": "knn"}
SEARCH = {"rounds": [{"weight_decay": [0.1, 0.01]}], "finalists": 2, "repeats": 2, "score_epochs": 1}


@pytest.mark.parametrize(
    ("stage", "changes", "words"),
    [
        ("train@nobody", {}, ["'nobody'", "relu_mlp"]),
        ("classify@knn", {"classifiers": {"knn": KNN | {"hyper": {"neighbours": 1000}}}}, ["1000", "at most"]),
        ("train_subsets", {"subsets": {"fractions": [0.001, 0.5, 1]}}, ["subsets.fractions", "0.001"]),
    ],
    ids=str,
)
def test_wrong_entry_is_named_with_what_is_allowed(stage, changes, words, scratch, run_stage):
    change(scratch, epochs=100_000, **changes)  # for hours, unless it is refused before any training
    with pytest.raises(UserError) as caught:
        run_stage(stage)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not list((scratch / "models").glob("*.pt"))


def test_search_that_diverges_says_so_and_is_evaluated(scratch, run_stage):
    change(scratch, models={"softmax": {"epochs": 2, "batch_size": 32, "lr": 100, "search": SEARCH}})
    assert "diverged" in run_stage("train@softmax")
    run_stage("evaluate@softmax")
    scores = read_scores(scratch / "plots/models/handwriting/softmax/evaluation/scores.csv")
    assert (scores["diverged"].value, scores["last_finite_epoch"].value, scores["test.images"].value) == (1, 0, 240)
