"""The launcher of the local sandbox: `python -I confine.py PLAN`, PLAN being JSON.

It starts the plan's command in fresh user (unless root), mount, process, network, IPC, host name and cgroup
namespaces, on a private root of read-only binds, without capabilities, with limits and a system call filter;
then it waits for it, ends it when the engine closes or dies, and ends as it ended. With `"way": "bubblewrap"`
that program makes the namespaces; with `"plain"` (systems that have none) the command gets what remains: limits, a
clean environment, a folder of its own, Landlock and the filter.
Only the standard library, since it runs before anything else is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.executors.inside import landlock, syscalls
    from engine.executors.inside.mounts import (
        BIND,
        DETACH,
        DEVICES,
        NO_DEV,
        NO_EXEC,
        NO_SUID,
        PRIVATE,
        READ_ONLY,
        RECURSIVE,
        REMOUNT,
        freeze,
        mount,
        temporary,
    )
    from engine.executors.local import bubblewrap
else:
    # Run by its path, isolated: the files beside this one are not found by themselves.
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:0] = [_here, os.path.join(os.path.dirname(_here), "inside")]
    import bubblewrap
    import landlock
    import syscalls
    from mounts import (
        BIND,
        DETACH,
        DEVICES,
        NO_DEV,
        NO_EXEC,
        NO_SUID,
        PRIVATE,
        READ_ONLY,
        RECURSIVE,
        REMOUNT,
        freeze,
        mount,
        temporary,
    )

    del sys.path[:2]

Plan = dict[str, Any]

NEW_USER, NEW_PID = 0x10000000, 0x20000000
NEW_REST = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x40000000  # mount, cgroup, uts, ipc, net
BASES = ("/mnt", "/media", "/srv", "/home", "/boot", "/opt", "/tmp")
NOBODY = 65534
# How it is confined: by namespaces of ours, by those that bubblewrap may make, or with the host's in sight.
NAMESPACES, BUBBLEWRAP, PLAIN = "namespaces", "bubblewrap", "plain"
SETUP_FAILED = 125


def leave_process_namespace() -> bool:
    """The next child is process 1 of a namespace of its own. Gives whether a user namespace was needed."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        try:
            syscalls.call("unshare", NEW_PID)
        except OSError:
            pass
        else:
            return False
    syscalls.call("unshare", NEW_USER | NEW_PID)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {user} 1"),
        ("gid_map", f"{NOBODY} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return True


def own_identity() -> int:
    """A user number that no one else has, where root may hand one out: process counts are kept per user."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        everything = file.read().split() == ["0", "0", "4294967295"]
    return 1_000_000_000 + os.getpid() if everything else NOBODY


def build_root(plan: Plan) -> None:
    """A root of read-only binds, an empty /tmp and a few devices; everything else of the host is gone."""
    syscalls.call("unshare", NEW_REST)
    mount("", "/", "", RECURSIVE | PRIVATE)
    sources = [source for source, _ in plan["binds"]]
    base = next(
        folder
        for folder in BASES
        if os.path.isdir(folder) and not any(source.startswith(folder + "/") for source in sources)
    )
    mount("tmpfs", base, "tmpfs", NO_SUID | NO_DEV, "size=1m,nr_inodes=1024,mode=755")
    for source, target in plan["binds"]:
        bind(source, base + target)
    for device in DEVICES:
        bind("/dev/" + device, f"{base}/dev/{device}", writable=True)
    for folder in ("tmp", "proc"):
        os.mkdir(f"{base}/{folder}")
    temporary(base + "/tmp", plan["tmp"])
    # A container around us hides parts of /proc and so forbids a new one: then there is none inside.
    with contextlib.suppress(OSError):
        mount("proc", base + "/proc", "proc", NO_SUID | NO_DEV | NO_EXEC)
    os.chdir(base)
    syscalls.call("pivot_root", b".", b".")
    syscalls.call("umount2", b".", DETACH)
    os.chdir("/")
    mount("", "/", "", REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEV)


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Show one file or folder of the host at `target`; a link of the host is made again."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        with open(target, "w", encoding="ascii"):
            pass
    mount(source, target, "", BIND | RECURSIVE)
    if not writable:
        freeze(target)


def limit(plan: Plan) -> None:
    """Limits of every process inside; nothing may raise them again."""
    import resource

    for name, value in plan["rlimits"].items():
        number = getattr(resource, name, None)
        if number is not None:
            try:
                resource.setrlimit(number, (value, value))
            except (OSError, ValueError) as error:
                if plan["way"] != PLAIN:
                    raise
                print(f"sandbox: {name}: {error}", file=sys.stderr)


def drop_privileges(identity: int | None, plan: Plan) -> None:
    """Another user where root started us, no capabilities, no way to gain any but inside a new user namespace."""
    namespaces = plan["way"] == NAMESPACES
    if sys.platform == "linux":
        syscalls.drop_capability_bounds()
    if identity is not None:
        os.setgroups([])
        os.setresgid(identity, identity, identity)
        os.setresuid(identity, identity, identity)
    if sys.platform == "linux":
        syscalls.drop_capabilities()
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        if not plan["nesting"]:
            devices = [f"/dev/{name}" for name in DEVICES]
            landlock.restrict(["/"] if namespaces else plan["readable"], [plan["folder"], *devices])
        if syscalls.supported():
            # Where there is no network namespace, no socket of any fork server is the way to have no network.
            servers = syscalls.FAMILIES if namespaces else ()
            syscalls.install_filter(nesting=plan["nesting"], families=servers)


def wrap(plan: Plan) -> None:
    """Turn into bubblewrap, which confines the command; it may have to gain privileges, so nothing is given up here."""
    descriptor = os.memfd_create("filter", 0) if sys.platform == "linux" else -1
    os.write(descriptor, syscalls.program())
    os.lseek(descriptor, 0, os.SEEK_SET)
    found = bubblewrap.command_line(plan["bubblewrap"], plan["binds"], plan["tmp"], descriptor, plan["command"])
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, 1024)
    os.execve(found[0], found, plan["environment"])


def become(plan: Plan, identity: int | None, gate: int) -> None:
    """In the child: close everything behind us, then turn into the command."""
    if sys.platform == "linux":
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.read(gate, 1) != b"1":
        os._exit(SETUP_FAILED)
    if plan["way"] == NAMESPACES:
        build_root(plan)
    os.chdir(plan["folder"])
    limit(plan)
    os.set_inheritable(gate, False)
    if plan["way"] == BUBBLEWRAP:
        wrap(plan)
    drop_privileges(identity, plan)
    # Changing the user forgets the death signal for a moment: look once whether the launcher is still there.
    if select.select([gate], [], [], 0)[0]:
        os._exit(SETUP_FAILED)
    os.closerange(3, gate)
    os.closerange(gate + 1, 1024)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execve(plan["command"][0], plan["command"], plan["environment"])


def watch(child: int, memory: int) -> int:
    """Wait for the child; kill it when our input ends (the engine closed or died) or when we are told to."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    poller = select.poll()
    poller.register(0, 0)
    poller.register(wake_read, select.POLLIN)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        seen = [number for number, _ in poller.poll(250 if memory else 1000)]
        if wake_read in seen:
            os.read(wake_read, 1024)
        if 0 in seen:
            poller.unregister(0)
            os.kill(child, signal.SIGKILL)
        if memory and forkserver_memory(child) > memory:
            print("sandbox: MemoryError: all processes together are over the memory limit", file=sys.stderr)
            os.kill(child, signal.SIGKILL)


def forkserver_memory(child: int) -> int:
    """Bytes that the child and its descendants hold, shared pages counted once; used without a cgroup."""
    total, waiting = 0, [child]
    while waiting:
        process = waiting.pop()
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
            for thread in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{thread}/children", encoding="ascii") as file:
                    waiting += map(int, file.read().split())
        except (OSError, StopIteration):
            continue
    return total


def end_as(status: int) -> None:
    """End with the same exit code, or by the same signal."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        os._exit(code)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    signal.pause()


def main() -> None:
    """Start the command, then wait for it."""
    plan: Plan = json.loads(sys.argv[1])
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    identity = own_identity() if plan["way"] == NAMESPACES and os.geteuid() == 0 else None
    if plan["way"] == NAMESPACES and leave_process_namespace():
        identity = None
    gate_read, gate_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(gate_write)
            become(plan, identity, gate_read)
        except BaseException as error:
            print(f"sandbox: {error}", file=sys.stderr, flush=True)
        os._exit(SETUP_FAILED)
    os.close(gate_read)
    for folder in plan["cgroups"]:
        with open(folder + "/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(child))
    os.write(gate_write, b"1")
    # The command's output is over when it ends, not when we do.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    end_as(watch(child, plan["watched_memory"]))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        sys.exit(SETUP_FAILED)
