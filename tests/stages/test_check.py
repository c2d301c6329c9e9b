"""The first stage refuses a params.yaml with an error anywhere, before DVC has removed anything."""

import pytest

from stages import check
from tests.parameters import changed
from tests.repositories import dvc, ran, start_dvc, sums
from tests.running import change, end
from tests.scratch import make_scratch
from vision.pipeline.params import parse_params


@pytest.mark.parametrize("key", ["precision", "models.softmax.precision"])
def test_check_warns_of_bfloat16_where_the_processor_has_none(key, monkeypatch):
    params = parse_params({**changed(key, "bfloat16"), "numerics": "native"})
    for supported in (True, False):
        monkeypatch.setattr(check, "has_bfloat16", lambda device, supported=supported: supported)
        assert [line.split(":")[0] for line in check.warnings(params)] == ["precision"] * (not supported)


@pytest.mark.slow
def test_mistake_anywhere_ends_repro_before_anything_is_removed(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, {"threads": 1})
    target = "split@handwriting"
    assert ran(dvc(folder, "repro", target)) == ["check", "download@handwriting", target]
    before = sums(folder)

    change(folder, droput=0.9)  # a section that no stage names
    status, out, errors = end(start_dvc(folder, "repro"))
    assert status != 0
    assert ran(out) == ["check"]
    (line,) = [line for line in errors.splitlines() if line.startswith("error in stage check: ")]
    assert "did you mean dropout?" in line
    del before["data/checked.txt"]
    assert sums(folder).items() >= before.items()

    text = (folder / "params.yaml").read_text().replace("droput: 0.9\n", "")
    (folder / "params.yaml").write_text(text)
    change(folder, lr=0.05)
    assert ran(dvc(folder, "repro", target)) == ["check"]
    test_images = "data/prepared/handwriting/test.npz"
    assert sums(folder)[test_images] == before[test_images]
