"""What does the ReLU network take for a digit?

Reads its weights alone. Writes, for each class, the best of many images of noise, as document 001 searched, and an
image found by climbing the gradient, with the probabilities that the network gives them. Row P16, bug B1.6.
"""

from pathlib import Path

from vision.explain import climb, random_search
from vision.files import save_arrays
from vision.nets import load_net
from vision.params import Params
from vision.results import write_metrics
from vision.stage import run


def main(params: Params, *, weights: Path, images: Path, metrics: Path) -> None:
    net, _ = load_net(weights)
    options, n_classes = params.imagination, net.layers[-1].out_features
    channels, pixels = len(net.mean), net.layers[0].in_features
    side = round((pixels / channels) ** 0.5)
    shape = (channels, side, side)
    n_images = options.batches * options.batch_size
    noise, noise_probabilities = random_search(net.classify, pixels, n_images, params.seed)
    climbed, climbed_probabilities = climb(net, shape, n_classes, steps=options.steps, lr=options.lr)
    mean, std = net.mean.numpy(), net.std.numpy()

    save_arrays(
        images, noise=noise.reshape(-1, *shape) * std + mean, noise_probabilities=noise_probabilities, climbed=climbed,
        climbed_probabilities=climbed_probabilities,
    )  # fmt: skip
    found = {"random_search": noise_probabilities, "gradient": climbed_probabilities}
    write_metrics(
        metrics,
        {
            name: {f"probability_of_class_{label}": float(value) for label, value in enumerate(values)}
            for name, values in found.items()
        }
        | {"images_searched": n_images},
    )


if __name__ == "__main__":
    run(main)
