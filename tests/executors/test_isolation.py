"""What hostile code inside a sandbox can do: nothing that matters, whichever executor."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SandboxError
from engine.executors.base import Executor, Session
from engine.products import Limits

PROJECT = Path(__file__).resolve().parents[2]
CANARY = "canary-4f1c9b"


def run(session: Session, code: str) -> dict[str, Any]:
    """The answer's header."""
    return dict(session.ask({"code": code}).header)


def test_every_property_is_proven(executor: Executor) -> None:
    assert {item.name: item.enforced for item in executor.readiness().properties} == {
        "no network": True,
        "no host files": True,
        "no host environment": True,
        "own processes": True,
        "system calls filtered": True,
        "memory limit": True,
        "no privileges": True,
        "no other session": True,
        "no raw sockets": True,
        "read-only root": True,
        "no user namespaces": True,
        "no tracing": True,
        "no keys": True,
        "no io_uring": True,
        "no bpf": True,
    }


def test_a_fork_bomb_is_bounded(session: Session, limits: Limits) -> None:
    code = """
import os, time
count = 0
try:
    while count < 1000:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
answer["count"] = count
"""
    assert run(session, code)["count"] < limits.processes


def test_no_address_of_the_host_answers(session: Session) -> None:
    reached: list[Any] = []
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    reached.append(listener.accept())

        thread = threading.Thread(target=accept)
        thread.start()
        code = f"""
import socket
reached = []
for host in {["127.0.0.1", "172.17.0.1", "::1", *own_addresses()]!r}:
    try:
        socket.create_connection((host, {port}), timeout=0.5)
        reached.append(host)
    except OSError:
        pass
answer["reached"] = reached
"""
        answer = run(session, code)
        over.set()
        thread.join()
    assert answer["reached"] == []
    assert reached == []


def own_addresses() -> list[str]:
    """The host's addresses, as far as its name tells them."""
    with contextlib.suppress(OSError):
        return socket.gethostbyname_ex(socket.gethostname())[2]
    return []


def test_unusual_sockets_and_calls_are_refused(session: Session) -> None:
    code = """
import ctypes, errno, socket
libc = ctypes.CDLL(None, use_errno=True)
answer["sockets"] = []
for family in (16, 17, 38, 40):
    try:
        socket.socket(family, 3 if family != 40 else 1, 0)
        answer["sockets"].append(family)
    except OSError:
        pass
calls = {"user": lambda: libc.unshare(0x10000000), "net": lambda: libc.unshare(0x40000000),
         "keyctl": lambda: libc.keyctl(0, -3, 0) if hasattr(libc, "keyctl") else libc.syscall(250, 0, -3, 0),
         "io_uring": lambda: libc.syscall(425, 1, 0), "ptrace": lambda: libc.ptrace(0, 0, 0, 0),
         "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0),
         "chroot": lambda: libc.chroot(b"/tmp")}
answer["calls"] = [name for name, call in calls.items() if call() >= 0]
"""
    answer = run(session, code)
    assert answer["sockets"] == []
    assert answer["calls"] == []


def test_no_file_of_the_host_can_be_read(session: Session, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    secret.chmod(0o644)
    paths = [
        secret,
        PROJECT / "README.md",
        PROJECT / "engine/errors.py",
        PROJECT / ".env",
        Path("/etc/shadow"),
    ]
    paths += [Path.home() / ".bashrc", Path("/var/run/docker.sock"), Path("/proc/1/root/etc/shadow")]
    code = f"""
import os
opened = []
for path in {[str(path) for path in paths]!r}:
    try:
        opened.append((path, open(path, "rb").read(10).decode("latin1")))
    except OSError:
        pass
answer["opened"] = opened
answer["root"] = sorted(os.listdir("/"))
answer["devices"] = sorted(os.listdir("/dev"))
"""
    answer = run(session, code)
    assert answer["opened"] == []
    assert not {"work", "srv", "media"} & set(answer["root"])
    assert not [name for name in answer["devices"] if name.startswith(("sd", "vd", "nvme", "mem", "kvm", "kmsg"))]


def test_nothing_but_its_temporary_folder_can_be_written(session: Session) -> None:
    code = """
import os
written = []
for folder in "/ /usr /etc /app /app/runtime /bin /dev /proc /home /var/tmp /root".split():
    try:
        open(os.path.join(folder, "x"), "w").close()
        written.append(folder)
    except OSError:
        pass
size = 0
try:
    with open("/tmp/fill", "wb", buffering=0) as file:
        while size < 300 << 20:
            size += file.write(bytes(1 << 20))
except OSError:
    pass
os.unlink("/tmp/fill")
answer["written"], answer["size"] = written, size
"""
    answer = run(session, code)
    assert answer["written"] == []
    assert answer["size"] <= 64 << 20


def test_the_environment_is_clean(executor: Executor, limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://user:{CANARY}@host/db")
    # Other limits than the spare's: an interpreter that is started now.
    opened = executor.open(limits.model_copy(update={"memory_mb": 300}))
    code = """
import glob, os
seen = [str(dict(os.environ))]
for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen.append(open(name, "rb").read().decode("latin1"))
    except OSError:
        pass
answer["seen"] = "".join(seen)
"""
    seen = run(opened, code)["seen"]
    opened.close()
    assert "OPENBLAS_NUM_THREADS" in seen
    assert CANARY not in seen
    assert "DATABASE_URL" not in seen


def test_another_session_is_not_to_be_seen(executor: Executor, session: Session, limits: Limits) -> None:
    run(
        session,
        "open('/tmp/secret', 'w').write('x')\nimport os\nif os.fork() == 0:\n    import time; time.sleep(60)",
    )
    other = executor.open(limits)
    code = """
import os
answer["files"] = os.listdir("/tmp")
answer["processes"] = [name for name in os.listdir("/proc") if name.isdigit()]
"""
    answer = run(other, code)
    other.close()
    assert "secret" not in answer["files"]
    assert len(answer["processes"]) <= 2


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"garbage" * 100,
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x05{bad}",
    ],
    ids=["text", "list", "empty", "huge", "no-json"],
)
def test_nonsense_on_the_protocol_ends_the_session(session: Session, bytes_sent: bytes) -> None:
    code = f"import os\nfor n in range(3, 12):\n    try: os.write(n, {bytes_sent!r})\n    except OSError: pass"
    with pytest.raises(SandboxError):
        run(session, code)
    assert not session.alive


def test_a_forged_answer_does_not_answer_the_next_question(session: Session) -> None:
    forged = b'{"reply": true, "ok": true, "forged": 1, "blob": 0}'
    framed = len(forged).to_bytes(4, "big") + forged
    code = f"import os\nfor n in range(3, 12):\n    try: os.write(n, {framed!r})\n    except OSError: pass"
    run(session, code)
    for _ in range(3):
        with contextlib.suppress(SandboxError):
            assert "forged" not in run(session, "answer['true'] = 1")
