"""Choosing hyper-parameters by validation: grids, and fresh seeds for the best points (rows L5, L12, bug B3.10)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vision.datasets import Dataset
from vision.errors import UserError
from vision.nets import build
from vision.params import Model
from vision.process import available_cores
from vision.scores import over_seeds
from vision.sweeps import team
from vision.training import Training, fit

SETTLED = 0.001  # share of the validation images: a tenth of a percentage point


@dataclass(frozen=True)
class Run:
    """One training of a search: a point of a round's grid with one seed.

    Attributes:
        round: counted from 1
        fresh: whether the seed is one of those that decide, and not the one that every point of the grid had
        values: the point's values by name
        model: the entry with these values
    """

    round: int
    fresh: bool
    seed: int
    values: dict[str, Any]
    model: Model

    @property
    def name(self) -> str:
        """What tables and messages call the run."""
        point = ", ".join(f"{name} {_text(value)}" for name, value in self.values.items())
        return f"round {self.round}: {point}, seed {self.seed}"


@dataclass
class SearchResult:
    """What a search found.

    Attributes:
        model: the entry with the chosen values
        runs, results: every run with its training and weights, in the same order
        chosen: position of the run whose weights are kept: the winner's of the last round with the common seed
        lead: of each round's winner over the second, in mean score over the fresh seeds, with its interval; not of a
            round of one point
        winners: each round's winner
    """

    model: Model
    runs: list[Run] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    chosen: int = 0
    lead: dict[int, dict[str, float]] = field(default_factory=dict)
    winners: dict[int, Model] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """What was searched, in the order of the rounds."""
        return list(dict.fromkeys(name for run in self.runs for name in run.values))

    def summary(self) -> dict[str, Any]:
        """The number of runs, each round's lead and the values that were chosen, as metrics take them."""
        if len(self.runs) < 2:
            return {}
        chosen = {}
        for name in self.names:
            value = self.model.value(name)
            values = value if isinstance(value, list) else [value]
            labels = [name] if len(values) == 1 else [f"{name}_{place}" for place in range(1, len(values) + 1)]
            chosen |= {label: value for label, value in zip(labels, values, strict=True) if not isinstance(value, str)}
        leads = {f"lead_of_round_{number}": lead for number, lead in self.lead.items()}
        trained = len({id(result) for result in self.results})  # what two rounds share was trained once
        return {"search": {"runs": trained, "chosen": chosen, **leads}}


def search(
    model: Model, *, seed: int, train: Callable[[Run], dict[str, Any]], workers: int | None = None
) -> SearchResult:
    """Go through the rounds of `model.search`, each starting from the winner of the one before.

    Every point of a round's grid runs with `seed`; the best ones run again with fresh seeds, and those runs alone say
    which wins and by how much: a score that was the best of thirty is too good to be true (bug B3.10). The lead, over
    the second of a few contenders by the same runs, is still a little too good.

    Args:
        train: as `train_run`
    """
    found, epochs, known = SearchResult(model.changed({})), model.search.score_epochs, {}

    def scores(results: list[dict[str, Any]]) -> np.ndarray:
        return np.array([score(result["training"], epochs) for result in results])

    def results_of(runs: list[Run]) -> list[dict[str, Any]]:
        """Train what is new: a later round's grid holds the winner of the one before."""
        keys = [(run.model.model_dump_json(), run.seed) for run in runs]
        new = {key: run for key, run in zip(keys, runs, strict=True) if key not in known}
        known.update(zip(new, call(train, new.values()), strict=True))
        return [known[key] for key in keys]

    again, rounds = model.search.contenders * model.search.repeats, range(len(model.search.rounds))
    most = max([again, *(len(model.grid(number)) for number in rounds)])
    with team(min(workers or available_cores(), most)) as call:
        for number in range(1, len(model.search.rounds) + 1):
            points = [(values, found.model.changed(values)) for values in model.grid(number - 1)]
            runs = [Run(number, False, seed, *point) for point in points]
            results = results_of(runs)
            best = np.argsort(-scores(results), kind="stable")[: model.search.contenders]
            fresh_seeds = range(seed + 1, seed + 1 + model.search.repeats)
            again = [Run(number, True, fresh, *points[place]) for place in best for fresh in fresh_seeds]
            repeated = results_of(again)
            decisive = scores(repeated).reshape(len(best), -1)  # (contenders, seeds)
            order = np.argsort(-decisive.mean(1), kind="stable")
            winner = int(best[order[0]])
            found.model, found.chosen = points[winner][1], len(found.runs) + winner
            found.winners[number] = found.model
            found.runs, found.results = found.runs + runs + again, found.results + results + repeated
            if len(order) > 1:
                found.lead[number] = over_seeds(decisive[order[0]] - decisive[order[1]])
    return found


