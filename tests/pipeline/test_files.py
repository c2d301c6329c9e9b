"""Files of arrays and tensors: they appear whole or not at all, and are read without running code."""

import numpy as np
import pytest
import torch

from tests.mirrors import Trap
from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.files import atomic_write, load_arrays, save_arrays

ARRAY = np.linspace(1, 2, 100, dtype=np.float32)
FORMATS = {
    "npz": (lambda path, array: save_arrays(path, a=array), load_arrays),
    "pt": (lambda path, array: save_checkpoint(path, {"a": torch.from_numpy(array)}), load_checkpoint),
}


@pytest.fixture(params=FORMATS)
def form(request):
    """How a kind of file is saved and loaded."""
    return FORMATS[request.param]


def names(folder):
    return {path.name for path in folder.iterdir()}


def write(path, content, error=None):
    with atomic_write(path) as temporary:
        temporary.write_text(content)
        if error:
            raise error


@pytest.mark.parametrize("error", [ValueError("bug"), KeyboardInterrupt()], ids=repr)
def test_failed_block_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "new" / "result"
    for before in (set(), {"result"}):
        with pytest.raises(type(error)):
            write(path, "half of", error)
        assert names(path.parent) == before
        (path.parent / ".result.tmp").write_text("a long rest of a killed process")  # is overwritten
        write(path, "old")
    assert path.read_text() == "old"


def test_file_that_cannot_be_written_is_named_and_the_old_one_stays(form, tmp_path):
    save, load = form
    path = tmp_path / "result"
    save(path, ARRAY)
    (tmp_path / ".result.tmp").symlink_to("/dev/full")  # the temporary file's name: every write to it fails
    with pytest.raises(UserError, match=r"result: cannot be written \(No space left on device\)"):
        save(path, np.zeros(100_000))
    np.testing.assert_array_equal(load(path)["a"], ARRAY)
    assert names(tmp_path) == {"result"}


def test_content_survives_its_file_and_gives_the_same_bytes(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.uint8).reshape(2, 3), "words": np.array(["x", "yy"]), "empty": np.empty(0)}
    content = {"weights": {"a": torch.arange(6.0).view(2, 3)}, "words": ["x", None, True], "number": 0.1}
    for name in ("first", "second"):
        save_arrays(tmp_path / f"{name}.npz", **arrays)
        save_checkpoint(tmp_path / f"{name}.pt", content)
    for suffix in FORMATS:
        assert (tmp_path / f"first.{suffix}").read_bytes() == (tmp_path / f"second.{suffix}").read_bytes()
    loaded = load_arrays(tmp_path / "first.npz")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
    tensors = load_checkpoint(tmp_path / "first.pt")
    assert torch.equal(tensors.pop("weights")["a"], content.pop("weights")["a"])
    assert tensors == content


def test_missing_cut_or_foreign_file_is_named(form, tmp_path):
    save, load = form
    path = tmp_path / "result"
    with pytest.raises(UserError, match="result: no such file"):
        load(path)
    save(path, ARRAY)
    whole = path.read_bytes()
    for content in (b"", whole[:30], whole[: len(whole) // 2], whole[:-1], b"<html>not found</html>"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"result: not a readable \w+ file"):
            load(path)


def test_flipped_bit_is_found_or_changes_nothing(form, tmp_path):
    save, load = form
    path, found = tmp_path / "result", 0
    save(path, ARRAY)
    whole = path.read_bytes()
    start = whole.index(ARRAY.tobytes())
    for place in (*range(0, len(whole), 29), *range(start, start + 400, 97)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            np.testing.assert_array_equal(load(path)["a"], ARRAY)  # the bit is in padding or dates
        except UserError:
            found += 1
    assert found > 4


def test_files_that_would_run_code_are_refused(tmp_path):
    path, made = tmp_path / "object", tmp_path / "made"
    with path.open("wb") as file:
        np.savez(file, a=np.array([Trap(made)], object))
    with pytest.raises(UserError, match="not a readable npz file"):
        load_arrays(path)
    torch.save(Trap(made), path)
    with pytest.raises(UserError, match="not a readable weights file"):
        load_checkpoint(path)
    assert not made.exists()
