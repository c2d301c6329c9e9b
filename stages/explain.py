"""What does the network for clothing see, in clothing and in cats, which it never saw?

Reads its weights, test images of its own kind, and test images of others. Writes what pictures become as one filter's
response rises, which pixels speak for a class, whether that changes with weights drawn anew, how strange cats are to
the network, and one channel of every layer. Rows F15 to F17, bugs B4.8, B4.9.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.explain.attributions import METHODS, as_grey, attribute, last_map, strengths
from vision.explain.filters import convolution, maximise_filter
from vision.explain.ood_images import (
    Pictures,
    as_bytes,
    as_samples,
    class_number,
    collect_pictures,
    draw_class,
    resized,
)
from vision.explain.ood_scores import judge, tell_apart
from vision.explain.sanity import check_explanations, mean_correlation, redrawn
from vision.nets import load_net
from vision.nets.inference import predict
from vision.nets.layers import capture_activations
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.schema.explanations import Explanations
from vision.pipeline.tables import write_metrics, write_table


def main(
    params: Params, *, test: Path, colour: Path, weights: Path, explanations: Path, metrics: Path, strangers: Path,
    sanity: Path,
) -> None:  # fmt: skip
    options, own, others = params.explanations, Dataset.load(test), Dataset.load(colour)
    saved, judged, strange = load_net(weights), own.splits["test"], others.splits["test"]
    target = class_number(own.class_names, options.target, "explanations.target")
    label = class_number(others.class_names, options.stranger, "explanations.stranger")
    convolved, pixels = convolution(saved.net, options.layer, options.filters), saved.hyper["shape"][1]
    drawn, levels = draw_class(strange, label, options.stranger_images, params.seed), options.noise_levels
    pictures = collect_pictures(drawn, (options.pixels, pixels), levels, params.seed)
    chosen = judged[stratified_order(judged.labels, params.seed)[: options.sanity_images]]

    rises, responses = _maximise(saved.net, convolved, pictures, options)
    verdicts, about = _judge(saved.net, judged, resized(strange.inputs[strange.labels == label], pixels), pictures)
    explained = _explain(saved.net, pictures, chosen[: options.images], target, options)
    redraw = redrawn(params.finetuned[options.model].net, saved.hyper, params.seed)
    alike, checked = _check(saved.net, redraw, chosen, pixels, options, params.seed)
    layers = _layers(saved.net, np.concatenate([resized(chosen.inputs[:1], pixels), pictures.small[-1:]]), options)

    names = {"class_names": np.array(own.class_names), "pictures": np.array(pictures.names)}
    seen = {"picture_indices": pictures.indices, "seen": as_bytes(pictures.small)}
    save_arrays(explanations, **names, **seen, **rises, **explained, **layers)
    write_table(strangers, verdicts)
    write_table(sanity, alike)
    write_metrics(metrics, about | {"maximisation": responses} | checked)


def _maximise(net, layer, pictures: Pictures, options: Explanations) -> tuple[dict[str, np.ndarray], dict]:
    """Frames and responses of every filter, as arrays; where the responses begin and end, as metrics."""
    ascent = {"iterations": options.iterations, "every": options.frame_every, "lr": options.lr}
    rises = [maximise_filter(net, layer, number, pictures.large, **ascent) for number in options.filters]
    frames, responses = (np.stack(found) for found in zip(*rises, strict=True))
    ends = {
        f"filter_{number}": {
            name: {"start": float(values[0]), "end": float(values[-1])}
            for name, values in zip(pictures.names, reached, strict=True)
        }
        for number, reached in zip(options.filters, responses, strict=True)
    }
    return {"frames": as_bytes(frames), "responses": responses}, ends


def _judge(net, judged: Samples, strange: np.ndarray, pictures: Pictures) -> tuple[list[dict], dict]:
    """How strange the pictures are, one row for each and each score; the same, and of all strangers, as metrics."""
    found, ordinary, theirs = (predict(net, one) for one in (as_samples(pictures.small), judged, as_samples(strange)))
    verdicts = dict(zip(pictures.names, judge(found, ordinary), strict=True))
    rows = [
        {
            "picture": name,
            "test_index": index if index >= 0 else "",
            "guess": one["guess"],
            "score": score,
            "value": one[score],
        }
        | {f"stranger_{key}": value for key, value in one[f"stranger_by_{score}"].items()}
        for index, (name, one) in zip(pictures.indices, verdicts.items(), strict=True)
        for score in ("confidence", "energy")
    ]
    known = zip(pictures.names, pictures.indices.tolist(), strict=True)
    indices = {name: {"test_index": index} for name, index in known if index >= 0}
    about = {name: indices.get(name, {}) | one for name, one in verdicts.items()}
    counts = {"test_images": len(judged), "stranger_images": len(strange)}
    return rows, counts | {"auroc": tell_apart(ordinary, theirs), "pictures": about}


def _explain(net, pictures: Pictures, own: Samples, target: int, options: Explanations) -> dict[str, np.ndarray]:
    """The pictures but for the noise, and images of the network's own kind; what they are taken for; the explanations.

    What is explained is the logit of the target on what is none, and of its own class on what is.
    """
    strange, pixels = pictures.small[:-1], pictures.small.shape[-1]
    images = np.concatenate([strange, resized(own.inputs, pixels)])
    classes = np.concatenate([np.full(len(strange), target), own.labels])
    maps = attribute(net, last_map(net, pixels), images, classes, options.steps)
    guesses = predict(net, as_samples(images)).argmax(1)
    about = {"explained_classes": classes, "explained_indices": own.indices, "explained_guesses": guesses}
    grey = {"gradient_grey": as_grey(strengths("gradient", maps["gradient"]))}
    return {"explained": as_bytes(images)} | about | maps | grey


def _check(net, redraw, chosen: Samples, pixels: int, options: Explanations, seed: int) -> tuple[list[dict], dict]:
    """How alike explanations are, one row for each image, method and what it is compared with; the same as metrics."""
    images, last = resized(chosen.inputs, pixels), last_map(net, pixels)
    about = {"steps": options.steps, "jitter": options.jitter, "seed": seed}
    alike, error = check_explanations(net, redraw, last, images, chosen.labels, **about)
    rows = [
        {"method": method, "against": against, "test_index": index, "correlation": value}
        for against, methods in alike.items()
        for method, values in methods.items()
        for index, value in zip(chosen.indices, values, strict=True)
        if not np.isnan(value)
    ]
    means = {name: {key: mean_correlation(found[name]) for key, found in alike.items()} for name in METHODS}
    return rows, {"sanity": means, "integrated_gradients": {"completeness_error": error}}


def _layers(net, images: np.ndarray, options: Explanations) -> dict[str, np.ndarray]:
    """One channel of every layer below the head, for each image."""
    maps = capture_activations(net, as_samples(images), *(name for name in net.layers if name.startswith("features_")))
    kinds = [type(net.get_submodule(net.layers[name])).__name__ for name in maps]
    about = {"shown": as_bytes(images), "layers": np.array(list(maps)), "kinds": np.array(kinds)}
    return about | {name: found[:, options.channel] for name, found in maps.items()}


if __name__ == "__main__":
    run(main)
