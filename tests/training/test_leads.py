"""The lead of a search's winner has the sampling error of the validation images too."""

import numpy as np
import pytest

from tests.trainings import entry, striped_images
from vision.data.dataset import Dataset
from vision.data.statistics import channel_statistics
from vision.nets import build
from vision.nets.inference import predict
from vision.scores.intervals import over_seeds_and_samples
from vision.training.leads import widen_leads
from vision.training.runs import train_model
from vision.training.searches import Run, SearchResult

RATES = {"winner": 0.1, "second": 0.01, "third": 0.0001}


def test_a_lead_is_as_wide_as_seeds_and_images_make_it():
    images = striped_images(120, noise=200, stripe=30)
    dataset = Dataset({"train": images[:60], "valid": images[60:]}, list("abc"), *channel_statistics(images.inputs))
    valid, models = dataset.splits["valid"], {name: entry(lr=lr, epochs=4) for name, lr in RATES.items()}
    runs = [Run(1, seed > 0, seed, {}, models[name]) for seed in range(4) for name in ("third", "second", "winner")]
    results = [train_model(run.model, dataset, seed=run.seed, device="cpu") for run in runs]
    found = SearchResult(models["winner"], runs, results, lead={1: {}}, winners={1: models["winner"]})
    widen_leads(found, valid, 1)

    scores, right = dict.fromkeys(models, ()), dict.fromkeys(models, 0)
    for run, result in zip(runs, results, strict=True):
        if run.fresh:
            (name,) = (name for name, model in models.items() if model == run.model)
            net = build("mlp", **result.hyper)
            net.load_state_dict(result.weights)
            scores[name] = *scores[name], result.training.curves[-1]["valid_accuracy"]
            right[name] = right[name] + (predict(net, valid).argmax(1) == valid.labels) / 3
    assert np.mean(scores["winner"]) > np.mean(scores["second"]) > np.mean(scores["third"])
    leads = np.subtract(scores["winner"], scores["second"])
    assert found.lead[1] == pytest.approx(over_seeds_and_samples(leads, right["winner"] - right["second"]))


def test_without_a_lead_nothing_is_widened():
    found = SearchResult(entry())
    widen_leads(found, striped_images(6), 1)
    assert found.lead == {}
