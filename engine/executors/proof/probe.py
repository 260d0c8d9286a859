"""Run inside a sandbox, this tries what must not be possible and says what happened; it proves isolation.

    python probe.py < FACTS        FACTS: JSON with the host's port, canary file, allowed variables, memory_mb, and
                                   what neighbours laid out (`planted.py`)

Writes one JSON object: property name: [holds, detail]. Only the standard library, since it is sent as text.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

Outcome = tuple[bool, str]
Facts = dict[str, Any]


def no_network(facts: Facts) -> Outcome:
    """Neither the host's own address nor any gateway answers."""
    for host in ("127.0.0.1", *facts["addresses"]):
        try:
            socket.create_connection((host, facts["port"]), timeout=0.3).close()
        except OSError:
            continue
        return False, f"a connection to {host} was possible"
    try:
        with open("/proc/net/dev", encoding="ascii") as file:
            devices = {line.partition(":")[0].strip() for line in file if ":" in line}
    except OSError:
        devices = set()
    # Tunnels without an address, which some kernels put into every network namespace, lead nowhere.
    real = sorted(name for name in devices - {"lo"} if name.startswith(("eth", "en", "wl", "docker", "br", "veth")))
    return (False, f"network device {real[0]} is there") if real else (True, "no device, no connection")


def no_host_files(facts: Facts) -> Outcome:
    """Neither the canary nor the password file nor the home folder can be opened."""
    for path in facts["files"]:
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            continue
        return False, f"{path} can be opened"
    return True, "the host's folders are not there"


def no_host_environment(facts: Facts) -> Outcome:
    """Only the declared variables, in this process and in every other that can be seen."""
    allowed = set(facts["variables"])
    seen = {os.fsencode(name) for name in os.environ}
    for process in processes():
        try:
            with open(f"/proc/{process}/environ", "rb") as file:
                seen |= {item.partition(b"=")[0] for item in file.read().split(b"\0") if item}
        except OSError:
            continue
    strange = sorted(name for name in map(os.fsdecode, seen) if name not in allowed)
    return (False, f"{strange[0]} can be read") if strange else (True, f"{len(seen)} declared variables, no other")


def processes() -> list[int]:
    """The processes that can be seen."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def own_processes(facts: Facts) -> Outcome:
    """A process namespace of its own."""
    count = len(processes())
    return os.getpid() < 10 and count < 10, f"process {os.getpid()}, {count} to be seen"


def system_calls_filtered(facts: Facts) -> Outcome:
    """A filter is on, and it refuses new namespaces and unusual sockets."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(21, 0, 0, 0, 0) != 2:
        return False, "no filter is on"
    if libc.unshare(0x10000000) == 0:
        return False, "a new user namespace was possible"
    try:
        socket.socket(16, 3, 0).close()
    except PermissionError:
        return True, "a filter refuses namespaces, mounts, other processes' memory and unusual sockets"
    except OSError as error:
        return False, f"a netlink socket gave {error.strerror}"
    return False, "a netlink socket was possible"


def memory_limit(facts: Facts) -> Outcome:
    """The kernel knows the limit: as a cgroup's, as all the memory there is, or as the process's own."""
    wanted = facts["memory_mb"] << 20
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(file, encoding="ascii") as text:
                if int(text.read()) <= wanted:
                    return True, f"{facts['memory_mb']} MB over all processes, by cgroup"
        except (OSError, ValueError):
            continue
    if all_memory() <= wanted:
        return True, f"{facts['memory_mb']} MB over all processes: its kernel has no more"
    try:
        bytearray(wanted)
    except MemoryError:
        return True, f"{facts['memory_mb']} MB a process"
    return False, f"more than {facts['memory_mb']} MB could be had"


