"""The time of a training step as a multiple of its arithmetic, at the speed of the best matrix product of this run."""

import time
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import threadpoolctl
import torch

from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.inference import weighted_layers
from vision.nets.numpy_mlp import NumpyMLP
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Recipe
from vision.training.jobs import make_trainer

SIDES = (512, 1024, 2048)  # of the square matrices whose product is timed
REPEATS, CLASSES = 5, 10
GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def shortest(work: Callable[[], object]) -> float:
    """The shortest time of several, after a warm-up, in seconds: others are lengthened by what else runs."""
    seconds = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def best_product(threads: int) -> float:
    """Floating-point operations a second of the fastest square product in NumPy, float32, on so many threads."""
    matrices = (np.ones((side, side), np.float32) for side in SIDES)
    with threadpoolctl.threadpool_limits(threads, "blas"):
        return max(2 * len(one) ** 3 / shortest(lambda one=one: one @ one) for one in matrices)


def operations(net: Any, shape: tuple[int, ...], batch: int) -> float:
    """Floating-point operations of a step: direct convolutions and products forward, and twice as many backward.

    The first layer has no gradient by its inputs.
    """
    if isinstance(net, NumpyMLP):
        products = [prod(pair) for pair in zip(net.widths, net.widths[1:], strict=False)]
    else:
        products, hooks = [], []
        for layer in weighted_layers(net):
            hooks.append(layer.register_forward_hook(lambda layer, _, out: products.append(_products(layer, out))))
        with torch.no_grad():
            net.eval()(torch.zeros(1, *shape))
        for hook in hooks:
            hook.remove()
    return 2 * batch * (3 * sum(products) - products[0])


def _products(layer: torch.nn.Module, out: torch.Tensor) -> int:
    """Multiplications of one image: each output of a layer is one for each weight of its unit or channel."""
    return out.numel() * layer.weight[0].numel()


def print_multiples(params: Params) -> None:
    """Print a line for each network."""
    speeds = {threads: best_product(threads) for threads in {1, params.threads}}
    for threads, speed in speeds.items():
        print(f"Best matrix product, {threads} threads: {speed / 1e9:.0f} GFLOP/s")
    print("A training step, of small networks on one thread, as worker processes train them")
    tanh = params.network("tanh_mlp").with_overrides({"hidden": [200], "batch_size": 128})
    scratch = params.from_scratch
    numpy = scratch.models["numpy_relu"]
    hyper = {"hidden": scratch.layers[0], "activation": numpy.activation}
    convnet, resnet, vgg = map(params.network, ("convnet", "colour_resnet18", "colour_vgg16"))
    steps = [  # name, network, hyper-parameters, recipe, shape of an image, steps in an epoch, threads
        ("ConvNet", "convnet", convnet.hyper, convnet, GREY, 8, params.threads),
        ("tanh network", "mlp", tanh.hyper, tanh, GREY, 100, 1),
        ("ResNet-18", "resnet18", resnet.hyper, resnet, COLOUR, 4, params.threads),
        ("VGG-16", "vgg16", vgg.hyper, vgg, COLOUR, 2, params.threads),
        ("NumPy network", "numpy_mlp", hyper, scratch.recipe(numpy), GREY, 200, 1),
    ]
    for name, net, hyper, recipe, shape, count, threads in steps:
        torch.set_num_threads(threads)
        _print_multiple(name, build(net, **_inputs(shape), **hyper), recipe, shape, count, speeds[threads])
    torch.set_num_threads(params.threads)


def _inputs(shape: tuple[int, ...]) -> dict[str, Any]:
    return {"mean": [0.5] * shape[0], "std": [0.25] * shape[0], "shape": list(shape), "n_classes": CLASSES}


def _print_multiple(name: str, net: Any, recipe: Recipe, shape: tuple[int, ...], steps: int, speed: float) -> None:
    images, generator = recipe.batch_size * steps, np.random.default_rng(0)
    inputs, labels = generator.integers(0, 256, (images, *shape), np.uint8), generator.integers(0, CLASSES, images)
    trainer = make_trainer(net, Samples(inputs, labels, np.arange(images)), recipe, seed=0)
    seconds = shortest(lambda: trainer.train_epoch(1)) / steps
    needed = operations(net, shape, recipe.batch_size) / speed
    print(f"  {name:15} {1e3 * seconds:8.2f} ms, {1e3 * needed:8.2f} ms of arithmetic, {seconds / needed:5.1f} times")
