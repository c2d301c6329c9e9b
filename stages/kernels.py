"""Are the first-layer kernels detectors of edges or lines, and is every one of them of use?

Reads the weights and the test images. Writes one row per kernel: its norm, how much of it one straight edge or line
explains, how often noise that is as smooth does no worse, and what its ablation does to the test loss. Row C8.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_order
from vision.explain.kernels import ablation_costs, noise_like, straight_shares
from vision.nets import load_net
from vision.nets.inference import to_device
from vision.nets.layers import weighted_layers
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.intervals import mean_with_interval


def main(params: Params, *, test: Path, weights: Path, table: Path) -> None:
    split = Dataset.load(test).splits["test"]
    split = split[stratified_order(split.labels, params.seed)[: params.kernels.images]]
    net = to_device(load_net(weights).net, params.device)
    layer = weighted_layers(net)[0]
    kernels = layer.weight.detach().cpu().numpy().mean(1)  # (32, 5, 5), colours averaged
    costs = ablation_costs(net, layer, split)
    rows = []
    shares = straight_shares(kernels)
    noise = np.maximum(*straight_shares(noise_like(kernels, params.evaluation.resamples, params.seed)))
    for kernel, (weight, edge, line, cost) in enumerate(zip(kernels, *shares, costs, strict=True)):
        norm = float((weight**2).sum() ** 0.5)
        p = (1 + (noise >= max(edge, line)).sum()) / (1 + len(noise))
        row = {"kernel": kernel, "norm": norm, "edge_share": edge, "line_share": line, "noise_p": p}
        rows.append(row | mean_with_interval("loss_increase", cost))
    write_table(table, rows)


if __name__ == "__main__":
    run(main)
