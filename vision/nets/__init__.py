"""Networks by name, and the files of their weights.

Each network is a module, imported by `build` when it is needed: adding one does not change the others.

- It is built from keyword arguments: of the data mean and std of each channel of images in [0, 1], or of each feature,
  shape, (C, H, W) or (D,), and n_classes; and the hyper-parameters that vision.pipeline.schema.hyper describes.
- A torch network takes inputs as float32 (N, *shape), pixels in [0, 1]; its first module is `standardise`, and `layers`
  names the modules whose outputs can be captured, first to last, the logits last.
- A network that can be fine-tuned is a vision.nets.inference.PretrainedNet.
- A network that is no torch module has `logits(inputs)`, `parameters()`, `state_dict()`, `load_state_dict(state)`, and
  `trainer(train, recipe, *, seed)`, which returns a vision.training.history.Trainer.
"""

from pathlib import Path
from typing import Any, NamedTuple

from vision.nets.inference import to_device
from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.files import recovery_hint
from vision.pipeline.parsing import one_line
from vision.pipeline.registry import load_class
from vision.pipeline.schema.hyper import NETS

MAX_REASON = 300  # characters; torch lists all weights that do not fit


def build(name: str, /, **hyper: Any) -> Any:
    """Make a network, a key of NETS, with initial weights from torch's global generator.

    A UserError, if no network has this name or the data do not suit it.
    """
    return load_class("nets", NETS, name)(**hyper)


def restore_net(name: str, hyper: dict[str, Any], weights: dict[str, Any], device: str = "cpu") -> Any:
    """Rebuild a network from what it was built from and its weights."""
    net = build(name, **hyper)
    net.load_state_dict(weights)
    return to_device(net, device)


class SavedNet(NamedTuple):
    """A trained network in evaluation mode on the CPU, what it was built from, and the history of its training."""

    net: Any
    hyper: dict[str, Any]
    history: dict[str, Any]  # curves, best_epoch, diverged and, after a search, its summary


def save_net(path: Path, name: str, hyper: dict[str, Any], weights: dict[str, Any], history: dict) -> None:
    """Write a network's weights, its name and hyper-parameters, which rebuild it, and the history of its training."""
    save_checkpoint(path, {"name": name, "hyper": hyper, "weights": weights, "history": history})


def load_net(path: Path) -> SavedNet:
    """Rebuild a saved network; a UserError, if the file is missing or damaged, or is not of such a network."""
    saved = load_checkpoint(path)
    try:
        hyper, history = saved["hyper"], saved["history"]
        net = restore_net(saved["name"], hyper, saved["weights"])
    except (UserError, KeyError, TypeError, ValueError, RuntimeError) as error:  # other keys, or other shapes
        reason = one_line(str(error))[:MAX_REASON]
        raise UserError(f"{path}: not the weights of such a network ({reason}); {recovery_hint(path)}") from error
    return SavedNet(net.eval() if hasattr(net, "eval") else net, hyper, history)
