"""Where the ledger's addresses lead: numbers of metrics files, and tables."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from vision.evidence.claims.rule import Quantity
from vision.evidence.recorded import interval_of
from vision.pipeline.tables import Metrics, read_metrics, read_table


class Sources(NamedTuple):
    """Where results lie, and how many bootstrap draws are taken of them, by which seed."""

    metrics: Path
    plots: Path
    resamples: int
    seed: int

    def section(self, address: str) -> tuple[Metrics, str]:
        """The section of a metrics file, and the name in it, that an address means: `convnet.test.accuracy`.

        An address may end at the section of a mean or a share, which have these names.

        Raises:
            KeyError: there is no such number
        """
        file, *names = address.split(".")
        path = self.metrics / f"{file}.json"
        if not path.is_file():  # what params.yaml leaves out is not made; what is made is a dep of the stage
            raise KeyError(address)
        found = read_metrics(path)
        for name in names:
            section, found = found, found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict):
            section, name = found, next((key for key in ("mean", "share") if key in found), "")
        if not isinstance(section, dict) or name not in section:
            raise KeyError(address)
        return section, name

    def number(self, address: str) -> Quantity:
        """A number of a metrics file with its interval.

        Raises:
            KeyError: there is no such number
            ValueError: it has no interval
        """
        section, name = self.section(address)
        interval = interval_of(name, section)
        if interval is None:
            raise ValueError(f"{address} has no interval")
        sample = "seeds" if name == "mean" else _sample(address)
        return Quantity(section[name], *interval, sample, section.get("images"))

    def table(self, name: str) -> pd.DataFrame:
        """A table in plots/."""
        return read_table(self.plots / name)

    def images(self, model: str, split: str) -> int:
        """How many images of a split a model was judged on."""
        return read_metrics(self.metrics / f"{model}.json")[split]["images"]

    def generator(self) -> np.random.Generator:
        """For bootstrap draws: the same for every statement."""
        return np.random.default_rng(self.seed)


def _sample(address: str) -> str:
    """What a number is about, as its address says; the test images where it does not."""
    words = {"train": "training images", "valid": "validation images"}
    words |= {"errors": "mistakes", "errors_among_predicted_class": "mistakes"}
    return next((words[name] for name in address.split(".") if name in words), "test images")
