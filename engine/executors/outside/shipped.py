"""What is put inside a sandbox: the runtime package, the Python that runs it, its packages, its variables."""

from __future__ import annotations

import os
import sys
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[3] / "runtime"
APP = "/app"

# Our files beside the runtime package that run inside: the fork server and what it stands on.
OWN_FILES = ("syscalls.py", "mounts.py", "landlock.py", "wire.py", "forked.py", "forkserver.py")
INSIDE = Path(__file__).resolve().parents[1] / "inside"

# All variables there are inside. One thread a calculation, since a run has one processor; plain malloc, whose
# use of address space is what it uses; a fixed hash seed, so that the same script gives the same order.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "2",
    "MALLOC_ARENA_MAX": "2",
}
# Not -I, which would ignore the hash seed: the environment is ours, so only the current folder and the user's
# packages are to be kept out.
ISOLATED = ("-P", "-s")
SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/lib32",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/alternatives",
)


def interpreter() -> list[str]:
    """The Python under any virtual environment; its packages are named, not found."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return [os.path.realpath(base), *ISOLATED, "-S"]


def packages() -> list[str]:
    """Where this process finds its packages."""
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages")) and os.path.isdir(path)]


def packages_inside() -> list[str]:
    """Where the sandbox finds them, under names that tell nothing of the host."""
    return [f"{APP}/packages/{index}" for index, _ in enumerate(packages())]


def binds() -> list[tuple[str, str]]:
    """Return the folders and files of the host that can be read inside: (source, target)."""
    executable = interpreter()[0]
    prefix = Path(executable).parents[1]
    python = [executable, *(str(prefix / name) for name in ("lib", "lib64"))]
    own = [path for path in python if not path.startswith("/usr/")]
    shown = [(path, path) for path in (*SYSTEM, *own) if os.path.exists(path)]
    shown += list(zip(map(os.path.realpath, packages()), packages_inside(), strict=True))
    own_files = [(str(INSIDE / name), f"{APP}/{name}") for name in OWN_FILES]
    return [*shown, (str(RUNTIME), f"{APP}/runtime"), *own_files]


def readable() -> list[str]:
    """Return the paths that may be read where the host's folders stay in sight: those of `binds`, and a few devices."""
    folders = [os.path.realpath(source) for source, _ in binds()]
    return [*folders, *(f"/dev/{name}" for name in ("null", "zero", "random", "urandom"))]


def source_files() -> dict[str, bytes]:
    """The runtime package as it is sent into a container: path below the application folder, content."""
    return {
        f"runtime/{path.relative_to(RUNTIME).as_posix()}": path.read_bytes()
        for path in sorted(RUNTIME.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
