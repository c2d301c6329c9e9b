"""How good is a classifier that is fitted once, and how certain is that?

Fits the classifier to the training part and writes what the evaluation of a network writes; the classifier is not
saved, since to load such an object would run code. Scores that are no log-probabilities are divided by a temperature.
"""

from pathlib import Path

from vision.classifiers import make
from vision.data.dataset import Dataset
from vision.data.splitting import stratified_sample
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.calibration import fit_temperature
from vision.scores.evaluation import write_evaluation


def main(params: Params, *, model: str, data: Path, predictions: Path, tables: Path, metrics: Path) -> None:
    entry, dataset = params.classifiers[model], Dataset.load(data / "train.npz", data / "test.npz")
    train, options = dataset.splits["train"], params.evaluation
    classifier = make(entry.estimator, entry.hyper, seed=params.seed, threads=params.threads)
    classifier.fit(train.rows, train.labels)
    splits = dataset.splits | {"train": stratified_sample(train, options.training_images, params.seed)}
    logits = {name: classifier.logits(split.rows) for name, split in splits.items()}
    about = {"parameters": dataset.n_parameters + classifier.n_parameters}
    if not classifier.log_probabilities:
        about["score_temperature"] = fit_temperature(logits["valid"], splits["valid"].labels)
        logits = {name: scores / about["score_temperature"] for name, scores in logits.items()}
    write_evaluation(
        logits, splits, dataset.class_names, about, options=options, seed=params.seed,
        tables=tables, predictions=predictions, metrics=metrics,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
