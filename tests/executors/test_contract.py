"""What every session promises to an honest caller, whichever executor opened it."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from engine.errors import CancelledError, LimitError, SandboxError, ScriptError, UsageError
from engine.executors.base import Executor, Session
from engine.products import Limits


def run(session: Session, code: str, body: bytes = b"", **options: Any) -> dict[str, Any]:
    """The answer's header."""
    return dict(session.ask({"code": code}, body, **options).header)


def test_an_honest_job_gets_its_data_and_gives_its_result(session: Session) -> None:
    code = """
        import io, pandas as pd
        frame = pd.read_parquet(io.BytesIO(body))
        answer["total"] = float(frame["amount"].sum())
        answer["body"] = frame.groupby("kind", as_index=False)["amount"].sum().to_parquet()
    """
    import io
    import textwrap

    import pandas as pd

    frame = pd.DataFrame({"kind": ["a", "b"] * 500, "amount": [1.5, 2.5] * 500})
    reply = session.ask({"code": textwrap.dedent(code)}, frame.to_parquet())
    assert reply.header["total"] == 2000.0
    assert pd.read_parquet(io.BytesIO(reply.body)).to_dict("list") == {
        "kind": ["a", "b"],
        "amount": [750.0, 1250.0],
    }
    assert reply.usage["cpu_seconds"] >= 0
    assert reply.usage["seconds"] > 0
    assert reply.usage["result_bytes"] == len(reply.body)
    assert session.alive


def test_large_messages_cross_both_ways(session: Session) -> None:
    sent = bytes(range(256)) * (20 << 10)
    assert session.ask({"code": "answer['body'] = body[::-1]"}, sent).body == sent[::-1]


def test_what_it_prints_is_the_log_without_terminal_escapes(session: Session) -> None:
    code = r"""
import sys
print("plain \x1b[31mred\x1b[0m \x1b]0;title\x07end", flush=True)
print("error", file=sys.stderr)
"""
    run(session, code)
    assert session.log == "plain red end\nerror\n"


def test_a_flood_of_output_is_cut_and_said_so(session: Session) -> None:
    run(session, "for _ in range(160): print('x' * 65535)")
    assert len(session.log) < (1 << 20) + 200
    assert "the log was cut here: 9,437,184 more bytes" in session.log


def test_events_arrive_while_it_still_works(session: Session) -> None:
    events: list[Any] = []
    with pytest.raises(CancelledError):
        run(session, "event({'at': 1})\nwhile True: pass", tell=events.append, cancelled=lambda: bool(events))
    assert events == [{"at": 1}]
    assert not session.alive


def test_a_script_that_raises_leaves_the_session_alive(session: Session) -> None:
    with pytest.raises(ScriptError, match="ZeroDivisionError") as caught:
        run(session, "a = 1\nb = a / 0")
    assert caught.value.line == 2
    assert caught.value.hint == "see line"
    run(session, "kept['x'] = 7")
    assert run(session, "answer['x'] = kept['x']")["x"] == 7


def test_a_wrong_message_is_a_usage_error(session: Session) -> None:
    with pytest.raises(UsageError, match="no such message"):
        session.ask({"usage": True})
    assert session.alive


def test_an_endless_loop_ends_at_the_wall_limit(session: Session) -> None:
    code = "import signal\nfor n in (1, 2, 14, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass"
    with pytest.raises(LimitError, match="within 1 s") as caught:
        run(session, code, seconds=1)
    assert caught.value.limit == "wall_seconds"
    assert caught.value.hint
    assert not session.alive


def test_what_daemonised_ends_too(session: Session) -> None:
    code = """
import os
if os.fork() == 0:
    os.setsid()
    os.fork()
while True: pass
"""
    with pytest.raises(LimitError):
        run(session, code, seconds=1)
    session.close()
    with pytest.raises(SandboxError, match="closed"):
        run(session, "1")


@pytest.mark.parametrize(
    "code",
    [
        "held = []\nwhile True: held.append(bytearray(b'x') * (8 << 20))",
        "import numpy\nheld = numpy.ones(200_000_000)",
        "import mmap\nheld = [mmap.mmap(-1, 64 << 20) for _ in range(40)]\n"
        "for part in held: part.write(b'x' * (64 << 20))",
    ],
    ids=["list", "numpy", "shared"],
)
def test_too_much_memory_is_named(session: Session, code: str) -> None:
    with pytest.raises(LimitError) as caught:
        run(session, code)
    assert caught.value.limit == "memory_mb"
    assert "256 MB" in caught.value.message
    assert not session.alive


def test_too_large_a_result_is_named(session: Session) -> None:
    with pytest.raises(LimitError, match="8 MB") as caught:
        run(session, "answer['body'] = bytes(20 << 20)")
    assert caught.value.limit == "result_mb"


def test_cancelling_ends_it_within_seconds(session: Session) -> None:
    pressed = threading.Event()
    threading.Timer(0.3, pressed.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        run(session, "import time; time.sleep(60)", cancelled=pressed.is_set)
    assert time.monotonic() - started < 10
    assert not session.alive


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os._exit(137)", "exit code 137"),
        ("import ctypes; ctypes.string_at(0)", "killed by signal 11"),
    ],
    ids=["exit", "quiet", "like-a-kill", "segfault"],
)
def test_a_dead_interpreter_is_reported_truly(session: Session, code: str, said: str) -> None:
    with pytest.raises(SandboxError, match=said) as caught:
        run(session, "print('last words', flush=True)\n" + code)
    assert "last words" in caught.value.message
    assert not isinstance(caught.value, LimitError)
    assert not session.alive


def test_two_questions_at_once_are_answered_one_after_the_other(session: Session) -> None:
    answers: list[int] = []

    def ask(number: int) -> None:
        code = f"import time; kept['n'] = {number}; time.sleep(0.2); answer['n'] = kept['n']"
        answers.append(run(session, code)["n"] - number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [0, 0, 0, 0]


def test_closing_from_another_thread_ends_a_question(session: Session) -> None:
    threading.Timer(0.5, session.close).start()
    with pytest.raises(SandboxError, match="closed"):
        run(session, "while True: pass")


def test_a_warm_interpreter_is_handed_out_once(executor: Executor, limits: Limits) -> None:
    first = executor.open(limits)
    run(first, "import builtins; builtins.mark = 1; open('/tmp/mark', 'w').close()")
    first.close()
    executor.warm()
    second = executor.open(limits)
    answer = run(
        second,
        "import os, builtins; answer['seen'] = [hasattr(builtins, 'mark'), os.path.exists('/tmp/mark')]",
    )
    second.close()
    assert answer["seen"] == [False, False]
