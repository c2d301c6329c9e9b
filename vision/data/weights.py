"""Weights that torchvision publishes: fetched from a mirror or its own address, verified before they are opened."""

import hashlib
import tempfile
from pathlib import Path

import torch

from vision.data.fetching import mirrored, place_intact
from vision.pipeline.errors import UserError

ADDRESS = "https://download.pytorch.org/models/"
PUBLISHED = {  # of networks by torchvision's name; each ends in the first digits of its SHA-256
    "resnet18": "resnet18-f37072fd.pth",
    "vgg16": "vgg16-397923af.pth",
    "vgg16_bn": "vgg16_bn-6c64b313.pth",
}
FOLDER = "weights"  # of a mirror
OWN = "standardise."  # what our networks know of their inputs, which the published ones leave to others
COUNT = ".num_batches_tracked"  # of a norm, and without effect; files from before torch 0.4.1 have none


def published_weights(net: str, mirror: str | None, backbone: str) -> dict[str, torch.Tensor]:
    """Fetch the published weights of a network, learned on ImageNet, and verify them.

    Args:
        net: a key of PUBLISHED
        mirror: a folder or a base URL that holds weights/<file>; None or "" for torchvision's own address
        backbone: the entry of params.yaml that asks for them

    Returns:
        tensors by name, as torchvision's network of this name has them, on the CPU

    Raises:
        UserError: nothing was published for this network, the file could not be fetched, it has another SHA-256, or
            it holds anything else than tensors by name
    """
    if net not in PUBLISHED:
        raise UserError(f"net {net}: no published weights of it are known; allowed: {', '.join(PUBLISHED)}")
    file = PUBLISHED[net]
    begin = Path(file).stem.rpartition("-")[2]
    base, here = mirrored(mirror, FOLDER) or [ADDRESS], f"{FOLDER}/{file}"
    where = f"at {mirror}/{here}" if mirror else f"at {here} in a folder or under a URL, and set DATA_MIRROR to that"
    advice = (
        f"put {ADDRESS}{file}, whose SHA-256 begins with {begin}, {where}, or choose "
        f"`-S backbones.{backbone}.weights=cifar10`, which needs none"
    )
    with tempfile.TemporaryDirectory() as folder:
        place_intact(base, file, folder, lambda path: _sha256(path).startswith(begin), advice)
        return _load(Path(folder, file))


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(path: Path) -> dict[str, torch.Tensor]:
    """Read tensors by name from what torch.save wrote, also before it wrote zip files, without running code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # torch names a damaged or foreign file by whatever its unpickler stumbles over
        content = None
    named = isinstance(content, dict) and all(isinstance(name, str) for name in content)
    if not named or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise UserError(f"{path.name}: not a readable weights file; take it anew from {ADDRESS}{path.name}")
    return content


def fit_weights(net: torch.nn.Module, weights: dict[str, torch.Tensor], source: str) -> None:
    """Load weights into a network of the same names and shapes; one that they do not fit stays as it is.

    The network alone may have what is under `standardise.`, and the numbers of batches that its norms have seen.

    Args:
        weights: tensors by name
        source: how an error names them

    Raises:
        UserError: the weights are those of another network
    """
    own = net.state_dict()
    missing = [name for name in own if name not in weights and not name.startswith(OWN) and not name.endswith(COUNT)]
    unexpected = [name for name in weights if name not in own]
    shapes = [
        f"shape of {name} is {list(value.shape)}, should be {list(own[name].shape)}"
        for name, value in weights.items()
        if name in own and value.shape != own[name].shape
    ]
    reasons = [_first("missing ", missing), _first("unexpected ", unexpected), _first("", shapes)]
    if found := ", ".join(filter(None, reasons)):
        raise UserError(f"{source}: not the weights of such a network ({found})")
    net.load_state_dict(weights, strict=False)


def _first(word: str, found: list[str]) -> str:
    """The first of what was found and how many follow; nothing where nothing was."""
    return f"{word}{found[0]}{f' and {len(found) - 1} more' if found[1:] else ''}" if found else ""
