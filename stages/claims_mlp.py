"""Which statements of documents 001, 002 and 003 on the multilayer perceptrons and baselines do our numbers support?

Reads metrics and tables alone. Writes one row per statement: what was said, what we measured, the verdict. Rows H1, L5,
L12, L15, L18, P10, P11, P14 to P16, P18.
"""

from pathlib import Path

import pandas as pd

from vision.params import Params
from vision.results import Metrics, read_metrics, read_table, write_table
from vision.stage import run
from vision.verdicts import FAILS, HOLDS, IN_PART, OPEN, share, verdict


def main(
    params: Params,
    *,
    models: Path,
    pairs: Path,
    softmax_runs: Path,
    tanh_runs: Path,
    tanh: Path,
    model_plots: Path,
    representations: Path,
    imagined: Path,
    claims: Path,
) -> None:
    table, layers = read_table(models).set_index("model"), read_metrics(representations)
    at_their_lambda = "tanh_mlp_document" if "tanh_mlp_document" in params.models else "tanh_mlp"
    softmax_classes, tanh_classes = (
        read_table(model_plots / name / "misclassified.csv") for name in ("softmax", at_their_lambda)
    )
    rows = [
        _mean_image(table.loc["mean_image"]),
        _converged(read_table(softmax_runs)),
        _flat(read_table(softmax_runs)),
        _best_point(read_table(tanh_runs), read_metrics(tanh)["search"]),
        _better("softmax_document", "tanh_mlp_document", "at lambda 0.01", table, read_table(pairs)),
        _better("softmax", "tanh_mlp", "both tuned (bug B3.6)", table, read_table(pairs)),
        _worst_classes("L18", "softmax regression", ["5", "3", "2"], softmax_classes, above=0.1),
        _worst_classes("L18", "the tanh network", ["5", "8", "9"], tanh_classes, above=0.0),
        _half_the_errors(softmax_classes, tanh_classes),
        _relu_accuracy(table.loc["relu_mlp"]),
        _confused(read_table(model_plots / "relu_mlp" / "confusion.csv")),
        _rotated(layers),
        _separated(layers),
        _neighbours(layers),
        _certain(read_metrics(imagined)),
    ]
    if params.datasets.handwriting != "mnist":  # of which alone the documents speak
        rows = [(item, statement, measured, OPEN) for item, statement, measured, _ in rows]
    write_table(claims, pd.DataFrame(rows, columns=["item", "statement", "measured", "verdict"]))


def _mean_image(row: pd.Series) -> tuple[str, ...]:
    statement = "The nearest mean image names 64.5 % of the digits."
    held = row.accuracy_low <= 0.645 <= row.accuracy_high
    return "H1", statement, f"{_accuracy(row)} of the test images", HOLDS if held else FAILS


def _converged(runs: pd.DataFrame) -> tuple[str, ...]:
    statement = "With lambda of 0.1 or less, softmax regression has converged within 5 epochs."
    small = runs[(runs["round"] == 1) & ~runs.fresh & (runs.weight_decay <= 0.1)]
    measured = "first epoch within 0.1 points of the last epochs' mean validation accuracy: " + ", ".join(
        f"{row.settled_epoch} for {row.weight_decay:g}" for row in small.itertuples()
    )
    within = (small.settled_epoch > 0) & (small.settled_epoch <= 5)
    return "L5", statement, measured, verdict([bool(value) for value in within])


def _flat(runs: pd.DataFrame) -> tuple[str, ...]:
    statement = "A smaller lambda is better, and from 0.001 down nothing changes."
    common = runs[(runs["round"] == 1) & ~runs.fresh].sort_values("weight_decay", ascending=False)
    measured = "validation accuracy: " + ", ".join(
        f"{row.score:.2%} at {row.weight_decay:g}" for row in common.itertuples()
    )
    large, small = (common[mask].score for mask in (common.weight_decay >= 0.001, common.weight_decay <= 0.001))
    if min(len(large), len(small)) < 2:
        return "L5", statement, measured, OPEN
    return "L5", statement, measured, verdict([large.is_monotonic_increasing, small.max() - small.min() < 0.002])


def _best_point(runs: pd.DataFrame, search: Metrics) -> tuple[str, ...]:
    statement = "The best point of the grid is learning rate 0.1, batches of 128, 200 hidden units."
    first, lead = runs[(runs["round"] == 1) & runs.winner].iloc[0], search.get("lead_of_round_1")
    if not lead:
        return "L12", statement, "a grid of one point", OPEN
    sure = lead["low"] > 0
    measured = (
        f"learning rate {first.lr:g}, batches of {first.batch_size:g}, {first.hidden:g} hidden units, ahead of the "
        f"second by {100 * lead['mean']:.2f} points ({100 * lead['low']:.2f} to {100 * lead['high']:.2f}): "
        f"{'a lead' if sure else 'no certain lead'}"
    )
    same = (float(first.lr), int(first.batch_size), int(first.hidden)) == (0.1, 128, 200)
    return "L12", statement, measured, (HOLDS if sure else OPEN) if same else FAILS if sure else OPEN


