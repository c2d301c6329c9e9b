"""What do document 002's mistakes change: shuffled labels, raw images, copies, probabilities, other images?

Reads the test images of both roles, the fine-tuned ResNet-18 and the network that its backbone is from, predictions, and
how the mean images do on the last part of the training file. Writes one row for each quantity, measured the wrong way
and the right way. Bugs B2.1, B2.3, B2.5, B2.6, B2.8.
"""

from pathlib import Path

from torch import nn

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.data.splitting import stratified_order
from vision.document_errors.rows import Measured
from vision.document_errors.transfer import (
    count_copies,
    draw_probabilities,
    forget_to_normalise,
    judge_on_other_images,
    lose_the_order_of_labels,
)
from vision.nets import load_net
from vision.nets.inference import predict, to_device
from vision.nets.layers import capture_activations
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, write_table


def main(
    params: Params, *, test: Path, colour: Path, weights: Path, backbone: Path, predictions: Path, baseline: Path,
    in_order: Path, rows: Path,
) -> None:  # fmt: skip
    judged, of_colour = (Dataset.load(path).splits["test"] for path in (test, colour))
    tuned, means = (load_arrays(path) for path in (predictions, baseline))
    for predicted in (tuned, means):
        assert_same_samples(judged.indices, predicted["test_indices"])
    net, k = to_device(load_net(weights).net, params.device), params.tsne.quality_neighbours
    drawn = _sample(of_colour, params)
    features = capture_activations(to_device(load_net(backbone).net, params.device), drawn, "layer4")["layer4"].reshape(
        len(drawn), -1
    )
    pooled = capture_activations(net, _sample(judged, params), "pooled")["pooled"]
    net.standardise = nn.Identity()
    logits, labels = tuned["test_logits"], judged.labels
    right = [found["test_logits"].argmax(1) == labels for found in (tuned, means)]
    held_out = read_metrics(in_order)["held_out"]

    found = [
        lose_the_order_of_labels(features, drawn.labels, k, params.seed),
        forget_to_normalise(predict(net, judged), logits, labels),
        count_copies(pooled),
        *draw_probabilities(logits, labels, k),
        judge_on_other_images(
            *right, Measured(*(held_out[name] for name in ("share", "low", "high"))), held_out["images"]
        ),
    ]
    write_table(rows, found)


def _sample(split: Samples, params: Params) -> Samples:
    return split[stratified_order(split.labels, params.seed)[: params.representations.images]]


if __name__ == "__main__":
    run(main)
