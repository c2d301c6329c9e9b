"""Rules that measure a statement by the training curves of one network."""

import numpy as np

from vision.evidence.claims.rule import Quantity
from vision.evidence.claims.sources import Sources
from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval

ASKED = {
    "rises": lambda values: (np.diff(values) > 0).sum(),
    "falls": lambda values: (np.diff(values) < 0).sum(),
    "range": lambda values: values.max() / values.min(),
}


def curve(sources: Sources, of: dict[str, str]) -> Quantity:
    """In how many epochs a curve rises or falls from that before, or its greatest value over its least.

    Chance has no part in it once the network is trained.

    Args:
        of: `model`; `split` and `measure`, as in its curves; `ask`, rises, falls or range
    """
    found = float(ASKED[of["ask"]](_values(sources, of["model"], of["split"], of["measure"])))
    return Quantity(found, found, found)


def gain(sources: Sources, of: str) -> Quantity:
    """Validation accuracy of a model after its last epoch less that after its first, taken as independent."""
    values, images = _values(sources, of, "valid", "accuracy"), sources.images(of, "valid")
    first, last = ((value, wilson_interval(round(value * images), images)) for value in values[[0, -1]])
    return Quantity(float(last[0] - first[0]), *difference_interval(*first, *last), "validation images", images)


def _values(sources: Sources, model: str, split: str, measure: str) -> np.ndarray:
    """A curve in the order of its epochs: float64 (epochs,)."""
    table = sources.table(f"models/{model}/curves.csv")
    values = table[(table.split == split) & (table.measure == measure)].sort_values("epoch").value.to_numpy()
    if len(values) < 2:
        raise KeyError(f"{model} has no curve of {split} {measure}")
    return values
