"""What a session is sent with a message: bytes, or files as one tar that is read from disk while it is sent.

A snapshot of a million rows is tens of megabytes: built in memory first it would be copied several times.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

PIECE = 1 << 20
BLOCK = 512


class Payload:
    """Files under names of their own; their sizes are fixed when it is made."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._entries = [(entry(name, path), path) for name, path in files.items()]
        self.size = sum(BLOCK + rounded(info.size) for info, _ in self._entries) + 2 * BLOCK

    def pieces(self) -> Iterator[bytes]:
        """The tar, piece by piece.

        Raises:
            OSError: a file cannot be read, or has another size by now.
        """
        for info, path in self._entries:
            yield info.tobuf(tarfile.USTAR_FORMAT)
            yield from contents(path, info.size)
            yield bytes(rounded(info.size) - info.size)
        yield bytes(2 * BLOCK)


def entry(name: str, path: Path) -> tarfile.TarInfo:
    """A file's head in the tar, without owner and time."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = os.stat(path).st_size, 0o644
    return info


def contents(path: Path, size: int) -> Iterator[bytes]:
    """Exactly `size` bytes of a file."""
    with path.open("rb", buffering=0) as file:
        while size > 0:
            piece = file.read(min(PIECE, size))
            if not piece:
                raise OSError(f"{path.name} was shortened while it was sent")
            size -= len(piece)
            yield piece


def rounded(size: int) -> int:
    """A tar's contents come in whole blocks."""
    return -(-size // BLOCK) * BLOCK
