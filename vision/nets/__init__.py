"""Networks by name, and the files that hold their trained weights.

Each network stands in a module of its own, imported when it is asked for: a new one changes nothing for the others.

- It is built from keyword arguments: what the data decide (mean, std, shape, n_classes) and the hyper-parameters that
  vision.pipeline.schema.hyper describes.
- A torch network takes inputs as float32 (N, *shape), pixels in [0, 1], has a `standardise` module through which they
  enter, and names in `layers` the modules whose outputs are worth looking at, first to last, the logits last.
- One whose layers others learn from has `features(images)`, what enters its head; `backbone`, the modules below the head,
  first to last; and `update_batchnorm`. vision.studies.finetuning names the parts of its head and its early layers.
- A network of another library has `logits(inputs)`, `parameters()`, `state_dict()`, `load_state_dict(state)`, and
  `trainer(train, recipe, *, seed, passes=1, show_progress=True)`, which gives a vision.training.history.Trainer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.files import way_back
from vision.pipeline.registry import find
from vision.pipeline.schema.hyper import NETS

LONGEST_REASON = 300  # characters; torch lists every weight that does not fit


def build(name: str, /, **hyper: Any) -> Any:
    """Make a network with fresh weights from torch's global generator.

    Args:
        name: a key of NETS
        hyper: keyword arguments of that class

    Raises:
        UserError: no network has this name, or the data do not suit it
    """
    return find("nets", NETS, name)(**hyper)


@dataclass(frozen=True)
class SavedNet:
    """A trained network.

    Attributes:
        net: in evaluation mode, on the CPU
        hyper: what it was built with
        history: how its training went: curves, best_epoch, diverged and, where there was one, search
    """

    net: Any
    hyper: dict[str, Any]
    history: dict[str, Any]


def save_net(path: Path, name: str, hyper: dict[str, Any], weights: dict[str, Any], history: dict) -> None:
    """Write a network's weights with what rebuilds it (its name and hyper-parameters) and how its training went."""
    save_checkpoint(path, {"name": name, "hyper": hyper, "weights": weights, "history": history})


def load_net(path: Path) -> SavedNet:
    """Rebuild a saved network.

    Raises:
        UserError: the file is missing or damaged, or its weights do not suit its network
    """
    saved = load_checkpoint(path)
    try:
        hyper, history = saved["hyper"], saved["history"]
        net = build(saved["name"], **hyper)
        net.load_state_dict(saved["weights"])
    except (UserError, KeyError, TypeError, ValueError, RuntimeError) as error:  # other keys, or other shapes
        reason = " ".join(str(error).split())[:LONGEST_REASON]
        raise UserError(f"{path}: not the weights of such a network ({reason}); {way_back(path)}") from error
    return SavedNet(net.eval() if hasattr(net, "eval") else net, hyper, history)
