"""How far the winner of a search is ahead, over other seeds and over other validation images."""

import numpy as np

from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.inference import predict
from vision.scores.intervals import over_seeds_and_samples
from vision.training.runs import Trained
from vision.training.searches import SearchResult, score


def widen_leads(found: SearchResult, valid: Samples, score_epochs: int) -> None:
    """Give each round's lead an interval that has the sampling error of the validation images too.

    A lead is of scores, means over the last epochs; what an image adds to it is seen at the weights that a run kept.
    """
    for number in found.lead:
        ahead, behind = _best_two(found, number, score_epochs)
        scores = [np.array([score(result.training, score_epochs) for result in runs]) for runs in (ahead, behind)]
        right = [np.mean([_right(found, result, valid) for result in runs], axis=0) for runs in (ahead, behind)]
        found.lead[number] = over_seeds_and_samples(scores[0] - scores[1], right[0] - right[1])


def _best_two(found: SearchResult, number: int, score_epochs: int) -> tuple[list[Trained], list[Trained]]:
    """The runs with fresh seeds of a round's winner, and of the second."""
    finalists = {}
    for run, result in zip(found.runs, found.results, strict=True):
        if run.round == number and run.fresh:
            finalists.setdefault(run.model.model_dump_json(), []).append(result)
    ahead = finalists.pop(found.winners[number].model_dump_json())
    return ahead, max(finalists.values(), key=lambda runs: np.mean([score(run.training, score_epochs) for run in runs]))


def _right(found: SearchResult, result: Trained, valid: Samples) -> np.ndarray:
    """Where a run's network names validation images rightly, bool (N,)."""
    net = build(found.model.net, **result.hyper)
    net.load_state_dict(result.weights)
    return predict(net, valid).argmax(1) == valid.labels
