"""Which statements of document 003, on softmax regression and the tanh network, do our numbers support?

Reads metrics, tables and the kept predictions of the models that the document compares. Writes one row per statement:
what was said, what we measured, when it would hold, the verdict. Rows L5, L12, L15, L18.
"""

from pathlib import Path

import pandas as pd

from vision.data.dataset import check_joined
from vision.evidence.documents import printed_accuracy, printed_table, read_documents
from vision.evidence.statements import FAILS, HOLDS, OPEN, Statement, accuracy, percent, verdict, write_statements
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_table
from vision.scores.classification import summarise
from vision.scores.paired import mcnemar


def main(
    params: Params,
    *,
    softmax_runs: Path,
    tanh_runs: Path,
    tanh: Path,
    softmax_classes: Path,
    tanh_classes: Path,
    softmax_predictions: Path,
    tanh_predictions: Path,
    softmax_document_predictions: Path,
    tanh_document_predictions: Path,
    documents: Path,
    statements: Path,
) -> None:
    by_class, reported = (read_table(softmax_classes), read_table(tanh_classes)), read_documents(documents)
    worst = [
        [str(row["digit"]) for row in printed_table(reported, "003", f"{model}_test_digits")[:3]]
        for model in ("softmax", "tanh_mlp_document")
    ]
    shares = [printed_accuracy(reported, "003", f"{model}_document") for model in ("tanh_mlp", "softmax")]
    said = " and ".join(f"{100 * share:.1f}" for share in shares)
    rows = [
        _converged(read_table(softmax_runs)),
        _flat(read_table(softmax_runs)),
        _best_point(
            read_table(tanh_runs),
            read_metrics(tanh)["search"],
            printed_table(reported, "003", "tanh_mlp_chosen_point")[0],
        ),
        _better(softmax_document_predictions, tanh_document_predictions, said, "at lambda 0.01"),
        _better(softmax_predictions, tanh_predictions, said, "both with lambda tuned"),
        _worst_classes("softmax regression", worst[0], by_class[0], above=0.1),
        _worst_classes("the tanh network", worst[1], by_class[1], above=0.0),
        _half_the_errors(*by_class),
    ]
    write_statements(statements, rows, params.datasets.handwriting, reported, "003")


def _converged(runs: pd.DataFrame) -> Statement:
    statement = "With lambda of 0.1 or less, softmax regression has converged within 5 epochs."
    small = runs[(runs["round"] == 1) & ~runs.fresh & (runs.weight_decay <= 0.1)]
    measured = "first epoch whose validation accuracy is no more than 0.1 points below its last epochs' mean: "
    measured += ", ".join(f"{row.settled_epoch} for {row.weight_decay:g}" for row in small.itertuples())
    within = (small.settled_epoch > 0) & (small.settled_epoch <= 5)
    holds_if = "epoch 5 or before for each lambda; in part: for any"
    return Statement("L5", statement, measured, holds_if, verdict([bool(value) for value in within]))


def _flat(runs: pd.DataFrame) -> Statement:
    statement = "A smaller lambda is better, and from 0.001 down nothing changes."
    holds_if = "accuracy rises down to 0.001, and from there stays within 0.2 points; in part: one of the two"
    common = runs[(runs["round"] == 1) & ~runs.fresh].sort_values("weight_decay", ascending=False)
    scores = [f"{percent(row.score, 2)} at {row.weight_decay:g}" for row in common.itertuples()]
    measured = f"validation accuracy: {', '.join(scores)}"
    large, small = (common[mask].score for mask in (common.weight_decay >= 0.001, common.weight_decay <= 0.001))
    if min(len(large), len(small)) < 2:
        return Statement("L5", statement, measured, holds_if, OPEN)
    tests = [large.is_monotonic_increasing, bool(small.max() - small.min() < 0.002)]
    return Statement("L5", statement, measured, holds_if, verdict(tests))


def _best_point(runs: pd.DataFrame, search: Metrics, printed: Metrics) -> Statement:
    names = ("lr", "batch_size", "hidden")
    lr, batch_size, hidden = (printed[name] for name in names)
    statement = f"The best point of the grid is learning rate {lr}, batches of {batch_size}, {hidden} hidden units."
    holds_if = "it wins with a sure lead over fresh seeds; without a sure lead of any point, it cannot be said"
    first, lead = runs[(runs["round"] == 1) & runs.winner].iloc[0], search.get("lead_of_round_1")
    if not lead:
        return Statement("L12", statement, "a grid of one point", holds_if, OPEN)
    sure = lead["low"] > 0
    measured = (
        f"learning rate {first.lr:g}, batches of {first.batch_size:g}, {first.hidden:g} hidden units, ahead of the "
        f"second by {100 * lead['mean']:.2f} points ({100 * lead['low']:.2f} to {100 * lead['high']:.2f}): "
        f"{'a lead' if sure else 'no certain lead'}"
    )
    same = all(float(first[name]) == printed[name] for name in names)
    return Statement("L12", statement, measured, holds_if, OPEN if not sure else HOLDS if same else FAILS)


def _better(worse: Path, better: Path, said: str, when: str) -> Statement:
    statement = f"The perceptron is better than softmax regression ({said} %), {when}."
    holds_if = "it is, with p below 0.05 by McNemar's exact test"
    softmax, tanh = load_arrays(worse), load_arrays(better)
    check_joined(softmax["test_indices"], tanh["test_indices"])
    labels = tanh["test_labels"]
    p = mcnemar(*(kept["test_logits"].argmax(1) == labels for kept in (softmax, tanh)))
    below, above = (summarise(kept["test_logits"], labels) for kept in (softmax, tanh))
    shown = "below 0.001" if p < 0.001 else f"{p:.3f}"
    measured = f"{accuracy(above)} and {accuracy(below)}, p {shown}"
    ahead = above["accuracy"] > below["accuracy"]
    return Statement("L15", statement, measured, holds_if, HOLDS if ahead and p < 0.05 else FAILS)


def _worst_classes(who: str, said: list[str], classes: pd.DataFrame, above: float) -> Statement:
    limit = f", each above {above:.0%}".replace("%", " %") if above else ""
    statement = f"The digits that {who} misclassifies most are {', '.join(said)}{limit} (test)."
    holds_if = f"they are our three worst{limit}; in part: any of this"
    test = classes[classes.split == "test"].sort_values("share", ascending=False, kind="stable")
    shares = dict(zip(test["class"].astype(str), test.share, strict=True))
    worst = list(shares)[:3]
    shown = worst + [name for name in said if name in shares and name not in worst]
    measured = ", ".join(f"{name}: {percent(shares[name])}" for name in shown)
    tests = [name in worst for name in said]
    tests += [all(shares.get(name, 0) > above for name in said)] if above else []
    return Statement("L18", statement, measured, holds_if, verdict(tests))


def _half_the_errors(softmax: pd.DataFrame, tanh: pd.DataFrame) -> Statement:
    statement = "Of its three worst digits the perceptron misclassifies almost two times fewer than softmax regression."
    worst = [classes[classes.split == "test"].nlargest(3, "share") for classes in (softmax, tanh)]
    first, second = (classes.misclassified.sum() / classes.images.sum() for classes in worst)
    measured = (
        f"{percent(first)} and {percent(second)} of the images of the three worst digits, {first / second:.2f} times "
        "fewer"
    )
    tests = [bool(1.5 <= first / second <= 2.5)]
    return Statement("L18", statement, measured, "1.5 to 2.5 times fewer", verdict(tests))


if __name__ == "__main__":
    run(main)
