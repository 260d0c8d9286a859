"""The runtime image as a file: for machines that can reach no registry and no package index."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import docker

from engine.errors import SandboxError, UsageError
from engine.executors.docker import image

ENGINE_HINT = "Start the Docker engine, or name another one with DOCKER_HOST."
# Saving and loading hundreds of megabytes takes the engine longer than any question.
SECONDS = 900


@contextlib.contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """The engine; what it refuses is a SandboxError."""
    try:
        client = docker.from_env(timeout=SECONDS)
    except image.ENGINE_ERRORS as error:
        raise SandboxError(f"No Docker engine answers: {image.reason(error)}", ENGINE_HINT) from error
    try:
        yield client
    except image.ENGINE_ERRORS as error:
        raise SandboxError(f"The Docker engine refused: {image.reason(error)}", ENGINE_HINT) from error
    finally:
        client.close()


def build(tell: Callable[[str], None]) -> str:
    """Build the image if the engine has none; its name. Raises SandboxError."""
    with engine() as client:
        return image.runtime_image(client, tell)


def save(file: Path) -> tuple[str, int]:
    """Write the image to a file, whole or not at all; its name and the file's size.

    Raises:
        SandboxError: the engine does not answer or has no such image.
        UsageError: the file cannot be written.
    """
    name = image.tag()
    with engine() as client:
        if not image.present(client, name):
            raise SandboxError(f"The engine has no {name}", "Make it first: ./run image build")
        pieces = client.images.get(name).save(named=name)
        making = file.with_name(f".{file.name}.part")
        try:
            with making.open("wb") as target:
                for piece in pieces:
                    target.write(piece)
            os.replace(making, file)
        except FileNotFoundError as error:
            raise UsageError(
                f"{file} cannot be written: {error.strerror}", "Name a file in a folder that is."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                making.unlink()
    return name, file.stat().st_size


def load(file: Path) -> str:
    """Read the image from a file; its name.

    Raises:
        SandboxError: the engine does not answer, or the file holds another image than this version needs.
        UsageError: there is no such file.
    """
    if not file.is_file():
        raise UsageError(f"There is no file {file}", "Write it on a machine that has the image: ./run image save FILE")
    name = image.tag()
    with engine() as client:
        with file.open("rb") as source:
            loaded = {tag for found in client.images.load(source) for tag in found.tags}
        if not image.present(client, name):
            had = ", ".join(sorted(loaded)) or "no named image"
            raise SandboxError(f"{file} holds {had}, but this version needs {name}", "Save it with the same version.")
    return name
