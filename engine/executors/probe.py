"""Run inside a sandbox, this tries what must not be possible and says what happened; it proves isolation.

    python probe.py < FACTS        FACTS: JSON with the host's port, canary file, allowed variables, memory_mb

Writes one JSON object: property name: [holds, detail]. Only the standard library, since it is sent as text.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
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
    """The kernel knows the limit: as a cgroup's or as the process's own."""
    wanted = facts["memory_mb"] << 20
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(file, encoding="ascii") as text:
                if int(text.read()) <= wanted:
                    return True, f"{facts['memory_mb']} MB over all processes, by cgroup"
        except (OSError, ValueError):
            continue
    try:
        bytearray(wanted)
    except MemoryError:
        return True, f"{facts['memory_mb']} MB a process"
    return False, f"more than {facts['memory_mb']} MB could be had"


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


CHECKS = {
    "no network": no_network,
    "no host files": no_host_files,
    "no host environment": no_host_environment,
    "own processes": own_processes,
    "system calls filtered": system_calls_filtered,
    "memory limit": memory_limit,
    "no privileges": no_privileges,
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
