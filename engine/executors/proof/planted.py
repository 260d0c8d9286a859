"""What a session lays out for a neighbour to find: a file, shared memory, sockets, a word in its memory.

Run inside one sandbox while `probe.py` runs in another, and in the engine's own process. Standard library only.

    python planted.py < TOKEN         prints one line of JSON, then waits to be ended
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import sys
from typing import Any

CREATE, READ_WRITE = 0o1000, 0o666


def key_of(token: str) -> int:
    """The number under which shared memory can be found."""
    return int(token[-7:], 16) | 1


def lay(token: str, held: list[Any]) -> dict[str, Any]:
    """Lay it out; what must stay open is put into `held`. Gives what a neighbour would need to know."""
    files = []
    for folder in ("/tmp", "/dev/shm"):
        with contextlib.suppress(OSError), open(f"{folder}/{token}", "w", encoding="ascii") as file:
            file.write(token)
            files.append(file.name)
    for family, address in ((socket.AF_UNIX, "\0" + token), (socket.AF_INET, ("127.0.0.1", 0))):
        with contextlib.suppress(OSError):
            listener = socket.socket(family)
            listener.bind(address)
            listener.listen()
            held.append(listener)
    shared = ctypes.CDLL(None).shmget(key_of(token), 4096, CREATE | READ_WRITE) if os.name == "posix" else -1
    held += [token * 2, shared]
    ports = [one.getsockname()[1] for one in held if isinstance(one, socket.socket) and one.family == socket.AF_INET]
    return {"token": token, "files": files, "port": ports[0] if ports else 0, "key": key_of(token)}


def clear(held: list[Any], files: list[str]) -> None:
    """Take it away again, where no sandbox goes with it."""
    for one in held:
        if isinstance(one, socket.socket):
            one.close()
        elif isinstance(one, int) and one >= 0:
            ctypes.CDLL(None).shmctl(one, 0, None)
    for file in files:
        with contextlib.suppress(OSError):
            os.unlink(file)


if __name__ == "__main__":
    kept: list[Any] = []
    print(json.dumps(lay(sys.stdin.readline().strip(), kept)), flush=True)
    sys.stdin.read()
