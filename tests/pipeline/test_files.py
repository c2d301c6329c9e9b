"""Files appear whole or not at all, and arrays are read without running code."""

import numpy as np
import pytest

from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays, replacing, save_arrays


class Touch:
    """Creates a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def write_half(path, error):
    with replacing(path) as temporary:
        temporary.write_text("half of")
        raise error


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("error", [ValueError("bug"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("old", [None, "old"])
def test_a_block_that_fails_leaves_what_was_there(tmp_path, error, old):
    path = tmp_path / "result"
    if old:
        path.write_text(old)
    with pytest.raises(type(error)):
        write_half(path, error)
    assert names(tmp_path) == ({"result"} if old else set())
    assert not old or path.read_text() == old


def test_a_file_replaces_the_old_one_only_at_the_end_and_makes_its_folder(tmp_path):
    path = tmp_path / "deep" / "er" / "result"
    for content, before in (("first", None), ("second", "first")):
        with replacing(path) as temporary:
            temporary.write_text(content)
            assert (path.read_text() if path.exists() else None) == before
        assert path.read_text() == content
    assert names(path.parent) == {"result"}


def test_what_a_killed_process_left_is_overwritten(tmp_path):
    path = tmp_path / "result"
    (tmp_path / ".result.tmp").write_text("a long rest of a killed process")
    with replacing(path) as temporary:
        assert temporary.exists()  # its name is the same in every run
        temporary.write_text("new")
    assert path.read_text() == "new"
    assert names(tmp_path) == {"result"}


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_full_disk_is_the_users_error_and_keeps_the_old_file(tmp_path, size):
    path = tmp_path / "result.npz"
    save_arrays(path, a=np.arange(3))
    (tmp_path / ".result.npz.tmp").symlink_to("/dev/full")  # the temporary file's name: every write to it fails
    with pytest.raises(UserError, match=r"result\.npz: cannot be written \(No space left on device\)"):
        save_arrays(path, a=np.zeros(size))
    assert load_arrays(path)["a"].tolist() == [0, 1, 2]
    assert names(tmp_path) == {"result.npz"}


def test_a_path_that_cannot_be_written_is_the_users_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        save_arrays(tmp_path / "file" / "result.npz", a=np.zeros(1))


def test_arrays_survive_their_file_and_give_the_same_bytes(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.uint8).reshape(2, 3), "words": np.array(["x", "yy"]), "empty": np.empty(0)}
    for name in ("first", "second"):
        save_arrays(tmp_path / name, **arrays)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    loaded = load_arrays(tmp_path / "first")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_a_missing_file_is_the_users_error(tmp_path):
    with pytest.raises(UserError, match=r"gone\.npz: no such file"):
        load_arrays(tmp_path / "gone.npz")


def test_a_file_cut_anywhere_is_the_users_error(tmp_path):
    path = tmp_path / "cut.npz"
    save_arrays(path, a=np.arange(20), b=np.arange(3.0))
    whole = path.read_bytes()
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match="not a readable npz file"):
            load_arrays(path)


def test_a_flipped_byte_anywhere_is_found_or_changes_nothing(tmp_path):
    path, array = tmp_path / "flipped.npz", np.arange(20)
    save_arrays(path, a=array)
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            loaded = load_arrays(path)["a"]
        except UserError as error:
            assert str(path) in str(error)  # noqa: PT017
        else:
            np.testing.assert_array_equal(loaded, array)


def test_an_array_that_is_not_there_is_told_with_its_file(tmp_path):
    path = tmp_path / "convnet.npz"
    save_arrays(path, a=np.arange(3))
    with pytest.raises(UserError, match=r"convnet\.npz: holds no 'test_logits'; delete it and run `dvc repro`$"):
        load_arrays(path)["test_logits"]


def test_object_arrays_are_refused_and_their_code_not_run(tmp_path):
    path, ran = tmp_path / "object.npz", tmp_path / "ran"
    np.savez(path, a=np.array([Touch(ran)], object))
    with pytest.raises(UserError, match="not a readable npz file"):
        load_arrays(path)
    assert not ran.exists()


def test_another_format_is_the_users_error(tmp_path):
    path = tmp_path / "other.npz"
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(UserError, match="not a readable npz file"):
        load_arrays(path)
