"""The warm interpreter of one owner, process 1 of its container or namespace: it forks every session.

It loads the libraries once, then speaks `wire.py` with the engine: starts sessions (`forked.py`), carries their
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
    from engine.executors.inside import forked, syscalls, wire
else:
    import forked
    import syscalls
    import wire

TICK = 0.25
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Child:
    """One session as the fork server sees it."""

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
            forked.start(plan, (inner_in, inner_out, inner_log), telling)
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


class Server:
    """The loop: everything that happens to every session."""

    def __init__(self) -> None:
        self.children: dict[int, Child] = {}
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
            ready = {descriptor for descriptor, _ in self.poller.poll(TICK if self.children else -1)}
            if 0 in ready:
                received = os.read(0, wire.PIECE)
                if not received:
                    return
                for kind, number, content in self.reader.feed(received):
                    self.take(kind, number, content)
            for child in list(self.children.values()):
                self.carry(child, ready)
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
        found = self.children.get(number)
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
        """A new session; without a process or a descriptor to be had it has ended before it began."""
        try:
            child = self.children[number] = Child(number, plan)
        except OSError as error:
            self.say(wire.LOG, number, f"sandbox: {error}\n".encode())
            self.say(wire.ENDED, number, json.dumps(last_words(forked.SETUP_FAILED)).encode())
            return
        for descriptor in (child.output, child.log):
            self.poller.register(descriptor, select.EPOLLIN)

    def feed(self, child: Child) -> None:
        """Give a session its input; wait for it when it does not take all."""
        done = child.write()
        if done:
            self.say(wire.WANTED, child.number, wire.amount(done))
        with contextlib.suppress(FileNotFoundError):
            self.poller.unregister(child.input)
        if child.waiting:
            self.poller.register(child.input, select.EPOLLOUT)

    def listen(self, child: Child, *, on: bool) -> None:
        """Listen to a session, or wait until the engine has taken what was said."""
        for descriptor in (child.output, child.log):
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                if on:
                    self.poller.register(descriptor, select.EPOLLIN)
                else:
                    self.poller.unregister(descriptor)

    def carry(self, child: Child, ready: set[int]) -> None:
        """Both directions of one session. What was printed before an answer goes before it."""
        if child.input in ready:
            self.feed(child)
        if child.credit > 0 and (child.output in ready or child.log in ready):
            answer = self.read(child.output) if child.output in ready else None
            self.forward(child, wire.LOG, child.log, self.read(child.log))
            self.forward(child, wire.OUTPUT, child.output, answer)
            if child.credit <= 0:
                self.listen(child, on=False)

    def read(self, descriptor: int) -> bytes | None:
        """Read the bytes that are there; None when there are none yet."""
        try:
            return os.read(descriptor, wire.PIECE)
        except BlockingIOError:
            return None

    def forward(self, child: Child, kind: int, descriptor: int, piece: bytes | None) -> None:
        """Tell the engine what a session said; at its end stop listening."""
        if piece:
            child.credit -= len(piece)
            self.say(kind, child.number, piece)
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
            for child in list(self.children.values()):
                if process == child.between:
                    child.born()
                    if not child.process:
                        self.end(child, status, 0.0, 0.0)
                    elif child.closing:
                        child.kill()
                elif process == child.process:
                    self.end(child, status, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def end(self, child: Child, status: int, cpu: float, peak: float) -> None:
        """Its last words, then how it ended."""
        for kind, descriptor in ((wire.LOG, child.log), (wire.OUTPUT, child.output)):
            while piece := self.read(descriptor):
                self.say(kind, child.number, piece)
        self.listen(child, on=False)
        with contextlib.suppress(FileNotFoundError):
            self.poller.unregister(child.input)
        child.close()
        del self.children[child.number]
        code = os.waitstatus_to_exitcode(status)
        killed = code == -signal.SIGKILL and not child.closing
        words = last_words(code, child.out_of_memory or (killed and kernel_killed()), cpu, peak)
        self.say(wire.ENDED, child.number, json.dumps(words).encode())

    def weigh(self) -> None:
        """End every session whose processes together hold more than they may."""
        for child in self.children.values():
            if (
                child.process
                and not child.closing
                and memory(child.process, child.plan["memory"]) > child.plan["memory"]
            ):
                child.out_of_memory = True
                child.kill()

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
    processes = [process]
    for member in processes:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{member}/task"):
                with open(f"/proc/{member}/task/{thread}/children", encoding="ascii") as file:
                    processes += map(int, file.read().split())
    whole = [resident(member) for member in processes]
    return sum(whole) if sum(whole) <= enough else sum(map(proportional, processes, whole))


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
    from runtime.worker import prepare

    prepare()
    Server.sink = os.dup(1)
    os.dup2(2, 1)
    # A session has our user number: it must not look into this process, wherever it finds it.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    gc.freeze()
    try:
        Server().run()
    except (wire.WireError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        os._exit(1)
    os._exit(0)
