"""Fine-tuning of VGG16: its groups of layers, its heads, and norms where its trunk has them."""

import numpy as np
import pytest
import torch

from tests.trainings import PLAIN, same
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.nets import SavedNet, build
from vision.nets.inference import predict
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Options
from vision.pipeline.schema.transfer import FineTuned
from vision.transfer import finetuning
from vision.transfer.finetuning import HEADS, finetune, with_trunk

N, PIXELS = 24, 8  # so small that a training takes no time
DATA = {"mean": [0.5, 0.4, 0.3], "std": [0.3, 0.2, 0.2], "shape": [3, PIXELS, PIXELS], "n_classes": 10}
LINEAR, DENSE = {"head": "linear", "dense_units": 0}, {"head": "dense", "dense_units": 64}
ENTRY = {
    "role": "fashion", "inputs": "fashion", "trunk": "vgg16", "net": "vgg16", "batch_size": 8, "weight_decay": 0.01,
    "warmup_fraction": 0.3, "norms_learn": True, "frozen": {"epochs": 1, "lr": [0.003]},
}  # fmt: skip
NOTHING = 1e-30  # a rate that moves no number
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# Of parameters by name, the numbers of the layers: blocks 1 to 3 are early, of seven convolutions, as fastai cuts them.
EARLY = {False: range(17), True: range(24)}
either = pytest.mark.parametrize("norms", [False, True], ids=["plain", "norms"])
heads = pytest.mark.parametrize("head", [LINEAR, DENSE], ids=["linear", "dense"])


def saved(norms, head=LINEAR):
    """A network of colour images, with statistics of some training."""
    torch.manual_seed(1)
    hyper = {**DATA, "norms": norms, **head}
    net = build("vgg16", **hyper)
    net(torch.rand(8, 3, PIXELS, PIXELS))
    return SavedNet(net.eval(), hyper, {})


@pytest.fixture(scope="module")
def dataset():
    generator, labels = np.random.default_rng(0), np.arange(N + 8) % 2
    pixels = generator.integers(0, 150, (N + 8, 1, PIXELS, PIXELS)) + 100 * labels[:, None, None, None]
    images = Samples(pixels.astype(np.uint8), labels, np.arange(N + 8))
    return Dataset({"train": images[:N], "valid": images[N:]}, ["dark", "light"], *channel_statistics(images.inputs))


def tuned(dataset, norms, head, rates=(1e-5, 1e-4, 1e-3), **changes):
    """What fine-tuning gives, and the network's state after each of its two epochs."""
    built, states = [], []

    def spy(name, **hyper):
        built.append(build(name, **hyper))
        return built[-1]

    def keep(row):
        states.append({name: value.clone() for name, value in built[0].state_dict().items()})

    entry = FineTuned(**ENTRY | changes, hyper={"norms": norms, **head}, whole={"epochs": 1, "lr": list(rates)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "build", spy)
        trained, steps = finetune(
            entry, saved(norms), dataset, Options(**PLAIN), seed=0, device="cpu", on_epoch=keep
        )  # fmt: skip
    return trained, steps, states


def group(name, norms):
    """0, 1 or 2, of early layers, late ones and the head."""
    return 2 if name.startswith("classifier") else int(int(name.split(".")[1]) not in EARLY[norms])


@either
@heads
def test_a_trunk_is_copied_without_its_head(head, norms):
    trunk, net = saved(norms), build("vgg16", **{**DATA, "n_classes": 2}, norms=norms, **head)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with_trunk(net, trunk, HEADS["vgg16"])
    for name, value in net.state_dict().items():
        of_head = name.startswith("classifier")
        assert torch.equal(value, before[name] if of_head else trunk.net.state_dict()[name])


@either
def test_a_trunk_with_norms_is_not_one_without(norms):
    net = build("vgg16", **DATA, norms=norms, **LINEAR)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(UserError) as caught:
        with_trunk(net, saved(not norms), HEADS["vgg16"])
    assert str(caught.value) == "the trunk's weights are not those of such a network; run `dvc repro` to make them anew"
    assert same(net.state_dict(), before)


@either
@heads
def test_the_head_learns_alone_and_then_everything(head, norms, dataset):
    trained, steps, (frozen, whole) = tuned(dataset, norms, head, rates=(1e-3, 1e-3, 1e-3))
    learned = saved(norms).net.state_dict()
    assert all(torch.equal(value, learned[name]) for name, value in frozen.items() if not name.startswith("classifier"))
    still = {name for name, value in whole.items() if torch.equal(value, frozen[name])}
    assert still == {"standardise.mean", "standardise.std"}
    assert not steps[: len(steps) // 2, :2].any()
    assert steps.all(axis=0).tolist() == [False, False, True]
    net = build("vgg16", **trained.hyper)  # what is saved rebuilds it
    net.load_state_dict(trained.weights)
    valid = dataset.splits["valid"]
    accuracy = (predict(net, valid).argmax(1) == valid.labels).mean()
    assert accuracy == trained.training.curves[trained.training.best_epoch - 1]["valid_accuracy"]


@either
@pytest.mark.parametrize("moving", [0, 1, 2], ids=["early", "late", "head"])
def test_each_group_of_layers_learns_at_its_own_rate(moving, norms, dataset):
    rates = [1e-3 if number == moving else NOTHING for number in range(3)]
    *_, (frozen, whole) = tuned(dataset, norms, DENSE, rates)
    parameters = {name for name in whole if not name.endswith(STATISTICS) and not name.startswith("standardise.")}
    changed = {name for name in parameters if (whole[name] - frozen[name]).abs().max() > 1e-6}
    assert changed == {name for name in parameters if group(name, norms) == moving}
    weights = [name for name in changed if whole[name].ndim == 4]
    assert len(weights) == [7, 6, 0][moving]


@pytest.mark.parametrize("norms_learn", [True, False])
def test_once_the_trunk_learns_its_norms_count_if_they_are_told_to(norms_learn, dataset):
    *_, (frozen, whole) = tuned(dataset, True, LINEAR, norms_learn=norms_learn)
    statistics = {name for name in whole if name.endswith(STATISTICS)}
    counted = {name for name in statistics if not torch.equal(whole[name], frozen[name])}
    assert counted == (statistics if norms_learn else set())
