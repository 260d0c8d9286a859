"""The sandbox protocol's frames: 4 bytes of length, a JSON header, then `header["blob"]` bytes.

Gives `read` and `write` over plain file descriptors. Both sides treat the other as hostile: sizes are capped.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any

HEADER_CAP = 8 << 20
BLOB_CAP = 512 << 20


class FrameError(Exception):
    """The other side sent what is no frame."""


def pack(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    """The bytes of one frame."""
    return head(header, len(body)) + body


def head(header: Mapping[str, Any], size: int) -> bytes:
    """What goes before a body of that size."""
    text = json.dumps({**header, "blob": size}).encode()
    return struct.pack(">I", len(text)) + text


def read_exactly(descriptor: int, count: int) -> bytes:
    """`count` bytes, or b"" when the other side closed."""
    got = bytearray()
    while len(got) < count:
        piece = os.read(descriptor, min(1 << 20, count - len(got)))
        if not piece:
            return b""
        got += piece
    return bytes(got)


def read(descriptor: int) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None when the other side closed.

    Raises:
        FrameError: no JSON object, or a size over the caps.
    """
    head = read_exactly(descriptor, 4)
    if not head:
        return None
    header = parse_header(read_exactly(descriptor, header_length(head)))
    size = header["blob"]
    return header, read_exactly(descriptor, size) if size else b""


def header_length(head: bytes) -> int:
    """The header's length from the first four bytes."""
    length = int(struct.unpack(">I", head)[0])
    if length > HEADER_CAP:
        raise FrameError(f"a header of {length} bytes is over the cap of {HEADER_CAP}")
    return length


def parse_header(text: bytes) -> dict[str, Any]:
    """The header's JSON object, its blob size checked."""
    try:
        header: Any = json.loads(text)
    except ValueError as error:
        raise FrameError("the header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameError("the header is no JSON object")
    size = header.get("blob")
    if not isinstance(size, int) or not 0 <= size <= BLOB_CAP:
        raise FrameError("the header names no sensible blob size")
    return header


def write(descriptor: int, header: Mapping[str, Any], body: bytes = b"") -> None:
    """Send one frame whole."""
    left = memoryview(pack(header, body))
    while left:
        left = left[os.write(descriptor, left) :]
