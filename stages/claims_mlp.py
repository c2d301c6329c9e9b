"""Which statements of documents 001, 002 and 003 on the multilayer perceptrons and baselines do our numbers support?

Reads metrics and tables alone. Writes one row per statement: what was said, what we measured, when it would hold, the
verdict. Rows H1, L5, L12, L15, L18, P10, P11, P14 to P16, P18.
"""

from pathlib import Path

import pandas as pd

from vision.evidence.statements import FAILS, HOLDS, OPEN, Claim, most_confused, percent, share, verdict, write_claims
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.results.tables import Metrics, read_metrics, read_table


def main(
    params: Params,
    *,
    models: Path,
    pairs: Path,
    mean_image: Path,
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
        _mean_image(read_metrics(mean_image)),
        _converged(read_table(softmax_runs)),
        _flat(read_table(softmax_runs)),
        _best_point(read_table(tanh_runs), read_metrics(tanh)["search"]),
        _better("softmax_document", "tanh_mlp_document", "at lambda 0.01", table, read_table(pairs)),
        _better("softmax", "tanh_mlp", "both with lambda tuned", table, read_table(pairs)),
        _worst_classes("softmax regression", ["5", "3", "2"], softmax_classes, above=0.1),
        _worst_classes("the tanh network", ["5", "8", "9"], tanh_classes, above=0.0),
        _half_the_errors(softmax_classes, tanh_classes),
        _relu_accuracy(table.loc["relu_mlp"]),
        most_confused("001", read_table(model_plots / "relu_mlp" / "confusion.csv"), ("3/5", "2/7")),
        _rotated(layers),
        _separated(layers),
        _neighbours(layers),
        _certain(read_metrics(imagined)),
    ]
    write_claims(claims, rows, params.datasets.handwriting)


def _mean_image(scores: Metrics) -> Claim:
    statement = "The nearest mean image names 64.5 % of the validation images."
    valid, test = scores["valid"], scores["test"]
    held = valid["accuracy_low"] <= 0.645 <= valid["accuracy_high"]
    measured = f"{_accuracy(valid)} of the validation images, {_accuracy(test)} of the test images"
    return Claim("002", statement, measured, "64.5 % lies within the first interval", HOLDS if held else FAILS)


def _converged(runs: pd.DataFrame) -> Claim:
    statement = "With lambda of 0.1 or less, softmax regression has converged within 5 epochs."
    small = runs[(runs["round"] == 1) & ~runs.fresh & (runs.weight_decay <= 0.1)]
    measured = "first epoch whose validation accuracy is no more than 0.1 points below its last epochs' mean: "
    measured += ", ".join(f"{row.settled_epoch} for {row.weight_decay:g}" for row in small.itertuples())
    within = (small.settled_epoch > 0) & (small.settled_epoch <= 5)
    holds_if = "epoch 5 or before for each lambda; in part: for any"
    return Claim("003", statement, measured, holds_if, verdict([bool(value) for value in within]))


def _flat(runs: pd.DataFrame) -> Claim:
    statement = "A smaller lambda is better, and from 0.001 down nothing changes."
    holds_if = "accuracy rises down to 0.001, and from there stays within 0.2 points; in part: one of the two"
    common = runs[(runs["round"] == 1) & ~runs.fresh].sort_values("weight_decay", ascending=False)
    scores = [f"{percent(row.score, 2)} at {row.weight_decay:g}" for row in common.itertuples()]
    measured = f"validation accuracy: {', '.join(scores)}"
    large, small = (common[mask].score for mask in (common.weight_decay >= 0.001, common.weight_decay <= 0.001))
    if min(len(large), len(small)) < 2:
        return Claim("003", statement, measured, holds_if, OPEN)
    tests = [large.is_monotonic_increasing, bool(small.max() - small.min() < 0.002)]
    return Claim("003", statement, measured, holds_if, verdict(tests))


def _best_point(runs: pd.DataFrame, search: Metrics) -> Claim:
    statement = "The best point of the grid is learning rate 0.1, batches of 128, 200 hidden units."
    holds_if = "it wins with a sure lead over fresh seeds; without a sure lead of any point, it cannot be said"
    first, lead = runs[(runs["round"] == 1) & runs.winner].iloc[0], search.get("lead_of_round_1")
    if not lead:
        return Claim("003", statement, "a grid of one point", holds_if, OPEN)
    sure = lead["low"] > 0
    measured = (
        f"learning rate {first.lr:g}, batches of {first.batch_size:g}, {first.hidden:g} hidden units, ahead of the "
        f"second by {100 * lead['mean']:.2f} points ({100 * lead['low']:.2f} to {100 * lead['high']:.2f}): "
        f"{'a lead' if sure else 'no certain lead'}"
    )
    same = (float(first.lr), int(first.batch_size), int(first.hidden)) == (0.1, 128, 200)
    return Claim("003", statement, measured, holds_if, OPEN if not sure else HOLDS if same else FAILS)


