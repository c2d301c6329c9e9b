"""Which published images does each role stand for?

Reads the published files: from the folder or URL in the environment variable DATA_MIRROR, else from torchvision's
addresses. Writes one npz file with the published train and test parts.
"""

import os
from pathlib import Path

from vision.data.fetching import fetch
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, role: str, raw: Path) -> None:
    dataset = fetch(getattr(params.datasets, role), os.environ.get("DATA_MIRROR"))
    dataset.save(raw)
    print(f"{role}: {', '.join(f'{len(split):,} {name} images' for name, split in dataset.splits.items())}")


if __name__ == "__main__":
    run(main)
