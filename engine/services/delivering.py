"""Messages about answers, each to one channel, at most once or marked as what may be a repetition.

A mail has the same Message-ID at every try, a callback the same key, so that whoever gets it can tell a repetition.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from engine.datasets.fetching import Fetcher, Sent
from engine.errors import EngineError, UsageError
from engine.foundation.files import write_whole
from engine.foundation.redaction import blotted
from engine.products.service import Callback, Channel, Delivery, DeliveryState, Drop, Hook, Mail, Report, Service, Tick
from engine.services import messages

if TYPE_CHECKING:
    from engine.datasets.hosts import Hosts
    from engine.settings import Settings

log = logging.getLogger(__name__)

# So long after each failed try; after the last one it is given up.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
SECONDS = 30.0
SIGNATURE, KEY, REPETITION = "X-Signature-256", "Idempotency-Key", "X-May-Be-Repetition"
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,250}")
_PORTS = {"smtp": 25, "smtps": 465}
_PART = re.compile(r"\w[\w.-]{0,80}")


class Content(NamedTuple):
    """What a message is made of."""

    service: Service
    tick: Tick
    report: Report
    pdf: bytes
    answer: Mapping[str, Any]
    address: str = ""


class Outcome(NamedTuple):
    """What became of one try: nothing in `error` where it was taken."""

    error: str = ""
    again: bool = False
    arrived: bool = False


def check_channel(channel: Channel, settings: Settings) -> Channel:
    """The channel.

    Raises:
        UsageError: it is none, or what it needs is not set.
    """
    match channel:
        case Mail():
            _check_mail(channel, settings)
        case Hook() | Callback():
            if channel.secret not in settings.secrets:
                raise UsageError(
                    f"SECRET_{channel.secret[:60]} is not set.",
                    "Set it in .env and start anew: its value is never kept here.",
                )
            _check_web(channel.url if isinstance(channel, Callback) else settings.secrets[channel.secret], channel.kind)
        case Drop():
            _folder(channel, settings)
    return channel


def _check_web(url: str, kind: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        _ = parts.port
    except ValueError:
        fine = False
    if not fine:
        raise UsageError(
            f"The {kind} address is no web address.", "It begins with https:// and holds no name or password."
        )


def _check_mail(channel: Mail, settings: Settings) -> None:
    wrong = [each for each in channel.to if not _ADDRESS.fullmatch(each)]
    if wrong or not channel.to:
        raise UsageError(f"{(wrong or [''])[0][:80]!r} is no mail address.", "Give one such as ann@example.com.")
    if not settings.smtp_url or not settings.smtp_from:
        raise UsageError("No mail server is set.", "Set SMTP_URL and SMTP_FROM in .env, and start anew.")
    _server(settings.smtp_url)


def _folder(channel: Drop, settings: Settings) -> Path:
    """Where a folder channel writes: one name below DELIVERY_DIR, never elsewhere."""
    if not _PART.fullmatch(channel.folder):
        raise UsageError(f"{channel.folder[:60]!r} is no name for a folder.", "Give one name, without separators.")
    return settings.deliveries / channel.folder


def deliver(message: Delivery, content: Content, settings: Settings, hosts: Hosts) -> Outcome:
    """One try to send a message; a failure is an outcome, never raised."""
    channel = message.channel
    try:
        check_channel(channel, settings)
        match channel:
            case Mail():
                return _mailed(message, channel, content, settings)
            case Drop():
                return _dropped(message, channel, content, settings)
            case Hook():
                url = settings.secrets[channel.secret]
                body = messages.chat(
                    content.service, content.tick, content.report, channel.kind, content.address, message.doubtful
                )
                return _posted(url, {}, body, hosts, settings)
            case Callback():
                body, headers = callback(message, content, settings.secrets[channel.secret])
                return _posted(channel.url, headers, body, hosts, settings)
    except EngineError as error:
        return Outcome(blotted(f"{error.message} {error.hint}".strip(), _secrets(settings)))
    except Exception as error:
        # One that cannot be made must not stand in the way of the others.
        log.exception("message %s cannot be sent", message.id)
        return Outcome(f"It cannot be sent ({type(error).__name__}). The log has the details.")


def after(message: Delivery, outcome: Outcome, now: datetime) -> Delivery:
    """A message after a try: sent, given up, or to be tried again later."""
    if not outcome.error:
        return message.model_copy(update={"state": DeliveryState.SENT, "sent_at": now, "error": ""})
    doubtful = message.doubtful or outcome.arrived
    told = {"error": outcome.error[:500], "doubtful": doubtful}
    if not outcome.again or message.attempt > len(WAITS):
        return message.model_copy(update={**told, "state": DeliveryState.FAILED})
    wait = WAITS[message.attempt - 1]
    return message.model_copy(update={**told, "state": DeliveryState.WAITING, "next_at": now + wait})


def callback(message: Delivery, content: Content, secret: str) -> tuple[bytes, dict[str, str]]:
    """The body of a signed callback and its headers; the signature is HMAC-SHA256 of the body in hexadecimal."""
    told = messages.document(content.service, content.tick, content.report, content.address)
    body = json.dumps({**told, "answer": content.answer, "repetition": message.doubtful}, default=str).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    repeated = {REPETITION: "1"} if message.doubtful else {}
    return body, {SIGNATURE: f"sha256={signature}", KEY: message.id, **repeated}


def mail(message: Delivery, channel: Mail, content: Content, sender: str, now: datetime) -> EmailMessage:
    """A mail with the PDF; its Message-ID is that of the message, whatever the try."""
    made = EmailMessage(policy=SMTP)
    repeated = f" ({messages.REPEATED})" if message.doubtful else ""
    made["Subject"] = f"{messages.subject(content.service, content.report)}{repeated}"
    made["From"] = sender
    made["To"] = ", ".join(channel.to)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].rstrip('>') or 'workbench'}>"
    made["Auto-Submitted"] = "auto-generated"
    if message.doubtful:
        made[REPETITION] = "1"
    made.set_content(messages.body(content.service, content.tick, content.report, content.address))
    if content.pdf:
        name = f"{content.service.name}-{content.tick.due_at:%Y-%m-%d}.pdf"
        made.add_attachment(content.pdf, maintype="application", subtype="pdf", filename=name)
    return made


def _mailed(message: Delivery, channel: Mail, content: Content, settings: Settings) -> Outcome:
    from datetime import UTC

    made = mail(message, channel, content, settings.smtp_from, datetime.now(UTC))
    begun = False
    try:
        server = _opened(settings.smtp_url)
        try:
            begun = True
            refused = server.send_message(made, settings.smtp_from, list(channel.to))
        finally:
            # It was taken or not before this: what the server says to a good-bye changes nothing.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Outcome(f"The mail server refused every recipient ({codes[0]}).", all(400 <= c < 500 for c in codes))
    except smtplib.SMTPResponseException as error:
        said = str(
            error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode("utf-8", "replace")
        )
        text = blotted(f"The mail server answered {error.smtp_code}: {said[:200]}", _secrets(settings))
        return Outcome(text, 400 <= error.smtp_code < 500)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        kind = type(error).__name__
        return Outcome(f"The mail server cannot be reached or broke off ({kind}).", True, begun)
    return Outcome(f"The mail server refused {', '.join(refused)}; the others have it.") if refused else Outcome()


def _opened(url: str) -> smtplib.SMTP:
    """A connection to the mail server of an address, encrypted where it says so, with its name and password."""
    scheme, host, port, user, password, encrypt = _server(url)
    context = ssl.create_default_context()
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    try:
        if encrypt:
            server.starttls(context=context)
        if user:
            server.login(user, password)
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _server(url: str) -> tuple[str, str, int, str, str, bool]:
    """The parts of SMTP_URL.

    Raises:
        UsageError: it is no such address, or would tell a password unencrypted.
    """
    hint = "Give one such as smtps://name:password@mail.example.com, or smtp://mail.example.com:587?starttls."
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise UsageError("SMTP_URL is no address of a mail server.", hint) from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageError("SMTP_URL is no address of a mail server.", hint)
    encrypt = parts.scheme == "smtp" and parts.query == "starttls"
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.username and parts.scheme == "smtp" and not encrypt and not local:
        raise UsageError("SMTP_URL would tell its password without encryption.", hint)
    return parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), encrypt


def _posted(url: str, headers: Mapping[str, str], body: bytes, hosts: Hosts, settings: Settings) -> Outcome:
    fetcher = Fetcher(hosts, seconds=SECONDS, megabytes=1, retries=0)
    sent: Sent = fetcher.post(url, {"Content-Type": "application/json", **headers}, body)
    if sent.taken:
        return Outcome()
    # What the address holds behind its host is a secret of its own.
    place = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}"
    error = re.sub(re.escape(place) + r"\S*", place, blotted(sent.error, _secrets(settings)))
    return Outcome(error, sent.worth_another_try, sent.arrived)


def _dropped(message: Delivery, channel: Drop, content: Content, settings: Settings) -> Outcome:
    folder = _folder(channel, settings)
    stem = f"{content.service.name}-{content.tick.due_at:%Y%m%d-%H%M%S}-{content.tick.id[:6]}"
    told = messages.document(content.service, content.tick, content.report, content.address)
    whole = json.dumps({**told, "answer": content.answer}, indent=1, default=str).encode()
    try:
        # Written anew under the same name: there is never a second one.
        if content.pdf:
            write_whole(folder / f"{stem}.pdf", content.pdf)
        write_whole(folder / f"{stem}.json", whole)
    except EngineError as error:
        return Outcome(f"{error.message} {error.hint}", True)
    return Outcome()


def _secrets(settings: Settings) -> list[str]:
    """What no error may say: every secret, and the mail server's password."""
    try:
        password = unquote(urlsplit(settings.smtp_url).password or "")
    except ValueError:
        password = ""
    return [*settings.secrets.values(), *([password] if password else [])]
