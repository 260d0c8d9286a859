"""The warm interpreter of one owner, process 1 of its container or namespace: it forks every session.

It loads the libraries once, then speaks `wire.py` with the engine: starts sessions (`cell.py`), carries their
streams, counts their memory, tells how they ended. It never runs a script and never looks into what it
carries. When its input ends it ends, and the kernel ends every session with it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.executors import cell, syscalls, wire
else:
    import cell
    import syscalls
    import wire

TICK = 0.25
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Ward:
    """One session as the nursery sees it."""

    def __init__(self, number: int, plan: dict[str, Any]) -> None:
        self.number, self.plan = number, plan
        (inner_in, self.input), (self.output, inner_out), (self.log, inner_log) = os.pipe(), os.pipe(), os.pipe()
        self.told, telling = os.pipe()
        self.process = 0
        self.waiting: deque[memoryview] = deque()
        self.credit = wire.WINDOW
        self.closing = False
        self.out_of_memory = False
        self.between = os.fork()
        if self.between == 0:
            cell.start(plan, (inner_in, inner_out, inner_log), telling)
        for descriptor in (inner_in, inner_out, inner_log, telling):
            os.close(descriptor)
        for descriptor in (self.input, self.output, self.log):
            os.set_blocking(descriptor, False)

    def born(self) -> None:
        """The process between has ended: the number of the session's own."""
        self.between = 0
        self.process = int.from_bytes(os.read(self.told, 4), "big")

    def kill(self) -> None:
        """End it; the kernel ends all it started."""
        for process in (self.between, self.process):
            if process:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def write(self) -> int:
        """Pass on what waits, as much as is taken now; gives how much."""
        done = 0
        try:
            while self.waiting:
                count = os.write(self.input, self.waiting[0])
                done += count
                if count == len(self.waiting[0]):
                    self.waiting.popleft()
                else:
                    self.waiting[0] = self.waiting[0][count:]
        except BlockingIOError:
            pass
        except OSError:
            # It closed its input: what is for it is nobody's any more.
            done += sum(map(len, self.waiting))
            self.waiting.clear()
        return done

    def close(self) -> None:
        """Let go of its streams."""
        for descriptor in (self.input, self.output, self.log, self.told):
            os.close(descriptor)


