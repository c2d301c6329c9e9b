"""One run of the study: which weights are kept of it, and what is said of one that diverged."""

import numpy as np
import pytest

from tests.trainings import same
from vision.nets import build
from vision.nets.numpy_mlp import SGDTrainer
from vision.studies.from_scratch.runs import Job, train_from_scratch

TRAINERS = ["numpy", "sklearn", "sklearn_defaults"]


def trained(study, path, seed=3):
    (name,) = study.models
    return train_from_scratch(Job(name, study.models[name], study), data=path, seed=seed)


def test_checkpoints_are_the_weights_after_their_epochs(study, dataset, path):
    settings = study({"net": ("numpy", "tanh", 0.1)})
    found = trained(settings, path)["history"]["checkpoints"]
    net = build("numpy_mlp", **dataset.net_inputs, hidden=[7, 5], activation="tanh")
    trainer = SGDTrainer(net, dataset.splits["train"], settings.recipe(settings.models["net"]), seed=3, passes=1)
    assert set(found) == {"epoch_2", "epoch_4"}
    for epoch in range(1, 5):
        trainer.train_epoch(epoch)
        if epoch in (2, 4):
            for name, weights in trainer.state().items():
                np.testing.assert_array_equal(found[f"epoch_{epoch}"][name], weights)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_weights_are_those_of_the_most_accurate_epoch_and_depend_on_the_seed(trainer, study, dataset, path):
    """By validation, and not by test images (bug B4.5)."""
    settings = study({"net": (trainer, "relu", 1.0)}, epochs=12)  # steps so large that accuracies jump
    found, again, other = (trained(settings, path, seed) for seed in (3, 3, 4))
    accuracies = [row["valid_accuracy"] for row in found["history"]["curves"]]
    best, valid = int(np.argmax(accuracies)), dataset.splits["valid"]
    assert found["history"]["best_epoch"] == best + 1
    net = build("numpy_mlp", **found["hyper"])
    net.load_state_dict(found["weights"])
    assert (net.logits(valid.rows).argmax(1) == valid.labels).mean() == accuracies[best]
    assert same(found["weights"], again["weights"])
    assert found["history"]["curves"] == again["history"]["curves"]
    assert not same(found["weights"], other["weights"])


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_run_that_diverges_ends_and_says_in_which_epoch(trainer, study, path, capsys):
    found = trained(study({"net": (trainer, "linear", 500.0)}, epochs=30, checkpoints=[30]), path)
    history = found["history"]
    assert history["diverged"]
    assert history["checkpoints"] == {}
    assert f"net: diverged in epoch {len(history['curves']) + 1}, " in capsys.readouterr().out
    assert all(weights.isfinite().all() for weights in found["weights"].values())
