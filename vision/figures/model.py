"""The figures that every model has: where it fails, how sure it is, and how its training went."""

from pathlib import Path

from scipy.special import softmax

from vision.data.dataset import Dataset
from vision.figures.curves import draw_training_curves
from vision.figures.matrices import draw_confusion, draw_wrong_labels
from vision.figures.pictures import draw_misclassified, draw_sample
from vision.figures.reliability import draw_reliability
from vision.pipeline.files import load_arrays
from vision.pipeline.tables import read_table
from vision.scores.classification import confusion_matrix
from vision.scores.estimate import read_scores


def draw_model(data: Path, models: Path, tables: Path, figures: Path, headings: dict[str, str], name: str) -> None:
    """Draw one model; the folders and headings are those of its role."""
    dataset, training = Dataset.load(data / "train.npz", data / "test.npz"), tables / name / "training"
    predictions, evaluation = load_arrays(models / name / "predictions.npz"), tables / name / "evaluation"
    names, scores = dataset.class_names, read_scores(evaluation / "scores.csv")
    parts, confusions, folder, title = {}, {}, figures / name, headings[name]
    for split in ("train", "test"):
        samples = dataset.splits[split].of_indices(predictions[f"{split}_indices"])
        predicted = predictions[f"{split}_logits"].argmax(1)
        parts[split], confusions[split] = (samples, predicted), confusion_matrix(samples.labels, predicted, len(names))
    probabilities = softmax(predictions["test_logits"].astype(float), axis=1)
    draw_confusion(folder / "confusion.png", confusions["test"], names, title)
    draw_misclassified(folder / "misclassified.png", samples, probabilities, names, title)
    draw_sample(folder / "sample.png", parts, names, title)
    draw_wrong_labels(folder / "wrong_labels.png", confusions, names, title)
    ece, null, p = (scores[f"test.{measure}"] for measure in ("ece", "ece_null", "ece_p"))
    draw_reliability(folder / "reliability.png", read_table(evaluation / "calibration.csv"), ece, null, p.value, title)
    if training.exists():
        steps = load_arrays(models / name / "training.npz")["chosen_step_losses"]
        curves = read_table(training / "curves.csv")
        draw_training_curves(folder / "curves.png", curves, scores["best_epoch"].value, steps, title)