class Nursery:
    """The loop: everything that happens to every ward."""

    def __init__(self) -> None:
        self.wards: dict[int, Ward] = {}
        self.reader = wire.Reader((wire.SPAWN, wire.DATA, wire.TAKEN, wire.KILL))
        self.poller = select.epoll()
        self.poller.register(0, select.EPOLLIN)
        self.woken, waking = os.pipe()
        os.set_blocking(self.woken, False)
        os.set_blocking(waking, False)
        self.poller.register(self.woken, select.EPOLLIN)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Until the input ends."""
        self.say(wire.READY, 0, json.dumps({"namespaces": True}).encode())
        looked = time.monotonic()
        while True:
            ready = {descriptor for descriptor, _ in self.poller.poll(TICK if self.wards else -1)}
            if 0 in ready:
                received = os.read(0, wire.PIECE)
                if not received:
                    return
                for kind, number, content in self.reader.feed(received):
                    self.take(kind, number, content)
            for ward in list(self.wards.values()):
                self.carry(ward, ready)
            if self.woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self.woken, 1024)
                self.reap()
            if time.monotonic() - looked > TICK:
                looked = time.monotonic()
                self.weigh()

    def take(self, kind: int, number: int, content: bytes) -> None:
        """One piece from the engine; what is for a session that has ended is dropped."""
        if kind == wire.SPAWN:
            self.spawn(number, json.loads(content))
            return
        found = self.wards.get(number)
        if found is None:
            return
        if kind == wire.DATA:
            found.waiting.append(memoryview(content))
            if len(found.waiting) == 1:
                self.feed(found)
        elif kind == wire.TAKEN:
            before, found.credit = found.credit, found.credit + int.from_bytes(content, "big")
            if before <= 0 < found.credit:
                self.listen(found, on=True)
        else:
            found.closing = True
            found.kill()

    def spawn(self, number: int, plan: dict[str, Any]) -> None:
        """A new ward; without a process or a descriptor to be had it has ended before it began."""
        try:
            ward = self.wards[number] = Ward(number, plan)
        except OSError as error:
            self.say(wire.LOG, number, f"sandbox: {error}\n".encode())
            self.say(wire.ENDED, number, json.dumps(last_words(cell.SETUP_FAILED)).encode())
            return
        for descriptor in (ward.output, ward.log):
            self.poller.register(descriptor, select.EPOLLIN)

    def feed(self, ward: Ward) -> None:
        """Give a ward its input; wait for it when it does not take all."""
        done = ward.write()
        if done:
            self.say(wire.WANTED, ward.number, wire.amount(done))
        with contextlib.suppress(FileNotFoundError):
            self.poller.unregister(ward.input)
        if ward.waiting:
            self.poller.register(ward.input, select.EPOLLOUT)

    def listen(self, ward: Ward, *, on: bool) -> None:
        """Listen to a ward, or wait until the engine has taken what was said."""
        for descriptor in (ward.output, ward.log):
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                if on:
                    self.poller.register(descriptor, select.EPOLLIN)
                else:
                    self.poller.unregister(descriptor)

    def carry(self, ward: Ward, ready: set[int]) -> None:
        """Both directions of one ward. What was printed before an answer goes before it."""
        if ward.input in ready:
            self.feed(ward)
        if ward.credit > 0 and (ward.output in ready or ward.log in ready):
            answer = self.read(ward.output) if ward.output in ready else None
            self.forward(ward, wire.LOG, ward.log, self.read(ward.log))
            self.forward(ward, wire.OUTPUT, ward.output, answer)
            if ward.credit <= 0:
                self.listen(ward, on=False)

    def read(self, descriptor: int) -> bytes | None:
        """What is there; None for nothing yet."""
        try:
            return os.read(descriptor, wire.PIECE)
        except BlockingIOError:
            return None

    def forward(self, ward: Ward, kind: int, descriptor: int, piece: bytes | None) -> None:
        """Tell the engine what a ward said; at its end stop listening."""
        if piece:
            ward.credit -= len(piece)
            self.say(kind, ward.number, piece)
        elif piece is not None:
            with contextlib.suppress(FileNotFoundError):
                self.poller.unregister(descriptor)

    def reap(self) -> None:
        """Whoever ended: processes between are expected to; a session's end is told."""
        while True:
            try:
                process, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not process:
                return
            for ward in list(self.wards.values()):
                if process == ward.between:
                    ward.born()
                    if not ward.process:
                        self.end(ward, status, 0.0, 0.0)
                    elif ward.closing:
                        ward.kill()
                elif process == ward.process:
                    self.end(ward, status, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def end(self, ward: Ward, status: int, cpu: float, peak: float) -> None:
        """Its last words, then how it ended."""
        for kind, descriptor in ((wire.LOG, ward.log), (wire.OUTPUT, ward.output)):
            while piece := self.read(descriptor):
                self.say(kind, ward.number, piece)
        self.listen(ward, on=False)
        with contextlib.suppress(FileNotFoundError):
            self.poller.unregister(ward.input)
        ward.close()
        del self.wards[ward.number]
        code = os.waitstatus_to_exitcode(status)
        killed = code == -signal.SIGKILL and not ward.closing
        words = last_words(code, ward.out_of_memory or (killed and kernel_killed()), cpu, peak)
        self.say(wire.ENDED, ward.number, json.dumps(words).encode())

    def weigh(self) -> None:
        """End every session whose processes together hold more than they may."""
        for ward in self.wards.values():
            if ward.process and not ward.closing and memory(ward.process, ward.plan["memory"]) > ward.plan["memory"]:
                ward.out_of_memory = True
                ward.kill()

    def say(self, kind: int, number: int, content: bytes) -> None:
        """Tell the engine."""
        left = memoryview(wire.pack(kind, number, content))
        while left:
            left = left[os.write(self.sink, left) :]

    sink = 1


def last_words(code: int, out_of_memory: bool = False, cpu: float = 0.0, peak: float = 0.0) -> dict[str, Any]:
    """How a session ended, and what it used."""
    return {"code": code, "out_of_memory": out_of_memory, "cpu_seconds": cpu, "peak_memory_mb": peak}


KILLS = [0]


def kernel_killed() -> bool:
    """Whether the kernel killed something here for want of memory since we last looked."""
    for file in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            with open(file, encoding="ascii") as text:
                words = text.read().split()
        except OSError:
            continue
        if "oom_kill" in words:
            before, KILLS[0] = KILLS[0], int(words[words.index("oom_kill") + 1])
            return KILLS[0] > before
    return False


def memory(process: int, enough: int) -> int:
    """Bytes that a process and its descendants hold; pages that are shared are told apart only when it matters."""
    family = [process]
    for member in family:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{thread}/children", encoding="ascii") as file:
                    family += map(int, file.read().split())
    whole = [resident(member) for member in family]
    return sum(whole) if sum(whole) <= enough else sum(map(proportional, family, whole))


def resident(process: int) -> int:
    """Bytes in memory, shared ones too."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0


def proportional(process: int, whole: int) -> int:
    """Bytes in memory, shared pages divided among their holders; all of it where that is not to be seen."""
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except (OSError, StopIteration):
        return whole


def main() -> None:
    """Load the libraries, take the engine's streams away from all that follows, then serve."""
    if TYPE_CHECKING:
        from templates.runtime.worker import prepare
    else:
        from runtime.worker import prepare
    prepare()
    Nursery.sink = os.dup(1)
    os.dup2(2, 1)
    # A session has our user number: it must not look into this process, wherever it finds it.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    gc.freeze()
    try:
        Nursery().run()
    except (wire.WireError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        os._exit(1)
    os._exit(0)
