"""What does the network for clothing see, in clothing and in out-of-distribution images?

Writes images that maximise the response of filters, attributions and their sanity check, OOD scores and their AUROC,
and one channel of every layer.
"""

from pathlib import Path

import numpy as np
from torch import nn

from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.explain import attributions, ood
from vision.explain.maximisation import convolution, maximise_filter
from vision.nets import load_net
from vision.nets.inference import capture_activations, predict
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.schema.studies import Explanations
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.scores.intervals import share_estimate

Arrays = dict[str, np.ndarray]


def main(params: Params, *, data: Path, colour: Path, weights: Path, explanations: Path, tables: Path) -> None:
    options, saved = params.explanations, load_net(weights)
    clothing, others = (Dataset.load(folder / "test.npz") for folder in (data, colour))
    test, colours, net = clothing.splits["test"], others.splits["test"], saved.net
    target = ood.class_number(clothing.class_names, options.target, "explanations.target")
    label = ood.class_number(others.class_names, options.stranger, "explanations.stranger")
    layer, pixels = convolution(net, options.layer, options.filters), saved.hyper["shape"][1]
    drawn = ood.draw_class(colours, label, options.stranger_images, params.seed)
    pictures = ood.collect_pictures(drawn, (options.pixels, pixels), options.noise_levels, params.seed)
    chosen = test[stratified_order(test.labels, params.seed)[: options.sanity_images]]

    maximised, responses = _maximise(net, layer, pictures, options)
    ood_images = ood.as_samples(ood.resized(colours.inputs[colours.labels == label], pixels))
    rows, scores = _score_pictures(net, test, ood_images, pictures, clothing.class_names)
    explained = _explain(net, pictures, chosen[: options.images], target, options)
    randomised = attributions.randomised_weights(params.finetuned[options.model].net, saved.hyper, params.seed)
    correlations, sanity = _check(net, randomised, chosen, pixels, options, params.seed)
    layers = _layers(net, np.concatenate([ood.resized(chosen.inputs[:1], pixels), pictures.small[-1:]]), options)

    names = {"class_names": np.array(clothing.class_names), "pictures": np.array(pictures.names)}
    save_arrays(explanations, **names, picture_indices=pictures.indices, **maximised, **explained, **layers)
    write_table(tables / "ood.csv", rows)
    write_table(tables / "sanity.csv", correlations)
    sizes = {"grad_cam": {"values": explained["grad_cam"][0].size}}
    write_scores(tables / "scores.csv", scores | {"maximisation": responses} | sanity | sizes)


def _maximise(net: nn.Module, layer: nn.Conv2d, pictures: ood.Pictures, options: Explanations) -> tuple[Arrays, dict]:
    """Frames and responses of every filter; the first and the last response to each picture as scores."""
    ascent = {"iterations": options.iterations, "every": options.frame_every, "lr": options.lr}
    ascents = [maximise_filter(net, layer, number, pictures.large, **ascent) for number in options.filters]
    frames, responses = (np.stack(parts) for parts in zip(*ascents, strict=True))
    scores = {}
    for number, of_filter in zip(options.filters, responses, strict=True):
        ends = [{"start": float(values[0]), "end": float(values[-1])} for values in of_filter]
        scores[f"filter_{number}"] = dict(zip(pictures.names, ends, strict=True))
    return {"frames": ood.as_bytes(frames), "responses": responses}, scores


def _score_pictures(
    net: nn.Module, test: Samples, ood_images: Samples, pictures: ood.Pictures, names: list[str]
) -> tuple[list, dict]:
    """OOD scores of the pictures as rows and as scores, and the AUROC of all images of the unknown class."""
    logits = predict(net, ood.as_samples(pictures.small))
    known, unknown = (
        ood.ood_scores(predict(net, samples)) | ood.pixel_scores(samples) for samples in (test, ood_images)
    )
    scored = ood.ood_scores(logits)
    values = {"confidence": ood.confidences(logits).tolist(), "energy": scored["energy"].tolist()}
    rows, scores = [], {}
    for number, (name, index) in enumerate(zip(pictures.names, pictures.indices.tolist(), strict=True)):
        about = {"test_index": index if index >= 0 else None, "predicted": int(logits[number].argmax())}
        shares = {score: share_estimate(known[score] > scored[score][number]) for score in values}
        scores[name] = about | {score: values[score][number] for score in values} | {"ood_share": shares}
        for score, share in shares.items():
            row = {"picture": name, **about, "predicted": names[about["predicted"]], "score": score}
            row |= {"value": values[score][number], "n": len(test)}
            rows.append(row | share.columns("ood_share"))
    areas = {score: ood.auroc(known[score], unknown[score]) for score in known}
    return rows, {"test_images": len(test), "ood_images": len(ood_images), "auroc": areas, "pictures": scores}


def _explain(net: nn.Module, pictures: ood.Pictures, own: Samples, target: int, options: Explanations) -> Arrays:
    """Attributions of the pictures but the noise for the target class, and of test images for their classes."""
    ood_inputs, pixels = pictures.small[:-1], pictures.small.shape[-1]
    images = np.concatenate([ood_inputs, ood.resized(own.inputs, pixels)])
    classes = np.concatenate([np.full(len(ood_inputs), target), own.labels])
    maps = attributions.attribute(net, attributions.last_map(net, pixels), images, classes, options.steps)
    predicted = predict(net, ood.as_samples(images)).argmax(1)
    about = {"explained_classes": classes, "explained_indices": own.indices, "explained_predicted": predicted}
    grey = {"gradient_grey": attributions.as_grey(attributions.magnitude("gradient", maps["gradient"]))}
    return {"explained": ood.as_bytes(images)} | about | maps | grey


def _check(
    net: nn.Module, randomised: nn.Module, chosen: Samples, pixels: int, options: Explanations, seed: int
) -> tuple[list[dict], dict]:
    """Rank correlations of attributions as rows, and their means as scores."""
    images, layer = ood.resized(chosen.inputs, pixels), attributions.last_map(net, pixels)
    settings = {"steps": options.steps, "jitter": options.jitter, "seed": seed}
    correlations, error = attributions.check_attributions(net, randomised, layer, images, chosen.labels, **settings)
    rows, means = [], {method: {} for method in attributions.METHODS}
    for name, methods in correlations.items():
        for method, values in methods.items():
            means[method][name] = attributions.mean_correlation(values)
            pairs = [pair for pair in zip(chosen.indices, values, strict=True) if not np.isnan(pair[1])]
            about = {"method": method, "compared_with": name}
            rows += [about | {"test_index": index, "correlation": value} for index, value in pairs]
    return rows, {"sanity": means, "integrated_gradients": {"completeness_error": error}}


def _layers(net: nn.Module, images: np.ndarray, options: Explanations) -> Arrays:
    """One channel of every layer below the head, for each image."""
    below = [name for name in net.layers if name.startswith("features_")]
    maps = capture_activations(net, ood.as_samples(images), *below)
    kinds = [type(net.get_submodule(net.layers[name])).__name__ for name in maps]
    channels = np.array([values.shape[1] for values in maps.values()])
    about = {
        "shown": ood.as_bytes(images),
        "layers": np.array(list(maps)),
        "kinds": np.array(kinds),
        "channels": channels,
    }
    return about | {name: values[:, options.channel] for name, values in maps.items()}


if __name__ == "__main__":
    run(main)
