"""What does the ReLU network take for a digit?

Reads its weights alone. Writes, for each class, the best of many images of noise, as document 001 searched, and an
image found by gradient ascent, with the probabilities that the network gives them; and how sure it is of noise that
nobody searched. Row P16, bug B1.6.
"""

from pathlib import Path

from vision.explain.maximisation import CHUNK_IMAGES, maximise_activation, noise_confidences, random_search
from vision.nets import load_net
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics
from vision.scores.intervals import mean_with_interval


def main(params: Params, *, weights: Path, images: Path, metrics: Path) -> None:
    saved, options = load_net(weights), params.maximisation
    net, shape, n_classes = saved.net, saved.hyper["shape"], saved.hyper["n_classes"]
    n_images = options.batches * options.batch_size
    noise, noise_probabilities = random_search(net, shape, n_images, params.seed)
    maximised, maximised_probabilities = maximise_activation(net, shape, n_classes, steps=options.steps, lr=options.lr)

    save_arrays(
        images, noise=noise, noise_probabilities=noise_probabilities, maximised=maximised,
        maximised_probabilities=maximised_probabilities,
    )  # fmt: skip
    found = {"random_search": noise_probabilities, "gradient": maximised_probabilities}
    write_metrics(
        metrics,
        {
            name: {f"probability_of_class_{label}": float(value) for label, value in enumerate(values)}
            for name, values in found.items()
        }
        | {
            "images_searched": n_images,
            "noise": mean_with_interval(
                "mean_confidence", noise_confidences(net, shape, min(n_images, CHUNK_IMAGES), params.seed)
            ),
        },
    )


if __name__ == "__main__":
    run(main)
