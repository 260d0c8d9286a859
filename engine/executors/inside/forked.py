"""What a session that a fork server forked makes of itself: namespaces of its own, limits, a filter, then work.

Only the standard library, since this file runs inside. The process that `enter`s becomes the owner of fresh
user, process, mount, network, IPC, host name and cgroup namespaces; its child is process 1 there.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.executors.inside import landlock, syscalls
    from engine.executors.inside.mounts import (
        BIND,
        NO_DEV,
        NO_EXEC,
        NO_SUID,
        PRIVATE,
        READ_ONLY,
        RECURSIVE,
        freeze,
        mount,
        temporary,
    )
else:
    import landlock
    import syscalls
    from mounts import BIND, NO_DEV, NO_EXEC, NO_SUID, PRIVATE, READ_ONLY, RECURSIVE, freeze, mount, temporary

Plan = dict[str, Any]

# user, process, mount, cgroup, host name, IPC, network
NEW_NAMESPACES = 0x10000000 | 0x20000000 | 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x40000000
NOBODY = 65534
SETUP_FAILED = 125
APP = "/app"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# What one session could leave for another to find.
COVERED = ("/sys", "/dev/pts", "/dev/shm", "/dev/mqueue")
# Before this kernel, processes were counted per user over all namespaces.
COUNTED_APART = (5, 14)


def enter() -> None:
    """Leave every namespace of the fork server."""
    user, group = os.geteuid(), os.getegid()
    # The kernel lets a process that cannot be traced not even write its own user map.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    syscalls.call("unshare", NEW_NAMESPACES)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {user} 1"),
        ("gid_map", f"{NOBODY} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def furnish(plan: Plan) -> None:
    """An own empty /tmp, an own /proc or none, and nothing that can be written besides."""
    mount("", "/", "", RECURSIVE | PRIVATE)
    if not os.statvfs(APP).f_flag & os.ST_RDONLY:
        mount(APP, APP, "", BIND | RECURSIVE)
        freeze(APP)
    for folder in COVERED:
        if os.path.isdir(folder):
            cover(folder)
    try:
        mount("proc", "/proc", "proc", NO_SUID | NO_DEV | NO_EXEC)
    except OSError:
        # A container around us hides parts of /proc and so forbids a new one: then there is none inside.
        cover("/proc")
    temporary("/tmp", plan["tmp"])
    os.chdir("/tmp")


def cover(folder: str) -> None:
    """Hide what is there."""
    mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEV | NO_EXEC | READ_ONLY, "size=4k,nr_inodes=2,mode=555")


def confine(plan: Plan) -> None:
    """Limits that nothing may raise again, no capabilities, Landlock where the kernel has it, the call filter."""
    import resource

    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    for name, value in plan["rlimits"].items():
        if name != "RLIMIT_NPROC" or release >= COUNTED_APART:
            resource.setrlimit(getattr(resource, name), (value, value))
    syscalls.drop_capability_bounds()
    syscalls.drop_capabilities()
    landlock.restrict(["/"], ["/tmp", *DEVICES])
    syscalls.install_filter()


def become(plan: Plan, streams: tuple[int, int, int]) -> None:
    """In the child: take the streams, close all else, confine, then work until the input ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    os.closerange(3, max(1024, *streams) + 1)
    os.setsid()
    furnish(plan)
    confine(plan)
    reseed()
    if "probe" in plan:
        exec(compile(plan["probe"], "probe.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - sent by the engine
        sys.stdout.flush()
        return
    from runtime.worker import main

    main()


def reseed() -> None:
    """Two forks would draw the same random numbers."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def start(plan: Plan, streams: tuple[int, int, int], told: int) -> None:
    """In the process between fork server and session: enter, fork, tell the child's number, end. Never returns."""
    code = SETUP_FAILED
    try:
        enter()
        child = os.fork()
        if child:
            os.write(told, child.to_bytes(4, "big"))
            os._exit(0)
        become(plan, streams)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(streams[2], f"sandbox: {error}\n".encode())
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    os._exit(code)
