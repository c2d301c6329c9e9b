"""The results that an address in documents/ names: numbers of `scores.csv` files, and tables."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from vision.pipeline.tables import read_table
from vision.scores.estimate import Estimate, Scores, read_scores


class Sources(NamedTuple):
    """The folder plots/, and the number and seed of bootstrap draws."""

    plots: Path
    resamples: int
    seed: int

    def folder(self, results: str) -> Path:
        """The folder with the `scores.csv` of a study, by its folder under plots/, or of a model, by its key."""
        models = sorted(self.plots.glob(f"models/*/{results}/evaluation"))
        for folder in (self.plots / results, self.plots / results / "evaluation", *models):
            if (folder / "scores.csv").is_file():
                return folder
        raise KeyError(results)

    def scores(self, results: str) -> Scores:
        """All scores of a study or a model; a KeyError if there are none."""
        return read_scores(self.folder(results) / "scores.csv")

    def score(self, address: str) -> Estimate:
        """The number at an address, as `convnet.test.accuracy`; a KeyError if there is none."""
        results, _, name = address.partition(".")
        return self.scores(results)[name]

    def estimate(self, address: str) -> Estimate:
        """The number at an address; a ValueError if it has no interval."""
        return with_interval(self.score(address), address)

    def table(self, name: str) -> pd.DataFrame:
        """A table under plots/."""
        return read_table(self.plots / name)

    def table_of(self, results: str, name: str, part: str = "evaluation") -> pd.DataFrame:
        """A table of the evaluation or training of a model or replication, as `errors`."""
        return read_table(self.folder(results).parent / part / f"{name}.csv")

    def images(self, model: str, split: str) -> int:
        """The number of images of a split that a model was evaluated on."""
        return int(self.score(f"{model}.{split}.images").value)

    def generator(self) -> np.random.Generator:
        """A generator for bootstrap draws, the same for every claim."""
        return np.random.default_rng(self.seed)


def with_interval(estimate: Estimate, name: str) -> Estimate:
    """The estimate itself; a ValueError if it has no interval."""
    if estimate.interval is None:
        raise ValueError(f"{name} has no interval")
    return estimate
