"""Two versions of a model, paired on the same test images where that is possible."""

import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from vision.evidence.change.versions import locked, scores_of, tables
from vision.pipeline.tables import read_table
from vision.scores.estimate import Estimate, Scores
from vision.scores.paired import exact_mcnemar, paired_interval

OTHER_IMAGES = "other test images"
COLUMNS = ["image", "label", "predicted", "probability"]
SUMMARY = ("test.images", "test.accuracy", "test.loss")  # what other predictions change
MODELS = "plots/models/*/*/evaluation/scores.csv"


class Pair(NamedTuple):
    """A model before and after."""

    old: Scores
    new: Scores
    newly_right: pd.DataFrame  # rows of errors.csv by image
    newly_wrong: pd.DataFrame  # the most confident mistake first
    unpaired: str  # why the images cannot be paired, so that no number of them is compared; empty where they are

    @property
    def difference(self) -> Estimate:
        """The change of test accuracy, with a paired interval."""
        right, wrong, images = len(self.newly_right), len(self.newly_wrong), int(self.new["test.images"].value)
        return Estimate((right - wrong) / images, *paired_interval(right, wrong, images), images, "points")

    @property
    def p_value(self) -> float:
        """McNemar's exact test that both versions misclassify equally often."""
        return exact_mcnemar(len(self.newly_right), len(self.newly_wrong))


def pairs(base: Path, here: Path, other: set[str]) -> dict[str, Pair]:
    """All models whose predictions of test images differ, by table of scores; `other` roles have other images."""
    changed = {}
    for path in sorted(tables(base, MODELS) & tables(here, MODELS)):
        old, new = (scores_of(version, path) for version in (base, here))
        errors = [read_table((version / path).with_name("errors.csv"), usecols=COLUMNS) for version in (base, here)]
        before, after = (table.set_index("image") for table in errors)
        if not before.equals(after) or any(old.get(name) != new.get(name) for name in SUMMARY):
            right = before.loc[before.index.difference(after.index)]
            wrong = after.loc[after.index.difference(before.index)]
            wrong = wrong.sort_values("probability", ascending=False, kind="stable")
            both = before.index.intersection(after.index)
            same_images = old["test.images"] == new["test.images"] and before.label[both].equals(after.label[both])
            agree = all(_n_wrong(scores) == len(table) for scores, table in ((old, before), (new, after)))
            unpaired = "" if agree else "errors.csv does not agree with scores.csv"
            if not same_images or path.split("/")[2] in other:
                unpaired = OTHER_IMAGES
            changed[path] = Pair(old, new, right, wrong, unpaired)
    return changed


def _n_wrong(scores: Scores) -> int:
    return round(scores["test.images"].value * (1 - scores["test.accuracy"].value))


def other_images(base: Path, here: Path) -> set[str]:
    """The roles of which dvc.lock does not record the same test images in both versions."""
    old, new, other = locked(base), locked(here), set()
    for role in re.findall(r"data/raw/(\w+)\.npz", " ".join([*old, *new])):
        files = [f"data/prepared/{role}/test.npz", f"data/raw/{role}.npz"]
        known = [file for file in files if file in old and file in new]
        if not known or old[known[0]] != new[known[0]]:
            other.add(role)
    return other
