"""Sessions in hardened containers, through the Docker SDK against any DOCKER_HOST.

By default sessions of one owner are forked inside one container, each in namespaces of its own (`forkserver.py`);
with the setting ISOLATION=run, or where the engine forbids that, each session has a container.

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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import docker

from engine.errors import SandboxError
from engine.executors.base import LOCAL_OWNER, Property, Readiness
from engine.executors.docker import image
from engine.executors.docker.container import ContainerChannel, forkserver_settings, payload, settings, sweep
from engine.executors.outside import shipped
from engine.executors.outside.forkserver import ForkServer, total
from engine.executors.outside.isolation import OWNER, PROBE_SECONDS, Isolation
from engine.executors.outside.session import FrameSession
from engine.executors.proof import selftest
from engine.products import Limits

FUTURE = "from __future__ import annotations"
# The self-test runs behind the same filter as a job.
FILTER = (shipped.INSIDE / "syscalls.py").read_text() + "\ninstall_filter()\n"
BOOTSTRAP = (shipped.INSIDE / "bootstrap.py").read_text()
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

PROOF_HINT = "./run doctor shows what was tried. --executor local works without Docker."
STOPPED = "Docker is installed but its engine does not answer"
START_HINT = (
    "Start Docker Desktop, or `sudo systemctl start docker` on Linux; if it runs, your user may not use it "
    "(`sudo usermod -aG docker $USER`, then log in again). DOCKER_HOST names another engine. "
    "--executor local works without Docker."
)

# A container's settings: limits, image, arguments, the engine's runtime.
# What of an engine a remembered proof depends on.
ENGINE_FACTS = ("ID", "ServerVersion", "KernelVersion", "OperatingSystem", "SecurityOptions", "CgroupVersion", "NCPU")

Line = Callable[..., dict[str, Any]]


class DockerExecutor:
    """Hardened containers of one engine."""

    name = "docker"
    unit = "container"

    def __init__(
        self, limits: Limits | None = None, isolation: str = OWNER, runtime: str = "", proofs: Path | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._runtime = runtime
        self._isolated = Isolation(self, self._limits, isolation, proofs)
        self._connecting = threading.RLock()
        self._client: docker.DockerClient | None = None
        with contextlib.suppress(SandboxError):
            sweep(self._connect())
        atexit.register(self.close)

    def readiness(self) -> Readiness:
        """Whether the engine answers and has the image or can have it; what a container proves to hold."""
        try:
            client = self._connect()
            version = client.version()["Version"]
            self._check_runtime(client)
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
            return Readiness(
                True, f"Docker {version}; the runtime image is built behind the first answer", properties=properties
            )
        return self._proven(f"Docker {version}")

    def unbuilt(self) -> bool:
        """Whether the engine answers and has no runtime image."""
        try:
            return not image.present(self._connect(), image.tag())
        except (SandboxError, *image.ENGINE_ERRORS):
            return False

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Build the runtime image when the engine has none. Raises SandboxError."""
        image.runtime_image(self._connect(), tell)

    def base_image(self) -> str:
        """The image by Docker Hub's digest where this engine fetched it from there, else by its name."""
        try:
            return image.public_base(self._connect())
        except SandboxError:
            return image.BASE

    def warm(self) -> None:
        """Start a container in the background."""
        threading.Thread(target=self._warm, name="sandbox-warm", daemon=True).start()

    def open(self, limits: Limits, owner: str = LOCAL_OWNER) -> FrameSession:
        """A fresh session of this owner under these limits. Raises SandboxError when none can be had."""
        return self._isolated.open(limits, owner)

    def confirm(self) -> str:
        """Prove again what was only remembered; a sentence when it holds no longer."""
        return self._isolated.confirm()

    def run(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a sandbox like a session's, at most so long."""
        return self._isolated.run(code, facts, limits, seconds)

    def close(self) -> None:
        """End every session and every warm container."""
        self._isolated.close()
        atexit.unregister(self.close)

    def boot(self, limits: Limits, closed: Callable[[FrameSession], None]) -> FrameSession:
        """Start one container for one session and wait until its libraries are loaded."""
        channel = self._start(settings, limits, BOOTSTRAP)
        session = FrameSession(channel, limits, closed)
        channel.send(payload())
        session.wait_ready(READY_SECONDS)
        return session

    def boot_forkserver(self, limits: Limits) -> ForkServer:
        """Start one container that forks sessions."""
        channel = self._start(forkserver_settings, total(limits, self._processors()), BOOTSTRAP, "forkserver")
        server = ForkServer(channel)
        channel.send(payload())
        server.wait_ready(READY_SECONDS)
        return server

    def run_once(self, code: str, facts: bytes, limits: Limits, seconds: float = PROBE_SECONDS) -> tuple[bytes, str]:
        """Code of ours in a container of its own."""
        channel = self._start(settings, limits, f"{FILTER}\n{code.replace(FUTURE, '')}")
        output, log, over = bytearray(), bytearray(), threading.Event()
        channel.listen(output.extend, log.extend, over.set)
        channel.send(facts)
        over.wait(seconds)
        channel.kill()
        return bytes(output), log.decode("utf-8", "replace")

    def prove_run(self) -> list[Property]:
        """Try every property in a container of its own."""
        variables, addresses = self.seen
        found = selftest.run(self.run_once, variables, addresses)
        return found if isinstance(found, list) else [Property(name, False, found) for name in selftest.NAMES]

    @property
    def can_fork(self) -> str:
        """It may be tried with every engine."""
        return ""

    @property
    def facts(self) -> tuple[str, ...]:
        """The engine, its kernel and security, and the image."""
        client = self._connect()
        try:
            about = client.info()
            kept = [str(about.get(name)) for name in ENGINE_FACTS]
            return (*kept, self._runtime, str(client.images.get(image.tag()).id))
        except image.ENGINE_ERRORS as error:
            raise SandboxError(f"{STOPPED}: {image.reason(error)}", START_HINT) from error

    @property
    def seen(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the variables that the image sets, and the host's address on the engine's bridge."""
        addresses: list[str] = []
        with contextlib.suppress(LookupError, SandboxError, *image.ENGINE_ERRORS):
            addresses = [self._connect().networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]]
        return IMAGE_VARIABLES, addresses

    def _start(self, line: Line, limits: Limits, code: str, *arguments: str) -> ContainerChannel:
        client = self._connect()
        try:
            name = image.runtime_image(client)
            command = [*shipped.ISOLATED, "-c", code, *arguments]
            return ContainerChannel(client, line(limits, name, command, runtime=self._runtime))
        except image.ENGINE_ERRORS as error:
            raise SandboxError(f"The container could not start: {image.reason(error)}", START_HINT) from error

    def _processors(self) -> int:
        try:
            return int(self._connect().info().get("NCPU") or 1)
        except image.ENGINE_ERRORS as error:
            raise SandboxError(f"{STOPPED}: {image.reason(error)}", START_HINT) from error

    def _warm(self) -> None:
        # The next `open` starts its own and reports what goes wrong then.
        with contextlib.suppress(SandboxError, *image.ENGINE_ERRORS):
            if image.present(self._connect(), image.tag()):
                self._isolated.warm()

    def _proven(self, version: str) -> Readiness:
        """An executor that cannot prove all is not used."""
        proof = self._isolated.proof()
        if proof.failed:
            first = proof.failed[0]
            reason = f"{version} answers, but its sandbox failed the self-test: {first.name}: {first.detail}"
            return Readiness(False, reason, PROOF_HINT, proof.properties, proof.notice)
        return Readiness(True, version, properties=proof.properties, notice=proof.notice)

    def _check_runtime(self, client: docker.DockerClient) -> None:
        """Whether the engine offers the runtime that the settings name."""
        known = client.info().get("Runtimes") or {} if self._runtime else {}
        if self._runtime and self._runtime not in known:
            raise SandboxError(
                f"The engine has no runtime named {self._runtime}; it has: {', '.join(sorted(known))}",
                "Install it and name it in the engine's daemon.json, or leave SANDBOX_RUNTIME empty.",
            )

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
