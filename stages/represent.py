"""What is another description of the same samples, for models that learn from features?

Reads a prepared dataset. Learns the representation from its training part alone, and writes the features of all
splits as another prepared dataset, the test part in a file of its own, and what the metrics say of it. Row H18.
"""

from pathlib import Path

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import feature_statistics
from vision.features import make
from vision.pipeline.errors import UserError
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics


def main(
    params: Params, *, features: str, data: Path, test: Path, prepared: Path, prepared_test: Path, metrics: Path
) -> None:
    if features not in params.features:
        raise UserError(f"unknown features {features!r}; allowed: {', '.join(params.features)}")
    entry, dataset, judged = params.features[features], Dataset.load(data), Dataset.load(test)
    train, valid, held_out = dataset.splits["train"], dataset.splits["valid"], judged.splits["test"]
    options = {"seed": params.seed, "threads": params.threads, "device": params.device}
    representation = make(entry.representation, entry.hyper, **options)
    learned = Samples(representation.fit_transform(train), train.labels, train.indices)
    others = [Samples(representation.transform(split), split.labels, split.indices) for split in (valid, held_out)]
    mean, std = feature_statistics(learned.inputs)
    about = dataset.class_names, mean, std, dataset.n_parameters + representation.n_parameters

    Dataset({"train": learned, "valid": others[0]}, *about).save(prepared)
    Dataset({"test": others[1]}, *about).save(prepared_test)
    write_metrics(metrics, {"features": learned.inputs.shape[1], **representation.summary()})


if __name__ == "__main__":
    run(main)
