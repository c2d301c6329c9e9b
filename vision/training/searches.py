"""Choosing hyper-parameters by validation: grids, and fresh seeds for the best points (rows L5, L12, bug B3.10)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vision.pipeline.process import available_cores
from vision.pipeline.schema.models import Model
from vision.pipeline.workers import team
from vision.scores.intervals import over_seeds
from vision.training.history import Training
from vision.training.runs import Trained, load_once, outcome, train_model


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
        point = ", ".join(f"{name} {show_value(value)}" for name, value in self.values.items())
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
    results: list[Trained] = field(default_factory=list)
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


def search(model: Model, *, seed: int, train: Callable[[Run], Trained], workers: int | None = None) -> SearchResult:
    """Go through the rounds of `model.search`, each starting from the winner of the one before.

    Every point of a round's grid runs with `seed`; the best ones run again with fresh seeds, and those runs alone say
    which wins and by how much: a score that was the best of thirty is too good to be true (bug B3.10). The lead, over
    the second of a few finalists by the same runs, is still a little too good.

    Args:
        train: as `train_run`
    """
    found, known, options = SearchResult(model.changed({})), {}, model.search
    most = max([options.finalists * options.repeats, *(len(model.grid(n)) for n in range(len(options.rounds)))])
    with team(min(workers or available_cores(), most)) as call:

        def results_of(runs: list[Run]) -> list[Trained]:
            """Train what is new: a later round's grid holds the winner of the one before."""
            keys = [(run.model.model_dump_json(), run.seed) for run in runs]
            new = {key: run for key, run in zip(keys, runs, strict=True) if key not in known}
            known.update(zip(new, call(train, new.values()), strict=True))
            return [known[key] for key in keys]

        for number in range(1, len(options.rounds) + 1):
            _play_round(found, number, model, seed, results_of)
    return found


def _play_round(
    found: SearchResult, number: int, model: Model, seed: int, results_of: Callable[[list[Run]], list[Trained]]
) -> None:
    """Train the grid of one round and its best points again, and enter all of it into `found`."""
    options = model.search
    points = [(values, found.model.changed(values)) for values in model.grid(number - 1)]
    runs = [Run(number, False, seed, *point) for point in points]
    results = results_of(runs)
    best = np.argsort(-_scores(results, options.score_epochs), kind="stable")[: options.finalists]
    fresh_seeds = range(seed + 1, seed + 1 + options.repeats)
    again = [Run(number, True, fresh, *points[place]) for place in best for fresh in fresh_seeds]
    repeated = results_of(again)
    decisive = _scores(repeated, options.score_epochs).reshape(len(best), -1)  # (finalists, seeds)
    order = np.argsort(-decisive.mean(1), kind="stable")
    winner = int(best[order[0]])
    found.model, found.chosen = points[winner][1], len(found.runs) + winner
    found.winners[number] = found.model
    found.runs, found.results = found.runs + runs + again, found.results + results + repeated
    if len(order) > 1:
        found.lead[number] = over_seeds(decisive[order[0]] - decisive[order[1]])


def _scores(results: list[Trained], epochs: int) -> np.ndarray:
    return np.array([score(result.training, epochs) for result in results])


def train_run(run: Run, *, data: Path, device: str) -> Trained:
    """Train one point; the test split is not read."""
    trained = train_model(run.model, load_once(data), seed=run.seed, device=device, show_progress=False)
    print(f"{run.name}: {outcome(trained.training)}", flush=True)
    return trained


def score(training: Training, epochs: int) -> float:
    """Mean validation accuracy of the last epochs (row L12); 0 of a training that diverged."""
    if training.diverged:
        return 0.0
    return float(np.mean([row["valid_accuracy"] for row in training.curves[-epochs:]]))


def show_value(value: Any) -> str:
    """A grid's value as tables show it; hidden: [200] is 200."""
    if isinstance(value, list):
        return " ".join(map(show_value, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)
