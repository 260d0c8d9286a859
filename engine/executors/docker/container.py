"""One hardened container: its settings, its attached stream, and how it goes away.

Everything crosses on the attached stream, so a container has no port, no mount and no file of the host.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import docker
import docker.errors
import docker.types

from engine.executors.docker import image
from engine.executors.docker.profile import profile
from engine.executors.outside import shipped
from engine.executors.outside.channel import Death, Deliver, Ended
from engine.executors.outside.owner import HOST, OWNER, alive
from engine.products import Limits

ROLE, OWNED_BY, OWNED_ON = image.LABEL, "meta-agent.owner", "meta-agent.host"
GONE_SECONDS = 10.0
EVENT_SECONDS = 2.0
NOBODY = 65534
TEMPORARY_MB = 64
OPEN_FILES = 256
FORKSERVER_FILES = 1024
PIECE = 1 << 18
OUTSIDE = "its container was killed or removed from outside, or the Docker engine stopped"


def settings(limits: Limits, name: str, arguments: list[str], *, runtime: str = "") -> dict[str, Any]:
    """The container line; `runtime` names another one than the engine's usual."""
    memory = limits.memory_mb << 20
    # A tmpfs comes up owned by root unless it is told otherwise.
    temporary = f"size={max(TEMPORARY_MB, limits.result_mb)}m,nr_inodes=16384,mode=0700,uid={NOBODY},gid={NOBODY}"
    return {
        "image": name,
        "entrypoint": ["python"],
        "command": arguments,
        "environment": shipped.ENVIRONMENT,
        "user": f"{NOBODY}:{NOBODY}",
        "working_dir": "/",
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "ipc_mode": "none",
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": int(limits.cpus * 1e9),
        "pids_limit": limits.processes,
        "tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,{temporary}"},
        "ulimits": [
            docker.types.Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            docker.types.Ulimit(name="core", soft=0, hard=0),
        ],
        "log_config": docker.types.LogConfig(type="none"),
        "labels": {ROLE: "sandbox", OWNED_BY: OWNER, OWNED_ON: HOST},
        "hostname": "sandbox",
        "stdin_open": True,
        "tty": False,
        "auto_remove": True,
        **({"runtime": runtime} if runtime else {}),
    }


def forkserver_settings(limits: Limits, name: str, arguments: list[str], *, runtime: str = "") -> dict[str, Any]:
    """The container line of a fork server: limits for all its sessions, our files in a folder of their own.

    Its profile allows what makes namespaces; the fork server alone may, each session's own filter refuses it.
    """
    line = settings(limits, name, arguments, runtime=runtime)
    line["security_opt"] = [*line["security_opt"], f"seccomp={profile()}"]
    line["tmpfs"] |= {shipped.APP: f"rw,noexec,nosuid,nodev,size=16m,mode=0755,uid={NOBODY},gid={NOBODY}"}
    line["ulimits"] = [
        docker.types.Ulimit(name="nofile", soft=FORKSERVER_FILES, hard=FORKSERVER_FILES),
        docker.types.Ulimit(name="core", soft=0, hard=0),
    ]
    return line


def payload() -> bytes:
    """Our own files, as the container's process 1 expects them."""
    files = shipped.source_files() | {name: (shipped.INSIDE / name).read_bytes() for name in shipped.OWN_FILES}
    packed = marshal.dumps(files)
    return len(packed).to_bytes(8, "big") + packed


