"""Files of tensors: what is missing, cut or foreign is the user's error."""

import pytest
import torch

from vision.pipeline.checkpoints import load_checkpoint, save_checkpoint
from vision.pipeline.errors import UserError


def test_tensors_and_plain_values_survive_their_file_and_give_the_same_bytes(tmp_path):
    content = {"weights": {"a": torch.arange(6.0).view(2, 3)}, "words": ["x", None, True], "number": 0.1}
    for name in ("first.pt", "second.pt"):
        save_checkpoint(tmp_path / name, content)
    assert (tmp_path / "first.pt").read_bytes() == (tmp_path / "second.pt").read_bytes()
    loaded = load_checkpoint(tmp_path / "first.pt")
    assert torch.equal(loaded.pop("weights")["a"], content.pop("weights")["a"])
    assert loaded == content


def test_a_full_disk_is_the_users_error_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "weights.pt"
    save_checkpoint(path, 1)
    (tmp_path / ".weights.pt.tmp").symlink_to("/dev/full")  # the temporary file's name: every write to it fails
    with pytest.raises(UserError, match=r"weights\.pt: cannot be written \(No space left on device\)"):
        save_checkpoint(path, torch.zeros(100_000))
    assert load_checkpoint(path) == 1


def test_a_missing_or_cut_file_is_the_users_error(tmp_path):
    path = tmp_path / "weights.pt"
    with pytest.raises(UserError, match=r"weights\.pt: no such file"):
        load_checkpoint(path)
    save_checkpoint(path, {"weights": torch.arange(100.0)})
    whole = path.read_bytes()
    for size in range(0, len(whole), 50):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"weights\.pt: not a readable weights file"):
            load_checkpoint(path)


def test_a_flipped_byte_anywhere_is_found_or_changes_nothing(tmp_path):
    path, tensors = tmp_path / "weights.pt", {"a": torch.arange(6.0), "b": torch.arange(3)}
    save_checkpoint(path, {"weights": tensors, "name": "mlp"})
    whole, found = path.read_bytes(), 0
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            loaded = load_checkpoint(path)
        except UserError as error:
            assert "not a readable weights file" in str(error)  # noqa: PT017
            found += 1
        else:  # it lies in what pads the entries, or in dates
            assert loaded["name"] == "mlp"
            assert all(torch.equal(loaded["weights"][name], tensor) for name, tensor in tensors.items())
    assert found > len(whole) / 10


def test_a_flipped_weight_is_found(tmp_path):
    path, weights = tmp_path / "weights.pt", torch.linspace(1, 2, 100)
    save_checkpoint(path, weights)
    whole = path.read_bytes()
    place = whole.index(weights.numpy().tobytes())
    for offset in range(0, 400, 37):
        flipped = whole[: place + offset] + bytes([whole[place + offset] ^ 1]) + whole[place + offset + 1 :]
        path.write_bytes(flipped)
        with pytest.raises(UserError, match="not a readable weights file"):
            load_checkpoint(path)


@pytest.mark.parametrize("content", [b"<html>not found</html>", bytes(range(256)), b"hello", b"a page"])
def test_a_file_of_something_else_is_the_users_error(tmp_path, content):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a readable weights file"):
        load_checkpoint(path)
