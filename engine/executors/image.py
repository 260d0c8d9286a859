"""The runtime image: Python and the pinned packages, named by what it is made of, built once per machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import docker
import docker.errors
import requests

from engine.errors import SandboxError

BASE = "python:3.11-slim"
NAME = "meta-agent-runtime"
LABEL = "meta-agent.role"
REQUIREMENTS = Path(__file__).resolve().parents[2] / "templates" / "bundle" / "requirements.txt"
DOCKERFILE = f"""\
FROM {BASE}
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --only-binary=:all: -r /tmp/requirements.txt
LABEL {LABEL}="image"
USER 65534:65534
WORKDIR /tmp
"""
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
    tell(f"Building {name} (once, about a minute)")
    try:
        lines = client.api.build(
            fileobj=context(), custom_context=True, tag=name, rm=True, forcerm=True, decode=True, timeout=900
        )
        follow(lines, tell)
    except ENGINE_ERRORS as error:
        raise SandboxError(f"The runtime image could not be built: {reason(error)}", INSTALL_HINT) from error
    return name


def context() -> io.BytesIO:
    """What the engine gets to build from: two files, with times and owners left out."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (
            ("Dockerfile", DOCKERFILE.encode()),
            ("requirements.txt", REQUIREMENTS.read_bytes()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return packed


def follow(lines: Iterable[Mapping[str, Any]], tell: Callable[[str], None]) -> None:
    """Pass progress on; the engine reports a failed build as a line too."""
    last = ""
    for line in lines:
        if "error" in line:
            raise SandboxError(f"The runtime image could not be built: {line['error'].strip()}\n{last}", INSTALL_HINT)
        text = str(line.get("stream", "")).strip()
        if text:
            last = text
            tell(text)


def reason(error: Exception) -> str:
    """The engine's own words, in one line."""
    return str(getattr(error, "explanation", None) or error).strip().partition("\n")[0]
