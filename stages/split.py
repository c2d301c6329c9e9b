"""Which images train, which select, and which judge?

Reads a role's raw images. Writes the training and validation parts with the training part's mean and standard
deviation, the test part in a file of its own that only evaluating stages read, and the counts. Rows C1, P2, P5, L2.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_order
from vision.data.statistics import channel_statistics
from vision.pipeline.errors import UserError
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics


def main(params: Params, *, role: str, raw: Path, prepared: Path, test: Path, metrics: Path) -> None:
    dataset = Dataset.load(raw)
    published = dataset.splits["train"]
    order = stratified_order(published.labels, params.seed)
    n_valid = len(published) // params.split.valid_one_in
    if n_valid < len(dataset.class_names):
        raise UserError(
            f"split.valid_one_in is {params.split.valid_one_in}: leaves {n_valid} of {len(published)} images for "
            f"validation; at most {len(published) // len(dataset.class_names)} leaves one per class"
        )
    valid, train = published[np.sort(order[:n_valid])], published[np.sort(order[n_valid:])]
    mean, std = channel_statistics(train.inputs)

    Dataset({"train": train, "valid": valid}, dataset.class_names, mean, std).save(prepared)
    Dataset({"test": dataset.splits["test"]}, dataset.class_names).save(test)
    counts = {"train": len(train), "valid": len(valid), "test": len(dataset.splits["test"])}
    channels = {f"channel_{c}": {"mean": m, "std": s} for c, (m, s) in enumerate(zip(mean, std, strict=True))}
    write_metrics(metrics, {"images": counts, **channels})
    print(f"{role}: {counts}")


if __name__ == "__main__":
    run(main)
