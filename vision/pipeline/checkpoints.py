"""Files of tensors and plain values: written to the same bytes for the same content, read without running code."""

import io
from pathlib import Path
from typing import Any

import torch

from vision.pipeline.errors import UserError
from vision.pipeline.files import replacing


def save_checkpoint(path: Path, content: Any) -> None:
    """Write tensors and plain values with torch.save, byte-identical for identical content."""
    buffer = io.BytesIO()  # a full disk then fails as one OSError, not inside torch's own writer
    torch.save(content, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_checkpoint(path: Path) -> Any:
    """Read what torch.save wrote, tensors and plain values only.

    Raises:
        UserError: the file is missing, truncated or holds anything that would run code
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except OSError:
        raise
    except Exception:  # torch names a damaged or foreign file by whatever its unpickler stumbles over
        raise UserError(f"{path}: not a readable weights file; delete it and run `dvc repro`") from None
