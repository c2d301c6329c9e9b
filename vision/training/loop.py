"""Training of torch networks on data in memory: whole batches at once, without data loaders."""

import copy
import math
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from vision.data.dataset import Samples
from vision.nets.inference import predict
from vision.pipeline.numerics import has_bfloat16
from vision.pipeline.schema.models import Recipe
from vision.training.augmentation import random_affine
from vision.training.history import Epoch


class TorchTrainer:
    """Trains a torch network in place, on its device; see vision.training.history.Trainer."""

    def __init__(
        self, net: torch.nn.Module, train: Samples, recipe: Recipe, *,
        seed: int, passes: int = 1, show_progress: bool = False,
    ):  # fmt: skip
        """Prepare the training.

        Args:
            seed: of the shuffling and the augmentation, drawn on the CPU so that they do not depend on the device
            passes: how often an epoch goes over the training samples
            show_progress: draw a bar if standard error is a terminal
        """
        self.net, self.recipe, self.passes, self.show_progress = net, recipe, passes, show_progress
        self.device, self.scale = next(net.parameters()).device, train.scale
        self.inputs = torch.from_numpy(train.inputs).to(self.device)
        self.labels = torch.from_numpy(train.labels).to(self.device)
        self.generator = torch.Generator().manual_seed(seed)
        self.optimizer, self.half_size = make_optimizer(net, recipe), False

    def train_epoch(self, epoch: int) -> Epoch:
        """Take one step for each batch."""
        orders = [torch.randperm(len(self.labels), generator=self.generator) for _ in range(self.passes)]
        batches = torch.cat(orders).to(self.device).split(self.recipe.batch_size)
        self.net.train()
        self.half_size = epoch <= (self.recipe.half_size_epochs or 0)
        # One array for all losses: small tensors of single steps would fragment the memory between large ones.
        losses, correct = torch.empty(len(batches), device=self.device), 0
        hidden = not self.show_progress or None
        for step, chosen in enumerate(tqdm(batches, f"epoch {epoch}", leave=False, disable=hidden)):
            if self.recipe.schedule == "one_cycle":
                self._set_rate((epoch - 1 + (step + 0.5) / len(batches)) / self.recipe.epochs)
            losses[step], right = self._step(chosen)
            correct += right
        return Epoch(losses.tolist(), [len(chosen) for chosen in batches], int(correct), not self.half_size)

    def _set_rate(self, progress: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.lr * one_cycle(progress, self.recipe.warmup_fraction)

    def _step(self, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = self.inputs.index_select(0, chosen).float().div_(self.scale)  # in place, to save time
        inputs, targets = random_affine(inputs, self.recipe, self.generator), self.labels[chosen]
        inputs = F.avg_pool2d(inputs, 2) if self.half_size else inputs
        with self._precision():
            logits = self.net(inputs)
        loss = F.cross_entropy(logits.float(), targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(1) == targets).sum()

    def _precision(self) -> AbstractContextManager:
        """Autocast where the recipe asks for it; nothing elsewhere, since entering a disabled autocast takes time."""
        bfloat16 = self.recipe.precision == "bfloat16" and has_bfloat16(self.device.type)
        return torch.autocast(self.device.type, torch.bfloat16) if bfloat16 else nullcontext()

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), at the recipe's precision and the size of the last epoch's images."""
        with self._precision():
            return predict(self.net, samples, half_size=self.half_size)

    def state(self) -> dict[str, torch.Tensor]:
        """A copy of the weights."""
        return copy.deepcopy(self.net.state_dict())

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Copy such a state into the network and switch it to evaluation mode."""
        self.net.load_state_dict(state)
        self.net.eval()


def make_optimizer(net: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD (Nesterov, if there is momentum) or Adam (Kingma and Ba, 2015).

    The loss is penalised by (weight_decay / 2) * ||w||^2 of the weights; with decay_all also of biases and norms.
    """
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    decays = recipe.weight_decay, recipe.weight_decay * recipe.decay_all
    groups = [{"params": part, "weight_decay": decay} for part, decay in zip((weights, others), decays, strict=True)]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, recipe.lr, fused=True)
    # Without momentum, fused SGD gives the same bits, is no faster, and crashes in an emulator of other processors.
    momentum = recipe.momentum > 0
    return torch.optim.SGD(groups, recipe.lr, recipe.momentum, nesterov=momentum, fused=momentum)


def one_cycle(
    progress: float, warmup_fraction: float, values: tuple[float, float, float] = (1 / 25, 1.0, 0.0)
) -> float:
    """A factor of the learning rate that rises and falls by cosines through three values (Smith and Topin, 2018)."""
    if progress < warmup_fraction:
        (start, end, _), share = values, progress / warmup_fraction
    else:
        (_, start, end), share = values, (progress - warmup_fraction) / (1 - warmup_fraction)
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
