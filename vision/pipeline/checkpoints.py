"""Files of tensors and plain values: the same content gives the same bytes, and reading runs no code."""

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from vision.pipeline.errors import UserError
from vision.pipeline.files import atomic_write, recovery_hint


def save_checkpoint(path: Path, content: Any) -> None:
    """Write tensors and plain values with torch.save."""
    buffer = io.BytesIO()  # a full disk is then one OSError, not an error inside torch's writer
    torch.save(content, buffer)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_checkpoint(path: Path) -> Any:
    """Read what torch.save wrote; a UserError, if it is missing, damaged or would run code."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as entries:
            damaged = entries.testzip()  # by the CRC-32 of each entry, which torch.load does not check
        if not damaged:
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception:  # torch reports a damaged or foreign file by any kind of exception
        pass
    raise UserError(f"{path}: not a readable weights file; {recovery_hint(path)}")
