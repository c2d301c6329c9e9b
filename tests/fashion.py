"""Results of document 004's studies, planted: small, of the shapes that the pipeline makes, and of no network."""

from pathlib import Path

import numpy as np
from PIL import Image

from vision.evidence.documents import printed_table, read_document
from vision.evidence.one_vs_rest import class_rows, printed_classes
from vision.pipeline.tables import read_table
from vision.results.tables import tidy_curves, write_metrics, write_table
from vision.scores.classification import confusion_rows
from vision.scores.intervals import wilson_interval

DOCUMENT = Path(__file__).parent.parent / "documents/004.yaml"
ACTIVATIONS = ("relu", "sigmoid", "tanh", "linear")
NETWORKS = {  # model: trainer, activation, learning rate
    **{f"numpy_{name}": ("numpy", name, 0.1) for name in ACTIVATIONS},
    **{f"sklearn_{name}": ("sklearn", name, 0.1) for name in ACTIVATIONS},
    **{f"sklearn_{name}_defaults": ("sklearn", name, 0.1) for name in ACTIVATIONS},
    "linear_slow": ("sklearn", "linear", 0.001),
    "linear_slowest": ("sklearn", "linear", 0.0001),
}
FINITE_EPOCHS = {"numpy_linear": 26, "sklearn_linear": 26, "sklearn_linear_defaults": 0}  # of the others 100


def scores(correct: int, images: int) -> dict[str, float]:
    """Accuracy with its interval, and a loss."""
    low, high = wilson_interval(correct, images)
    found = {"images": images, "correct": correct, "accuracy": correct / images}
    return found | {"accuracy_low": low, "accuracy_high": high, "loss": 0.3, "loss_low": 0.29, "loss_high": 0.31}


def plant(folder: Path) -> None:
    """Write all of them below a folder: metrics/ and plots/."""
    _plant_from_scratch(folder)
    _plant_vgg16(folder)
    names = [f"from_scratch/{name}" for name in ("curves", "losses", "accuracies")]
    names += [f"vgg16/{name}" for name in ("one_vs_rest", "maximised", "saliency", "layers")]
    names += [f"models/{model}/curves" for model in ("vgg16", "vgg16_frozen")]
    for name in names:
        Image.new("RGB", (2, 2)).save(folder / f"plots/{name}.png")


def _plant_from_scratch(folder: Path) -> None:
    document = read_document(DOCUMENT)
    rows = [row for name in ("numpy_networks", "sklearn_networks") for row in printed_table(document, name)]
    printed = {(row["model"], row["epochs"]): row["accuracy"] for row in rows}
    metrics, accuracies = {}, []
    for place, (model, (trainer, activation, lr)) in enumerate(NETWORKS.items()):
        epochs = FINITE_EPOCHS.get(model, 100)
        metrics[model] = {"lr": lr, "diverged": epochs < 100, "finite_epochs": epochs}
        row = {"model": model, "trainer": trainer, "activation": activation, "lr": lr}
        for kept, epoch in {"epoch_50": 50, "epoch_100": 100, "best": min(epochs, 60)}.items():
            if not 0 < epoch <= epochs:
                continue
            found = metrics[model][kept] = scores(8800 + place + epoch, 10000)
            own = {"diverged": epochs < 100, "valid_accuracy": 0.9, "printed": printed.get((model, epoch))}
            accuracies.append(row | {"kept": kept, "epoch": epoch} | own | found)
    write_metrics(folder / "metrics/from_scratch.json", metrics)
    write_table(folder / "plots/from_scratch/accuracies.csv", accuracies)
    pairs = [
        (f"numpy_{name}", f"sklearn_{name}{end}", kept)
        for name in ACTIVATIONS[:3]
        for end in ("", "_defaults")
        for kept in ("epoch_50", "epoch_100", "best")
    ]
    pairs += [("numpy_relu", f"numpy_{name}", "best") for name in ACTIVATIONS[1:]]
    difference = {"difference": 0.01, "difference_low": 0.004, "difference_high": 0.016, "p": 0.001}
    write_table(
        folder / "plots/from_scratch/pairs.csv",
        [dict(zip(("first", "second", "kept"), pair, strict=True)) | difference for pair in pairs],
    )


def _plant_vgg16(folder: Path) -> None:
    """Both networks name what the document's names."""
    document = read_document(DOCUMENT)
    matrix = printed_table(document, "vgg16_confusion")
    names = [row["actual"] for row in matrix]
    confusion = np.array([[row[name] for name in names] for row in matrix])
    generator, rows, printed = np.random.default_rng(0), [], printed_classes(document)
    for model in ("vgg16", "vgg16_frozen"):
        tables, right = folder / f"plots/models/{model}", int(np.trace(confusion))
        write_metrics(
            folder / f"metrics/{model}.json",
            {"train": scores(47000, 50000), "valid": scores(9200, 10000), "test": scores(right, 10000)},
        )
        write_table(tables / "confusion.csv", confusion_rows(confusion, names))
        wrong = np.sort(generator.choice(10000, 10000 - right, replace=False))
        write_table(tables / "errors.csv", [{"image": image, "label": 0, "predicted": 1} for image in wrong])
        hits = zip(names, np.diagonal(confusion), strict=True)
        missed = [{"split": "test", "class": name, "images": 1000, "misclassified": 1000 - hit} for name, hit in hits]
        write_table(tables / "misclassified.csv", missed)
        of_epoch = ("augmented_train_loss", "augmented_train_accuracy", "valid_loss", "valid_accuracy")
        values = [{"epoch": epoch, **dict.fromkeys(of_epoch, 0.5 + 0.01 * epoch)} for epoch in range(1, 11)]
        write_table(tables / "curves.csv", tidy_curves(model, values))
        ours = class_rows(read_table(tables / "confusion.csv"))
        rows += [{"model": model, **row, **printed[row["class"]]} for row in ours]
    write_table(folder / "plots/vgg16/one_vs_rest.csv", rows)
    strangers = {"images": 20, "named_as": "Bag", "confidence": 0.6, "confidence_low": 0.5, "confidence_high": 0.7}
    write_table(folder / "plots/vgg16/strangers.csv", [{"pictures": "chelsea"} | strangers])
    write_table(folder / "plots/vgg16/sanity.csv", [{"random_from": "logits", "correlation": 0.123456}])
