"""The system call filter of the sandbox, as a seccomp program, and the few libc calls around it.

Only the standard library: the launcher of the local sandbox loads this file by its path, and the docker
executor sends its text into the container. What is denied is what a calculation never needs and an escape
often does: mounting, namespaces, other processes' memory, keys, kernel modules, io_uring, and every socket
family but the internet's and Unix's (which lead nowhere inside).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence
from typing import Any

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# name: (x86_64, aarch64)
DENIED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mbind": (237, 235),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
NESTING = ("mount", "unshare")
CLONE, SOCKET, CLONE3 = (56, 220), (41, 198), 435
FAMILIES = (1, 2, 10)
NEW_NAMESPACES = 0x7E020080

# Opcodes and answers of a seccomp program.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38

Line = tuple[int, int, str, str]


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def supported() -> bool:
    """Whether this file knows the machine's system call numbers."""
    return os.name == "posix" and os.uname().sysname == "Linux" and platform.machine() in ARCHITECTURES


def program(*, nesting: bool = False, families: Sequence[int] = FAMILIES) -> bytes:
    """The filter: architecture checked first, then clone and socket by argument, then the denied ones.

    With `nesting`, for our own code that makes sandboxes: what makes a namespace and furnishes it is allowed.
    """
    column, architecture = ARCHITECTURES[platform.machine()]
    lines: list[Line] = [
        (LOAD, ARCHITECTURE, "", ""),
        (EQUAL, architecture, "", "kill"),
        (LOAD, NUMBER, "", ""),
    ]
    if column == 0:
        lines.append((AT_LEAST, 0x40000000, "kill", ""))
    # clone3 hides its flags in memory: as if the kernel had none, so that libc falls back to clone.
    lines += [
        (EQUAL, CLONE3, "absent", ""),
        (EQUAL, CLONE[column], "clone", ""),
        (EQUAL, SOCKET[column], "socket", ""),
    ]
    denied = [numbers for name, numbers in DENIED.items() if not (nesting and name in NESTING)]
    lines += [(EQUAL, numbers[column], "denied", "") for numbers in denied]
    lines.append((RETURN, ALLOW, "", ""))
    labels = {"clone": len(lines)}
    lines += [(LOAD, FIRST_ARGUMENT, "", ""), (ANY_BIT, NEW_NAMESPACES, "denied", "allowed")]
    labels["socket"] = len(lines)
    lines += [(LOAD, FIRST_ARGUMENT, "", "")] + [(EQUAL, family, "allowed", "") for family in families]
    lines.append((RETURN, ERROR | errno.EPERM, "", ""))
    answers = {"denied": ERROR | errno.EPERM, "absent": ERROR | errno.ENOSYS, "kill": KILL, "allowed": ALLOW}
    for name, answer in answers.items():
        labels[name] = len(lines)
        lines.append((RETURN, answer, "", ""))
    return assemble(lines, labels)


def assemble(lines: list[Line], labels: dict[str, int]) -> bytes:
    """Labels become the relative jumps that the kernel wants."""

    def jump(label: str, here: int) -> int:
        return labels[label] - here - 1 if label else 0

    return b"".join(
        struct.pack("HBBI", code, jump(yes, here), jump(no, here), value)
        for here, (code, value, yes, no) in enumerate(lines)
    )


def call(name: str, *arguments: Any) -> int:
    """A libc function; a negative result is raised as OSError with the function's name."""
    result: int = getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def prctl(option: int, value: int) -> None:
    """One process setting."""
    call("prctl", option, ctypes.c_ulong(value), 0, 0, 0)


def install_filter(*, nesting: bool = False, families: Sequence[int] = FAMILIES) -> None:
    """No new privileges, then the filter; it holds for this process and all it starts, for good."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    text = program(nesting=nesting, families=families)
    call("prctl", PR_SET_SECCOMP, 2, ctypes.byref(Program(len(text) // 8, text)), 0, 0)


def drop_capability_bounds() -> None:
    """Empty the bounding set, where we may: no program started later can gain a capability."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    call("capset", struct.pack("Ii", 0x20080522, 0), bytes(24))
