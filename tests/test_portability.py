"""Stages and their workers give the same bits here, where these checksums were made, and on emulated processors."""

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.portability import PROCESSORS, make_emulated, why_not
from tests.running import change, command, end, make_small, start
from vision.pipeline.numerics import why_not_portable

SECONDS, ATTEMPTS = 600, 4
STAGES = ("split@handwriting", "train@relu_mlp", "train_convnet")
# On an Intel Xeon of 2023 and an emulated Haswell, with these versions of what computes.
# A change of the training changes them; say so in the commit.
VERSIONS = {"torch": "2.13.0", "numpy": "2.4.6"}
CHECKSUMS = {
    "models/relu_mlp.pt": "678f843dbec5ba7a6ab49b6180db29d2",
    "models/convnet.pt": "464bafb8de54b7fbe2a18e7a4599766e",
}

WHY_NOT = why_not_portable("cpu")
portable = pytest.mark.skipif(bool(WHY_NOT), reason=f"portable does not hold: {WHY_NOT}")
emulated = pytest.mark.skipif(bool(why_not()), reason=why_not() or "")


def trained(folder: Path, programs: Path) -> dict[str, str]:
    """Train small networks in a scratch copy, with the python in a folder of programs; return checksums."""
    make_small(folder)
    change(folder, threads=2, epochs=1, models={"relu_mlp": {"epochs": 1}})
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for stage in STAGES:
        for _ in range(ATTEMPTS):  # an emulator may end with a fault of its own
            status, _, errors = end(start(["python", *command(stage)[1:]], folder, env=environment), SECONDS)
            if not status:
                break
        assert status == 0, errors
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in CHECKSUMS}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("here"), Path(sys.executable).parent)


@portable
@pytest.mark.skipif(
    any(version(name).split("+")[0] != known for name, known in VERSIONS.items()), reason="other versions, other bits"
)
def test_this_processor_gives_the_bits_of_another(here):
    assert here == CHECKSUMS


@pytest.mark.slow
@portable
@emulated
@pytest.mark.parametrize("processor", PROCESSORS[:1])
def test_emulated_processor_gives_the_same_bits(tmp_path, processor, here):
    assert trained(tmp_path / "emulated", make_emulated(tmp_path / "emulator", processor)) == here
