"""How the documents' networks start: as torch makes them, or as document 003 draws its hidden layer."""

import torch
from torch import nn


def initialise(net: nn.Module, how: str, seed: int) -> None:
    """Draw the weights of all linear layers anew, in the order in which they stand.

    Args:
        net: a network of linear layers, the last of which gives the logits
        how: "torch", weights and biases uniform within 1 / sqrt(inputs), the default of torch.nn.Linear (rows P7, L3);
            "xavier_hidden", the same but for hidden layers, whose weights are Xavier-uniform and biases zero (row L11)
        seed: of torch's global generator
    """
    torch.manual_seed(seed)
    layers = [module for module in net.modules() if isinstance(module, nn.Linear)]
    for layer in layers:
        layer.reset_parameters()
        if how == "xavier_hidden" and layer is not layers[-1]:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
