"""What a sandbox sends, taken apart: frames from its protocol stream, text from its log stream.

Both come from code that is not trusted, so both are bounded: a frame larger than the run's result limit is an
error before it is read, and the log keeps its first megabyte and says how much was cut.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

from runtime import frames

LOG_CAP = 1 << 20

# Colours, cursor movements, titles and hyperlinks of terminals, then every other control character, and the
# characters that reorder text on screen.
ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|\x9b[0-?]*[ -/]*[@-~]"
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class FrameTooLarge(frames.FrameError):
    """A frame is over the limit of this run."""


class FrameReader:
    """Bytes in, whole frames out."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self._held = bytearray()
        self._need = 4
        self._header: dict[str, Any] | None = None
        self._length = 0

    def feed(self, piece: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Every frame that `piece` completes.

        Raises:
            FrameTooLarge: a frame is over the cap; nothing of it is kept.
            frames.FrameError: the bytes are no frame.
        """
        self._held += piece
        while len(self._held) >= self._need:
            taken = bytes(self._held[: self._need])
            del self._held[: self._need]
            frame = self._step(taken)
            if frame is not None:
                yield frame

    def _step(self, taken: bytes) -> tuple[dict[str, Any], bytes] | None:
        """Length, then header, then body; the frame when it is whole."""
        if self._header is None and not self._length:
            self._length = self._need = frames.header_length(taken)
            self._check(self._length)
            return None
        if self._header is None:
            header = self._parse(taken)
            self._check(self._length + header["blob"])
            self._header, self._need = header, header["blob"]
            if self._need:
                return None
            taken = b""
        header, self._header, self._length, self._need = self._header, None, 0, 4
        return header, taken

    def _parse(self, text: bytes) -> dict[str, Any]:
        try:
            return frames.parse_header(text)
        except RecursionError as error:
            raise frames.FrameError("the header is nested too deeply") from error

    def _check(self, size: int) -> None:
        if size > self.cap:
            raise FrameTooLarge(f"{size} bytes")
        if size == 0:
            raise frames.FrameError("the header is empty")


class Log:
    """The text that a sandbox printed: its head, and how much was cut. Any thread may add to it."""

    def __init__(self, cap: int = LOG_CAP) -> None:
        self.cap = cap
        self._kept = bytearray()
        self._cut = 0
        self._tail = b""
        self._lock = threading.Lock()

    def add(self, piece: bytes) -> None:
        """Keep what fits under the cap, count the rest, and remember the last lines whatever happens."""
        with self._lock:
            room = max(0, self.cap - len(self._kept))
            self._kept += piece[:room]
            self._cut += max(0, len(piece) - room)
            self._tail = (self._tail + piece)[-2000:]

    @property
    def text(self) -> str:
        """The log as plain text, without terminal escapes."""
        with self._lock:
            kept, cut = bytes(self._kept), self._cut
        note = f"\n[the log was cut here: {cut:,} more bytes were printed]\n" if cut else ""
        return plain(kept) + note

    @property
    def last_lines(self) -> str:
        """The last few lines printed, for an error message."""
        with self._lock:
            tail = self._tail
        return "\n".join(plain(tail).strip().splitlines()[-4:])


def plain(text: bytes) -> str:
    """Text without terminal escapes, control characters and reordering marks."""
    decoded = text.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return CONTROLS.sub("", ESCAPES.sub("", decoded))
