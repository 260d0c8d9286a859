"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from engine.errors import StoreError


def write_whole(file: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there.

    Raises:
        StoreError: the disk is full or the folder cannot be written; what was there before is still there.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, making = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
            os.replace(making, file)
        except OSError:
            Path(making).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}.", "Check its folder and free space.") from None
