"""Which initial weights does a backbone have?

Writes the weights of the model that was trained for it, torchvision's published ones or random ones, with the
statistics by which the inputs are standardised.
"""

import os
from pathlib import Path

import torch

from vision.data.weights import fit_weights, published_weights
from vision.nets import build, load_net, save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "n_classes": 1000}  # as torchvision has them
NOT_TAKEN = {"resnet18": (), "vgg16": ("classifier.",)}  # of published weights: VGG16's head takes 7 x 7 pixels


def main(params: Params, *, backbone: str, pretrained: Path, weights: Path) -> None:
    entry, saved = params.backbones[backbone], load_net(pretrained)
    hyper, state = saved.hyper, saved.net.state_dict()
    torch.manual_seed(params.seed)
    if entry.weights == "imagenet":
        hyper = {**hyper, **IMAGENET}
        state = _published(backbone, entry.net, hyper)
    elif entry.weights == "none":
        state = build(entry.net, **hyper).state_dict()
    print(f"backbone {backbone}: weights {entry.weights}")
    save_net(weights, entry.net, hyper, state, {"weights": entry.weights})


def _published(backbone: str, name: str, hyper: dict) -> dict[str, torch.Tensor]:
    """torchvision's weights of a network; random ones for the parts that are not taken."""
    net, published_name = build(name, **hyper), f"{name}_bn" if hyper.get("norms") else name
    published = published_weights(published_name, os.environ.get("DATA_MIRROR"), backbone)
    taken = {key: value for key, value in published.items() if not key.startswith(NOT_TAKEN[name])}
    initial = {key: value for key, value in net.state_dict().items() if key.startswith(NOT_TAKEN[name])}
    fit_weights(net, taken | initial, f"the published weights of {published_name}")
    return net.state_dict()


if __name__ == "__main__":
    run(main)
