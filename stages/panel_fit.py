"""What do five classifiers make of one description of the images?

Reads a prepared dataset. Fits each classifier to its training part and writes their classes of the test part. Row H18.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.studies.benchmark import classify_all


def main(params: Params, *, inputs: str, data: Path, test: Path, guesses: Path) -> None:
    dataset = Dataset.load(data, test)
    judged, found, row = dataset.splits["test"], {}, params.panel.inputs[inputs]
    model = params.panel.linear(row.role, inputs, params.defaults)
    options = {"seed": params.seed, "threads": params.threads, "device": params.device}
    for name, classes in classify_all(dataset, params.panel, model, **options):
        print(f"{inputs}, {name}: {(classes == judged.labels).mean():.2%} of test images", flush=True)
        found[name] = classes
    save_arrays(guesses, labels=judged.labels, indices=judged.indices, **found)


if __name__ == "__main__":
    run(main)
