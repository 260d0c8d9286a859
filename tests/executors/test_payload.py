"""Files sent as a tar, straight from disk."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from engine.errors import SandboxError
from engine.executors.base import Session
from engine.executors.outside.payload import Payload


def test_it_is_a_tar_of_the_size_it_says(tmp_path: Path) -> None:
    for name, size in (("empty", 0), ("block", 512), ("odd", 3_000_001)):
        (tmp_path / name).write_bytes(b"x" * size)
    payload = Payload({f"data/{name}": tmp_path / name for name in ("empty", "block", "odd")})
    sent = b"".join(payload.pieces())
    assert len(sent) == payload.size
    with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
        assert [(item.name, item.size) for item in archive] == [
            ("data/empty", 0),
            ("data/block", 512),
            ("data/odd", 3_000_001),
        ]


def test_it_arrives(session: Session, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(range(256)) * 40_000)
    code = """
import hashlib, io, tarfile
with tarfile.open(fileobj=io.BytesIO(body)) as archive:
    answer["digest"] = hashlib.sha256(archive.extractfile("one").read()).hexdigest()
"""
    import hashlib

    reply = session.ask({"code": code}, Payload({"one": tmp_path / "one"}))
    assert reply.header["digest"] == hashlib.sha256((tmp_path / "one").read_bytes()).hexdigest()
    assert reply.usage["sent_bytes"] > 40_000 * 256


def test_a_file_that_goes_away_ends_the_question_at_once(session: Session, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(4 << 20))
    payload = Payload({"one": tmp_path / "one"})
    (tmp_path / "one").unlink()
    with pytest.raises(SandboxError, match="could not be sent"):
        session.ask({"code": "1"}, payload)
    assert not session.alive
