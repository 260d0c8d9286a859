"""Sessions forked from one warm interpreter: they share nothing that matters, and die alone."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import LimitError, SandboxError
from engine.executors import EXECUTORS
from engine.executors.base import Executor, Session
from engine.executors.docker import container, profile
from engine.executors.inside import wire
from engine.executors.outside.channel import Death
from engine.executors.outside.forkserver import ForkServer
from engine.executors.proof import selftest
from engine.products import Limits


def run(session: Session, code: str, **options: Any) -> dict[str, Any]:
    """The answer's header."""
    return dict(session.ask({"code": code}, **options).header)


forks = pytest.mark.parametrize("executor", ["local-owner", "docker-owner"], indirect=True)


@pytest.fixture
def forking(executor: Executor) -> Executor:
    """The executor, which forks."""
    proof = executor._isolated.proof()  # type: ignore[attr-defined]
    assert proof.forking, proof
    return executor


@pytest.fixture
def pair(forking: Executor, limits: Limits) -> Iterator[tuple[Session, Session]]:
    """Two sessions of one owner."""
    both = forking.open(limits), forking.open(limits)
    yield both
    for session in both:
        session.close()


def forkserver_of(session: Any) -> ForkServer:
    """The fork server a session was forked from."""
    found = session._channel._server
    assert isinstance(found, ForkServer)
    return found


@forks
def test_sessions_of_one_owner_share_a_fork_server_and_others_never(forking: Executor, limits: Limits) -> None:
    opened = [forking.open(limits, owner) for owner in ("ann", "ann", "bob")]
    first, second, other = map(forkserver_of, opened)
    for session in opened:
        session.close()
    assert first is second
    assert first is not other


@forks
def test_many_sessions_more_than_one_fork_server_holds(forking: Executor, limits: Limits) -> None:
    opened = [forking.open(limits, "crowd") for _ in range(10)]
    assert [run(one, "answer['x'] = 1")["x"] for one in opened] == [1] * 10
    assert len(set(map(forkserver_of, opened))) == 2
    for session in opened:
        session.close()


@forks
def test_two_forks_draw_different_numbers(pair: tuple[Session, Session]) -> None:
    code = "import random, numpy; answer['x'] = [random.random(), float(numpy.random.random())]"
    first, second = (run(session, code)["x"] for session in pair)
    assert not set(first) & set(second)


@forks
def test_what_one_changes_the_other_has_not(pair: tuple[Session, Session]) -> None:
    first, second = pair
    run(first, "import builtins, pandas, os; builtins.mark = pandas.mark = 1; os.environ['MARK'] = '1'")
    run(first, "open('/tmp/mark', 'w').close()")
    code = """
import builtins, os, pandas
answer["seen"] = [hasattr(builtins, "mark"), hasattr(pandas, "mark"), "MARK" in os.environ, os.path.exists("/tmp/mark")]
"""
    assert run(second, code)["seen"] == [False] * 4


@forks
@pytest.mark.parametrize(
    "code",
    [
        "held = []\nwhile True: held.append(bytearray(b'x') * (8 << 20))",
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        held = bytearray(b'x') * (90 << 20)\n"
        "        time.sleep(60)\ntime.sleep(60)",
    ],
    ids=["one process", "many"],
)
def test_a_session_over_its_memory_dies_alone(pair: tuple[Session, Session], code: str) -> None:
    first, second = pair
    run(second, "kept['x'] = 7")
    with pytest.raises(LimitError, match="256 MB"):
        run(first, code, seconds=20)
    assert run(second, "answer['x'] = kept['x']")["x"] == 7


@forks
def test_a_fork_bomb_leaves_the_other_room(pair: tuple[Session, Session]) -> None:
    first, second = pair
    bomb = """
import os, time
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
except OSError:
    pass
"""
    run(first, bomb)
    code = "import os\npid = os.fork()\nif pid == 0: os._exit(3)\nanswer['code'] = os.waitpid(pid, 0)[1] >> 8"
    assert run(second, code)["code"] == 3


@forks
def test_a_session_that_reads_nothing_holds_up_nobody(pair: tuple[Session, Session], limits: Limits) -> None:
    server = forkserver_of(pair[0])
    member = server.probe("import time; time.sleep(60)", b"", limits)
    sending = threading.Thread(target=member.send, args=(bytes(20 << 20),))
    sending.start()
    sent = bytes(range(256)) * (20 << 10)
    assert pair[0].ask({"code": "answer['body'] = body[::-1]"}, sent).body == sent[::-1]
    assert sending.is_alive()
    member.kill()
    sending.join(10)
    assert not sending.is_alive()


