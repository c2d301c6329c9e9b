"""Where does a model fail, how sure is it then, and, of a network, how did its training go?

Reads the tables and predictions that evaluation kept, and the images. Writes the figures that every model has:
confusion matrix, most confident mistakes, a sample of mistakes, wrong labels, reliability; and training curves for a
network. Rows C7, C9, L4, L9, L10, P11, P12, bugs B0.9 and B0.10.
"""

from pathlib import Path

from scipy.special import softmax

from vision.data.dataset import Dataset, assert_same_samples
from vision.figures.curves import draw_training_curves
from vision.figures.maps import draw_confusion, draw_wrong_labels
from vision.figures.pictures import draw_misclassified, draw_sample
from vision.figures.reliability import draw_reliability
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, read_table
from vision.scores.classification import confusion_matrix


def main(
    params: Params,
    *,
    data: Path,
    test: Path,
    predictions: Path,
    metrics: Path,
    calibration: Path,
    confusion_figure: Path,
    misclassified_figure: Path,
    sample_figure: Path,
    wrong_labels_figure: Path,
    reliability_figure: Path,
    curves: Path | None,
    history: Path | None,
    curves_figure: Path | None,
) -> None:
    predicted, scores, dataset = load_arrays(predictions), read_metrics(metrics), Dataset.load(data, test)
    names, splits = dataset.class_names, {name: dataset.splits[name] for name in ("train", "test")}
    guesses = {name: predicted[f"{name}_logits"].argmax(1) for name in splits}
    for name, split in splits.items():
        assert_same_samples(split.indices, predicted[f"{name}_indices"])
    judged = splits["test"]
    probabilities = softmax(predicted["test_logits"].astype(float), axis=1)
    parts = {name: (split.inputs, split.labels, guesses[name], split.indices) for name, split in splits.items()}
    confusions = {name: confusion_matrix(split.labels, guesses[name], len(names)) for name, split in splits.items()}

    draw_confusion(confusion_figure, confusions["test"], names)
    draw_misclassified(misclassified_figure, judged.inputs, judged.labels, probabilities, judged.indices, names)
    draw_sample(sample_figure, parts, names)
    draw_wrong_labels(wrong_labels_figure, confusions, names)
    draw_reliability(reliability_figure, read_table(calibration), scores["test"])
    if curves_figure:
        steps = load_arrays(history)["chosen_step_losses"]
        draw_training_curves(curves_figure, read_table(curves), scores["best_epoch"], steps)


if __name__ == "__main__":
    run(main)
