"""Which statements of document 000 do our numbers support?

Reads metrics and tables alone. Writes one row per statement of row C12: what was said, what we measured, the verdict.
"""

from pathlib import Path

import pandas as pd

from vision.params import Params
from vision.results import Metrics, read_metrics, read_table, write_table
from vision.stage import run
from vision.verdicts import FAILS, HOLDS, OPEN, share, verdict


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
    claims: Path,
) -> None:
    rows = [
        _tenfold(read_metrics(subsets)),
        _unsure(read_metrics(scores)["test"]["errors"]),
        _edges(read_table(kernels)),
        _useful(read_table(kernels)),
        _confused(read_table(confusion)),
        _clusters(read_metrics(tsne)),
        _close_classes(read_table(distances)),
        _errors_in_wrong_cluster(read_metrics(tsne)),
        _same_digit(read_metrics(neighbours)),
        _alike(read_metrics(neighbours)),
    ]
    write_table(claims, pd.DataFrame(rows, columns=["item", "statement", "measured", "verdict"]))


def _tenfold(subsets: Metrics) -> tuple[str, ...]:
    statement = "Ten times the data is a third of the test loss."
    if "test_loss" not in subsets["power_law"]:
        return "7.c", statement, "no power law could be fitted", OPEN
    law = subsets["power_law"]["test_loss"]
    low, high = law["per_decade_low"], law["per_decade_high"]
    measured = f"ten times the data multiplies the test loss by {law['per_decade']:.2f} ({low:.2f} to {high:.2f})"
    return "7.c", statement, measured, HOLDS if low <= 1 / 3 <= high else FAILS


def _unsure(errors: Metrics) -> tuple[str, ...]:
    statement = "The mistakes are reasonable: images that a reader would be unsure of."
    second = errors["true_class_second"]
    if not second["images"]:
        return "8.b", statement, "no mistakes", OPEN
    wrong, right = errors["median_confidence_wrong"], errors["median_confidence_right"]
    measured = (
        f"median confidence {wrong:.2f} on mistakes, {right:.4f} elsewhere; the true class comes second in "
        f"{share(second)} of the {second['images']} mistakes"
    )
    tests = [wrong < right - 0.1, second["low"] > 0.5]
    return "8.b", statement, measured, verdict(tests)


def _edges(kernels: pd.DataFrame) -> tuple[str, ...]:
    edges = int((kernels.ramp_share > 0.5).sum())
    measured = (
        f"{edges} of {len(kernels)} kernels are mostly a plain edge (a linear ramp explains more than half of them); "
        f"the median share explained is {kernels.ramp_share.median():.2f}"
    )
    held = HOLDS if edges < len(kernels) / 2 else FAILS
    return "8.c", "The kernels are not clear line or edge detectors.", measured, held


def _useful(kernels: pd.DataFrame) -> tuple[str, ...]:
    useful = int((kernels.loss_increase_low > 0).sum())
    measured = f"silencing the kernel raises the test loss, beyond its 95 % interval, for {useful} of {len(kernels)}"
    return "8.c", "All the kernels seem to be useful.", measured, verdict([useful == len(kernels), useful > 0])


def _confused(confusion: pd.DataFrame) -> tuple[str, ...]:
    statement = "0 and 6, and 4 and 9, are the most mixed up."
    pairs: dict[frozenset, int] = {}
    for row in confusion[confusion.actual != confusion.predicted].itertuples():
        key = frozenset((str(row.actual), str(row.predicted)))
        pairs[key] = pairs.get(key, 0) + row.images
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], sorted(item[0])))
    measured = "most confused: " + ", ".join(f"{'/'.join(sorted(pair))} ({count})" for pair, count in ranked[:4])
    least = ranked[1][1]
    if not all(frozenset(pair) in pairs for pair in ("06", "49")):
        return "8.d", statement, f"{measured}; these images are no digits", OPEN
    return "8.d", statement, measured, verdict([pairs[frozenset(pair)] >= least for pair in ("06", "49")])


def _clusters(tsne: Metrics) -> tuple[str, ...]:
    drawing, features = tsne["knn_accuracy_drawing"], tsne["knn_accuracy_features"]
    measured = f"neighbours name the class of {share(drawing)} of the images in the drawing, {share(features)} before"
    return "8.e.1", "The embedding has a distinct cluster for each label.", measured, verdict([drawing["low"] > 0.98])


def _close_classes(distances: pd.DataFrame) -> tuple[str, ...]:
    ranks = {f"{row.first}{row.second}": (row.rank_features, row.rank_drawing) for row in distances.itertuples()}
    statement = "4 and 9, and 5 and 3, have clusters close together."
    if not all(pair in ranks for pair in ("49", "35")):
        return "8.e.1", statement, "these images are no digits", OPEN
    near = {pair: ranks[pair] for pair in ("49", "35")}
    measured = f"of {len(ranks)} pairs by distance: " + ", ".join(
        f"{pair[0]}/{pair[1]} is number {features} in 128 dimensions, {drawing} in the drawing"
        for pair, (features, drawing) in near.items()
    )
    tests = [max(rank) <= len(ranks) / 5 for rank in near.values()]
    return "8.e.1", statement, measured, verdict(tests)


def _errors_in_wrong_cluster(tsne: Metrics) -> tuple[str, ...]:
    statement, errors = "The mistaken points are those in the wrong clusters.", tsne["errors_among_predicted_class"]
    if not errors["images"]:
        return "8.e.1", statement, "no mistakes", OPEN
    measured = f"{share(errors)} of the {errors['images']} mistakes lie among the class that was predicted"
    return "8.e.1", statement, measured, verdict([errors["low"] > 0.5, errors["share"] > 0.9])


def _same_digit(neighbours: Metrics) -> tuple[str, ...]:
    statement, same = "The 8 closest neighbours always show the same digit.", neighbours["all_same_label"]
    measured = f"all nearest neighbours have the query's label for {share(same)} of the test images"
    return "8.e.2", statement, measured, verdict([same["share"] == 1, same["low"] > 0.9])


def _alike(neighbours: Metrics) -> tuple[str, ...]:
    ratio, low, high = (neighbours[f"pixel_distance_ratio{end}"] for end in ("", "_low", "_high"))
    measured = (
        f"their pixel distance is {ratio:.2f} ({low:.3f} to {high:.3f}) of that of two random images of the class"
    )
    return "8.e.2", "Close points are almost identical images.", measured, verdict([high < 0.5, high < 0.95])


if __name__ == "__main__":
    run(main)
