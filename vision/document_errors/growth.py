"""Document 000's mistakes about more training images: whose loss falls, and how fast."""

import numpy as np
import pandas as pd

from vision.document_errors.rows import Row, factors, left_out, row, runs
from vision.scores.power_law import fit_power_law

NEEDED = "needs two seeds with runs of {} sizes, and losses above 0"
MEASURES = {"loss": ("nats", {"smallest": 0}), "accuracy": ("percent", {"smallest": 0, "largest": 1})}


def score_on_all_images(table: pd.DataFrame, images_of_all: int) -> list[Row]:
    """The training scores of a part are measured on all training images, most of which it has not seen (bug B0.5).

    Args:
        table: one row per run that did not diverge: images, seed, and subset_loss, subset_accuracy, all_loss and
            all_accuracy, of the images trained on and of all; loss in nats, accuracy in [0, 1]
        images_of_all: how many training images there are

    Returns:
        loss and accuracy of each part that is not all, and what becomes of the loss from the smallest part to the
        largest
    """
    rows = []
    for measure, (unit, limits) in MEASURES.items():
        for images, part in table[table.images < images_of_all].groupby("images"):
            names, at = ("B0.5", f"train_{measure}", unit), f"{images:,} images"
            ways = [part[f"{of}_{measure}"].to_numpy() for of in ("all", "subset")]
            if len(part) < 2:
                rows.append(left_out(*names, "needs two seeds that did not diverge", at=at))
            else:
                rows.append(row(*names, *runs(*ways, **limits), sample=_seeds(ways[0]), at=at))
    ends = _ends(table, ["all_loss", "subset_loss"])
    if ends is None:
        return [*rows, left_out("B0.5", "train_loss_factor", "times", NEEDED.format(2))]
    growth = [(ends[1][name] / ends[0][name]).to_numpy() for name in ("all_loss", "subset_loss")]
    return [*rows, row("B0.5", "train_loss_factor", "times", *factors(*growth), sample=_seeds(growth[0]))]


def call_it_ten_times(table: pd.DataFrame) -> Row:
    """The change from a sixteenth of the images to all is called that of ten times the images (bug B0.6).

    The right way fits a power law to all runs of a seed, and asks it for ten times the images.

    Args:
        table: one row per run that did not diverge: images, seed and test_loss, in nats
    """
    ends = _ends(table, ["test_loss"])
    if ends is None or table.images.nunique() < 3:
        return left_out("B0.6", "test_loss_per_decade", "times", NEEDED.format(3))
    wrong, right = (ends[1] / ends[0]).test_loss, []
    for seed in wrong.index:
        own = table[table.seed == seed]
        right.append(fit_power_law(own.images.to_numpy(float), own.test_loss.to_numpy()).per_decade)
    ways = wrong.to_numpy(), np.array(right)
    return row("B0.6", "test_loss_per_decade", "times", *factors(*ways), sample=_seeds(ways[0]))


def _ends(table: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The scores of the smallest and of the largest size by seed, of seeds that have both; None of fewer than two."""
    first, last = (
        table[table.images == images].set_index("seed")[names] for images in (table.images.min(), table.images.max())
    )
    both = sorted(set(first.index) & set(last.index))
    usable = len(both) >= 2 and table.images.nunique() >= 2 and (table[names] > 0).all(axis=None)
    return (first.loc[both], last.loc[both]) if usable else None


def _seeds(values: np.ndarray) -> str:
    return f"{len(values)} seeds"
