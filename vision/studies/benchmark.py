"""The same classifiers on any description of the images: pixels, scattering, what a network has learned (row H18)."""

from collections.abc import Callable, Iterator

import numpy as np
from sklearn.decomposition import PCA

from vision.classifiers import make
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.nets import build
from vision.nets.inference import predict, to_device
from vision.pipeline.schema.models import Model
from vision.pipeline.schema.transfer import Panel
from vision.training.runs import train_model

WIDE = 4096  # numbers; of more, the components are found by random projections (Halko, Martinsson, Tropp, 2011)
CHUNK = 2000  # samples that are described in float32 at once


def classify_all(
    dataset: Dataset, options: Panel, linear: Model, *, seed: int, threads: int, device: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Fit each classifier of the panel to the training part; give its name and its classes of the test part.

    The mean image and the linear classifier see every number; the others see the leading principal components, where
    there are more numbers than these.

    Args:
        dataset: with train, valid and test
        linear: the linear classifier, a network without hidden layers

    Yields:
        name of the classifier, int64 (N,)
    """
    train, test, fixed = dataset.splits["train"], dataset.splits["test"], {"seed": seed, "threads": threads}
    nearest = make("mean_image", {}, **fixed)
    nearest.fit(train.rows, train.labels)
    yield "mean_image", _in_chunks(nearest.logits, test).argmax(1)
    trained = train_model(linear, dataset, seed=seed, device=device)
    net = build(linear.net, **trained.hyper)
    net.load_state_dict(trained.weights)
    yield "softmax", predict(to_device(net, device), test).argmax(1)
    reduced, judged = _leading_components(dataset, options.components, options.component_images, seed)
    hyper = {"random_forest": {"trees": options.trees}, "knn": {"neighbours": options.neighbours}}
    for classifier in ("linear_discriminant", "random_forest", "knn"):
        fitted = make(classifier, hyper.get(classifier, {}), **fixed)
        fitted.fit(reduced, train.labels)
        yield classifier, fitted.logits(judged).argmax(1)


def _leading_components(dataset: Dataset, components: int, images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test part as float32 (N, components), or as they are where they have no more numbers."""
    train, test = dataset.splits["train"], dataset.splits["test"]
    width = int(np.prod(train.inputs.shape[1:]))
    if width <= components:
        return train.rows, test.rows
    chosen = train[np.sort(stratified_order(train.labels, seed)[:images])].rows
    solver = "randomized" if width > WIDE else "covariance_eigh"
    model = PCA(min(components, *chosen.shape), svd_solver=solver, random_state=seed).fit(chosen)
    return _in_chunks(model.transform, train), _in_chunks(model.transform, test)


def _in_chunks(function: Callable[[np.ndarray], np.ndarray], samples: Samples) -> np.ndarray:
    """Apply a function to rows of float32 (n, D), chunk by chunk: all of them at once may be too many."""
    starts = range(0, len(samples), CHUNK)
    return np.concatenate([function(samples[start : start + CHUNK].rows) for start in starts])
