"""The first stage refuses a params.yaml that is wrong anywhere, before DVC has removed anything."""

import pytest

from tests.repositories import dvc, ran, start_dvc, sums
from tests.running import change, end
from tests.scratch import make_scratch


def test_check_writes_the_same_for_all_valid_parameters(scratch, run_stage):
    written = set()
    for lr in (0.1, 0.2):
        change(scratch, lr=lr)
        run_stage("check")
        written.add((scratch / "data/checked.txt").read_bytes())
    assert len(written) == 1


@pytest.mark.slow
def test_mistake_anywhere_ends_repro_before_anything_is_removed(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, {"threads": 1})
    wanted = "split@handwriting"
    assert ran(dvc(folder, "repro", wanted)) == ["check", "download@handwriting", wanted]
    before = sums(folder)

    change(folder, droput=0.9)  # a section that no stage names
    status, out, errors = end(start_dvc(folder, "repro"))
    assert status != 0
    assert ran(out) == ["check"]
    (line,) = [line for line in errors.splitlines() if line.startswith("error in stage check: ")]
    assert "droput" in line
    assert "dropout" in line
    del before["data/checked.txt"]
    assert sums(folder).items() >= before.items()

    text = (folder / "params.yaml").read_text().replace("droput: 0.9\n", "")
    (folder / "params.yaml").write_text(text)
    change(folder, lr=0.05)
    assert ran(dvc(folder, "repro", wanted)) == ["check"]
    assert sums(folder)["data/prepared/handwriting.npz"] == before["data/prepared/handwriting.npz"]
