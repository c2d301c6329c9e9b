"""What does the network for clothing see, in clothing and in out-of-distribution images?

Writes images that maximise the response of filters, attributions and their sanity check, OOD scores and their AUROC,
and one channel of every layer.
"""

from pathlib import Path

import numpy as np
from torch import nn

from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.explain.attributions import (
    METHODS,
    as_grey,
    attribute,
    check_attributions,
    last_map,
    magnitude,
    mean_correlation,
    randomised_weights,
)
from vision.explain.maximisation import convolution, maximise_filter
from vision.explain.ood import (
    Pictures,
    as_bytes,
    as_samples,
    auroc,
    class_number,
    collect_pictures,
    confidences,
    draw_class,
    energies,
    ood_scores,
    resized,
)
from vision.nets import load_net
from vision.nets.inference import predict
from vision.nets.layers import capture_activations
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.schema.explanations import Explanations
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.scores.intervals import share_estimate

Arrays = dict[str, np.ndarray]


def main(params: Params, *, data: Path, colour: Path, weights: Path, explanations: Path, tables: Path) -> None:
    options, saved = params.explanations, load_net(weights)
    clothing, others = (Dataset.load(folder / "test.npz") for folder in (data, colour))
    test, ood, net = clothing.splits["test"], others.splits["test"], saved.net
    target = class_number(clothing.class_names, options.target, "explanations.target")
    label = class_number(others.class_names, options.stranger, "explanations.stranger")
    layer, pixels = convolution(net, options.layer, options.filters), saved.hyper["shape"][1]
    drawn = draw_class(ood, label, options.stranger_images, params.seed)
    pictures = collect_pictures(drawn, (options.pixels, pixels), options.noise_levels, params.seed)
    chosen = test[stratified_order(test.labels, params.seed)[: options.sanity_images]]

    maximised, responses = _maximise(net, layer, pictures, options)
    rows, scores = _score_pictures(net, test, resized(ood.inputs[ood.labels == label], pixels), pictures)
    explained = _explain(net, pictures, chosen[: options.images], target, options)
    randomised = randomised_weights(params.finetuned[options.model].net, saved.hyper, params.seed)
    correlations, sanity = _check(net, randomised, chosen, pixels, options, params.seed)
    layers = _layers(net, np.concatenate([resized(chosen.inputs[:1], pixels), pictures.small[-1:]]), options)

    names = {"class_names": np.array(clothing.class_names), "pictures": np.array(pictures.names)}
    shown = {"picture_indices": pictures.indices, "seen": as_bytes(pictures.small)}
    save_arrays(explanations, **names, **shown, **maximised, **explained, **layers)
    write_table(tables / "ood.csv", rows)
    write_table(tables / "sanity.csv", correlations)
    write_scores(tables / "scores.csv", scores | {"maximisation": responses} | sanity)


def _maximise(net: nn.Module, layer: nn.Conv2d, pictures: Pictures, options: Explanations) -> tuple[Arrays, dict]:
    """Frames and responses of every filter; the first and the last response of each picture, as scores."""
    ascent = {"iterations": options.iterations, "every": options.frame_every, "lr": options.lr}
    ascents = [maximise_filter(net, layer, number, pictures.large, **ascent) for number in options.filters]
    frames, responses = (np.stack(parts) for parts in zip(*ascents, strict=True))
    scores = {
        f"filter_{number}": {
            name: {"start": float(values[0]), "end": float(values[-1])}
            for name, values in zip(pictures.names, of_filter, strict=True)
        }
        for number, of_filter in zip(options.filters, responses, strict=True)
    }
    return {"frames": as_bytes(frames), "responses": responses}, scores


def _score_pictures(net: nn.Module, test: Samples, ood: np.ndarray, pictures: Pictures) -> tuple[list[dict], dict]:
    """OOD scores of the pictures, as rows and as scores, and the AUROC of a whole class that the net never saw."""
    logits, in_logits, out_logits = (predict(net, x) for x in (as_samples(pictures.small), test, as_samples(ood)))
    found, known, unknown = (ood_scores(x) for x in (logits, in_logits, out_logits))
    values = {"confidence": confidences(logits).tolist(), "energy": energies(logits).tolist()}
    rows, scores = [], {}
    for place, (name, index) in enumerate(zip(pictures.names, pictures.indices.tolist(), strict=True)):
        predicted, indices = int(logits[place].argmax()), {"test_index": index} if index >= 0 else {}
        shares = {score: share_estimate(known[score] > found[score][place]) for score in values}
        scores[name] = indices | {"predicted": predicted, "ood_share": shares}
        for score, of_pictures in values.items():
            scores[name][score] = of_pictures[place]
            row = {"picture": name, "test_index": indices.get("test_index", ""), "predicted": predicted}
            row |= {"score": score, "value": of_pictures[place], "n": len(test)}
            rows.append(row | shares[score].columns("ood_share"))
    areas = {score: auroc(known[score], unknown[score]) for score in known}
    return rows, {"test_images": len(test), "ood_images": len(ood), "auroc": areas, "pictures": scores}


def _explain(net: nn.Module, pictures: Pictures, own: Samples, target: int, options: Explanations) -> Arrays:
    """Attributions of the pictures without the noise for the target class, and of test images for their classes."""
    ood, pixels = pictures.small[:-1], pictures.small.shape[-1]
    images = np.concatenate([ood, resized(own.inputs, pixels)])
    classes = np.concatenate([np.full(len(ood), target), own.labels])
    maps = attribute(net, last_map(net, pixels), images, classes, options.steps)
    predicted = predict(net, as_samples(images)).argmax(1)
    about = {"explained_classes": classes, "explained_indices": own.indices, "explained_predicted": predicted}
    grey = {"gradient_grey": as_grey(magnitude("gradient", maps["gradient"]))}
    return {"explained": as_bytes(images)} | about | maps | grey


def _check(
    net: nn.Module, randomised: nn.Module, chosen: Samples, pixels: int, options: Explanations, seed: int
) -> tuple[list[dict], dict]:
    """Rank correlations of attributions, one row for each image, method and comparison; their means as scores."""
    images, layer = resized(chosen.inputs, pixels), last_map(net, pixels)
    settings = {"steps": options.steps, "jitter": options.jitter, "seed": seed}
    correlations, error = check_attributions(net, randomised, layer, images, chosen.labels, **settings)
    rows = [
        {"method": method, "compared_with": name, "test_index": index, "correlation": value}
        for name, methods in correlations.items()
        for method, values in methods.items()
        for index, value in zip(chosen.indices, values, strict=True)
        if not np.isnan(value)
    ]
    means = {
        method: {name: mean_correlation(values[method]) for name, values in correlations.items()} for method in METHODS
    }
    return rows, {"sanity": means, "integrated_gradients": {"completeness_error": error}}


def _layers(net: nn.Module, images: np.ndarray, options: Explanations) -> Arrays:
    """One channel of every layer below the head, for each image."""
    maps = capture_activations(net, as_samples(images), *(name for name in net.layers if name.startswith("features_")))
    kinds = [type(net.get_submodule(net.layers[name])).__name__ for name in maps]
    about = {"shown": as_bytes(images), "layers": np.array(list(maps)), "kinds": np.array(kinds)}
    return about | {name: values[:, options.channel] for name, values in maps.items()}


if __name__ == "__main__":
    run(main)
