"""The trainings of the study: kept weights, and scikit-learn's network at the same settings and at its defaults."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from tests.trainings import same
from vision.nets import build, restore_net
from vision.studies.from_scratch.jobs import (
    SAME_SETTINGS,
    ScikitTrainer,
    best_layers,
    has_converged,
    layer_rows,
    other_jobs,
    tried_jobs,
)  # fmt: skip
from vision.studies.from_scratch.names import saved_names
from vision.training.jobs import train_job
from vision.training.numpy_loop import SGDTrainer

TRAINERS = ["numpy", "sklearn", "sklearn_defaults"]


def all_jobs(study):
    return [*tried_jobs(study), *other_jobs(study, study.layers[0])]


def train(study, dataset, seed=3):
    (job,) = [job for job in all_jobs(study) if job.seed == seed]
    return train_job(job, data=dataset, device="cpu")


@pytest.fixture
def trainer(study, dataset):
    """Make the trainer in NumPy (None), or scikit-learn's with these settings over its own."""

    def make(options, activation="relu", lr=0.1):
        settings = study({"net": ("numpy", activation, lr)})
        net = build("numpy_mlp", **dataset.net_inputs, hidden=settings.layers[0], activation=activation)
        recipe, samples = settings.recipe(settings.models["net"]), dataset.splits["train"]
        if options is None:
            return SGDTrainer(net, samples, recipe, seed=3)
        return ScikitTrainer(net, samples, recipe, seed=3, settings=options)

    return make


@pytest.mark.parametrize("kind", TRAINERS)
def test_the_most_accurate_epoch_on_validation_images_is_kept_and_the_seed_decides(kind, study, dataset):
    settings = study({"net": (kind, "relu", 1.0)}, epochs=12)  # steps so large that accuracies jump
    trained, again, other = (train(settings, dataset, seed) for seed in (3, 3, 4))
    accuracies = [row["valid_accuracy"] for row in trained.training.curves]
    best, valid = int(np.argmax(accuracies)), dataset.splits["valid"]
    assert trained.training.best_epoch == best + 1
    net = restore_net("numpy_mlp", trained.hyper, trained.weights)
    assert (net.logits(valid.rows).argmax(1) == valid.labels).mean() == accuracies[best]
    assert same(trained.weights, again.weights)
    assert set(trained.training.checkpoints) == {"epoch_2", "epoch_4"}
    assert trained.training.curves == again.training.curves
    assert not same(trained.weights, other.weights)
    assert ("augmented_train_accuracy" in trained.training.curves[0]) == (kind == "numpy")


@pytest.mark.parametrize("kind", TRAINERS)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_training_that_diverges_ends_with_finite_weights(kind, study, dataset):
    trained = train(study({"net": (kind, "linear", 500.0)}, epochs=30, checkpoints=[30]), dataset)
    assert trained.training.diverged
    assert trained.training.checkpoints == {}
    assert all(weights.isfinite().all() for weights in trained.weights.values())


def mean_loss(epoch):
    return np.average(epoch.losses, weights=epoch.sizes)


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_at_the_same_settings_losses_and_weights_are_scikit_learns(activation, trainer, dataset):
    ours, theirs = trainer(None, activation), trainer(SAME_SETTINGS, activation)
    valid = dataset.splits["valid"]
    np.testing.assert_array_equal(ours.logits(valid), theirs.logits(valid))  # initially
    for epoch in range(1, 6):
        assert mean_loss(ours.train_epoch(epoch)) == pytest.approx(mean_loss(theirs.train_epoch(epoch)), rel=1e-5)
    for name, weights in ours.state().items():
        np.testing.assert_allclose(theirs.state()[name], weights, rtol=1e-3, atol=1e-5)