def _better(worse: str, better: str, when: str, table: pd.DataFrame, pairs: pd.DataFrame) -> Claim:
    statement = f"The perceptron is better than softmax regression (95.9 and 91.2 %), {when}."
    holds_if = "it is, with a corrected p below 0.05"
    if not {worse, better} <= set(table.index):
        return Claim("003", statement, "these models are not compared", holds_if, OPEN)
    pair = pairs[pairs["first"].isin((worse, better)) & pairs["second"].isin((worse, better))].iloc[0]
    measured = f"{_accuracy(table.loc[better])} and {_accuracy(table.loc[worse])}, corrected p {_p(pair.p_holm)}"
    ahead = table.loc[better].accuracy > table.loc[worse].accuracy
    return Claim("003", statement, measured, holds_if, HOLDS if ahead and pair.p_holm < 0.05 else FAILS)


def _worst_classes(who: str, said: list[str], classes: pd.DataFrame, above: float) -> Claim:
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
    return Claim("003", statement, measured, holds_if, verdict(tests))


def _half_the_errors(softmax: pd.DataFrame, tanh: pd.DataFrame) -> Claim:
    statement = "Of its three worst digits the perceptron misclassifies almost two times fewer than softmax regression."
    worst = [classes[classes.split == "test"].nlargest(3, "share") for classes in (softmax, tanh)]
    first, second = (classes.misclassified.sum() / classes.images.sum() for classes in worst)
    measured = (
        f"{percent(first)} and {percent(second)} of the images of the three worst digits, {first / second:.2f} times "
        "fewer"
    )
    return Claim("003", statement, measured, "1.5 to 2.5 times fewer", verdict([bool(1.5 <= first / second <= 2.5)]))


def _relu_accuracy(row: pd.Series) -> Claim:
    statement = "The ReLU network is above 97 %; it reached 98.37 %."
    holds_if = "surely above 97 %, and 98.37 % is not surely out of reach; in part: one of the two"
    tests = [bool(row.accuracy_low > 0.97), bool(row.accuracy_high >= 0.9837)]
    return Claim("001", statement, _accuracy(row), holds_if, verdict(tests))


def _rotated(layers: Metrics) -> Claim:
    statement = "The second hidden layer's principal components look like those of the outputs, turned."
    found = layers["pca_of_logits_and_last_hidden"]
    measured = (
        f"turned, mirrored and scaled to fit, the one drawing explains {percent(found['explained'], 0)} of the other "
        f"({100 * found['explained_low']:.0f} to {100 * found['explained_high']:.0f})"
    )
    tests = [found["explained_low"] > 0.9, found["explained_low"] > 0.5]
    return Claim("001", statement, measured, "surely more than 90 %; in part: more than half", verdict(tests))


def _separated(layers: Metrics) -> Claim:
    statement = "t-SNE separates the outputs better than the second hidden layer."
    last = max(name for name in layers if name.startswith("hidden"))
    outputs, hidden = (layers[name]["tsne"]["knn_accuracy_drawing"] for name in ("logits", last))
    p = layers["drawings_of_logits_and_last_hidden"]["mcnemar_p"]
    measured = f"neighbours in the drawing are right for {share(outputs)} and {share(hidden)}, p {_p(p)}"
    better = outputs["share"] > hidden["share"]
    held = OPEN if p >= 0.05 else HOLDS if better else FAILS
    return Claim("001", statement, measured, "right for more, with p below 0.05; above, it cannot be said", held)


def _neighbours(layers: Metrics) -> Claim:
    statement = "Nearest neighbours in the t-SNE drawing of the outputs would give decent accuracy."
    found = layers["logits"]["tsne"]
    drawing, features = found["knn_accuracy_drawing"], found["knn_accuracy_features"]
    measured = f"{share(drawing)} in the drawing, {share(features)} in the outputs themselves"
    return Claim("001", statement, measured, "surely above 95 % in the drawing", verdict([drawing["low"] > 0.95]))


def _certain(imagined: Metrics) -> Claim:
    statement = "Among noise images there is one that the network is 100 % sure is a 3."
    holds_if = "at least 99.98 %, as the document's own number; in part: above 99.9 %"
    if "probability_of_class_3" not in imagined["random_search"]:
        return Claim("001", statement, "there is no class 3", holds_if, OPEN)
    noise, climbed = (imagined[way]["probability_of_class_3"] for way in ("random_search", "gradient"))
    measured = (
        f"{percent(noise, 3)} for the best of {imagined['images_searched']:,} images of noise; "
        f"{'above 99.999 %' if climbed > 0.99999 else percent(climbed, 3)} for one climbed along the gradient"
    )
    return Claim("001", statement, measured, holds_if, verdict([noise >= 0.9998, noise > 0.999]))


def _accuracy(scores: Metrics | pd.Series) -> str:
    low, high = 100 * scores["accuracy_low"], 100 * scores["accuracy_high"]
    return f"{percent(scores['accuracy'], 2)} ({low:.2f} to {high:.2f})"


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


if __name__ == "__main__":
    run(main)
