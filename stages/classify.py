"""How good is a classifier that is fitted once, and how sure are we of that?

Reads all three splits: it is fitted to the training part, the test part is only judged, and it is kept nowhere, since
such objects cannot be read back without running what they hold. Writes what the evaluation of a network writes. The
mean images' distances and the SVM's margins are no log-probabilities: before all else they are divided by a temperature
that is chosen on the validation images, so that of these two nothing can be said without one. Rows H1, H18.
"""

from pathlib import Path

from vision.classifiers import make
from vision.data.dataset import Dataset
from vision.pipeline.errors import UserError
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.evaluation import write_evaluation
from vision.scores.temperature import fit_temperature


def main(
    params: Params,
    *,
    model: str,
    data: Path,
    test: Path,
    metrics: Path,
    confusion: Path,
    classes: Path,
    calibration: Path,
    misclassified: Path,
    errors: Path,
    predictions: Path,
) -> None:
    if model not in params.classifiers:
        raise UserError(f"unknown classifier {model!r}; allowed: {', '.join(params.classifiers)}")
    entry = params.classifiers[model]
    classifier = make(entry.estimator, entry.hyper, seed=params.seed, threads=params.threads)
    dataset = Dataset.load(data)
    classifier.fit(dataset.splits["train"].rows, dataset.splits["train"].labels)
    splits = Dataset.load(data, test).splits
    logits = {name: classifier.logits(split.rows) for name, split in splits.items()}
    about = {"parameters": dataset.n_parameters + classifier.n_parameters}
    if not classifier.log_probabilities:  # its scores have no unit; a divisor, chosen by validation, makes them that
        about["score_temperature"] = fit_temperature(logits["valid"], splits["valid"].labels)
        logits = {name: scores / about["score_temperature"] for name, scores in logits.items()}
    write_evaluation(
        logits, splits, dataset.class_names, about, options=params.evaluation, seed=params.seed, metrics=metrics,
        confusion=confusion, classes=classes, calibration=calibration, misclassified=misclassified,
        errors=errors, predictions=predictions,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
