"""The same classifiers on any representation of the images: pixels, scattering, or what a network has learned."""

from collections.abc import Callable, Iterator

import numpy as np
from sklearn.decomposition import PCA

from vision.classifiers import make
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.nets import restore_net
from vision.nets.inference import predict
from vision.pipeline.schema.models import Model
from vision.pipeline.schema.studies import Benchmark
from vision.training.jobs import Job, train_job

WIDE = 4096  # features; above, components are computed by random projections (Halko, Martinsson, Tropp, 2011)
CHUNK = 2000  # samples in float32 at once


def classify_all(
    dataset: Dataset, options: Benchmark, linear: Model, *, seed: int, threads: int, device: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Fit each classifier to the training part; yield its name and its predictions of the test part, int64 (N,).

    The mean image and the linear classifier take all features; the others take the leading principal components if
    there are more features than `options.components`.
    """
    train, test, fixed = dataset.splits["train"], dataset.splits["test"], {"seed": seed, "threads": threads}
    mean_image = make("mean_image", {}, **fixed)
    mean_image.fit(train.rows, train.labels)
    yield "mean_image", _in_chunks(mean_image.logits, test).argmax(1)
    trained = train_job(Job.of("softmax", linear, seed), data=dataset, device=device)
    yield "softmax", predict(restore_net(linear.net, trained.hyper, trained.weights, device), test).argmax(1)
    reduced, reduced_test = _leading_components(dataset, options.components, options.component_images, seed)
    hyper = {"random_forest": {"trees": options.trees}, "knn": {"neighbours": options.neighbours}}
    for classifier in ("linear_discriminant", "random_forest", "knn"):
        model = make(classifier, hyper.get(classifier, {}), **fixed)
        model.fit(reduced, train.labels)
        yield classifier, model.logits(reduced_test).argmax(1)


def _leading_components(dataset: Dataset, components: int, images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test part as float32 (N, components), or unchanged if they have no more features than that."""
    train, test = dataset.splits["train"], dataset.splits["test"]
    width = int(np.prod(train.inputs.shape[1:]))
    if width <= components:
        return train.rows, test.rows
    chosen = train[np.sort(stratified_order(train.labels, seed)[:images])].rows
    solver = "randomized" if width > WIDE else "covariance_eigh"
    model = PCA(min(components, *chosen.shape), svd_solver=solver, random_state=seed).fit(chosen)
    return _in_chunks(model.transform, train), _in_chunks(model.transform, test)


def _in_chunks(function: Callable[[np.ndarray], np.ndarray], samples: Samples) -> np.ndarray:
    """Apply a function to rows of float32 (n, D), chunk by chunk, to limit memory."""
    starts = range(0, len(samples), CHUNK)
    return np.concatenate([function(samples[start : start + CHUNK].rows) for start in starts])
