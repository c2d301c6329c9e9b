"""Where does each model fail, how sure is it then, and how do all models of a role compare?

Reads tables and predictions of evaluation, and the images. Writes for every model its confusion matrix, most confident
errors, a sample of errors, wrong labels and reliability, for a network also its training curves; and their comparison.
"""

from functools import partial
from pathlib import Path

from scipy.special import softmax

from vision.data.dataset import Dataset, assert_same_samples
from vision.figures.curves import draw_training_curves
from vision.figures.forest import draw_models
from vision.figures.matrices import draw_confusion, draw_pairs, draw_wrong_labels
from vision.figures.pictures import draw_misclassified, draw_sample
from vision.figures.reliability import draw_reliability
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.pipeline.workers import parallel_map
from vision.scores.classification import confusion_matrix
from vision.scores.estimate import read_scores


def main(
    params: Params, *, role: str, data: Path, models: Path, tables: Path, comparison: Path, figures: Path
) -> None:  # fmt: skip
    parallel_map(partial(draw_model, data, models, tables, figures), params.models_of(role))
    table = read_table(comparison / "models.csv")
    table["title"] = table.model.map(params.title)
    draw_models(figures / "models.png", table)
    best_first = table.sort_values("accuracy", ascending=False, kind="stable")
    titles = dict(zip(best_first.model, best_first.title, strict=True))
    draw_pairs(figures / "pairs.png", read_table(comparison / "pairs.csv"), titles)


def draw_model(data: Path, models: Path, tables: Path, figures: Path, name: str) -> None:
    dataset, training = Dataset.load(data / "train.npz", data / "test.npz"), tables / name / "training"
    predictions, evaluation = load_arrays(models / name / "predictions.npz"), tables / name / "evaluation"
    splits, names, scores = dataset.splits, dataset.class_names, read_scores(evaluation / "scores.csv")
    parts, confusions, folder = {}, {}, figures / name
    for split in ("train", "test"):
        assert_same_samples(splits[split].indices, predictions[f"{split}_indices"])
        parts[split] = splits[split], predictions[f"{split}_logits"].argmax(1)
        confusions[split] = confusion_matrix(splits[split].labels, parts[split][1], len(names))
    probabilities = softmax(predictions["test_logits"].astype(float), axis=1)
    draw_confusion(folder / "confusion.png", confusions["test"], names)
    draw_misclassified(folder / "misclassified.png", splits["test"], probabilities, names)
    draw_sample(folder / "sample.png", parts, names)
    draw_wrong_labels(folder / "wrong_labels.png", confusions, names)
    ece, null, p = (scores[f"test.{measure}"] for measure in ("ece", "ece_null", "ece_p"))
    draw_reliability(folder / "reliability.png", read_table(evaluation / "calibration.csv"), ece, null, p.value)
    if training.exists():
        steps, curves = load_arrays(models / name / "training.npz"), read_table(training / "curves.csv")
        draw_training_curves(folder / "curves.png", curves, scores["best_epoch"].value, steps["chosen_step_losses"])


if __name__ == "__main__":
    run(main)
