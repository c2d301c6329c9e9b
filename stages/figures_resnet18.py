"""How did the fine-tuning go, what do the layers give for an image, and how far apart do they put the classes?

Reads the network, how it was trained, its predictions, every space, the panel and test images. Writes the figures of
document 002 that are not of one model or one space alone. Rows H7, H8, H14, H18, bugs B2.3, B2.5.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from vision.data.dataset import Dataset, Samples
from vision.figures.activations import draw_activations
from vision.figures.maps import draw_spaces
from vision.figures.pictures import draw_top_losses
from vision.figures.transfer import draw_finetuning, draw_panel, draw_separation
from vision.nets import load_net
from vision.nets.layers import capture_activations
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, read_table

CHILDREN = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


def main(
    params: Params, *, test: Path, colour: Path, weights: Path, pretrained: Path, history: Path, predictions: Path,
    coordinates: Path, spaces: Path, panel: Path, training_figure: Path, top_losses_figure: Path,
    activations_figure: Path, error_figure: Path, colour_figure: Path, layers_figure: Path, separation_figure: Path,
    panel_figure: Path,
) -> None:  # fmt: skip
    past, predicted, dataset = load_arrays(history), load_arrays(predictions), Dataset.load(test)
    judged, names, saved = dataset.splits["test"], dataset.class_names, load_net(weights)
    frozen_steps = int((past["rates"][:, 0] == 0).sum())
    draw_finetuning(training_figure, past["chosen_step_losses"], past["rates"], frozen_steps)
    probabilities = softmax(predicted["test_logits"].astype(float), axis=1)
    draw_top_losses(top_losses_figure, judged.inputs, judged.labels, probabilities, judged.indices, names)

    guesses = probabilities.argmax(1)
    place = params.activations.image % len(judged)
    wrong = np.flatnonzero(guesses != judged.labels)
    _draw_maps(activations_figure, saved.net, judged, place, guesses, names, params)
    _draw_maps(error_figure, saved.net, judged, int(wrong[0]) if len(wrong) else place, guesses, names, params)
    others = Dataset.load(colour)
    pictures, net = others.splits["test"], load_net(pretrained).net
    chosen = pictures[[params.activations.image % len(pictures)]]
    seen = {name: maps[0] for name, maps in capture_activations(net, chosen, *CHILDREN).items()}
    title = f"test image {chosen.indices[0]}, a true {others.class_names[chosen.labels[0]]}"
    draw_activations(colour_figure, chosen.inputs[0], seen, title, params.activations.channels)

    about = {name: read_metrics(spaces / f"{name}.json") for name in params.spaces.of}
    draw_spaces(layers_figure, dict(_embeddings(params, coordinates, about)), names, columns=3)
    draw_separation(separation_figure, pd.DataFrame([row for name in about for row in _measures(name, about[name])]))
    sources = params.datasets.model_dump()
    titles = {role: f"{role}: {sources[role]}" for role in ("handwriting", "colour")}
    draw_panel(panel_figure, read_table(panel), titles)


def _draw_maps(
    path: Path, net: Any, split: Samples, place: int, guesses: np.ndarray, names: list[str], params: Params
) -> None:
    """What the backbone's children give for one image, which enters them normalised (bug B2.3)."""
    chosen = split[[place]]
    maps = {name: found[0] for name, found in capture_activations(net, chosen, *CHILDREN).items()}
    title = f"test image {chosen.indices[0]}, a {names[chosen.labels[0]]} taken for a {names[guesses[place]]}"
    draw_activations(path, chosen.inputs[0], maps, title, params.activations.channels)


def _embeddings(params: Params, folder: Path, about: dict[str, dict]):
    """The spaces of handwriting, by a title with what each is worth."""
    for name, space in params.spaces.of.items():
        if space.role != "handwriting":
            continue
        found, tsne = load_arrays(folder / f"{name}.npz"), about[name]["tsne"]
        short = name.removeprefix("handwriting_").replace("_", " ")
        share = tsne["knn_accuracy_embedding"]["share"]
        worth = f"trustworthiness {tsne['trustworthiness']:.3f}\nneighbours' accuracy {100 * share:.1f} %"
        yield f"{short}, {about[name]['features']:,} features\n{worth}", (found["points"], found["labels"])


def _measures(name: str, found: dict) -> list[dict]:
    """The rows of one space."""
    knn, nc4 = found["tsne"]["knn_accuracy_features"], found["collapse"]["nc4"]
    rows = {"knn": (knn["share"], knn["low"], knn["high"]), "nc4": (nc4["share"], nc4["low"], nc4["high"])}
    collapse = {**found["collapse"], **found["features_of_test"]}
    for key in ("silhouette", "nc1", "nc2_norms", "nc2_angles"):
        rows[key] = tuple(collapse[f"{key}{end}"] for end in ("", "_low", "_high"))
    rows["nc1"] = (rows["nc1"][0],) * 3  # its interval takes the class means as they are, and shows too little
    title = name.replace("_", " ")
    return [
        {"space": title, "measure": key, "value": v, "low": low, "high": high} for key, (v, low, high) in rows.items()
    ]


if __name__ == "__main__":
    run(main)
