"""A proof that is remembered: only by whom, where and for what it was made, and never for long."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import SandboxError
from engine.executors import EXECUTORS
from engine.executors.base import Executor, Property
from engine.executors.outside import isolation
from engine.executors.proof import kept, selftest
from engine.executors.proof.kept import REPEAT_SECONDS, KeptProofs
from engine.products import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells one start of a machine from another")
HELD = (Property("no network", True, "refused"), Property("no files", True, "not there"))
LIMITS = Limits(memory_mb=256, wall_seconds=20, processes=64, result_mb=8)


@pytest.fixture
def proofs(tmp_path: Path) -> KeptProofs:
    made = KeptProofs(tmp_path / "proofs.json")
    made.keep(("local",), HELD)
    return made


def test_it_is_found_again_under_the_same_facts(proofs: KeptProofs, tmp_path: Path) -> None:
    found = proofs.find(("local",))
    assert found is not None
    assert found.properties == HELD
    assert not found.due
    assert proofs.find(("docker",)) is None
    assert (tmp_path / "proofs.json").stat().st_mode & 0o777 == 0o600
    proofs.forget(("local",))
    assert proofs.find(("local",)) is None


@pytest.mark.parametrize("what", ["machine", "code_print"])
def test_another_start_kernel_or_code_has_none(proofs: KeptProofs, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    other = ("another",) if what == "machine" else "another"
    monkeypatch.setattr(kept, what, lambda: other)
    assert proofs.find(("local",)) is None


def test_a_file_that_others_may_write_is_not_believed(proofs: KeptProofs, tmp_path: Path) -> None:
    file = tmp_path / "proofs.json"
    file.chmod(0o660)
    assert proofs.find(("local",)) is None
    file.chmod(0o600)
    assert proofs.find(("local",)) is not None
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    assert proofs.find(("local",)) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"x": 1}', '{"KEY": {"at": "x", "held": []}}', '{"KEY": {"held": 1}}']
)
def test_a_spoilt_file_is_no_proof(tmp_path: Path, text: str) -> None:
    file = tmp_path / "proofs.json"
    file.touch(0o600)
    file.write_text(text.replace("KEY", kept.key_of(("local",))))
    assert KeptProofs(file).find(("local",)) is None


def test_a_proof_with_a_hole_is_not_kept(tmp_path: Path) -> None:
    proofs = KeptProofs(tmp_path / "proofs.json")
    proofs.keep(("local",), (*HELD, Property("no neighbours", False, "seen")))
    assert proofs.find(("local",)) is None


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    proofs = KeptProofs(tmp_path / "proofs.json")
    for number in range(kept.MOST_KEPT + 4):
        proofs.keep((str(number),), HELD)
    assert proofs.find(("0",)) is None
    assert proofs.find((str(kept.MOST_KEPT + 3),)) is not None


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Executor]:
    """An executor that has proven itself."""
    made = EXECUTORS["local"](LIMITS, "owner", "", tmp_path / "proofs.json")
    made.readiness()
    if not made._isolated.proof().forking:  # type: ignore[attr-defined]
        pytest.skip("no namespaces of our own here")
    yield made
    made.close()


def test_the_next_start_does_not_wait_for_a_proof(
    local: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise AssertionError("it is proven again before the answer")

    monkeypatch.setattr(selftest, "run", refuse)
    other = EXECUTORS["local"](LIMITS, "owner", "", tmp_path / "proofs.json")
    try:
        assert other.readiness() == local.readiness()
        assert other.readiness().isolated
        assert other.confirm() == "", "it was proven a moment ago"
    finally:
        other.close()


def aged(file: Path) -> None:
    known = {
        key: {**each, "at": time.time() - 2 * REPEAT_SECONDS} for key, each in json.loads(file.read_text()).items()
    }
    file.write_text(json.dumps(known))
    os.chmod(file, 0o600)


def test_an_old_proof_is_made_again_behind_the_answer(local: Executor, tmp_path: Path) -> None:
    file = tmp_path / "proofs.json"
    aged(file)
    other = EXECUTORS["local"](LIMITS, "owner", "", file)
    try:
        other.readiness()
        assert other.confirm() == ""
        assert all(time.time() - each["at"] < REPEAT_SECONDS for each in json.loads(file.read_text()).values())
    finally:
        other.close()


def test_what_holds_no_longer_is_said_and_forgotten(
    local: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "proofs.json"
    aged(file)
    other = EXECUTORS["local"](LIMITS, "owner", "", file)
    try:
        other.readiness()
        broken = [Property(name, name != "no_network", "reached") for name in ("no_network", "no_files")]
        monkeypatch.setattr(isolation.selftest, "run", lambda *_, **__: broken)
        said = other.confirm()
        assert "does not hold what it held before" in said
        assert "no_network" in said
        assert json.loads(file.read_text()) == {}
        assert not other._isolated.proof().forking  # type: ignore[attr-defined]
    finally:
        other.close()


def test_where_no_session_can_be_had_it_is_tried_anew(
    local: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "proofs.json"
    other = EXECUTORS["local"](LIMITS, "owner", "", file)
    try:
        assert other.readiness().isolated

        def gone(*_: object) -> None:
            raise SandboxError("namespaces were switched off")

        monkeypatch.setattr(other._isolated._servers, "_boot", gone)  # type: ignore[attr-defined]
        session = other.open(LIMITS)
        session.close()
        assert not other._isolated.proof().forking  # type: ignore[attr-defined]
        assert "namespaces were switched off" in other.readiness().notice
        assert json.loads(file.read_text()) == {}
    finally:
        other.close()
