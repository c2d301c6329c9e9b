"""Which inputs maximise the ReLU network's outputs?

Writes, for each class, the best of many images of noise and an image found by gradient ascent, and the network's mean
confidence on noise that was not selected.
"""

from pathlib import Path

from vision.explain.maximisation import maximise_activation, random_search
from vision.nets import load_net
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.estimate import write_scores
from vision.scores.intervals import mean_estimate


def main(params: Params, *, weights: Path, images: Path, tables: Path) -> None:
    saved, options = load_net(weights), params.maximisation
    net, shape, n_classes = saved.net, saved.hyper["shape"], saved.hyper["n_classes"]
    n_images = options.batches * options.batch_size
    noise, noise_probabilities, confidences = random_search(net, shape, n_images, params.seed)
    maximised, maximised_probabilities = maximise_activation(net, shape, n_classes, steps=options.steps, lr=options.lr)
    save_arrays(
        images, noise=noise, noise_probabilities=noise_probabilities, maximised=maximised,
        maximised_probabilities=maximised_probabilities,
    )  # fmt: skip
    scores = {
        name: {f"probability_of_class_{label}": float(value) for label, value in enumerate(values)}
        for name, values in {"random_search": noise_probabilities, "gradient": maximised_probabilities}.items()
    }
    scores |= {"images_searched": n_images, "noise": {"mean_confidence": mean_estimate(confidences)}}
    write_scores(tables / "scores.csv", scores)


if __name__ == "__main__":
    run(main)
