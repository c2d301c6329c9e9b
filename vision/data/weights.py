"""Weights that torchvision publishes: fetched from a mirror or its address, verified before they are opened."""

import hashlib
import tempfile
from pathlib import Path

import torch

from vision.data.fetching import fetch_file
from vision.pipeline.errors import UserError

ADDRESS = "https://download.pytorch.org/models/"
PUBLISHED = {  # by torchvision's name of the network; each file name ends in the first digits of its SHA-256
    "resnet18": "resnet18-f37072fd.pth",
    "vgg16": "vgg16-397923af.pth",
    "vgg16_bn": "vgg16_bn-6c64b313.pth",
}
# What published weights may lack: statistics of the inputs, and counts of batches, which files of torch 0.4.0 have not.
OPTIONAL_PREFIX, OPTIONAL_SUFFIX = "standardise.", ".num_batches_tracked"


def published_weights(net: str, mirror: str | None, backbone: str) -> dict[str, torch.Tensor]:
    """Fetch the published weights of a network, learned on ImageNet, and verify them.

    Args:
        net: a key of PUBLISHED
        mirror: a folder or a base URL that holds weights/<file>; None or "" for torchvision's address
        backbone: the entry of params.yaml, for the error's advice

    Returns:
        tensors by name, as torchvision's network of this name has them, on the CPU

    Raises:
        UserError: the file could not be fetched, or has another SHA-256
    """
    file = PUBLISHED[net]
    digits = Path(file).stem.rpartition("-")[2]
    where = f"into {mirror}/weights" if mirror else "into weights/ of a folder or URL, set DATA_MIRROR to that"
    advice = (
        f"put {ADDRESS}{file}, whose SHA-256 begins with {digits}, {where}, or choose "
        f"`-S backbones.{backbone}.weights=cifar10`, which needs none"
    )
    with tempfile.TemporaryDirectory() as folder:
        base = f"{mirror}/weights" if mirror else ADDRESS
        fetch_file([base], file, folder, lambda path: _sha256(path).startswith(digits), advice)
        return torch.load(Path(folder, file), map_location="cpu", weights_only=True)


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fit_weights(net: torch.nn.Module, weights: dict[str, torch.Tensor], source: str) -> None:
    """Load weights into a network; a UserError, which begins with `source`, if they are those of another network."""
    state = net.state_dict()
    required = [name for name in state if not name.startswith(OPTIONAL_PREFIX) and not name.endswith(OPTIONAL_SUFFIX)]
    differences = [f"missing {name}" for name in required if name not in weights]
    differences += [f"unexpected {name}" for name in weights if name not in state]
    differences += [
        f"shape of {name} is {list(value.shape)}, should be {list(state[name].shape)}"
        for name, value in weights.items()
        if name in state and value.shape != state[name].shape
    ]
    if differences:
        more = f" and {len(differences) - 1} more" if differences[1:] else ""
        raise UserError(f"{source}: not the weights of such a network ({differences[0]}{more})")
    net.load_state_dict(weights, strict=False)