load_once = lru_cache(maxsize=1)(Dataset.load)  # for a worker process, which trains many runs on the same images


def train_run(run: Run, *, data: Path, device: str) -> dict[str, Any]:
    """Train one point; the test split is not read.

    Returns:
        weights (state dict on the CPU), hyper (what the net was built with) and training
    """
    net, hyper, training = train_model(run.model, load_once(data), seed=run.seed, device=device, show_progress=False)
    outcome = "diverged" if training.diverged else f"valid accuracy {training.curves[-1]['valid_accuracy']:.2%}"
    print(f"{run.name}: {outcome}", flush=True)
    return {"weights": net.cpu().state_dict(), "hyper": hyper, "training": training}


def train_model(
    model: Model, dataset: Dataset, *, seed: int, device: str, **options: Any
) -> tuple[torch.nn.Module, dict[str, Any], Training]:
    """Build and train one network, its weights drawn from `seed`; options are those of `fit`.

    Raises:
        UserError: a hyper-parameter is one that the data decide
    """
    if taken := set(dataset.net_inputs) & set(model.hyper):
        raise UserError(f"hyper.{min(taken)} is {model.hyper[min(taken)]!r}: the data decide that; leave it out")
    hyper = {**dataset.net_inputs, **model.hyper}
    torch.manual_seed(seed)
    net = build(model.net, **hyper).to(device)
    return net, hyper, fit(net, dataset.splits["train"], dataset.splits["valid"], model, seed=seed, **options)


def score(training: Training, epochs: int) -> float:
    """Mean validation accuracy of the last epochs (row L12); 0 of a training that diverged."""
    if training.diverged:
        return 0.0
    return float(np.mean([row["valid_accuracy"] for row in training.curves[-epochs:]]))


def settled_epoch(training: Training, epochs: int) -> int:
    """The first epoch whose validation accuracy is as high as its mean over the last epochs, to 0.1 points (row L5).

    What is higher later is the noise of single steps, not learning. 0 of a training that diverged.
    """
    accuracy = np.array([row["valid_accuracy"] for row in training.curves])
    return 0 if training.diverged else int(np.argmax(accuracy >= score(training, epochs) - SETTLED)) + 1


def run_table(found: SearchResult, score_epochs: int) -> list[dict[str, Any]]:
    """One row per run: its place in the search, its values, how it went, whether it won and whether it is kept."""
    rows = []
    for place, (run, result) in enumerate(zip(found.runs, found.results, strict=True)):
        training = result["training"]
        row = {"round": run.round, "fresh": run.fresh, "seed": run.seed}
        row |= {name: _text(run.model.value(name)) for name in found.names}
        row |= {"updates": len(training.step_losses), "settled_epoch": settled_epoch(training, score_epochs)}
        row |= {"score": score(training, score_epochs), "diverged": training.diverged}
        row |= {"winner": run.model == found.winners.get(run.round), "chosen": place == found.chosen}
        rows.append(row)
    return rows


def histories(found: SearchResult) -> dict[str, np.ndarray]:
    """Every run's name, validation accuracy by epoch and training loss by step, float32 rows that end in NaN.

    chosen_step_losses are those of the run whose weights are kept.
    """
    trainings = [result["training"] for result in found.results]
    accuracies = [[row["valid_accuracy"] for row in training.curves] for training in trainings]
    losses = [training.step_losses for training in trainings]
    return {
        "names": np.array([run.name for run in found.runs]),
        "valid_accuracy": _padded(accuracies),
        "step_losses": _padded(losses),
        "chosen_step_losses": np.array(losses[found.chosen], np.float32),
    }


def _padded(rows: list[list[float]]) -> np.ndarray:
    padded = np.full((len(rows), max(map(len, rows))), np.nan, np.float32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded


def _text(value: Any) -> str:
    """A grid's value as tables show it; hidden: [200] is 200."""
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)