class ContainerChannel:
    """The attached stream of one container."""

    executor = "docker"
    # Output and log are copied by two threads of the engine: either may be a moment late.
    settle = 0.05

    def __init__(self, client: docker.DockerClient, line: Mapping[str, Any]) -> None:
        self._client = client
        self._removed = threading.Lock()
        self._gone = False
        self._killed = False
        self._tail = b""
        self._container = client.containers.create(**line)
        self._id = str(self._container.id)
        try:
            # Attached before it starts: nothing it says is lost, and its input ends when we do.
            streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            attached = client.api.attach_socket(self._id, params=streams)
            self._socket: socket.socket = getattr(attached, "_sock", attached)
            self._attached = attached
            self._socket.settimeout(None)
            self._container.start()
        except BaseException:
            self.kill()
            raise

    def listen(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Deliver what comes, from one thread."""
        pump = threading.Thread(target=self._pump, args=(output, log, ended), name="sandbox-docker", daemon=True)
        pump.start()

    def send(self, data: bytes) -> None:
        """Send all of it; a dead container ends this early and is reported by the other direction."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)

    def kill(self) -> None:
        """Kill and remove the container, then wait until the engine has forgotten it."""
        with self._removed:
            if self._gone:
                return
            self._killed = True
            if hasattr(self, "_socket"):
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
            remove(self._client, self._id)
            self._gone = True

    def why_died(self) -> Death:
        """Read the last words of process 1; without any, the container was ended from outside."""
        _, marker, words = self._tail.rpartition(b"\0")
        with contextlib.suppress(ValueError, KeyError, TypeError):
            if marker:
                said = json.loads(words)
                return Death(int(said["code"]), said["out_of_memory"] is True)
        return Death(out_of_memory=True) if self._ran_out_of_memory() else Death(detail=OUTSIDE)

    def _ran_out_of_memory(self) -> bool:
        """Whether the engine saw it: a kernel of the container's own dies as a whole and says nothing."""
        about = {"container": self._id, "event": "oom"}
        until = int(time.time()) + 1
        with contextlib.suppress(*image.ENGINE_ERRORS):
            seen = self._client.api.events(since=0, until=until, filters=about, decode=True)
            # The engine's clock may be behind ours.
            stopper = threading.Timer(EVENT_SECONDS, seen.close)
            stopper.start()
            try:
                return next(iter(seen), None) is not None
            finally:
                stopper.cancel()
        return False

    def peak_memory_mb(self) -> float | None:
        """Not known here: asking the engine takes longer than an answer."""
        return None

    def _pump(self, output: Deliver, log: Deliver, ended: Ended) -> None:
        """Take the engine's stream apart: eight bytes say which stream and how much."""
        with contextlib.suppress(OSError, ValueError):
            while head := self._receive(8):
                stream, size = head[0], int.from_bytes(head[4:], "big")
                while size and (piece := self._socket.recv(min(size, PIECE))):
                    size -= len(piece)
                    if stream == 1:
                        output(piece)
                    else:
                        log(self._without_last_words(piece))
        with contextlib.suppress(OSError):
            self._attached.close()
        ended()

    def _without_last_words(self, piece: bytes) -> bytes:
        """Keep the last words of process 1 out of the log."""
        self._tail = (self._tail + piece)[-200:]
        printed, marker, words = piece.rpartition(b"\0")
        return printed if marker and words.startswith(b'{"code"') else piece

    def _receive(self, count: int) -> bytes:
        """`count` bytes, or nothing at the stream's end."""
        got = b""
        while len(got) < count:
            piece = self._socket.recv(count - len(got))
            if not piece:
                return b""
            got += piece
        return got


def remove(client: docker.DockerClient, container: str) -> None:
    """Kill and remove; the engine may be doing so already, then wait until it has."""
    deadline = time.monotonic() + GONE_SECONDS
    while time.monotonic() < deadline:
        try:
            client.api.remove_container(container, force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError:
            time.sleep(0.02)
        except image.ENGINE_ERRORS:
            # The engine is gone. It removes the container itself when it is back, or a sweep does.
            return


def sweep(client: docker.DockerClient) -> int:
    """Remove containers of engine processes on this machine that are gone; gives how many."""
    gone = 0
    with contextlib.suppress(*image.ENGINE_ERRORS):
        for found in client.api.containers(all=True, filters={"label": f"{ROLE}=sandbox"}):
            labels = found["Labels"]
            if labels.get(OWNED_ON) == HOST and not alive(labels.get(OWNED_BY, "")):
                remove(client, found["Id"])
                gone += 1
    return gone
