"""What the study's networks are worth: accuracies that can be counted again, and pairs on the same images."""

import pytest

from vision.nets import build, load_net, save_net
from vision.pipeline.errors import UserError
from vision.scores.paired import mcnemar, paired_interval
from vision.studies.from_scratch.runs import Job, train_from_scratch
from vision.studies.from_scratch.scores import accuracy_rows, judge, most_accurate, pair_rows

RUNS = {
    "ours": ("numpy", "relu", 0.1), "theirs": ("sklearn", "relu", 0.1), "default": ("sklearn_defaults", "relu", 0.1),
    "slow": ("numpy", "linear", 0.001), "wild": ("numpy", "linear", 500.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(study, dataset, path, tmp_path_factory):
    settings, saved, folder = study(RUNS), {}, tmp_path_factory.mktemp("nets")
    for name, run in settings.runs.items():
        one = train_from_scratch(Job(name, run, settings), data=path, seed=3)
        save_net(folder / f"{name}.pt", run.net, one["hyper"], one["weights"], one["history"])
        saved[name] = load_net(folder / f"{name}.pt")
    return settings, saved, {name: judge(one, dataset.splits) for name, one in saved.items()}


def test_accuracies_are_those_of_the_weights_of_each_epoch(found, dataset):
    settings, saved, judged = found
    printed = {("ours", 2): 0.9, ("ours", 4): 0.8, ("theirs", 4): 0.7}
    rows = accuracy_rows(settings, judged, {name: one.history for name, one in saved.items()}, printed)
    assert [row["kept"] for row in rows if row["model"] == "ours"] == ["epoch_2", "epoch_4", "best"]
    assert not [row for row in rows if row["model"] == "wild"]
    test = dataset.splits["test"]
    for row in rows:
        one = saved[row["model"]]
        assert row["correct"] == judged[row["model"]][row["kept"]].right.sum()
        net = build("numpy_mlp", **one.hyper)
        if row["kept"] != "best":
            net.load_state_dict(one.history["checkpoints"][row["kept"]])
            assert row["epoch"] == int(row["kept"][-1])
            assert row["correct"] == (net.logits(test.rows).argmax(1) == test.labels).sum()
            assert row["valid_accuracy"] == one.history["curves"][row["epoch"] - 1]["valid_accuracy"]
        assert row["printed"] == (printed.get((row["model"], row["epoch"])) if row["kept"] != "best" else None)
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
        assert not row["diverged"]


def test_pairs_are_ours_against_theirs_on_the_same_images(found):
    settings, _, judged = found
    rows = pair_rows(settings, judged)
    named = [(row["first"], row["second"], row["kept"]) for row in rows]
    kinds = ("epoch_2", "epoch_4", "best")
    assert [row for row in named if row[2] in kinds] == [
        ("ours", other, kept) for other in ("theirs", "default") for kept in kinds
    ]
    best = most_accurate(judged)
    assert [row for row in named if row[2] == "best of all"] == [
        (best, name, "best of all") for name in RUNS if name not in (best, "wild")
    ]
    assert ("slow", "slow", "epoch_2 less epoch_4") in named
    row = rows[named.index(("ours", "default", "epoch_4"))]
    first, second = (judged[name]["epoch_4"].right for name in ("ours", "default"))
    gained, lost = int((first & ~second).sum()), int((second & ~first).sum())
    assert gained + lost > 0
    assert row["difference"] == pytest.approx(first.mean() - second.mean())
    assert (row["difference_low"], row["difference_high"]) == paired_interval(gained, lost, len(first))
    assert row["p"] == mcnemar(first, second)


def test_the_most_accurate_is_chosen_by_validation(found):
    judged = found[2]
    better = judged["slow"]["best"]._replace(valid_accuracy=2.0)
    assert most_accurate(judged | {"slow": {"best": better}}) == "slow"
    with pytest.raises(UserError, match="every network of from_scratch diverged in its first epoch"):
        most_accurate({"wild": judged["wild"]})
