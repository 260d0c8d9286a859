"""What crosses between the engine and a fork server: pieces of many sessions' streams over one stream.

A piece is nine bytes (kind, session number, length) and its content. Data in either direction is sent on
credit: at most WINDOW bytes a session until the other side says that they were taken, so that no session can
hold up another or fill anybody's memory. Only the standard library: this file also runs inside.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

HEAD = struct.Struct(">BII")
PIECE = 1 << 18
WINDOW = 4 << 20
# What may lie in two pipes when a session ends is sent without asking.
SLACK = 1 << 20

# From the engine: start a session, its input, credit for its output, end it.
SPAWN, DATA, TAKEN, KILL = 1, 2, 3, 4
# From the fork server: it is ready, a session's output, its log, credit for its input, how it ended.
READY, OUTPUT, LOG, WANTED, ENDED = 11, 12, 13, 14, 15


class WireError(Exception):
    """The other side sent what is no piece."""


def pack(kind: int, session: int, content: bytes | memoryview = b"") -> bytes:
    """One piece."""
    return b"".join((HEAD.pack(kind, session, len(content)), content))


def amount(count: int) -> bytes:
    """A number of bytes, as credit carries it."""
    return count.to_bytes(8, "big")


class Reader:
    """Bytes in, whole pieces out."""

    def __init__(self, kinds: tuple[int, ...]) -> None:
        self._kinds = kinds
        self._held = bytearray()

    def feed(self, received: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Every piece that is whole now.

        Raises:
            WireError: the bytes are no piece.
        """
        self._held += received
        start = 0
        while len(self._held) - start >= HEAD.size:
            kind, session, size = HEAD.unpack_from(self._held, start)
            if kind not in self._kinds or size > PIECE:
                raise WireError(f"a piece of kind {kind} with {size} bytes")
            end = start + HEAD.size + size
            if len(self._held) < end:
                break
            yield kind, session, bytes(self._held[start + HEAD.size : end])
            start = end
        del self._held[:start]
