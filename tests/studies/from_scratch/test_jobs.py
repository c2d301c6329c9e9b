"""The trainings of the study: kept weights, and scikit-learn's network at the same settings and at its defaults."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from tests.trainings import same
from vision.nets import build, restore_net
from vision.studies.from_scratch.jobs import ScikitTrainer, has_converged, scratch_jobs
from vision.training.jobs import train_job
from vision.training.numpy_loop import SGDTrainer

TRAINERS = ["numpy", "sklearn", "sklearn_defaults"]


def train(study, dataset, seed=3):
    (job,) = scratch_jobs(study, seed)
    return train_job(job, data=dataset, device="cpu")


@pytest.fixture
def trainer(study, dataset):
    """Make the trainer in NumPy (None), or scikit-learn's at the same settings (True) or at its defaults (False)."""

    def make(same_settings, activation="relu", lr=0.1):
        settings = study({"net": ("numpy", activation, lr)})
        net = build("numpy_mlp", **dataset.net_inputs, hidden=settings.hidden, activation=activation)
        recipe, samples = settings.recipe(settings.models["net"]), dataset.splits["train"]
        if same_settings is None:
            return SGDTrainer(net, samples, recipe, seed=3)
        return ScikitTrainer(net, samples, recipe, seed=3, same_settings=same_settings)

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
    ours, theirs = trainer(None, activation), trainer(True, activation)
    valid = dataset.splits["valid"]
    np.testing.assert_array_equal(ours.logits(valid), theirs.logits(valid))  # initially
    for epoch in range(1, 6):
        assert mean_loss(ours.train_epoch(epoch)) == pytest.approx(mean_loss(theirs.train_epoch(epoch)), rel=1e-5)
    for name, weights in ours.state().items():
        np.testing.assert_allclose(theirs.state()[name], weights, rtol=1e-3, atol=1e-5)


def fitted(dataset, epochs, **options):
    train = dataset.splits["train"]
    options |= {"solver": "sgd", "learning_rate_init": 0.1, "batch_size": 8, "max_iter": epochs}
    return MLPClassifier([7, 5], random_state=np.random.RandomState(3), **options).fit(train.rows, train.labels)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_at_its_defaults_the_first_epoch_is_that_of_fit(trainer, dataset):
    """Later epochs differ: partial_fit draws each order from the images in their own order."""
    theirs, whole = trainer(False), fitted(dataset, 1)
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
    theirs = trainer(False, "tanh")
    losses = [mean_loss(theirs.train_epoch(epoch)) for epoch in range(1, 401)]
    epochs = len(theirs.classifier.loss_curve_)
    assert epochs < 400
    assert set(losses[epochs - 1 :]) == {losses[-1]}
