"""Sessions in hardened containers, through the Docker SDK against any DOCKER_HOST.

A container has the packages and nothing else: our own files, the script and its data come over its input,
frames go out over its output, both on one attached stream, so no port, mount or file of the host is needed
and a remote engine does as well. It is removed by the engine as soon as it ends, and it ends when its input
does; so an engine process that is killed leaves nothing. Why an interpreter ended is reported by process 1
of the container.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable

import docker

from engine.errors import SandboxError
from engine.executors import image, inside, selftest
from engine.executors.base import Property, Readiness
from engine.executors.container import HERE, ContainerChannel, parcel, settings, sweep
from engine.executors.pool import Pool
from engine.executors.session import FrameSession
from engine.products import Limits

FUTURE = "from __future__ import annotations"
# The self-test runs behind the same filter as a job.
FILTER = (HERE / "syscalls.py").read_text() + "\ninstall_filter()\n"
BOOTSTRAP = (HERE / "bootstrap.py").read_text()
CONNECT_SECONDS = 5
READY_SECONDS = 60.0

# What the official Python image and ours set.
IMAGE_VARIABLES = (
    "HOSTNAME",
    "GPG_KEY",
    "PYTHON_VERSION",
    "PYTHON_SHA256",
    "PIP_CERT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
)

STOPPED = "Docker is installed but its engine does not answer"
START_HINT = (
    "Start Docker Desktop, or `sudo systemctl start docker` on Linux; if it runs, your user may not use it "
    "(`sudo usermod -aG docker $USER`, then log in again). DOCKER_HOST names another engine. "
    "--executor local works without Docker."
)


class DockerExecutor:
    """Hardened containers of one engine."""

    name = "docker"

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._pool = Pool(self._boot)
        self._connecting = threading.RLock()
        self._client: docker.DockerClient | None = None
        self._proof: list[Property] | str | None = None
        with contextlib.suppress(SandboxError):
            sweep(self._connect())
        atexit.register(self.close)

    def readiness(self) -> Readiness:
        """Whether the engine answers and has the image or can have it; what a container proves to hold."""
        try:
            client = self._connect()
            version = client.version()["Version"]
            built = image.present(client, image.tag())
        except SandboxError as error:
            return Readiness(False, error.message, error.hint)
        except image.ENGINE_ERRORS as error:
            self._client = None
            return Readiness(False, f"{STOPPED}: {image.reason(error)}", START_HINT)
        if not built:
            if not image.buildable(client):
                return Readiness(False, f"Docker {version} answers, but {image.BASE} cannot be had", image.PULL_HINT)
            later = "is tried as soon as the runtime image is built"
            properties = tuple(Property(name, False, later) for name in selftest.NAMES)
            return Readiness(True, f"Docker {version}; the runtime image is built at first use", properties=properties)
        return Readiness(True, f"Docker {version}", properties=self._proven(client))

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Build the runtime image when the engine has none. Raises SandboxError."""
        image.runtime_image(self._connect(), tell)

    def warm(self) -> None:
        """Start a container in the background."""
        self._pool.warm(self._limits)

    def open(self, limits: Limits) -> FrameSession:
        """A fresh session under these limits. Raises SandboxError when none can be had."""
        return self._pool.take(limits)

    def close(self) -> None:
        """End every session and the warm container."""
        self._pool.close()
        atexit.unregister(self.close)

    def _connect(self) -> docker.DockerClient:
        """The engine, asked once whether it answers."""
        with self._connecting:
            if self._client is None:
                try:
                    client = docker.from_env(timeout=CONNECT_SECONDS)
                    client.ping()
                    # Later calls may take longer: a start on a busy machine, a removal.
                    client.api.timeout = 60
                except image.ENGINE_ERRORS as error:
                    raise SandboxError(f"{STOPPED}: {image.reason(error)}", START_HINT) from error
                self._client = client
            return self._client

    def _boot(self, limits: Limits, closed: Callable[[FrameSession], None]) -> FrameSession:
        """Start one container and wait until its libraries are loaded."""
        client = self._connect()
        try:
            name = image.runtime_image(client)
            channel = ContainerChannel(client, settings(limits, name, [*inside.ISOLATED, "-c", BOOTSTRAP]))
        except image.ENGINE_ERRORS as error:
            raise SandboxError(f"The container could not start: {image.reason(error)}", START_HINT) from error
        session = FrameSession(channel, limits, closed)
        channel.send(parcel())
        session.wait_ready(READY_SECONDS)
        return session

    def _proven(self, client: docker.DockerClient) -> tuple[Property, ...]:
        """What a container of the same settings could not do. Tried once an executor."""
        if self._proof is None:
            self._proof = prove(client)
        if isinstance(self._proof, str):
            return tuple(Property(name, False, self._proof) for name in selftest.NAMES)
        return tuple(self._proof)


def prove(client: docker.DockerClient) -> list[Property] | str:
    """Try every property inside a container, the host's bridge address included."""

    def runner(code: str, facts: bytes, limits: Limits) -> tuple[bytes, str]:
        line = settings(limits, image.tag(), [*inside.ISOLATED, "-c", f"{FILTER}\n{code.replace(FUTURE, '')}"])
        output, log, over = bytearray(), bytearray(), threading.Event()
        try:
            channel = ContainerChannel(client, line)
        except image.ENGINE_ERRORS as error:
            raise SandboxError(f"The container could not start: {image.reason(error)}") from error
        channel.listen(output.extend, log.extend, over.set)
        channel.send(facts)
        over.wait(READY_SECONDS)
        channel.kill()
        return bytes(output), log.decode("utf-8", "replace")

    addresses: list[str] = []
    with contextlib.suppress(LookupError, *image.ENGINE_ERRORS):
        addresses = [client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]]
    return selftest.run(runner, IMAGE_VARIABLES, tuple(addresses))