def _better(worse: str, better: str, when: str, table: pd.DataFrame, pairs: pd.DataFrame) -> tuple[str, ...]:
    statement = f"The perceptron is better than softmax regression (91.2 and 95.9 %), {when}."
    if not {worse, better} <= set(table.index):
        return "L15", statement, "these models are not compared", OPEN
    pair = pairs[pairs["first"].isin((worse, better)) & pairs["second"].isin((worse, better))].iloc[0]
    measured = f"{_accuracy(table.loc[worse])} and {_accuracy(table.loc[better])}, corrected p {_p(pair.p_holm)}"
    ahead = table.loc[better].accuracy > table.loc[worse].accuracy
    return "L15", statement, measured, HOLDS if ahead and pair.p_holm < 0.05 else FAILS


def _worst_classes(item: str, who: str, said: list[str], classes: pd.DataFrame, above: float) -> tuple[str, ...]:
    limit = f", each above {above:.0%}" if above else ""
    statement = f"The digits that {who} misclassifies most are {', '.join(said)}{limit} (test)."
    test = classes[classes.split == "test"].sort_values("share", ascending=False, kind="stable")
    worst = test.head(3)
    measured = ", ".join(f"{row.name} {row.share:.1%}" for row in worst.rename(columns={"class": "name"}).itertuples())
    names = worst["class"].astype(str).tolist()
    shares = [bool((worst.share > above).all())] if above else []
    return item, statement, measured, verdict([name in names for name in said] + shares)


def _half_the_errors(softmax: pd.DataFrame, tanh: pd.DataFrame) -> tuple[str, ...]:
    statement = "Of its three worst digits the perceptron misclassifies almost two times fewer than softmax regression."
    first, second = (classes[classes.split == "test"].share.nlargest(3).mean() for classes in (softmax, tanh))
    measured = f"{first:.1%} and {second:.1%} of the images of the three worst digits, {first / second:.2f} times fewer"
    return "L18", statement, measured, verdict([bool(1.5 <= first / second <= 2.5)])


def _relu_accuracy(row: pd.Series) -> tuple[str, ...]:
    statement = "The ReLU network is above 97 %; it reached 98.37 %."
    return "P10, P18", statement, _accuracy(row), verdict([row.accuracy_low > 0.97, row.accuracy_high >= 0.9837])


def _confused(confusion: pd.DataFrame) -> tuple[str, ...]:
    statement = "3 and 5, and 2 and 7, are the most mixed up."
    mistakes = confusion[confusion.actual != confusion.predicted]
    pairs = mistakes.apply(lambda row: "/".join(sorted((str(row.actual), str(row.predicted)))), axis=1)
    counts = mistakes.images.groupby(pairs).sum().sort_values(ascending=False, kind="stable")
    measured = "most confused: " + ", ".join(f"{pair} ({count})" for pair, count in counts.head(4).items())
    if not {"3/5", "2/7"} <= set(counts.index):
        return "P11", statement, f"{measured}; these images are no digits", OPEN
    return "P11", statement, measured, verdict([counts[pair] >= counts.iloc[1] for pair in ("3/5", "2/7")])


def _rotated(layers: Metrics) -> tuple[str, ...]:
    statement = "The second hidden layer's principal components look like those of the outputs, turned."
    found = layers["pca_of_logits_and_last_hidden"]
    measured = (
        f"turned, mirrored and scaled to fit, the one drawing explains {found['explained']:.0%} of the other "
        f"({found['explained_low']:.0%} to {found['explained_high']:.0%})"
    )
    return "P14", statement, measured, verdict([found["explained_low"] > 0.9, found["explained_low"] > 0.5])


def _separated(layers: Metrics) -> tuple[str, ...]:
    statement = "t-SNE separates the outputs better than the second hidden layer."
    last = max(name for name in layers if name.startswith("hidden"))
    outputs, hidden = (layers[name]["tsne"]["knn_accuracy_drawing"] for name in ("logits", last))
    p = layers["drawings_of_logits_and_last_hidden"]["mcnemar_p"]
    measured = f"neighbours in the drawing are right for {share(outputs)} and {share(hidden)}, p {_p(p)}"
    better = outputs["share"] > hidden["share"]
    return "P15", statement, measured, OPEN if p >= 0.05 else HOLDS if better else FAILS


def _neighbours(layers: Metrics) -> tuple[str, ...]:
    statement = "Nearest neighbours in the t-SNE drawing of the outputs would give decent accuracy."
    found = layers["logits"]["tsne"]
    drawing, features = found["knn_accuracy_drawing"], found["knn_accuracy_features"]
    measured = f"{share(drawing)} in the drawing, {share(features)} in the outputs themselves"
    return "P15", statement, measured, verdict([drawing["low"] > 0.95])


def _certain(imagined: Metrics) -> tuple[str, ...]:
    statement = "Among noise images there is one that the network is 100 % sure is a 3."
    if "probability_of_class_3" not in imagined["random_search"]:
        return "P16", statement, "there is no class 3", OPEN
    noise, climbed = (imagined[way]["probability_of_class_3"] for way in ("random_search", "gradient"))
    measured = (
        f"{noise:.3%} for the best of {imagined['images_searched']:,} images of noise; "
        f"{'above 99.999%' if climbed > 0.99999 else f'{climbed:.3%}'} for one climbed along the gradient"
    )
    return "P16", statement, measured, HOLDS if noise >= 0.9998 else IN_PART if noise > 0.999 else FAILS


def _accuracy(row: pd.Series) -> str:
    return f"{row.accuracy:.2%} ({row.accuracy_low:.2%} to {row.accuracy_high:.2%})"


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


if __name__ == "__main__":
    run(main)
