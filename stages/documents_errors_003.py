"""What do document 003's mistakes change: one network for all lambdas, wrong names, the best of thirty, one lambda?

Reads the training and validation images, the search of the tanh network, and the predictions of both kinds of model at
the document's lambda and at their best. Trains softmax regression through all lambdas, and anew for each. Writes one
row for each quantity, measured the wrong way and the right way. Bugs B3.1, B3.4, B3.6, B3.7, B3.10.
"""

from functools import partial
from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset, assert_same_samples
from vision.document_errors.comparison import compare_at_one_lambda, draw_with_replacement
from vision.document_errors.grid import count_epochs, misname_curves, trust_the_best
from vision.document_errors.sweep import Sweep, train_one_network_through, train_through
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Model
from vision.pipeline.tables import read_table, write_table
from vision.pipeline.workers import run_all


def main(
    params: Params, *, data: Path, runs: Path, history: Path, softmax: Path, softmax_document: Path, tanh: Path,
    tanh_document: Path, rows: Path,
) -> None:  # fmt: skip
    regression, network = params.network("softmax"), params.network("tanh_mlp")
    lambdas, grid = _values(regression)["weight_decay"], _values(network)
    through, fresh = _sweep(params, lambdas, data)
    scores, again, accuracies, updates = _first_round(runs, history, network.epochs)
    at_one, at_best = (_right(*paths) for paths in ((tanh_document, softmax_document), (tanh, softmax)))
    images = len(Dataset.load(data).splits["valid"])

    found = [
        *train_one_network_through(through, fresh, lambdas, regression.search.score_epochs),
        *misname_curves(scores, grid, images),
        compare_at_one_lambda(at_one, at_best),
        draw_with_replacement(int((~at_one[0]).sum())),
        *trust_the_best(scores, again, images),
        *count_epochs(accuracies, updates, grid, network.search.score_epochs),
    ]
    write_table(rows, found)


def _values(model: Model) -> dict[str, list]:
    """What the first round of a model's search tries, by name, as the schema reads it."""
    grid = model.search.rounds[0]
    return {name: [model.changed({name: value}).value(name) for value in values] for name, values in grid.items()}


def _sweep(params: Params, lambdas: list[float], data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Validation accuracy, (n_seeds, n_lambdas, epochs): of networks that go through all lambdas, and of fresh ones.

    The former were trained before, at the document's lambda.
    """
    model, seeds = params.network("softmax"), params.mistakes.seeds
    before = params.network("softmax_document").weight_decay
    jobs = [Sweep(seed, (before, *lambdas)) for seed in seeds]  # the longest first
    jobs += [Sweep(seed, (value,)) for seed in seeds for value in lambdas]
    train = partial(train_through, data=data, model=model, device=params.device)
    found = run_all(train, jobs, workers=None if params.device == "cpu" else 1)
    through = np.stack([accuracies[1:] for accuracies in found[: len(seeds)]])
    return through, np.concatenate(found[len(seeds) :]).reshape(through.shape)


def _first_round(table: Path, history: Path, epochs: int) -> tuple[np.ndarray, ...]:
    """Of a search's first round: each point's score; the scores of the best with fresh seeds, (n_best, n_seeds), the
    best first; each point's validation accuracy by epoch, and its updates.
    """  # fmt: skip
    runs = read_table(table).query("round == 1")
    single, again = runs[~runs.fresh], runs[runs.fresh]
    accuracies = load_arrays(history)["valid_accuracy"][single.index, :epochs].astype(np.float64)
    fresh = again.score.to_numpy().reshape(-1, again.seed.nunique())
    return single.score.to_numpy(), fresh, accuracies, single.updates.to_numpy()


def _right(network: Path, regression: Path) -> tuple[np.ndarray, np.ndarray]:
    """Which test images the tanh network and softmax regression name rightly, by their predictions."""
    found = [load_arrays(path) for path in (network, regression)]
    assert_same_samples(*(predicted["test_indices"] for predicted in found))
    return tuple(predicted["test_logits"].argmax(1) == predicted["test_labels"] for predicted in found)


if __name__ == "__main__":
    run(main)