@forks
def test_a_session_whose_answer_nobody_takes_holds_up_nobody(pair: tuple[Session, Session]) -> None:
    first, second = pair

    def ask() -> None:
        with contextlib.suppress(SandboxError):
            run(first, "while True: print('x' * 9999)", seconds=3)

    flood = threading.Thread(target=ask)
    flood.start()
    started = time.monotonic()
    while time.monotonic() - started < 1:
        assert run(second, "answer['x'] = 1")["x"] == 1
    flood.join()
    assert run(second, "answer['x'] = 1")["x"] == 1


@forks
def test_the_probe_finds_what_is_there(forking: Executor, limits: Limits) -> None:
    # A planted secret in the same sandbox: every lock but the session's own walls is gone.
    word = selftest.token()
    source = selftest.PLANTED.read_text().partition("if __name__")[0]
    code = f"{source}\nkept = []\nlaid = lay({word!r}, kept)\n"
    body = selftest.PROBE.read_text().replace("from __future__ import annotations", "").partition("def main()")[0]
    code += f"{body}\nprint(json.dumps(no_other_session({{'plant': [laid]}})))"
    code = code.replace("from __future__ import annotations", "")
    output, log = forking.run(code, b"", limits)
    held, said = json.loads(output or b"[1, 2]")
    assert not held, log
    assert "is there" in said


@pytest.mark.parametrize("executor", ["docker-owner", "docker-run"], indirect=True)
def test_without_nested_namespaces_it_is_one_container_a_run_and_says_so(
    executor: Executor, monkeypatch: pytest.MonkeyPatch, limits: Limits
) -> None:
    monkeypatch.setitem(profile.GROUPS, "sandboxes", "")
    other = EXECUTORS["docker"](limits)
    ready = other.readiness()
    session = other.open(limits)
    answer = run(session, "answer['x'] = 1")
    other.close()
    assert ready.isolated
    assert "One container a run" in ready.notice
    assert "unshare" in ready.notice
    assert answer["x"] == 1


@forks
def test_a_fork_server_that_dies_is_replaced(forking: Executor, limits: Limits) -> None:
    first = forking.open(limits, "carol")
    forkserver_of(first).close()
    with pytest.raises(SandboxError):
        run(first, "1")
    second = forking.open(limits, "carol")
    assert run(second, "answer['x'] = 1")["x"] == 1
    second.close()


class Spoken:
    """A channel on which the test speaks for the fork server."""

    executor = "spoken"
    settle = 0.0

    def __init__(self) -> None:
        self.dead = False
        self.sent = b""

    def listen(self, output: Any, log: Any, ended: Any) -> None:
        self.output, self.ended = output, ended

    def send(self, data: bytes) -> None:
        self.sent += data

    def kill(self) -> None:
        self.dead = True

    def why_died(self) -> Death:
        return Death(detail="thrown away")

    def peak_memory_mb(self) -> None:
        return None


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense that is no piece",
        wire.pack(wire.OUTPUT, 7, b"for a session that never was"),
        wire.HEAD.pack(wire.OUTPUT, 1, wire.PIECE + 1),
        wire.pack(wire.OUTPUT, 1, bytes(wire.PIECE)) * 24,
        wire.pack(wire.WANTED, 1, wire.amount(1 << 40)),
        wire.pack(wire.ENDED, 1, b"[]"),
    ],
    ids=["text", "unknown", "huge", "flood", "credit", "words"],
)
def test_a_fork_server_that_misbehaves_is_thrown_away(said: bytes) -> None:
    channel = Spoken()
    server = ForkServer(channel)
    member = server.probe("", b"", Limits())
    channel.output(said)
    assert channel.dead
    assert not server.alive
    assert member.why_died().detail == "thrown away"
    with pytest.raises(SandboxError):
        server.probe("", b"", Limits())


def test_a_container_with_a_fork_server_is_as_bare_as_any(limits: Limits) -> None:
    plain, forkserver = container.settings(limits, "x", []), container.forkserver_settings(limits, "x", [])
    assert {name for name in plain if plain[name] != forkserver[name]} == {"security_opt", "tmpfs", "ulimits"}
    for word in ("ptrace", "io_uring", "keyctl", "bpf", "setns", "process_vm", "umount", "pivot", "open_by_handle"):
        assert word not in forkserver["security_opt"][-1]
