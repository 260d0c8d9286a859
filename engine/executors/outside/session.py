"""One session over any channel: questions and answers in frames, with every limit kept on this side.

A channel moves bytes to and from an isolated interpreter and can kill it; it knows nothing of frames. The
session trusts nothing that comes back: sizes are capped, time is counted here, and an interpreter that
dies, floods or answers out of turn is ended and the reason is named.
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import CancelledError, LimitError, SandboxError, ScriptError, UsageError
from engine.executors.base import Reply, TellEvent
from engine.executors.outside.channel import Channel
from engine.executors.outside.payload import Payload
from engine.executors.outside.stream import FrameReader, FrameTooLarge, Log
from engine.products import Cancelled, Limits
from runtime import frames

POLL_SECONDS = 0.1
QUEUE_FRAMES = 64
OUT_OF_MEMORY = re.compile(r"MemoryError|bad_alloc|Cannot allocate memory|Unable to allocate|malloc of size")

TIME_HINT = "Ask for less data or a shorter calculation, or raise the time limit in the settings."
MEMORY_HINT = "Read fewer rows or columns, summarise in SQL, or raise the memory limit in the settings."
RESULT_HINT = "Show fewer rows: summarise or take the first ones, or raise the result limit in the settings."
DEATH_HINT = "Run it again. If it happens again, the log above it says what the script did last."


@dataclass(frozen=True)
class Fault:
    """Why no further frame will come."""

    error: Exception | None = None


@dataclass(frozen=True)
class Patience:
    """How long a question may take, and whether it was given up."""

    seconds: float
    deadline: float
    cancelled: Cancelled | None = None

    @classmethod
    def of(cls, seconds: float, cancelled: Cancelled | None = None) -> Patience:
        """From now on."""
        return cls(seconds, time.monotonic() + seconds, cancelled)

    @property
    def given_up(self) -> bool:
        """Whether a person cancelled."""
        return self.cancelled is not None and self.cancelled()


Item = tuple[dict[str, Any], bytes] | Fault


class FrameSession:
    """A session whose interpreter speaks frames over a channel."""

    def __init__(self, channel: Channel, limits: Limits, closed: Callable[[FrameSession], None] | None = None) -> None:
        self.executor = channel.executor
        self.limits = limits
        self._channel = channel
        # Told once, whoever ends it first.
        self._on_close = [closed] if closed is not None else []
        self._log = Log()
        self._frames: queue.Queue[Item] = queue.Queue(QUEUE_FRAMES)
        self._reader = FrameReader(limits.result_mb << 20)
        self._asking = threading.Lock()
        self._dead = threading.Event()
        self._closed = False
        self._answered_at = 0.0
        channel.listen(self._on_output, self._log.add, self._on_end)

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        return not self._dead.is_set()

    @property
    def log(self) -> str:
        """Return the text that the script printed so far, capped and without terminal escapes."""
        wait = self._answered_at + self._channel.settle - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        return self._log.text

    def wait_ready(self, seconds: float) -> None:
        """Wait for the interpreter's first frame, which says that its libraries are loaded.

        Raises:
            SandboxError: it died, said something else, or took too long.
        """
        try:
            header, _ = self._next(Patience.of(seconds))
        except LimitError as error:
            text = f"The sandbox's interpreter was not ready within {seconds:.0f} s"
            raise SandboxError(text, "Try again when the machine is less busy.") from error
        if header.get("ready") is not True:
            self._end()
            raise SandboxError("The sandbox's interpreter did not start as it should", self._log.last_lines)

    def ask(
        self,
        message: Mapping[str, Any],
        body: bytes | Payload = b"",
        *,
        seconds: float | None = None,
        tell: TellEvent | None = None,
        cancelled: Cancelled | None = None,
    ) -> Reply:
        """Send one message and wait for its reply; see `engine.executors.base.Session.ask`."""
        started = time.monotonic()
        patience = Patience.of(self.limits.wall_seconds if seconds is None else seconds, cancelled)
        size = body.size if isinstance(body, Payload) else len(body)
        head = frames.head(message, size)
        self._take_turn(patience)
        try:
            self._refuse_stale()
            # In a thread of its own: a sandbox that does not read must not hold up the clock.
            threading.Thread(target=self._send, args=(head, body), daemon=True).start()
            header, reply = self._answer(patience, tell)
            self._answered_at = time.monotonic()
            usage = self._usage(header, self._answered_at - started, len(head) + size, reply)
        except BaseException:
            # Whatever it was, an answer may be outstanding: this interpreter is not asked again.
            self._end()
            raise
        finally:
            self._asking.release()
        self._raise_error(header)
        return Reply(header, reply, usage)

    def close(self) -> None:
        """Kill the interpreter and remove all it had. Safe to call twice and from any thread."""
        self._closed = True
        self._end()

    def _take_turn(self, patience: Patience) -> None:
        """One question at a time; a waiting one can be cancelled and has a deadline too."""
        while not self._asking.acquire(timeout=POLL_SECONDS):
            if patience.given_up:
                raise CancelledError("Cancelled before it started", "Ask again when you want the answer.")
            if time.monotonic() > patience.deadline:
                raise SandboxError("The session was busy with another question for too long", "Try again in a moment.")

    def _refuse_stale(self) -> None:
        """Drop events that came between questions; an answer that nobody asked for ends the session."""
        while True:
            try:
                item = self._frames.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, Fault):
                raise self._death(item)
            if "event" not in item[0]:
                raise SandboxError("The script's interpreter answered out of turn and was ended", DEATH_HINT)

    def _answer(self, patience: Patience, tell: TellEvent | None) -> tuple[dict[str, Any], bytes]:
        """Pass events on until the reply is there."""
        while True:
            header, body = self._next(patience)
            if header.get("reply") is True:
                return header, body
            event = header.get("event")
            if not isinstance(event, dict):
                raise SandboxError("The script's interpreter sent neither an event nor a reply", DEATH_HINT)
            if tell is not None:
                tell(event)

    def _next(self, patience: Patience) -> tuple[dict[str, Any], bytes]:
        """The next frame, or the reason why there is none; a timeout or a cancel kills the interpreter."""
        while True:
            if patience.given_up:
                self._end()
                raise CancelledError("Cancelled: the script was stopped", "Ask again when you want the answer.")
            left = patience.deadline - time.monotonic()
            if left <= 0:
                self._end()
                text = f"The script did not finish within {patience.seconds:g} s and was ended"
                raise LimitError("wall_seconds", text, TIME_HINT)
            try:
                item = self._frames.get(timeout=min(POLL_SECONDS, left))
            except queue.Empty:
                if self._dead.is_set() and self._frames.empty():
                    raise self._ended() from None
                continue
            if isinstance(item, Fault):
                raise self._death(item)
            return item

    def _death(self, fault: Fault) -> SandboxError:
        """The truth about why no frame will come any more."""
        if isinstance(fault.error, FrameTooLarge):
            self._end()
            limit = self.limits.result_mb
            return LimitError("result_mb", f"The result is {fault.error}, over the limit of {limit} MB", RESULT_HINT)
        if isinstance(fault.error, OSError):
            self._end()
            return SandboxError(f"The run's data could not be sent: {fault.error}", "Ask again.")
        if fault.error is not None:
            self._end()
            return SandboxError(f"The script's interpreter spoke no protocol: {fault.error}", DEATH_HINT)
        if self._closed:
            return self._ended()
        death = self._channel.why_died()
        last = self._log.last_lines
        self._end()
        if death.out_of_memory or (death.code not in (0, None) and OUT_OF_MEMORY.search(last)):
            return LimitError("memory_mb", self._memory_text, MEMORY_HINT)
        said = f". Its last lines:\n{last}" if last else ""
        return SandboxError(f"The script's interpreter died: {death.text}{said}", DEATH_HINT)

    @property
    def _memory_text(self) -> str:
        return f"The script needed more than its {self.limits.memory_mb} MB of memory"

    def _ended(self) -> SandboxError:
        """Why a session that was ended by us does not answer."""
        how = "was closed" if self._closed else "has ended"
        return SandboxError(f"The sandbox session {how}", "Run it again.")

    def _raise_error(self, header: Mapping[str, Any]) -> None:
        """Turn an answer that says `"ok": false` into the error it names."""
        if header.get("ok") is not False:
            return
        given = header.get("error")
        error: Mapping[str, Any] = given if isinstance(given, dict) else {}
        message, hint = (
            str(error.get("message", "The script failed"))[:4000],
            str(error.get("hint", ""))[:4000],
        )
        kind, line = error.get("kind"), error.get("line")
        if kind == "memory" or OUT_OF_MEMORY.search(message):
            self._end()
            raise LimitError("memory_mb", self._memory_text, MEMORY_HINT)
        if kind == "usage":
            raise UsageError(message, hint)
        raise ScriptError(message, hint, line if isinstance(line, int) else 0)

    def _usage(self, header: Mapping[str, Any], seconds: float, sent: int, reply: bytes) -> dict[str, float]:
        """Return what the answer cost: time and bytes as counted here, the rest as the interpreter or executor says."""
        usage = {"seconds": seconds, "sent_bytes": float(sent), "result_bytes": float(len(reply))}
        for name in ("cpu_seconds", "peak_memory_mb"):
            if isinstance(header.get(name), int | float):
                usage[name] = float(header[name])
        if "peak_memory_mb" not in usage and (peak := self._channel.peak_memory_mb()) is not None:
            usage["peak_memory_mb"] = peak
        return usage

    def _send(self, head: bytes, body: bytes | Payload) -> None:
        """The whole question; one that cannot be sent whole will never be answered."""
        self._channel.send(head)
        if not isinstance(body, Payload):
            self._channel.send(body)
            return
        try:
            for piece in body.pieces():
                self._channel.send(piece)
        except OSError as error:
            self._put(Fault(error))

    def _end(self) -> None:
        self._dead.set()
        self._channel.kill()
        with contextlib.suppress(IndexError):
            self._on_close.pop()(self)

    def _on_output(self, piece: bytes) -> None:
        """Called by the channel's thread. A full queue holds the sandbox back until somebody asks."""
        if self._dead.is_set():
            return
        try:
            for frame in self._reader.feed(piece):
                self._put(frame)
        except frames.FrameError as error:
            self._put(Fault(error))
            self._dead.set()

    def _on_end(self) -> None:
        self._put(Fault())
        self._dead.set()

    def _put(self, item: Item) -> None:
        while not self._dead.is_set():
            try:
                return self._frames.put(item, timeout=POLL_SECONDS)
            except queue.Full:
                continue
        if isinstance(item, Fault):
            # Somebody may be waiting although the session is dead: make room for the reason.
            while True:
                try:
                    return self._frames.put_nowait(item)
                except queue.Full:
                    self._frames.get_nowait()
