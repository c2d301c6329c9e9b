"""Files of tensors and plain values: written to the same bytes for the same content, read without running code."""

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from vision.pipeline.errors import UserError
from vision.pipeline.files import atomic_write, way_back


def save_checkpoint(path: Path, content: Any) -> None:
    """Write tensors and plain values with torch.save, byte-identical for identical content."""
    buffer = io.BytesIO()  # a full disk then fails as one OSError, not inside torch's own writer
    torch.save(content, buffer)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_checkpoint(path: Path) -> Any:
    """Read what torch.save wrote, tensors and plain values only.

    Raises:
        UserError: the file is missing, damaged or holds anything that would run code
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    try:
        _verify(content)
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # torch names a damaged or foreign file by whatever its unpickler stumbles over
        raise UserError(f"{path}: not a readable weights file; {way_back(path)}") from None


def _verify(content: bytes) -> None:
    """Hold a file against the checksums that torch.save put into it, a CRC-32 of each entry; torch.load does not."""
    with zipfile.ZipFile(io.BytesIO(content)) as entries:
        if damaged := entries.testzip():
            raise zipfile.BadZipFile(f"{damaged} differs from its checksum")
