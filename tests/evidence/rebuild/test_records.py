"""dvc.lock against itself, against files, and against that of a rebuild."""

import pytest
import yaml

from tests.mirrors import md5
from vision.evidence.rebuild.records import at_hand, cached, faults_of_inputs, faults_within, read_record
from vision.evidence.recorded import Entry
from vision.pipeline.errors import UserError

TRAIN = Entry("train", {"params.yaml: seed": 0}, {"code.py": "c1", "data.npz": "d1"}, {"net.pt": "w1"})
EVALUATE = Entry("evaluate", {}, {"net.pt": "w1", "folder": "f1.dir"}, {"net.json": "j1"})
RECORD = {"train": TRAIN, "evaluate": EVALUATE}


def test_a_lock_is_read_by_stages(tmp_path):
    stage = {
        "cmd": "train",
        "deps": [{"path": "code.py", "md5": "c1"}, {"path": "data.npz", "md5": "d1"}],
        "params": {"params.yaml": {"seed": 0}},
        "outs": [{"path": "net.pt", "md5": "w1"}],
    }
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"train": stage}}))
    assert read_record(tmp_path / "dvc.lock") == {"train": TRAIN}


NO_LOCK = ["", "a", "{", "stages: [1]", "stages: {a: 1}", "stages: {a: {}}", "stages: {a: {cmd: b, outs: [1]}}"]


@pytest.mark.parametrize("text", NO_LOCK)
def test_what_is_no_lock_is_one_line(text, tmp_path):
    (tmp_path / "dvc.lock").write_text(text)
    with pytest.raises(UserError, match=r"dvc\.lock cannot be read") as caught:
        read_record(tmp_path / "dvc.lock")
    assert "\n" not in str(caught.value)


def test_a_lock_agrees_with_itself_and_with_its_files(tmp_path):
    assert list(faults_within(RECORD, tmp_path)) == []
    other = EVALUATE._replace(deps={"net.pt": "w2"})
    assert ["evaluate read it" in fault for fault in faults_within(RECORD | {"evaluate": other}, tmp_path)] == [True]
    (tmp_path / "net.json").write_text("{}")
    assert ["net.json" in fault for fault in faults_within(RECORD, tmp_path)] == [True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"params": {"params.yaml: seed": 1}}, "seed was 0 and is 1"),
        ({"params": {}}, "params.yaml: seed is no longer read"),
        ({"deps": TRAIN.deps | {"code.py": "c2"}}, "code.py was another"),
        ({"deps": TRAIN.deps | {"more.py": "m"}}, "more.py was another"),
        ({"command": "train harder"}, "the command was another"),
    ],
)
def test_other_inputs_than_the_commit_has(change, said):
    assert faults_of_inputs(RECORD, RECORD) == []
    found = faults_of_inputs(RECORD, RECORD | {"train": TRAIN._replace(**change)})
    assert len(found) == 1
    assert f"{said} (train)" in found[0]


def test_a_result_that_came_out_otherwise_is_no_fault_of_inputs():
    rebuilt = {
        "train": TRAIN._replace(outs={"net.pt": "w2"}),
        "evaluate": EVALUATE._replace(deps={"net.pt": "w2", "folder": "f2.dir"}, outs={"folder/a": "x"}),
    }
    assert faults_of_inputs(RECORD, rebuilt) == []


def test_one_change_of_many_stages_is_one_line():
    record = {str(number): TRAIN for number in range(5)}
    rebuilt = {name: TRAIN._replace(params={"params.yaml: seed": 1}) for name in record}
    assert [fault.endswith("(0 and 4 more stages)") for fault in faults_of_inputs(record, rebuilt)] == [True]


@pytest.mark.parametrize("where", ["working tree", "cache", "nowhere"])
def test_bytes_are_found_by_their_checksum(where, tmp_path):
    (tmp_path / "sample").write_text("weights")
    checksum = md5(tmp_path / "sample")
    place = {"working tree": tmp_path / "net.pt", "cache": cached(tmp_path, checksum)}.get(where)
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("weights")
    assert at_hand("net.pt", checksum, tmp_path) == place
    if place:
        place.write_text("others")
        assert at_hand("net.pt", checksum, tmp_path) is None


@pytest.mark.parametrize("odd", ["../../secret", "", "a1.dir", 5])
def test_an_odd_checksum_names_no_other_file(odd, tmp_path):
    assert cached(tmp_path, odd).name == "none"
