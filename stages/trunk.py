"""Which weights does a trunk begin with?

Reads the weights of the model that was trained for it. Writes the trunk: those weights, torchvision's published ones,
or fresh ones, as params.yaml says, with the statistics by which its inputs are normalised. Row H3, bug B2.9.
"""

import os
from pathlib import Path

import torch

from vision.data.weights import fit_weights, published_weights
from vision.nets import build, load_net, save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "n_classes": 1000}  # as torchvision has them


def main(params: Params, *, trunk: str, pretrained: Path, weights: Path) -> None:
    entry, saved = params.trunks[trunk], load_net(pretrained)
    hyper, state = saved.hyper, saved.net.state_dict()
    if entry.weights == "imagenet":
        hyper = {**hyper, **IMAGENET}
        net = build(entry.net, **hyper)
        published = published_weights(entry.net, os.environ.get("DATA_MIRROR"))
        fit_weights(net, published, f"the published weights of {entry.net}")
        state = net.state_dict()
    elif entry.weights == "none":
        torch.manual_seed(params.seed)
        state = build(entry.net, **hyper).state_dict()
    print(f"trunk {trunk}: weights {entry.weights}")
    save_net(weights, entry.net, hyper, state, {"weights": entry.weights})


if __name__ == "__main__":
    run(main)
