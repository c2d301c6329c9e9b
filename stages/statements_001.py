"""Which statements of document 001, on the ReLU network, do our numbers support?

Reads metrics and tables alone. Writes one row per statement: what was said, what we measured, when it would hold, the
verdict. Rows P10, P11, P14 to P16, P18.
"""

from pathlib import Path

from vision.evidence.documents import printed_accuracy, printed_table, read_documents
from vision.evidence.statements import (
    FAILS,
    HOLDS,
    OPEN,
    Statement,
    accuracy,
    most_confused,
    percent,
    share,
    verdict,
    write_statements,
)
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_table


def main(
    params: Params,
    *,
    scores: Path,
    confusion: Path,
    representations: Path,
    maximisation: Path,
    documents: Path,
    statements: Path,
) -> None:
    found, reported = read_metrics(representations), read_documents(documents)
    noise = printed_table(reported, "001", "random_search")[0]["probability"]
    rows = [
        _relu_accuracy(read_metrics(scores)["test"], printed_accuracy(reported, "001", "relu_mlp")),
        most_confused("P11", read_table(confusion), ("3/5", "2/7")),
        _rotated(found["last_hidden_and_logits"]["pca"]),
        _separated(found["layers"], found["last_hidden_and_logits"]["tsne"]["mcnemar_p"]),
        _neighbours(found["layers"]["logits"]["tsne"]),
        _certain(read_metrics(maximisation), noise),
    ]
    write_statements(statements, rows, params.datasets.handwriting, reported, "001")


def _relu_accuracy(test: Metrics, printed: float) -> Statement:
    statement = f"The ReLU network is above 97 %; it reached {percent(printed, 2)}."
    holds_if = f"surely above 97 %, and {percent(printed, 2)} is not surely out of reach; in part: one of the two"
    tests = [test["accuracy_low"] > 0.97, test["accuracy_high"] >= printed]
    return Statement("P10", statement, accuracy(test), holds_if, verdict(tests))


def _rotated(match: Metrics) -> Statement:
    statement = "The second hidden layer's principal components look like those of the outputs, turned."
    measured = (
        f"turned, mirrored and scaled to fit, the one embedding explains {percent(match['explained'], 0)} of the other "
        f"({100 * match['explained_low']:.0f} to {100 * match['explained_high']:.0f})"
    )
    tests = [match["explained_low"] > 0.9, match["explained_low"] > 0.5]
    return Statement("P14", statement, measured, "surely more than 90 %; in part: more than half", verdict(tests))


def _separated(layers: Metrics, p: float) -> Statement:
    statement = "t-SNE separates the outputs better than the second hidden layer."
    hidden, outputs = (layers[name]["tsne"]["knn_accuracy_embedding"] for name in list(layers)[-2:])  # the last two
    shown = "below 0.001" if p < 0.001 else f"{p:.3f}"
    measured = f"neighbours in two dimensions are right for {share(outputs)} and {share(hidden)}, p {shown}"
    better = outputs["share"] > hidden["share"]
    held = OPEN if p >= 0.05 else HOLDS if better else FAILS
    return Statement("P15", statement, measured, "right for more, with p below 0.05; above, it cannot be said", held)


def _neighbours(outputs: Metrics) -> Statement:
    statement = "Nearest neighbours in the t-SNE embedding of the outputs would give decent accuracy."
    embedding, features = outputs["knn_accuracy_embedding"], outputs["knn_accuracy_features"]
    measured = f"{share(embedding)} in two dimensions, {share(features)} in the outputs themselves"
    holds_if = "surely above 95 % in two dimensions"
    return Statement("P15", statement, measured, holds_if, verdict([embedding["low"] > 0.95]))


def _certain(found: Metrics, printed: float) -> Statement:
    statement = "Among noise images there is one that the network is 100 % sure is a 3."
    holds_if = f"at least {percent(printed, 2)}, as the document's own number; in part: above 99.9 %"
    if "probability_of_class_3" not in found["random_search"]:
        return Statement("P16", statement, "there is no class 3", holds_if, OPEN)
    noise, maximised = (found[way]["probability_of_class_3"] for way in ("random_search", "gradient"))
    measured = (
        f"{percent(noise, 3)} for the best of {found['images_searched']:,} images of noise; "
        f"{'above 99.999 %' if maximised > 0.99999 else percent(maximised, 3)} for one found by gradient ascent"
    )
    return Statement("P16", statement, measured, holds_if, verdict([noise >= printed, noise > 0.999]))


if __name__ == "__main__":
    run(main)
