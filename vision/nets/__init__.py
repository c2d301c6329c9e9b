"""The network architectures by name, and the files that hold their trained weights."""

import io
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from vision.errors import UserError
from vision.files import replacing
from vision.nets.convnet import ConvNet
from vision.nets.mlp import MLP
from vision.params import hyper_mistake

NETS = {"convnet": ConvNet, "mlp": MLP}


def build(name: str, /, **hyper: Any) -> torch.nn.Module:
    """Make a network with fresh weights from torch's global generator.

    Args:
        name: a key of NETS
        hyper: keyword arguments of that class, which names and checks them

    Raises:
        UserError: no network has this name, or it has no such hyper-parameter or takes no such value
    """
    if name not in NETS:
        raise UserError(f"unknown net {name!r}; allowed: {', '.join(NETS)}")
    try:
        return NETS[name](**hyper)
    except ValidationError as error:
        raise UserError(f"net {name}: {hyper_mistake(error)}") from None
    except TypeError as error:  # of a class that does not check its arguments itself
        raise UserError(f"net {name}: {error}") from error


def save_net(path: Path, name: str, hyper: dict[str, Any], weights: dict[str, torch.Tensor], history: dict) -> None:
    """Write a network's weights with what rebuilds it (its name and hyper-parameters) and how its training went."""
    save_checkpoint(path, {"name": name, "hyper": hyper, "weights": weights, "history": history})


def save_checkpoint(path: Path, content: Any) -> None:
    """Write tensors and plain values with torch.save, byte-identical for identical content."""
    buffer = io.BytesIO()  # a full disk then fails as one OSError, not inside torch's own writer
    torch.save(content, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_checkpoint(path: Path) -> Any:
    """Read what torch.save wrote, tensors and plain values only.

    Raises:
        UserError: the file is missing, truncated or holds anything that would run code
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except OSError:
        raise
    except Exception:  # torch names a damaged or foreign file by whatever its unpickler stumbles over
        raise UserError(f"{path}: not a readable weights file; delete it and run `dvc repro`") from None


def load_net(path: Path) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Rebuild a saved network, in evaluation mode, and its training history."""
    saved = load_checkpoint(path)
    net = build(saved["name"], **saved["hyper"])
    net.load_state_dict(saved["weights"])
    return net.eval(), saved["history"]
