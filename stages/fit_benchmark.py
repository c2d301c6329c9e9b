"""How well do five classifiers do on one representation of the images?

Fits each classifier to the training part of a dataset and writes their predictions of the test part.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.studies.benchmark import classify_all


def main(params: Params, *, inputs: str, data: Path, predictions: Path) -> None:
    dataset, benchmark = Dataset.load(data / "train.npz", data / "test.npz"), params.benchmark
    linear = benchmark.linear(benchmark.inputs[inputs].role, inputs, params.defaults)
    options = {"seed": params.seed, "threads": params.threads, "device": params.device}
    test, classes = dataset.splits["test"], {}
    for name, predicted in classify_all(dataset, benchmark, linear, **options):
        print(f"{inputs}, {name}: {(predicted == test.labels).mean():.2%} of test images", flush=True)
        classes[name] = predicted
    save_arrays(predictions, labels=test.labels, indices=test.indices, **classes)


if __name__ == "__main__":
    run(main)
