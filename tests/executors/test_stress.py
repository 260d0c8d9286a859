"""The probes of `doctor` that take seconds, on every executor."""

from __future__ import annotations

from engine.executors.base import Executor
from engine.executors.proof import stress
from engine.products import Limits


def test_nothing_takes_more_than_it_may(executor: Executor, limits: Limits) -> None:
    found = stress.run(executor.run, limits)
    late = [item for item in found if not item.enforced and "s after its time" not in item.detail]
    assert len(found) == 6
    assert not late


def test_a_limit_that_does_not_hold_is_found() -> None:
    found = stress.run(lambda code, facts, limits, seconds: (b"100000\n", ""), Limits())
    assert [item.enforced for item in found] == [False] * 4 + [True] * 2


def test_a_probe_that_cannot_run_proves_nothing() -> None:
    found = stress.run(lambda code, facts, limits, seconds: (b"", ""), Limits())
    assert not any(item.enforced for item in found[:4])
