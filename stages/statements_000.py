"""Which statements of document 000 do our numbers support?

Reads metrics and tables alone. Writes one row per statement: what was said, what we measured, when it would
hold, the verdict. Rows C5, C7 to C12.
"""

from pathlib import Path

import pandas as pd

from vision.evidence.documents import read_documents
from vision.evidence.statements import (
    FAILS,
    HOLDS,
    IN_PART,
    OPEN,
    Statement,
    most_confused,
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
    subsets: Path,
    tsne: Path,
    neighbours: Path,
    confusion: Path,
    distances: Path,
    kernels: Path,
    documents: Path,
    statements: Path,
) -> None:
    rows = [
        _tenfold(read_metrics(subsets)),
        _unsure(read_metrics(scores)["test"]["errors"]),
        _straight(read_table(kernels)),
        _useful(read_table(kernels)),
        most_confused("C9", read_table(confusion), ("0/6", "4/9")),
        _clusters(read_metrics(tsne)),
        _close_classes(read_table(distances)),
        _errors_in_wrong_cluster(read_metrics(tsne)),
        _same_digit(read_metrics(neighbours)),
        _alike(read_metrics(neighbours)),
    ]
    write_statements(statements, rows, params.datasets.handwriting, read_documents(documents), "000")


def _tenfold(subsets: Metrics) -> Statement:
    statement, holds_if = "Ten times the data is a third of the test loss.", "a third lies within the interval"
    if "test_loss" not in subsets["power_law"]:
        return Statement("C5", statement, "no power law could be fitted", holds_if, OPEN)
    law = subsets["power_law"]["test_loss"]
    low, high = law["per_decade_low"], law["per_decade_high"]
    measured = f"ten times the data multiplies the test loss by {law['per_decade']:.2f} ({low:.2f} to {high:.2f})"
    return Statement("C5", statement, measured, holds_if, HOLDS if low <= 1 / 3 <= high else FAILS)


def _unsure(errors: Metrics) -> Statement:
    statement = "The mistakes are reasonable: on images that a person would be unsure of."
    holds_if = (
        "no person was asked; in part: the network is surely less sure of its mistakes (by 0.1), and its second guess "
        "is surely right for most"
    )
    second = errors["true_class_second"]
    if not second["images"]:
        return Statement("C7", statement, "no mistakes", holds_if, OPEN)
    wrong, right = errors["median_confidence_wrong_high"], errors["median_confidence_right_low"]
    measured = (
        f"median confidence {errors['median_confidence_wrong']:.2f} on mistakes, "
        f"{errors['median_confidence_right']:.4f} elsewhere; the true class comes second in "
        f"{share(second)} of the {second['images']} mistakes"
    )
    unsure = wrong < right - 0.1 and second["low"] > 0.5
    return Statement("C7", statement, measured, holds_if, IN_PART if unsure else FAILS)


def _straight(kernels: pd.DataFrame) -> Statement:
    statement = "The kernels are not clear line or edge detectors."
    edges, lines = kernels.edge_share > 0.5, kernels.line_share > 0.5
    better = kernels[["edge_share", "line_share"]].max(axis=1)
    measured = (
        f"one straight edge explains more than half of {edges.sum()} of the {len(kernels)} kernels, one straight line "
        f"of {lines.sum()}, either of {(edges | lines).sum()}; the better of the two explains {better.median():.2f} in "
        "the median, and 0.22 for noise"
    )
    few = [bool((edges | lines).sum() <= limit * len(kernels)) for limit in (0.1, 0.5)]
    return Statement("C8", statement, measured, "so of at most a tenth of them; in part: at most half", verdict(few))


def _useful(kernels: pd.DataFrame) -> Statement:
    useful = int((kernels.loss_increase_low > 0).sum())
    measured = f"its ablation raises the test loss, beyond the 95 % interval, for {useful} of {len(kernels)}"
    tests = [useful == len(kernels), useful > 0]
    holds_if = "so for all; in part: for any"
    return Statement("C8", "All the kernels seem to be useful.", measured, holds_if, verdict(tests))


def _clusters(tsne: Metrics) -> Statement:
    statement = "The embedding has a distinct cluster for each label."
    embedding, features = tsne["knn_accuracy_embedding"], tsne["knn_accuracy_features"]
    measured = f"neighbours name the class of {share(embedding)} of the images, of {share(features)} in 128 dimensions"
    holds_if = "surely above 98 % in two dimensions"
    return Statement("C10", statement, measured, holds_if, verdict([embedding["low"] > 0.98]))


def _close_classes(distances: pd.DataFrame) -> Statement:
    statement = "4 and 9, and 5 and 3, have clusters close together."
    holds_if = "each pair is among the nearest fifth in two dimensions; in part: one is"
    ranks = {f"{row.first}/{row.second}": row for row in distances.itertuples()}
    if not {"4/9", "3/5"} <= set(ranks):
        return Statement("C10", statement, "these images are no digits", holds_if, OPEN)
    measured = f"of {len(ranks)} pairs by distance: " + ", ".join(
        f"{pair} is number {ranks[pair].rank_embedding} in two dimensions, {ranks[pair].rank_features} in 128"
        for pair in ("4/9", "3/5")
    )
    near = [ranks[pair].rank_embedding <= len(ranks) / 5 for pair in ("4/9", "3/5")]
    return Statement("C10", statement, measured, holds_if, verdict(near))


def _errors_in_wrong_cluster(tsne: Metrics) -> Statement:
    statement, errors = "The mistaken points are those in the wrong clusters.", tsne["errors_among_predicted_class"]
    holds_if = "more than 90 % do; in part: surely more than half"
    if not errors["images"]:
        return Statement("C10", statement, "no mistakes", holds_if, OPEN)
    measured = f"{share(errors)} of the {errors['images']} mistakes lie among the class that was predicted"
    return Statement("C10", statement, measured, holds_if, verdict([errors["low"] > 0.5, errors["share"] > 0.9]))


def _same_digit(neighbours: Metrics) -> Statement:
    statement, same = "The 8 closest neighbours always show the same digit.", neighbours["all_same_label"]
    measured = f"all nearest neighbours have the query's label for {share(same)} of the test images"
    tests = [same["share"] == 1, same["low"] > 0.9]
    return Statement("C11", statement, measured, "for all; in part: surely for more than 90 %", verdict(tests))


def _alike(neighbours: Metrics) -> Statement:
    statement = "Close points are almost identical images."
    ratio, low, high = (neighbours[f"pixel_distance_ratio{end}"] for end in ("", "_low", "_high"))
    measured = (
        f"their pixel distance is {ratio:.2f} ({low:.3f} to {high:.3f}) of that of two random images of the class"
    )
    tests = [high < 0.25, high < 0.5]
    return Statement("C11", statement, measured, "surely below a quarter; in part: below half", verdict(tests))


if __name__ == "__main__":
    run(main)