def fitted(dataset, epochs, **options):
    train = dataset.splits["train"]
    options |= {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": epochs}
    return MLPClassifier([7, 5], random_state=np.random.RandomState(3), **options).fit(train.rows, train.labels)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_at_its_defaults_the_first_epoch_is_that_of_fit(trainer, dataset):
    """Later epochs differ: partial_fit draws each order from the images in their own order."""
    theirs, whole = trainer({"batch_size": "auto"}), fitted(dataset, 1)
    assert mean_loss(theirs.train_epoch(1)) == whole.loss_
    for ours, others in zip(theirs.classifier.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(ours, others)
    ours, others = theirs.classifier.get_params(), whole.get_params()
    assert {name for name in ours if ours[name] != others[name]} <= {"max_iter", "random_state"}


def test_a_training_ends_where_fit_ends_it(trainer, dataset):
    whole = fitted(dataset, 400, activation="tanh")
    assert whole.n_iter_ < 400, "this training should converge"
    assert has_converged(whole.loss_curve_, whole)
    assert not has_converged(whole.loss_curve_[:-1], whole)
    theirs = trainer({"batch_size": "auto"}, "tanh")
    losses = [theirs.train_epoch(epoch).losses for epoch in range(1, 401)]
    epochs = len(theirs.classifier.loss_curve_)
    assert epochs < 400
    assert all(losses[:epochs])
    assert not any(losses[epochs:])


def test_a_converged_training_has_the_weights_of_its_end_at_later_checkpoints(study, dataset):
    trained = train(study({"net": ("sklearn_defaults", "tanh", 0.1)}, epochs=400, checkpoints=[2, 399, 400]), dataset)
    assert len(trained.training.curves) < 399
    assert not trained.training.diverged
    early, *late = (trained.training.checkpoints[f"epoch_{epoch}"] for epoch in (2, 399, 400))
    assert same(*late)
    assert not same(early, late[0])


def test_scikit_learn_has_its_own_batches_unless_others_are_named(study, dataset):
    settings = study({"net": ("sklearn_defaults", "relu", 0.1), "small": ("sklearn_defaults", "relu", 0.1)})
    settings.models["small"] = settings.models["small"].model_copy(update={"batch_size": 4})
    nets = {
        job.name: job.trainer(
            build("numpy_mlp", **dataset.net_inputs, **job.hyper), dataset.splits["train"], job.recipe, seed=job.seed
        )
        for job in all_jobs(settings)
    }
    assert {name: one.classifier.batch_size for name, one in nets.items()} == {"net": "auto", "small": 4}


def test_networks_in_numpy_try_all_layers_and_the_chosen_ones_have_all_seeds(study):
    runs = {"a": ("numpy", "relu", 0.1), "line": ("numpy", "linear", 0.1), "b": ("sklearn_defaults", "relu", 0.1)}
    settings = study(runs, layers=[[5], [7, 5]])
    assert [(job.name, job.hyper["hidden"], job.seed) for job in tried_jobs(settings)] == [
        ("a", [5], 3), ("line", [5], 3), ("a", [7, 5], 3), ("line", [7, 5], 3)
    ]  # fmt: skip
    others = [(job.name, job.hyper["hidden"], job.seed) for job in other_jobs(settings, [7, 5])]
    assert others == [("b", [7, 5], 3), ("b", [7, 5], 4), ("a", [7, 5], 4)]
    assert saved_names(settings, [7, 5]) == {
        "chosen": {"a": ["a", "a_seed_4"], "line": ["line"], "b": ["b", "b_seed_4"]},
        "layers_5": {"a": ["a_layers_5"], "line": ["line_layers_5"]},
    }


def test_layers_are_chosen_by_the_validation_accuracy_of_nonlinear_networks(study, dataset):
    settings = study({"a": ("numpy", "relu", 0.3), "line": ("numpy", "linear", 0.3)}, layers=[[1], [9], [500]])
    tried = [train_job(job, data=dataset, device="cpu") for job in tried_jobs(settings)]
    rows = layer_rows(settings, tried)
    assert {row["model"] for row in rows} == {"a"}
    scores = {row["layers"]: row["score"] for row in rows}
    assert best_layers(settings, rows) == [int(max(scores, key=scores.get).removeprefix("layers_"))]
    assert scores["layers_1"] < max(scores.values())
    assert scores["layers_9"] == np.mean(tried[2].training.valid_accuracies[-10:])
