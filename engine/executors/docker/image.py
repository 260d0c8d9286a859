"""The runtime image: Python and the pinned packages, named by what it is made of, built once per machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import docker
import docker.errors
import requests

from engine.errors import SandboxError
from engine.executors.base import BASE_IMAGE

BASE = BASE_IMAGE
NAME = "meta-agent-runtime"
LABEL = "meta-agent.role"
REQUIREMENTS = Path(__file__).resolve().parents[3] / "templates" / "bundle" / "requirements.txt"
DOCKERFILE = f"""\
FROM {BASE}
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --only-binary=:all: --require-hashes -r /tmp/requirements.txt
LABEL {LABEL}="image"
USER 65534:65534
WORKDIR /tmp
"""
# At most so often is it told how far a build is.
TELL_SECONDS = 5.0
# What an engine or the way to it can raise.
ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)

PULL_HINT = (
    f"The image {BASE} is fetched once from Docker Hub. Check the machine's internet access or proxy, run "
    f"`docker pull {BASE}` by hand, or load it from a file with `docker load`. On Debian 12 without a "
    "registry, `.ci/engine` makes it. Until then --executor local works without Docker."
)
INSTALL_HINT = (
    "The packages come from the Python Package Index. Check that containers on this machine reach it "
    "(proxy, certificates), then run it again. Until then --executor local works without Docker."
)


def tag() -> str:
    """The image's name: the same recipe gives the same name, another recipe another."""
    recipe = DOCKERFILE.encode() + REQUIREMENTS.read_bytes()
    return f"{NAME}:{hashlib.sha256(recipe).hexdigest()[:12]}"


def present(client: docker.DockerClient, name: str) -> bool:
    """Whether the engine has an image of that name."""
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def buildable(client: docker.DockerClient) -> bool:
    """Whether the image is there, or its base is there or can be fetched."""
    try:
        if present(client, tag()) or present(client, BASE):
            return True
        client.images.get_registry_data(BASE)
    except ENGINE_ERRORS:
        return False
    return True


def runtime_image(client: docker.DockerClient, tell: Callable[[str], None] | None = None) -> str:
    """The image's name; it is built first when the engine has none.

    Raises:
        SandboxError: it could not be built; the hint says what to do.
    """
    name = tag()
    if not present(client, name):
        build(client, tell or (lambda line: None))
    return name


def build(client: docker.DockerClient, tell: Callable[[str], None]) -> str:
    """Build the image, each line of progress passed on.

    Raises:
        SandboxError: the base image cannot be had, or a package cannot be installed.
    """
    name = tag()
    try:
        if not present(client, BASE):
            tell(f"Fetching {BASE}")
            client.images.pull(BASE)
    except ENGINE_ERRORS as error:
        raise SandboxError(f"The base image {BASE} could not be fetched: {reason(error)}", PULL_HINT) from error
    base = pinned_base(client)
    tell(f"Building {name} from {base} (once, about a minute)")
    try:
        lines = client.api.build(
            fileobj=context(base), custom_context=True, tag=name, rm=True, forcerm=True, decode=True, timeout=900
        )
        follow(lines, tell)
    except ENGINE_ERRORS as error:
        raise SandboxError(f"The runtime image could not be built: {reason(error)}", INSTALL_HINT) from error
    return name


def pinned_base(client: docker.DockerClient) -> str:
    """The base image by the digest that its registry gave it; by its name where it came from no registry."""
    try:
        digests: list[str] = client.images.get(BASE).attrs.get("RepoDigests") or []
    except ENGINE_ERRORS as error:
        raise SandboxError(f"The base image {BASE} could not be read: {reason(error)}", PULL_HINT) from error
    return min(digests, default=BASE)


def public_base(client: docker.DockerClient) -> str:
    """The base as any machine may fetch it: by Docker Hub's digest where this engine has one, else by its name."""
    name = BASE.partition(":")[0]
    try:
        digests: list[str] = client.images.get(BASE).attrs.get("RepoDigests") or []
    except ENGINE_ERRORS:
        return BASE
    return min(
        (f"{BASE}@{each.partition('@')[2]}" for each in digests if each.startswith(f"{name}@sha256:")), default=BASE
    )


def context(base: str = BASE) -> io.BytesIO:
    """Return the archive that the engine builds from: two files, without times and owners."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (
            ("Dockerfile", DOCKERFILE.replace(f"FROM {BASE}", f"FROM {base}", 1).encode()),
            ("requirements.txt", REQUIREMENTS.read_bytes()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def follow(lines: Iterable[Mapping[str, Any]], tell: Callable[[str], None]) -> None:
    """Tell in a line how far a build is, not what pip prints; the engine reports a failed build as a line too."""
    last, counted, told_at = "", 0, 0.0
    for line in lines:
        if "error" in line:
            raise SandboxError(f"The runtime image could not be built: {line['error'].strip()}\n{last}", INSTALL_HINT)
        text = str(line.get("stream", "")).strip()
        last = text or last
        if text.startswith("Installing collected packages"):
            tell("installing the packages")
        elif text.startswith("Collecting "):
            counted += 1
            if time.monotonic() - told_at > TELL_SECONDS:
                tell(f"fetching the packages, {min(counted, packages())} of {packages()}")
                told_at = time.monotonic()


def packages() -> int:
    """How many packages the image holds."""
    return sum("==" in line for line in REQUIREMENTS.read_text("utf-8").splitlines())


def reason(error: Exception) -> str:
    """The engine's own words, in one line."""
    return str(getattr(error, "explanation", None) or error).strip().partition("\n")[0]
