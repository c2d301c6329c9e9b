"""Document 004: the network from scratch and scikit-learn's, the VGG-16's errors, and explanations of it."""

from pathlib import Path

import numpy as np

from vision.figures.explanations import draw_layers, draw_maximised, draw_saliency, layer_titles
from vision.figures.forest import draw_accuracies
from vision.figures.from_scratch import draw_curves, draw_losses
from vision.figures.matrices import draw_one_vs_rest
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.estimate import Scores, read_scores

COUNTS = ["true_positives", "false_negatives", "false_positives", "true_negatives"]
CHOSEN = "chosen"  # layers of the network from scratch
METHODS = {"gradient": "gradient, absolute", "integrated_gradients": "integrated gradients", "grad_cam": "Grad-CAM, {}"}


def draw(params: Params, data: Path, models: Path, plots: Path, figures: Path) -> None:
    """Draw all figures of the study."""
    runs, curves = params.from_scratch.runs, read_table(plots / "from_scratch/training/curves.csv")
    draw_curves(figures / "curves.png", curves, runs)
    scores = read_scores(plots / "from_scratch/evaluation/scores.csv")
    keys = {name: f"{CHOSEN}.{name}.diverged_in_epoch" for name in runs}
    diverged = {name: int(scores[key].value) for name, key in keys.items() if key in scores}
    draw_losses(figures / "losses.png", curves, runs, diverged)
    accuracies = read_table(plots / "from_scratch/evaluation/accuracies.csv", dtype={"epochs": str})
    draw_accuracies(figures / "accuracies.png", accuracies[accuracies.layers == CHOSEN], params.title)

    classes = read_table(plots / "one_vs_rest/one_vs_rest.csv", dtype={"class": str})
    counts = {params.title(name): rows[COUNTS].to_numpy() for name, rows in classes.groupby("model", sort=False)}
    first = classes[classes.model == classes.model[0]]
    columns = [f"reported_{name}" for name in COUNTS]
    reported = first[columns].to_numpy() if columns[0] in classes else None
    draw_one_vs_rest(figures / "one_vs_rest.png", first["class"].tolist(), counts, reported)
    _draw_explanations(params, data, plots, figures)


def _draw_explanations(params: Params, data: Path, plots: Path, figures: Path) -> None:
    arrays, scores = load_arrays(data / "explanations.npz"), read_scores(plots / "explanations/scores.csv")
    names, options = arrays["class_names"].tolist(), params.explanations
    net = f"VGG16 trained on {params.dataset('fashion')}"
    pictures = zip(arrays["pictures"].tolist(), arrays["picture_indices"], strict=True)
    notes = [_note(name, index, scores, names, options.stranger) for name, index in pictures]

    named = dict(zip(arrays["layers"], layer_titles(arrays["kinds"]), strict=True))
    heads = [f"filter {number}, " if len(options.filters) > 1 else "" for number in options.filters]
    frames, responses = (arrays[key].reshape(-1, *arrays[key].shape[2:]) for key in ("frames", "responses"))
    response = f"the mean response of {named[options.layer]}, filter {str(options.filters)[1:-1]}"
    rows = [head + note for head in heads for note in notes]
    draw_maximised(
        figures / "maximised.png", frames, responses, options.frame_every, rows, f"{net}: gradient ascent on {response}"
    )

    title = f"{net}: which pixels speak for a class. Red speaks for it, blue against it"
    size, rows = " × ".join(map(str, arrays["grad_cam"].shape[1:])), _row_notes(arrays, notes, names)
    draw_saliency(figures / "saliency.png", arrays, rows, _heads(scores, size), title, _sanity_note(scores, size))

    channels = zip(arrays["layers"], arrays["channels"], strict=True)
    layers = [(named[name], count, arrays[name]) for name, count in channels]
    shown = f"test image {arrays['explained_indices'][0]}, {names[arrays['explained_classes'][len(notes) - 1]]}"
    titles = [
        f"{net}: channel {options.channel} of every layer for {shown}",
        f"The same for noise: {', '.join(_ood_scores('noise', scores))}".replace("\n", " "),
    ]
    draw_layers(figures / "layers.png", arrays["shown"], layers, titles)


def _note(name: str, index: int, scores: Scores, names: list[str], ood_class: str) -> str:
    kinds = {"chelsea": "Chelsea, a cat", "noise": "Noise"}
    what = kinds.get(name, f"{ood_class.capitalize()}, test {index}")
    unknown = [] if name not in kinds and ood_class in names else ["none of its classes"]
    predicted = names[int(scores[f"pictures.{name}.predicted"].value)]
    return "\n".join([what, *unknown, f"predicted {predicted}", *_ood_scores(name, scores)])


def _ood_scores(name: str, scores: Scores) -> tuple[str, str]:
    keys = ("confidence", "energy", "ood_share.energy")
    confidence, energy, share = (scores[f"pictures.{name}.{key}"].value for key in keys)
    energy = f"{energy:.1f}".replace("-", "−")
    return f"p = {confidence:.2f}, energy {energy}", f"{100 * share:.1f} % of test images\nhave higher energy"


def _row_notes(arrays: dict[str, np.ndarray], notes: list[str], names: list[str]) -> list[str]:
    """Notes on the explained images: out-of-distribution images, which have notes, then test images.

    A note ends with the class that is explained and why it is.
    """
    labels, predicted = ([names[i] for i in arrays[f"explained_{key}"]] for key in ("classes", "predicted"))
    indices = arrays["explained_indices"]
    first = len(labels) - len(indices)
    rows = zip(labels[first:], indices, predicted[first:], strict=True)
    tests = [f"{label}\ntest image {index}\npredicted {guess}" for label, index, guess in rows]
    reasons = ["the document's target class"] * first + ["its true class"] * len(tests)
    explained = zip(notes[:first] + tests, labels, reasons, strict=True)
    return [f"{note}\nexplained: {label},\n{reason}" for note, label, reason in explained]


def _heads(scores: Scores, size: str) -> list[str]:
    """Headings of the columns: methods, with the rank correlation of their sanity check."""
    heads = ["input\n\n", "gradient, colour\n\n"]
    for method, head in METHODS.items():
        score = scores.get(f"sanity.{method}.randomised_weights")
        text = "randomised: {:.2f}\n({:.2f} to {:.2f})".format(*score[:3]) if score else "randomised: no ranks\n"
        heads.append(f"{head.format(size)}\n{text.replace('-', '−')}")
    return heads


def _sanity_note(scores: Scores, size: str) -> str:
    alike = [scores[name] for method in METHODS if (name := f"sanity.{method}.perturbed") in scores]
    unrelated = scores.get("sanity.integrated_gradients.unrelated_maps")
    images = max((int(score.n) for score in alike), default=0)
    return (
        "Each panel has its own scale, cut at the 99th percentile. Colour gradient: mid-grey is zero.\n"
        "Randomised: rank correlation of the absolute maps with those of one network whose weights are all random\n"
        f"(not layer after layer), over pixels that are not black; mean of {images} test images and 95 % interval.\n"
        f"Of this network for nearly the same image: {', '.join(f'{score.value:.2f}' for score in alike) or 'none'}. "
        "Of two unrelated maps that are, like integrated\ngradients, pixels times a factor: "
        f"{f'{unrelated.value:.2f}' if unrelated else 'none'}. A map of Grad-CAM has only {size} values."
    )
