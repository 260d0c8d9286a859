"""`./run image`: the runtime image to a file and back."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import docker
import pytest

from engine.errors import SandboxError, UsageError
from engine.executors.docker import archive, image


@pytest.fixture
def client() -> docker.DockerClient:
    """The engine with the image on it."""
    try:
        found = docker.from_env()
        found.ping()
    except image.ENGINE_ERRORS as error:
        pytest.skip(f"no engine: {error}")
    image.runtime_image(found)
    return found


def test_it_goes_to_a_file_and_back(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A small image under another name: the real one is needed by others meanwhile.
    name = "meta-agent-runtime:test-archive"
    monkeypatch.setattr(image, "tag", lambda: name)
    rootfs = io.BytesIO()
    with tarfile.open(fileobj=rootfs, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("empty"))
    client.api.import_image_from_data(rootfs.getvalue(), repository="meta-agent-runtime", tag="test-archive")
    try:
        assert archive.save(tmp_path / "image.tar") == (name, (tmp_path / "image.tar").stat().st_size)
        client.images.remove(name)
        assert archive.load(tmp_path / "image.tar") == name
        assert image.present(client, name)
    finally:
        client.images.remove(name)
    with pytest.raises(SandboxError, match="has no"):
        archive.save(tmp_path / "other.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["image.tar"]


def test_what_cannot_work_is_said(client: docker.DockerClient, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        archive.load(tmp_path / "none.tar")
    with pytest.raises(UsageError, match="cannot be written"):
        archive.save(tmp_path / "no" / "folder.tar")


def test_without_an_engine_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(SandboxError, match="No Docker engine"):
        archive.build(print)
