"""Choosing hyper-parameters by validation: grids, and new seeds for the finalists of each grid."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vision.data.dataset import Samples
from vision.nets import restore_net
from vision.nets.inference import predict
from vision.pipeline.schema.models import Model
from vision.scores.intervals import seed_and_sample_estimate
from vision.training.history import Training
from vision.training.jobs import Job, Trained

CONVERGED = 0.001  # of the validation images: a tenth of a percentage point
TrainAll = Callable[[list[Job]], list[Trained]]


@dataclass
class SearchResult:
    """The result of a search.

    Attributes:
        model: the entry with the chosen values
        names: of the hyper-parameters, in the order of the rounds
        jobs, results: of all trainings; the recipe of a job is an entry with the values of its point
        chosen: position of the training whose weights are kept: the last winner's with the seed of the grid
        winners: by round
        finalists: by round, the trainings with new seeds of winner and runner-up, if there are two points
    """

    model: Model
    names: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    results: list[Trained] = field(default_factory=list)
    chosen: int = 0
    winners: dict[int, Model] = field(default_factory=dict)
    finalists: dict[int, tuple[list[Trained], list[Trained]]] = field(default_factory=dict)

    def summary(self, valid: Samples) -> dict[str, Any]:
        """Number of trainings, chosen values and each round's margin over the runner-up, for the checkpoint.

        The interval of a margin includes the sampling error of the validation images.
        """
        if not self.winners:
            return {}
        chosen = {}
        for name in self.names:
            value = self.model.value(name)
            values = value if isinstance(value, list) else [value]
            labels = [name] if len(values) == 1 else [f"{name}_{place}" for place in range(1, len(values) + 1)]
            chosen |= {label: value for label, value in zip(labels, values, strict=True) if not isinstance(value, str)}
        margins: dict[str, Any] = {}
        for number, pair in self.finalists.items():
            scores = [_scores(results, self.model.search.score_epochs) for results in pair]
            correct = [np.mean([_correct(result, valid) for result in results], axis=0) for results in pair]
            differences = scores[0] - scores[1]  # (n_seeds,)
            margin = seed_and_sample_estimate(differences, correct[0] - correct[1])
            margins[f"margin_of_round_{number}"] = margin._asdict()
            margins[f"margin_of_round_{number}_std"] = float(np.std(differences, ddof=1))
        trained = len({id(result) for result in self.results})  # two rounds may share a training
        return {"search": {"runs": trained, "chosen": chosen, **margins}}


def _correct(result: Trained, valid: Samples) -> np.ndarray:
    net = restore_net(result.job.net, result.hyper, result.weights)
    return predict(net, valid).argmax(1) == valid.labels


def search(model: Model, *, seed: int, train_all: TrainAll) -> SearchResult:
    """Go through the rounds of `model.search`, each starting from the winner of the one before.

    All points of a round's grid are trained with `seed`, and the finalists again with new seeds, which alone decide:
    the best of many scores is biased upwards. The margin over the best of the other finalists still is, a little.
    """
    rounds, trained = model.search.rounds, {}
    result = SearchResult(model.with_overrides({}), list(dict.fromkeys(name for grid in rounds for name in grid)))

    def train_new(jobs: list[Job]) -> list[Trained]:  # the grid of a later round contains the winner before it
        keys = [(job.recipe.model_dump_json(), job.seed) for job in jobs]
        new = {key: job for key, job in zip(keys, jobs, strict=True) if key not in trained}
        trained.update(zip(new, train_all(list(new.values())), strict=True))
        return [trained[key] for key in keys]

    for number in range(1, len(rounds) + 1):
        _add_round(result, number, model, seed, train_new)
    return result


def _add_round(result: SearchResult, number: int, model: Model, seed: int, train_new: TrainAll) -> None:
    """Train the grid of a round, then its finalists with new seeds."""
    epochs, repeats = model.search.score_epochs, model.search.repeats
    points = [(values, result.model.with_overrides(values)) for values in model.grid(number - 1)]
    jobs = [_job(number, *point, seed, new_seed=False) for point in points]
    results = train_new(jobs)
    best = np.argsort(-_scores(results, epochs), kind="stable")[: model.search.finalists]
    seeds = range(seed + 1, seed + 1 + repeats)
    again = [_job(number, *points[place], new, new_seed=True) for place in best for new in seeds]
    repeated = train_new(again)
    order = np.argsort(-_scores(repeated, epochs).reshape(len(best), repeats).mean(1), kind="stable")
    winner = int(best[order[0]])
    result.model, result.chosen = points[winner][1], len(result.jobs) + winner
    result.winners[number] = result.model
    result.jobs, result.results = result.jobs + jobs + again, result.results + results + repeated
    if len(order) > 1:
        result.finalists[number] = tuple(repeated[place * repeats : (place + 1) * repeats] for place in order[:2])


def _job(number: int, values: dict[str, Any], model: Model, seed: int, *, new_seed: bool) -> Job:
    point = ", ".join(f"{name} {show_value(value)}" for name, value in values.items())
    labels = {"round": number, "new_seed": new_seed}
    return Job.of(f"round {number}: {point}, seed {seed}", model, seed, labels=labels)


def _scores(results: list[Trained], epochs: int) -> np.ndarray:
    return np.array([score(result.training, epochs) for result in results])


def score(training: Training, epochs: int) -> float:
    """Mean validation accuracy of the last epochs; 0 for a training that diverged."""
    return 0.0 if training.diverged else float(np.mean(training.valid_accuracies[-epochs:]))


def convergence_epoch(accuracies: np.ndarray, epochs: int) -> int:
    """The first epoch whose accuracy, of float (n_epochs,), is at most 0.1 points below the mean over the last ones."""
    return int(np.argmax(accuracies >= float(np.mean(accuracies[-epochs:])) - CONVERGED)) + 1


def show_value(value: Any) -> str:
    """A value of a grid as tables have it: 200 for [200]."""
    if isinstance(value, list):
        return " ".join(map(show_value, value))
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def run_table(result: SearchResult) -> list[dict[str, Any]]:
    """One row per training: its round, seed and values, its score, and whether it won the round and is kept."""
    rows, epochs = [], result.model.search.score_epochs
    for place, (job, trained) in enumerate(zip(result.jobs, result.results, strict=True)):
        training = trained.training
        row = {**job.labels, "seed": job.seed} | {name: show_value(job.recipe.value(name)) for name in result.names}
        converged = 0 if training.diverged else convergence_epoch(np.array(training.valid_accuracies), epochs)
        row |= {"updates": len(training.step_losses), "convergence_epoch": converged}
        row |= {"score": score(training, epochs), "diverged": training.diverged}
        rows.append(row | {"winner": job.recipe == result.winners.get(row["round"]), "chosen": place == result.chosen})
    return rows


def histories(result: SearchResult) -> dict[str, np.ndarray]:
    """Name, validation accuracy by epoch and training loss by step of each training, float32 padded with NaN."""
    trainings = [trained.training for trained in result.results]
    losses = [training.step_losses for training in trainings]
    return {
        "names": np.array([job.name for job in result.jobs]),
        "valid_accuracy": _padded([training.valid_accuracies for training in trainings]),
        "step_losses": _padded(losses),
        "chosen_step_losses": np.array(losses[result.chosen], np.float32),
    }


def _padded(rows: list[list[float]]) -> np.ndarray:
    padded = np.full((len(rows), max(map(len, rows))), np.nan, np.float32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
