"""Process 1 of a sandbox container: takes the runtime over its input, starts the interpreter, watches over
it.

The image holds packages only; our own files come first on standard input (8 bytes of length, then a
marshalled dictionary of path: content), so that they never need a new image. The interpreter is a child, so
that this process can end the container when the engine goes away even if the script never listens, and can
say how the interpreter ended. Its last words on standard error are a zero byte and a JSON object.
"""

from __future__ import annotations

import json
import marshal
import os
import select
import signal
import sys
from typing import TYPE_CHECKING

# With the argument "fork server" this process itself becomes the fork server, whose files no session may change.
FORKSERVER = sys.argv[1:] == ["forkserver"]
FOLDER = "/app" if FORKSERVER else "/tmp/app"


def read_exactly(count: int) -> bytes:
    """`count` bytes of standard input, unbuffered: what follows is the interpreter's."""
    got = bytearray()
    while len(got) < count:
        piece = os.read(0, min(1 << 20, count - len(got)))
        if not piece:
            os._exit(0)
        got += piece
    return bytes(got)


def unpack() -> None:
    """Write our files below FOLDER."""
    files: dict[str, bytes] = marshal.loads(read_exactly(int.from_bytes(read_exactly(8), "big")))
    for name, content in files.items():
        path = os.path.join(FOLDER, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    sys.path.insert(0, FOLDER)


def work() -> None:
    """In the child: first to go when memory runs out, then the worker until its input ends."""
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    from runtime.worker import main

    main()


def out_of_memory() -> bool:
    """Whether the kernel killed something in this container for want of memory."""
    for file in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        try:
            with open(file, encoding="ascii") as text:
                words = text.read().split()
        except OSError:
            continue
        if "oom_kill" in words and words[words.index("oom_kill") + 1] != "0":
            return True
    return False


def watch(child: int) -> None:
    """Until the child ends or our input does; with this process the whole container ends."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poller = select.poll()
    poller.register(0, 0)
    poller.register(wake_read, select.POLLIN)
    while True:
        done, status = -1, 0
        while done:
            try:
                done, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if done == child:
                words = {"code": os.waitstatus_to_exitcode(status), "out_of_memory": out_of_memory()}
                os.write(2, b"\0" + json.dumps(words).encode() + b"\n")
                os._exit(0)
        seen = [number for number, _ in poller.poll(1000)]
        if wake_read in seen:
            os.read(wake_read, 1024)
        if 0 in seen:
            os._exit(0)


def main() -> None:
    """Files, filter, child, watch."""
    unpack()
    if TYPE_CHECKING:
        from engine.executors.inside import forkserver, syscalls
    else:
        import syscalls
    if FORKSERVER:
        if not TYPE_CHECKING:
            import forkserver
        forkserver.main()
    if syscalls.supported():
        syscalls.install_filter()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    # The interpreter has our user number: it must not look into this process either.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    watch(child)


if __name__ == "__main__":
    main()
