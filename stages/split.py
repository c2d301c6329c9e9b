"""Which images train, which select hyper-parameters, and which test?

Reads a role's raw images. Writes train.npz, the training and validation parts with the training part's mean and
standard deviation; test.npz, the test part; and the counts.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_order
from vision.data.statistics import channel_statistics
from vision.pipeline.errors import UserError
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.estimate import write_scores


def main(params: Params, *, role: str, raw: Path, prepared: Path, tables: Path) -> None:
    dataset = Dataset.load(raw)
    published, test, classes = dataset.splits["train"], dataset.splits["test"], dataset.class_names
    order = stratified_order(published.labels, params.seed)
    n_valid = len(published) // params.split.valid_one_in
    if n_valid < len(classes):
        raise UserError(
            f"split.valid_one_in is {params.split.valid_one_in}: leaves {n_valid} of {len(published)} images for "
            f"validation; at most {len(published) // len(classes)} leaves one per class"
        )
    valid, train = published[np.sort(order[:n_valid])], published[np.sort(order[n_valid:])]
    mean, std = channel_statistics(train.inputs)

    Dataset({"train": train, "valid": valid}, classes, mean, std).save(prepared / "train.npz")
    Dataset({"test": test}, classes).save(prepared / "test.npz")
    counts = {"train": len(train), "valid": len(valid), "test": len(test)}
    channels = {f"channel_{c}": {"mean": m, "std": s} for c, (m, s) in enumerate(zip(mean, std, strict=True))}
    write_scores(tables / "scores.csv", {"images": counts, **channels})
    print(f"{role}: {counts}")


if __name__ == "__main__":
    run(main)
