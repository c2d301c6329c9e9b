"""Document 002: fine-tuning, the layers' activations for an image, and how representations separate the classes."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from vision.classifiers.mean_image import class_means
from vision.data.dataset import Dataset
from vision.figures.activations import draw_activations
from vision.figures.curves import draw_finetuning
from vision.figures.embeddings import draw_embedding, draw_embeddings
from vision.figures.forest import MEASURES, draw_benchmark, draw_separation
from vision.figures.pictures import draw_grids, draw_top_losses
from vision.figures.thumbnails import draw_thumbnails
from vision.nets import load_net
from vision.nets.inference import capture_activations
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

LAYERS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
STUDIED = ("handwriting", "colour")
OF_OTHER_STUDIES = ("convnet", "relu_mlp")


def draw(params: Params, data: Path, models: Path, plots: Path, figures: Path) -> None:
    """Draw all figures of the study."""
    prepared, trained = data / "prepared", data / "models/handwriting/resnet18"
    datasets = {role: Dataset.load(prepared / role / "test.npz") for role in STUDIED}
    heading = params.headings("handwriting")["resnet18"]
    _draw_training(figures, trained, datasets["handwriting"], heading)
    _draw_activations(params, figures, models, trained, datasets)
    _draw_embeddings(params, figures, plots / "embeddings", datasets)
    titles = {role: f"{role}: {params.dataset(role)}" for role in STUDIED}
    draw_benchmark(figures / "benchmark.png", read_table(plots / "benchmark/accuracy.csv"), titles)

    train = Dataset.load(prepared / "handwriting/train.npz").splits["train"]
    means = class_means(train.inputs.reshape(len(train), -1), train.labels).reshape(-1, *train.inputs.shape[1:])
    title = f"the mean image of each of the {len(means)} classes"
    draw_grids(figures / "means.png", {title: means.round().astype(np.uint8)}, height_inches=3.2)


def _draw_training(figures: Path, trained: Path, dataset: Dataset, heading: str) -> None:
    history, logits = load_arrays(trained / "training.npz"), load_arrays(trained / "predictions.npz")["test_logits"]
    frozen_steps = int((history["rates"][:, 0] == 0).sum())
    draw_finetuning(figures / "training.png", history["chosen_step_losses"], history["rates"], frozen_steps, heading)
    probabilities = softmax(logits.astype(float), axis=1)
    draw_top_losses(figures / "top_losses.png", dataset.splits["test"], probabilities, dataset.class_names, heading)


def _draw_activations(params: Params, figures: Path, models: Path, trained: Path, datasets: dict[str, Dataset]) -> None:
    """Of one image, of one that the network misclassifies, and of one in colour."""
    predicted = load_arrays(trained / "predictions.npz")["test_logits"].argmax(1)
    image, labels = params.activations.image, datasets["handwriting"].splits["test"].labels
    error = next(iter(np.flatnonzero(predicted != labels)), image)
    drawings = (
        ("activations", "resnet18", "handwriting", image),
        ("activations_of_an_error", "resnet18", "handwriting", error),
        ("activations_colour", "colour_resnet18", "colour", image),
    )
    for name, model, role, number in drawings:
        split, names = datasets[role].splits["test"], datasets[role].class_names
        position, net = number % len(split), load_net(models / f"{model}.pt").net
        chosen = split[[position]]
        maps = {layer: activations[0] for layer, activations in capture_activations(net, chosen, *LAYERS).items()}
        guess = f", predicted {names[predicted[position]]}" if role == "handwriting" else ""
        title = f"test image {chosen.indices[0]}, true class {names[chosen.labels[0]]}{guess}"
        draw_activations(figures / f"{name}.png", chosen.inputs[0], maps, title, params.activations.channels)


def _draw_embeddings(params: Params, figures: Path, folder: Path, datasets: dict[str, Dataset]) -> None:
    panels, measures = [], []
    for key, entry in params.embeddings.items():
        if entry.role not in STUDIED or key in OF_OTHER_STUDIES:
            continue
        scores = read_scores(folder / key / "scores.csv")
        for layer in entry.layers or ["features"]:
            table, name = read_table(folder / key / f"{layer}.csv"), f"{key}_{layer}" if entry.layers else key
            dataset, points, labels = datasets[entry.role], table[["x", "y"]].to_numpy(), table.label.to_numpy()
            split, predicted, short = dataset.splits["test"], table.predicted.to_numpy(), name.replace("_", " ")
            if entry.layers:  # of a network, as "document's rates, hidden norm"
                short = f"{params.title(entry.model).rpartition(', ')[2]}, {layer.replace('_', ' ')}"
            measured = ("trustworthiness", "knn_recall", "knn_accuracy_embedding", "knn_accuracy_features")
            trust, recall, share, share_before = (scores[f"{layer}.tsne.{measure}"].value for measure in measured)
            features = f"{scores[f'{layer}.n_features'].value:,.0f} features"
            title = f"{short}: {features} of {len(labels):,} test images"
            quality = (
                f"black edge: errors of {params.title(entry.model)}\n"
                f"trustworthiness {trust:.3f}, recall of neighbours {recall:.2f}\n"
                f"neighbours' accuracy {100 * share:.1f} %, among the features {100 * share_before:.1f} %"
            )
            names, text = dataset.class_names, f"{title}\n{quality}"
            draw_embedding(figures / f"{name}_tsne.png", points, labels, predicted != labels, names, text)
            images = split.inputs[np.searchsorted(split.indices, table["index"])]
            draw_thumbnails(figures / f"{name}_thumbnails.png", points, images, labels, predicted, names, title)
            if entry.role == "handwriting":
                text = f"{features}, trustworthiness {trust:.3f}\nneighbours' accuracy {100 * share:.1f} %"
                panels.append((f"{short.removeprefix('handwriting ')}\n{text}", points, labels))
            measures += [
                {"representation": short, "measure": name, **scores[f"{layer}.{name}"]._asdict()} for name in MEASURES
            ]
    table = pd.DataFrame(measures)
    nc1 = table.measure == "collapse.nc1"  # its interval takes the class means as they are, and is too narrow
    table.loc[nc1, ["low", "high"]] = table.value[nc1]
    draw_embeddings(figures / "layers.png", panels, datasets["handwriting"].class_names, columns=3)
    draw_separation(figures / "separation.png", table)
