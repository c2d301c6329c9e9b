"""Files of arrays and of tensors: they appear whole or not at all, and are read without running code."""

import numpy as np
import pytest
import torch

from tests.mirrors import Trap
from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.files import atomic_write, load_arrays, save_arrays

ARRAY = np.linspace(1, 2, 100, dtype=np.float32)
FORMATS = {
    "npz": (lambda path, array: save_arrays(path, a=array), load_arrays, "npz"),
    "pt": (lambda path, array: save_checkpoint(path, {"a": torch.from_numpy(array)}), load_checkpoint, "weights"),
}


@pytest.fixture(params=FORMATS)
def form(request):
    """How a kind of file is saved and loaded, and what it is called."""
    return FORMATS[request.param]


def write_half(path, error):
    with atomic_write(path) as temporary:
        temporary.write_text("half of")
        raise error


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("error", [ValueError("bug"), KeyboardInterrupt()], ids=repr)
def test_a_block_that_fails_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "result"
    with pytest.raises(type(error)):
        write_half(path, error)
    assert names(tmp_path) == set()
    path.write_text("old")
    with pytest.raises(type(error)):
        write_half(path, error)
    assert names(tmp_path) == {"result"}
    assert path.read_text() == "old"


def test_a_file_is_replaced_only_at_the_end_and_its_folder_is_made(tmp_path):
    path = tmp_path / "deep" / "er" / "result"
    for content, before in (("first", None), ("second", "first")):
        with atomic_write(path) as temporary:
            temporary.write_text(content)
            assert (path.read_text() if path.exists() else None) == before
        assert path.read_text() == content
    assert names(path.parent) == {"result"}


def test_the_temporary_file_of_a_killed_process_is_overwritten(tmp_path):
    (tmp_path / ".result.tmp").write_text("a long rest of a killed process")
    with atomic_write(tmp_path / "result") as temporary:
        assert temporary.exists()  # its name is the same in every run
        temporary.write_text("new")
    assert (tmp_path / "result").read_text() == "new"
    assert names(tmp_path) == {"result"}


def test_a_file_that_cannot_be_written_is_named_and_the_old_one_stays(form, tmp_path):
    save, load, _ = form
    path = tmp_path / "result"
    save(path, ARRAY)
    (tmp_path / ".result.tmp").symlink_to("/dev/full")  # the temporary file's name: every write to it fails
    with pytest.raises(UserError, match=r"result: cannot be written \(No space left on device\)"):
        save(path, np.zeros(100_000))
    np.testing.assert_array_equal(load(path)["a"], ARRAY)
    assert names(tmp_path) == {"result"}
    with pytest.raises(UserError, match="cannot be written"):
        save(path / "below", ARRAY)  # a file is no folder


def test_content_is_kept_and_gives_the_same_bytes(tmp_path):
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


def test_a_missing_cut_or_foreign_file_is_named(form, tmp_path):
    save, load, kind = form
    path = tmp_path / "result"
    with pytest.raises(UserError, match="result: no such file"):
        load(path)
    save(path, ARRAY)
    whole = path.read_bytes()
    for content in (b"", whole[:30], whole[: len(whole) // 2], whole[:-1], b"<html>not found</html>"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=f"result: not a readable {kind} file.*; delete it and run `dvc repro`"):
            load(path)


def test_a_flipped_byte_is_found_or_changes_nothing(form, tmp_path):
    save, load, kind = form
    path = tmp_path / "result"
    save(path, ARRAY)
    whole = path.read_bytes()
    start, found = whole.index(ARRAY.tobytes()), 0
    for place in (*range(0, len(whole), 29), *range(start, start + 400, 97)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            loaded = load(path)
        except UserError as error:
            assert f"not a readable {kind} file" in str(error)  # noqa: PT017
            found += 1
        else:  # it lies in what pads the entries, or in dates
            np.testing.assert_array_equal(loaded["a"], ARRAY)
    assert found > 4


def test_a_missing_array_is_named_with_its_file(tmp_path):
    path = tmp_path / "convnet.npz"
    save_arrays(path, a=ARRAY)
    with pytest.raises(UserError, match=r"convnet\.npz: holds no 'test_logits'; delete it and run `dvc repro`$"):
        load_arrays(path)["test_logits"]


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