def all_memory() -> float:
    """What the machine has, in bytes: a kernel of its own, such as gVisor's, is told the limit as that."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return int(file.readline().split()[1]) << 10
    except (OSError, ValueError, IndexError):
        return float("inf")


def no_privileges(facts: Facts) -> Outcome:
    """No capability, not root, and no way to gain any."""
    libc = ctypes.CDLL(None)
    sets = (ctypes.c_uint32 * 6)()
    libc.capget((ctypes.c_uint32 * 2)(0x20080522, 0), sets)
    if any(sets):
        return False, "it holds capabilities"
    if os.getuid() == 0:
        return False, "it runs as root"
    if libc.prctl(39, 0, 0, 0, 0) != 1:
        return False, "programs it starts could gain privileges"
    return True, f"user {os.getuid()}, no capability, none to be gained"


def no_other_session(facts: Facts) -> Outcome:
    """What a neighbour laid out is not to be found: files, sockets, shared memory, its process or its memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    for plant in facts["plant"]:
        for file in plant["files"]:
            if os.path.exists(file):
                return False, f"another session's {file} is there"
        for family, address in (
            (socket.AF_UNIX, "\0" + plant["token"]),
            (socket.AF_INET, ("127.0.0.1", plant["port"])),
        ):
            with contextlib.suppress(OSError), socket.socket(family) as caller:
                caller.settimeout(0.3)
                caller.connect(address)
                return False, f"another session's socket {address!r} answered"
        if libc.shmget(plant["key"], 0, 0) >= 0:
            return False, "another session's shared memory can be had"
    return no_other_process(libc)


def no_other_process(libc: Any) -> Outcome:
    """No number names a process that is not ours: not to signal, not to trace, not to read its memory."""
    for process in range(1, HIGHEST_PROCESS):
        if process == os.getpid():
            continue
        with contextlib.suppress(OSError):
            os.kill(process, 0)
            return False, f"process {process} can be signalled"
        if libc.ptrace(PTRACE_ATTACH, process, 0, 0) == 0:
            return False, f"process {process} can be traced"
        with contextlib.suppress(OSError):
            os.close(os.open(f"/proc/{process}/mem", os.O_RDONLY))
            return False, f"the memory of process {process} can be read"
    return True, "no file, process, memory, socket or shared memory of another"


def no_raw_sockets(facts: Facts) -> Outcome:
    """Neither raw nor packet nor any other unusual socket."""
    for family, kind in ((2, 3), (10, 3), (17, 3), (16, 3), (40, 1), (38, 5)):
        with contextlib.suppress(OSError):
            socket.socket(family, kind, 1 if family in (2, 10) else 0).close()
            return False, f"a socket of family {family}, kind {kind} was possible"
    return True, "raw, packet, netlink, vsock and crypto sockets are refused"


def read_only_root(facts: Facts) -> Outcome:
    """Only the temporary folder can be written."""
    for folder in ("/", "/usr", "/etc", "/bin", "/app", "/app/runtime", "/dev", "/proc", "/var/tmp", "/home", "/root"):
        with contextlib.suppress(OSError):
            os.close(os.open(f"{folder}/probe", os.O_CREAT | os.O_WRONLY, 0o600))
            return False, f"{folder} can be written"
    return True, "nothing but /tmp can be written"


def refused(name: str, number: int, *arguments: Any) -> Callable[[Facts], Outcome]:
    """A check that one system call is refused; `number` is given for the machines we know."""

    def check(facts: Facts) -> Outcome:
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall(NUMBERS.get(os.uname().machine, {}).get(name, number), *arguments)
        if result >= 0:
            return False, f"{name} was possible"
        code = ctypes.get_errno()
        # Anything but these means that the kernel looked at what was asked.
        held = code in (errno.EPERM, errno.EACCES, errno.ENOSYS)
        return held, f"{name}: {os.strerror(code)}"

    return check


HIGHEST_PROCESS = 512
PTRACE_ATTACH = 16
NUMBERS = {"aarch64": {"unshare": 97, "ptrace": 117, "keyctl": 219, "bpf": 280}}

CHECKS = {
    "no network": no_network,
    "no host files": no_host_files,
    "no host environment": no_host_environment,
    "own processes": own_processes,
    "system calls filtered": system_calls_filtered,
    "memory limit": memory_limit,
    "no privileges": no_privileges,
    "no other session": no_other_session,
    "no raw sockets": no_raw_sockets,
    "read-only root": read_only_root,
    "no user namespaces": refused("unshare", 272, 0x10000000),
    "no tracing": refused("ptrace", 101, 0, 0, 0, 0),
    "no keys": refused("keyctl", 250, 0, -3, 0),
    "no io_uring": refused("io_uring_setup", 425, 1, 0),
    "no bpf": refused("bpf", 321, 0, 0, 0),
}


def main() -> None:
    """Try each; a check that cannot be made proves nothing."""
    facts: Facts = json.loads(sys.stdin.readline())
    outcomes: dict[str, Outcome] = {}
    for name, check in CHECKS.items():
        try:
            outcomes[name] = check(facts)
        except Exception as error:
            outcomes[name] = (False, f"could not be tried: {error}")
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main()
