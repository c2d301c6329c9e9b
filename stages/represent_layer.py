"""What does one layer of a trained network give for every image?

Reads a prepared dataset and the network's weights. Writes the layer's outputs, one row of numbers for each image of
every split, as another prepared dataset, the test part in a file of its own. Rows H3, H9 to H12, H17, bugs B2.2, B2.4,
B2.11.
"""

from pathlib import Path

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import feature_statistics
from vision.nets import load_net
from vision.nets.inference import count_parameters, to_device
from vision.nets.layers import capture_activations
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics


def main(
    params: Params, *, layer: str, data: Path, test: Path, weights: Path, prepared: Path, prepared_test: Path,
    metrics: Path,
) -> None:  # fmt: skip
    dataset, net = Dataset.load(data, test), to_device(load_net(weights).net, params.device)
    wanted = params.layers[layer].layer
    made = {}
    for name, split in dataset.splits.items():
        features = capture_activations(net, split, wanted)[wanted].reshape(len(split), -1)
        made[name] = Samples(features, split.labels, split.indices)
    mean, std = feature_statistics(made["train"].inputs)
    about = dataset.class_names, mean, std, dataset.n_parameters + count_parameters(net)

    held_out = made.pop("test")
    Dataset(made, *about).save(prepared)
    Dataset({"test": held_out}, *about).save(prepared_test)
    write_metrics(metrics, {"features": held_out.inputs.shape[1]})


if __name__ == "__main__":
    run(main)
