"""Are the first-layer kernels edge detectors, and is every one of them of use?

Reads the weights and the test images. Writes one row per kernel: its norm, how much of it a plain edge explains, and
what silencing it does to the test loss. Row C8.
"""

from pathlib import Path

from vision.datasets import Dataset
from vision.explain import ramp_share, silencing_costs
from vision.nets import load_net
from vision.params import Params
from vision.results import write_table
from vision.scores import mean_with_interval
from vision.stage import run


def main(params: Params, *, test: Path, weights: Path, table: Path) -> None:
    split = Dataset.load(test).splits["test"][: params.kernels.images]
    net, _ = load_net(weights)
    net.to(params.device)
    kernels = net.conv1.weight.detach().cpu().numpy().mean(1)  # (32, 5, 5), colours averaged
    costs = silencing_costs(net, net.conv1, split.images, split.labels)
    rows = []
    for kernel, (weight, share, cost) in enumerate(zip(kernels, ramp_share(kernels), costs, strict=True)):
        row = {"kernel": kernel, "norm": float((weight**2).sum() ** 0.5), "ramp_share": share}
        rows.append(row | mean_with_interval("loss_increase", cost))
    write_table(table, rows)


if __name__ == "__main__":
    run(main)
