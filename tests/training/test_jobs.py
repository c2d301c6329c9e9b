"""One job: built and trained from its seed alone, on all images or a part, in torch or in NumPy."""

from types import SimpleNamespace

import pytest
import torch

from stages import train_subsets
from stages.train_subsets import subset_job
from tests.parameters import changed
from tests.trainings import ENTRY, entry, fit, same
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import subset
from vision.data.statistics import feature_statistics
from vision.nets import build, save_net
from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_table
from vision.training.jobs import Job, train_job


def train(model, dataset, seed=0, **options):
    return train_job(Job.of("net", model, seed), data=dataset, device="cpu", **options)


def test_a_model_is_built_and_trained_from_its_seed_whatever_ran_before(dataset, capsys):
    model, rows = entry(crop_padding_pixels=1), []
    first = train(model, dataset, 4, on_epoch=rows.append)
    accuracy = rows[first.training.best_epoch - 1]["valid_accuracy"]
    assert rows == first.training.curves
    assert capsys.readouterr().out == f"net: valid accuracy {accuracy:.2%} in epoch {first.training.best_epoch}\n"
    torch.rand(17)
    other, again = train(model, dataset, 5), train(model, dataset, 4)
    assert same(first.weights, again.weights)
    assert first.training == again.training
    assert first.hyper == {**dataset.net_inputs, **ENTRY["hyper"]}
    assert not same(first.weights, other.weights)

    torch.manual_seed(4)
    plain = build("mlp", **first.hyper)
    assert fit(plain, dataset.splits["train"], dataset.splits["valid"], model, seed=4) == first.training
    assert same(first.weights, plain.state_dict())


@pytest.mark.parametrize(("fraction", "passes"), [(0.5, 1), (0.125, 3)])
def test_a_subset_is_stratified_by_the_jobs_seed_and_trained_on_more_often(fraction, passes, dataset, tmp_path):
    model = entry(batch_size=4, momentum=0.5)
    trained = train_job(subset_job(model, fraction, 5), data=dataset, device="cpu")
    torch.manual_seed(5)
    net, part = build("mlp", **dataset.net_inputs, **model.hyper), subset(dataset.splits["train"], fraction, 5)
    training = fit(net, part, dataset.splits["valid"], model, seed=5, passes=passes)
    assert trained.training == training
    assert same(trained.weights, net.state_dict())
    save_checkpoint(tmp_path / "run.pt", trained.checkpoint())
    saved = load_checkpoint(tmp_path / "run.pt")
    assert (saved["fraction"], saved["seed"], saved["net"], saved["hyper"]) == (fraction, 5, "mlp", trained.hyper)
    assert saved["history"] == training.history()


def test_the_headline_network_is_the_run_on_all_images_at_its_seed(dataset, tmp_path):
    values = changed("subsets", {"fractions": [0.25, 0.5, 1], "seeds": [0, 1]})
    params = SimpleNamespace(network=lambda name: entry(), subsets=parse_params(values).subsets, seed=1, device="cpu")
    headline = train(entry(), dataset, 3)  # another seed's: it is taken over, not trained
    dataset.save(tmp_path / "train.npz")
    save_net(tmp_path / "net.pt", "mlp", headline.hyper, headline.weights, headline.training.history())
    train_subsets.main(params, data=tmp_path, headline=tmp_path / "net.pt", weights=tmp_path / "s.pt", tables=tmp_path)
    runs = {(run["fraction"], run["seed"]): run for run in load_checkpoint(tmp_path / "s.pt")}
    assert runs.keys() == {(fraction, seed) for fraction in (0.25, 0.5, 1) for seed in (0, 1)}
    assert same(runs[1, 1]["weights"], headline.weights)
    assert runs[1, 1]["history"] == headline.training.history()
    assert not same(runs[1, 0]["weights"], headline.weights)
    curves = read_table(tmp_path / "curves.csv")
    losses = curves[(curves.run == "1 of the training part, seed 1") & (curves.measure == "loss")]
    expected = [row["valid_loss"] for row in headline.training.curves]
    assert losses[losses.split == "valid"].value.tolist() == pytest.approx(expected, rel=1e-6)


def test_a_model_learns_from_features_and_cannot_augment_them(dataset):
    splits = {name: Samples(split.rows, split.labels, split.indices) for name, split in dataset.splits.items()}
    features = Dataset(splits, dataset.class_names, *feature_statistics(splits["train"].inputs))
    trained = train(entry(epochs=15), features)
    assert trained.hyper["shape"] == [64]
    assert trained.training.curves[-1]["valid_accuracy"] > 0.9
    with pytest.raises(UserError, match="must be 0 for features"):
        train(entry(crop_padding_pixels=1), features)
