"""The runtime image's recipe: its base by digest where a registry gave one, and nothing installed without its hash."""

from __future__ import annotations

import tarfile
from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from engine.errors import SandboxError
from engine.executors.docker import image
from tests.conftest import ROOT


class Engine:
    """An engine with one image, which came from a registry or from nowhere."""

    def __init__(self, digests: list[str] | None, fault: Exception | None = None) -> None:
        self._digests, self._fault = digests, fault
        self.images = self

    def get(self, name: str) -> Any:
        if self._fault is not None:
            raise self._fault
        return SimpleNamespace(attrs={"RepoDigests": self._digests})


def dockerfile(base: str) -> str:
    with tarfile.open(fileobj=image.context(base)) as packed:
        member = packed.extractfile("Dockerfile")
        assert member is not None
        return member.read().decode()


@pytest.mark.parametrize(
    ("digests", "base"),
    [
        (["python@sha256:" + "a" * 64], "python@sha256:" + "a" * 64),
        ([], image.BASE),
        (None, image.BASE),
    ],
)
def test_the_base_is_named_by_its_digest_where_a_registry_gave_one(digests: list[str] | None, base: str) -> None:
    found = image.pinned_base(Engine(digests))  # type: ignore[arg-type]
    assert found == base
    assert dockerfile(found).startswith(f"FROM {base}\n")


@pytest.mark.parametrize(
    ("digests", "base"),
    [
        (["mirror.example/python@sha256:" + "b" * 64, "python@sha256:" + "a" * 64], f"{image.BASE}@sha256:{'a' * 64}"),
        (["mirror.example/python@sha256:" + "b" * 64], image.BASE),
        ([], image.BASE),
        (None, image.BASE),
    ],
)
def test_a_bundle_is_pinned_by_a_digest_that_others_can_fetch_too(digests: list[str] | None, base: str) -> None:
    assert image.public_base(Engine(digests)) == base  # type: ignore[arg-type]
    assert image.public_base(Engine(None, docker.errors.ImageNotFound("none"))) == image.BASE  # type: ignore[arg-type]


def test_an_engine_that_fails_is_said() -> None:
    with pytest.raises(SandboxError, match="could not be read"):
        image.pinned_base(Engine(None, docker.errors.APIError("gone")))  # type: ignore[arg-type]


def test_nothing_is_installed_without_its_hash() -> None:
    assert "--require-hashes -r /tmp/requirements.txt" in dockerfile(image.BASE)
    assert "--require-hashes --requirement requirements.txt" in (ROOT / "templates/bundle/Dockerfile.j2").read_text()
