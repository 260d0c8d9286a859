"""A kit over a copy of the sample that a test may change, a real mail server, and a receiver of what is posted."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine import Kit, Settings
from engine.products import Run
from engine.products.service import Delivery
from engine.services.running import Clock
from tests.endtoend.workbench import free_port
from tests.scenarios.conftest import asked

OWN = "property_id = (SELECT property_id FROM properties WHERE name = 'Orlando Fashion Square')"
SECRETS = {"HOOK": "signs", "CHAT": ""}


class Inbox:
    """A mail server on loopback: what it was sent, and what it answers instead of taking it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Answer, for the first time or again."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or answer what a test wants."""
        answer = self.answers.pop(0) if self.answers else ""
        if not answer or answer == "taken and dropped":
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        if answer == "taken and dropped":
            assert server.transport is not None
            server.transport.close()
        return answer or "250 taken"


class Receiver:
    """A web server on loopback that keeps what it is posted and answers as a test wants."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.posts.append((self.path, dict(self.headers), body))
                answer = kept.answers.pop(0) if kept.answers else 200
                if not answer:
                    self.close_connection = True  # it hangs up without a word
                    return
                self.send_response(answer)
                if answer in (301, 307):
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@dataclass
class Live:
    """A kit whose clock and whose data a test moves."""

    kit: Kit
    file: Path
    inbox: Inbox
    receiver: Receiver
    at: datetime = field(default_factory=lambda: datetime(2026, 11, 2, 6, 0, tzinfo=UTC))

    @property
    def now(self) -> Clock:
        return lambda: self.at

    def later(self, **span: float) -> datetime:
        """Move the clock on."""
        self.at += timedelta(**span)
        return self.at

    def change(self, *statements: str) -> None:
        """Change the data that are asked."""
        with sqlite3.connect(self.file) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def ask(self, text: str = "DSCR for Orlando Fashion Square") -> Run:
        """The run of a request."""
        return asked(self.kit, text)

    def sent(self) -> tuple[Delivery, ...]:
        """Every message, the newest first."""
        return self.kit.store.services.deliveries()

    def posted(self, place: int = -1) -> Any:
        """The body of something that was posted."""
        return json.loads(self.receiver.posts[place][2])


@pytest.fixture
def live(sample_file: Path, tmp_path: Path) -> Iterator[Live]:
    file = Path(shutil.copy(sample_file, tmp_path / "live.sqlite"))
    inbox, receiver = Inbox(), Receiver()
    settings = Settings(
        database_url=f"sqlite:///{file}",
        executor="local",
        store_url=f"sqlite:///{tmp_path}/store.sqlite",
        output_dir=tmp_path / "runs",
        var_dir=tmp_path / "var",
        as_of="2026-11-22",
        smtp_url=f"smtp://127.0.0.1:{inbox.port}",
        smtp_from="workbench@example.com",
        secrets={"HOOK": "signs", "CHAT": f"http://{receiver.host}/chat/t0ken"},
        approved_private_hosts=receiver.host,
    )
    kit = Kit(settings)
    yield Live(kit, file, inbox, receiver)
    kit.close()
    inbox.controller.stop()
    receiver.server.shutdown()
    receiver.server.server_close()
