"""A stage and its workers, here and on an emulated processor of another maker: the same bits."""

import os

import pytest

from tests.portability import PROCESSORS, differences, make_emulated, why_not
from tests.running import change, command, end, make_small, start
from vision.pipeline.numerics import is_x86_64

SECONDS = 600


def test_differences_are_told_by_file():
    mine, theirs = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "0"}
    assert dict(differences(mine, theirs)) == {"a": "same", "b": "DIFFERENT", "c": "not made"}


@pytest.mark.skipif(bool(why_not()) or not is_x86_64(), reason=why_not() or "only x86-64 is emulated")
@pytest.mark.parametrize("processor", PROCESSORS[:1])
def test_a_network_trains_to_the_same_bits(tmp_path, processor):
    found = []
    for name in ("native", "emulated"):
        folder = make_small(tmp_path / name)
        change(folder, threads=1, models={"relu_mlp": {"epochs": 1}})
        path = os.environ["PATH"]
        if name == "emulated":
            path = f"{make_emulated(tmp_path / 'emulator', processor)}{os.pathsep}{path}"
        for stage in ("split@handwriting", "train@relu_mlp"):
            words = ["python", *command(stage)[1:]]
            status, _, errors = end(start(words, folder, env={"PATH": path}), SECONDS)
            assert status == 0, errors
        found.append((folder / "models/relu_mlp.pt").read_bytes())
    assert found[0] == found[1]
