"""The lead of a search's winner has the sampling error of the validation images too."""

import numpy as np
import pytest

from tests.trainings import entry
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.results.leads import widen_leads
from vision.scores.intervals import mean_interval, over_seeds
from vision.training.runs import train_model
from vision.training.searches import Run, SearchResult

RATES = {"winner": 0.1, "second": 0.01, "third": 0.0001}


@pytest.fixture
def dataset():
    """Three classes of noise, each a little brighter in other columns."""
    generator, labels = np.random.default_rng(0), np.arange(300) % 3
    pixels = generator.integers(0, 200, (300, 1, 8, 8)) + 30 * (np.arange(8) // 3 == labels[:, None, None, None])
    images = Samples(pixels.astype(np.uint8), labels, np.arange(300))
    return Dataset({"train": images[:100], "valid": images[100:]}, list("abc"), *channel_statistics(images.inputs))


def test_a_lead_is_as_wide_as_seeds_and_images_make_it(dataset):
    models = {name: entry(lr=lr, epochs=4) for name, lr in RATES.items()}
    runs = [Run(1, seed > 0, seed, {}, models[name]) for seed in range(4) for name in ("third", "second", "winner")]
    results = [train_model(run.model, dataset, seed=run.seed, device="cpu") for run in runs]
    found = SearchResult(models["winner"], runs, results, lead={1: {}}, winners={1: models["winner"]})
    widen_leads(found, dataset.splits["valid"], 1)

    fresh = {name: [results[place] for place, run in enumerate(runs) if run.fresh and run.model == model]
             for name, model in models.items()}  # fmt: skip
    scores = {name: np.array([one.training.curves[-1]["valid_accuracy"] for one in fresh[name]]) for name in models}
    assert scores["winner"].mean() > scores["second"].mean() > scores["third"].mean()
    alone = over_seeds(scores["winner"] - scores["second"])
    lead = found.lead[1]
    assert (lead["mean"], lead["std"]) == (alone["mean"], alone["std"])
    assert lead["mean"] - lead["low"] == pytest.approx(lead["high"] - lead["mean"])
    of_images = np.sqrt((lead["high"] - lead["mean"]) ** 2 - (alone["high"] - alone["mean"]) ** 2)
    # Two networks of these accuracies differ on at least so many images, and at most on all that either gets wrong.
    accuracies = scores["winner"].mean(), scores["second"].mean()
    most = np.zeros(200)
    most[: round(200 * min(1, 2 - sum(accuracies)))] = np.resize([1, -1], round(200 * min(1, 2 - sum(accuracies))))
    widest = np.subtract(*mean_interval(most)[::-1]) / 2
    assert 0.2 * widest < of_images < widest


def test_without_a_lead_nothing_is_widened(dataset):
    found = SearchResult(entry())
    widen_leads(found, dataset.splits["valid"], 1)
    assert found.lead == {}
