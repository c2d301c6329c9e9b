"""Small networks to explain: a linear one, whose explanations are known, a ConvNet, and VGG16 for small images."""

import numpy as np
import torch
from torch import nn

from vision.nets import build

NORMALISED = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "n_classes": 10}
CONVNET_HYPER = NORMALISED | {"shape": [3, 16, 16], "dropout": 0.3}
VGG16_HYPER = NORMALISED | {"shape": [1, 8, 8], "norms": True, "head": "dense", "dense_units": 32}


class Linear(nn.Module):
    """Four logits that are linear in the pixels, (N, 3, 6, 6), after a convolution that changes nothing."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 1, bias=False)
        self.logits = nn.Linear(3 * 6 * 6, 4)
        with torch.no_grad():
            self.convolution.weight.copy_(torch.eye(3)[:, :, None, None])
        self.layers = {"convolution": "convolution", "logits": "logits"}

    def forward(self, images):
        return self.logits(self.convolution(images).flatten(1))

    @property
    def weights(self):
        """By class and pixel, (4, 3, 6, 6)."""
        return self.logits.weight.detach().view(-1, 3, 6, 6).numpy()


def convnet(seed=0):
    """A fresh network for images of 3 x 16 x 16; its convolutions give 12 x 12 and 2 x 2 pixels."""
    torch.manual_seed(seed)
    return build("convnet", **CONVNET_HYPER).eval()


def images(count, side, seed=0):
    return np.random.default_rng(seed).random((count, 3, side, side), np.float32)
