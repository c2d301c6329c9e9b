"""The first stage refuses a params.yaml that is wrong anywhere, before DVC has removed anything."""

import pytest

from tests.repositories import dvc, ran, start_dvc, sums
from tests.running import change, command, end, make_small, start
from tests.scratch import make_scratch


@pytest.fixture
def scratch(tmp_path):
    return make_small(tmp_path / "scratch")


def test_what_it_writes_does_not_depend_on_the_parameters(scratch):
    written = set()
    for lr in (0.1, 0.2):
        change(scratch, lr=lr)
        assert end(start(command("check"), scratch)) == (0, "", "")
        written.add((scratch / "data/checked.txt").read_bytes())
    assert len(written) == 1


def test_a_mistake_anywhere_is_told_before_anything_is_removed(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, {"threads": 1})
    wanted = "split@handwriting"
    assert ran(dvc(folder, "repro", wanted)) == ["check", "download@handwriting", wanted]
    before = sums(folder)

    change(folder, droput=0.9)  # a section that no stage names
    status, out, errors = end(start_dvc(folder, "repro"))
    assert status != 0
    assert ran(out) == ["check"]
    told = [line for line in errors.splitlines() if line.startswith("error in stage check: ")]
    assert len(told) == 1
    assert "unknown parameter droput; did you mean dropout?" in told[0]
    del before["data/checked.txt"]
    assert sums(folder).items() >= before.items()

    text = (folder / "params.yaml").read_text().replace("droput: 0.9\n", "")
    (folder / "params.yaml").write_text(text)
    change(folder, lr=0.05)
    assert ran(dvc(folder, "repro", wanted)) == ["check"]
    assert sums(folder)["data/prepared/handwriting.npz"] == before["data/prepared/handwriting.npz"]
