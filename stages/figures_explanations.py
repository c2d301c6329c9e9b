"""What does the network for clothing see? The pictures of document 004's extra credit.

Reads the explanations and what they are worth. Writes what pictures become as a filter's response rises, which pixels
speak for a class, and one channel of every layer. Each says that cats are none of the network's classes, and how
strange they are to it. Rows F15 to F17, bugs B4.8, B4.9.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vision.figures.explanations import Explained, draw_layers, draw_maximised, draw_saliency
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics

SOURCES = {"fashion_mnist": "Fashion-MNIST, clothing", "mnist": "MNIST, digits", "cifar10": "CIFAR-10"}
SCALES = "Each panel has a scale of its own, cut at the 99th percentile. Colour gradient: mid-grey is zero."


def main(
    params: Params, *, explanations: Path, metrics: Path, maximised_figure: Path, saliency_figure: Path,
    layers_figure: Path,
) -> None:  # fmt: skip
    found, about, options = load_arrays(explanations), read_metrics(metrics), params.explanations
    names, source = found["class_names"].tolist(), SOURCES.get(params.datasets.fashion, params.datasets.fashion)
    net = f"VGG16 trained on {source}"
    notes = {
        name: _note(name, index, about["pictures"][name], names, options.stranger)
        for name, index in zip(found["pictures"].tolist(), found["picture_indices"].tolist(), strict=True)
    }

    several = len(options.filters) > 1
    rows = [f"filter {number}, {note}" if several else note for number in options.filters for note in notes.values()]
    frames, responses = (found[key].reshape(-1, *found[key].shape[2:]) for key in ("frames", "responses"))
    filters = ", ".join(map(str, options.filters))
    title = f"{net}: gradient ascent on the mean response of {options.layer}, filter {filters}"
    draw_maximised(maximised_figure, frames, responses, options.frame_every, rows, title)

    explained = list(_explained(found, list(notes.values()), names))
    title = f"{net}: which pixels speak for a class. Red speaks for it, blue against it"
    draw_saliency(
        saliency_figure,
        explained,
        _heads(about["sanity"], " × ".join(map(str, found["grad_cam"].shape[1:]))),
        title,
        f"{SCALES}\n{_sanity_note(about['sanity'])}",
    )

    layers = [(name, kind, found[name]) for name, kind in zip(found["layers"], found["kinds"], strict=True)]
    first = len(notes) - 1  # of the network's own kind
    own = f"test image {found['explained_indices'][0]}, {names[found['explained_classes'][first]]}"
    titles = [
        f"{net}: channel {options.channel} of every layer for {own}",
        f"The same for noise: {', '.join(_scores(about['pictures']['noise']))}".replace("\n", " "),
    ]
    note = "Under each map its side in pixels and the end of its scale, the same for both images. × is zero everywhere."
    draw_layers(layers_figure, found["shown"], layers, titles, note)


def _note(name: str, index: int, verdict: dict[str, Any], names: list[str], stranger: str) -> str:
    """What a picture is, what it is taken for, and how strange it is."""
    kinds = {"chelsea": "Chelsea, a cat", "noise": "Noise"}
    what = kinds.get(name, f"{stranger.capitalize()}, test {index}")
    known = [] if name not in kinds and stranger in names else ["none of its classes"]
    return "\n".join([what, *known, f"taken for {names[verdict['guess']]}", *_scores(verdict)])


def _scores(verdict: dict[str, Any]) -> tuple[str, str]:
    """How sure the network is and how strange a picture is to it, in a few words each."""
    share, energy = 100 * verdict["stranger_by_energy"]["share"], f"{verdict['energy']:.1f}".replace("-", "−")
    return f"p = {verdict['confidence']:.2f}, energy {energy}", f"{share:.1f} % of test images\nlook stranger"


def _explained(found: dict[str, np.ndarray], notes: list[str], names: list[str]):
    """The rows of the picture of explanations: strangers, then the network's own images."""
    strangers = len(found["explained"]) - len(found["explained_indices"])
    for place, image in enumerate(found["explained"]):
        label = names[found["explained_classes"][place]]
        if place < strangers:
            note = f"{notes[place]}\nexplained: {label}"
        else:
            guess = names[found["explained_guesses"][place]]
            index = found["explained_indices"][place - strangers]
            note = f"{label}\ntest image {index}\ntaken for {guess}\nexplained: {label}"
        yield Explained(
            image, note, found["gradient"][place], found["gradient_grey"][place],
            found["integrated_gradients"][place].sum(0), found["grad_cam"][place],
        )  # fmt: skip


def _heads(sanity: dict[str, Any], size: str) -> list[str]:
    """What stands above the columns: the method, and how much it changes with weights drawn anew."""
    names = {
        "gradient": "gradient, absolute",
        "integrated_gradients": "integrated gradients",
        "grad_cam": f"Grad-CAM, {size}",
    }
    heads = [f"{name}\n{_correlation(sanity[method]['redrawn'])}" for method, name in names.items()]
    return ["what it sees\n\n", "gradient, colour\n\n", *heads]


def _correlation(found: dict[str, float]) -> str:
    """A mean with its interval, in two lines."""
    if "correlation" not in found:
        return "redrawn: no ranks\n"
    mean, low, high = (f"{found[f'correlation{end}']:.2f}".replace("-", "−") for end in ("", "_low", "_high"))
    return f"redrawn {mean}\n({low} to {high})"


def _sanity_note(sanity: dict[str, Any]) -> str:
    """What the numbers above the columns are, and what they would be at best."""
    images = max(one["redrawn"]["images"] for one in sanity.values())
    alike = [f"{one['jittered']['correlation']:.2f}" for one in sanity.values() if "correlation" in one["jittered"]]
    return (
        "Redrawn: rank correlation of the absolute maps with those of a network whose weights are drawn anew,\n"
        f"mean over {images} test images and 95 % interval. With this network's own for nearly the same image: "
        f"{', '.join(alike) or 'none'}.\n"
        "Integrated gradients are zero where an image is black, whatever the weights, and so alike there."
    )


if __name__ == "__main__":
    run(main)
