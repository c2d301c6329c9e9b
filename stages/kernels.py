"""Do the first-layer kernels detect edges or lines, and what does the ablation of each cost?

Writes each kernel's norm, how much of it one straight edge or line explains, the share of equally smooth noise that
resembles one as much, and the rise of the test loss without it.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_order
from vision.explain.kernels import ablation_costs, noise_like, straight_shares
from vision.nets import load_net
from vision.nets.inference import to_device, weighted_layers
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.intervals import mean_estimate


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    split = Dataset.load(data / "test.npz").splits["test"]
    split = split[stratified_order(split.labels, params.seed)[: params.kernels.images]]
    net = to_device(load_net(weights).net, params.device)
    layer = weighted_layers(net)[0]
    kernels = layer.weight.detach().cpu().numpy().mean(1)  # (32, 5, 5), averaged over the channels
    costs, shares, rows = ablation_costs(net, layer, split), straight_shares(kernels), []
    noise = np.maximum(*straight_shares(noise_like(kernels, params.evaluation.resamples, params.seed)))
    for kernel, (weight, edge, line, cost) in enumerate(zip(kernels, *shares, costs, strict=True)):
        p = (1 + (noise >= max(edge, line)).sum()) / (1 + len(noise))
        row = {"kernel": kernel, "norm": float((weight**2).sum() ** 0.5), "edge_share": edge, "line_share": line}
        rows.append(row | {"noise_p": p} | mean_estimate(cost).columns("loss_increase"))
    write_table(tables / "kernels.csv", rows)


if __name__ == "__main__":
    run(main)
