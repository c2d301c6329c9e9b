"""What do document 001's mistakes change: means of batches, a running accuracy, layers drawn of training images?

Reads the images, the ReLU network with its predictions, and what was found to maximise its outputs. Writes one row for
each quantity, measured the wrong way and the right way. Bugs B1.1 to B1.4, B1.6, B1.7.
"""

from pathlib import Path

from vision.data.dataset import Dataset, assert_same_samples
from vision.data.splitting import stratified_order
from vision.document_errors.averages import (
    average_batches,
    measure_all_pixels,
    round_the_probability,
    search_at_random,
    watch_the_running_accuracy,
)
from vision.document_errors.separation import augment, draw_augmented_training_images
from vision.nets import load_net
from vision.nets.inference import to_device
from vision.nets.layers import capture_activations, last_features
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, write_table


def main(
    params: Params, *, data: Path, test: Path, weights: Path, predictions: Path, maximisation: Path, rows: Path
) -> None:
    splits, entry, saved = Dataset.load(data, test).splits, params.network("relu_mlp"), load_net(weights)
    predicted, maxima = load_arrays(predictions), read_metrics(maximisation)
    for name in ("train", "test"):
        assert_same_samples(splits[name].indices, predicted[f"{name}_indices"])
    epochs = {row["epoch"]: row for row in saved.history["curves"]}
    right = predicted["train_logits"].argmax(1) == predicted["train_labels"]

    net, images = to_device(saved.net, params.device), params.representations.images
    parts = [split[stratified_order(split.labels, params.seed)[:images]] for split in (splits["train"], splits["test"])]
    layers = last_features(net), "logits"
    drawn, fresh = (
        capture_activations(net, part, *layers) for part in (augment(parts[0], entry, params.seed), parts[1])
    )
    ways = drawn, parts[0].labels, fresh, parts[1].labels

    found = [
        *average_batches(predicted["test_logits"], predicted["test_labels"], entry.batch_size),
        *watch_the_running_accuracy(epochs.get(saved.history["best_epoch"]), right, len(splits["valid"])),
        *draw_augmented_training_images(*ways, params.tsne.quality_neighbours),
        measure_all_pixels(splits["train"].inputs, splits["valid"].inputs),
        search_at_random(*(list(maxima[way].values()) for way in ("random_search", "gradient"))),
        round_the_probability(),
    ]
    write_table(rows, found)


if __name__ == "__main__":
    run(main)
