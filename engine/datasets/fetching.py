"""One GET or POST at a time: to an approved host, on a checked address, within limits; a GET is tried again."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from engine.datasets.hosts import Hosts, addresses_of
from engine.errors import RefusedError, SourceError
from engine.version import VERSION

REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_PIECE = 64 << 10
_SECONDS_A_PIECE = 15.0
_LONGEST_WAIT = 10.0
_HEADERS = {
    "Accept": "application/json, text/csv;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
    "User-Agent": f"meta-agent-workbench/{VERSION}",
}


@dataclass(frozen=True)
class Answer:
    """What a host answered in the end."""

    url: str
    media: str
    charset: str
    link: str
    body: bytes


@dataclass(frozen=True)
class Sent:
    """What became of a POST: the status of its answer, 0 where none came, and whether it may have arrived."""

    status: int
    error: str = ""
    arrived: bool = False

    @property
    def taken(self) -> bool:
        """Whether the host took it."""
        return 200 <= self.status < 300

    @property
    def worth_another_try(self) -> bool:
        """Whether the same may be taken later."""
        return self.status == 0 or self.status in _WORTH_ANOTHER_TRY


class _Temporary(Exception):
    """A fault that may be gone at the next try."""

    def __init__(self, error: SourceError, wait: float = 0.0) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


class Fetcher:
    """Sends the GETs of one reading; time and bytes are counted over all of them."""

    def __init__(self, hosts: Hosts, *, seconds: float, megabytes: int, retries: int) -> None:
        self._hosts = hosts
        self._seconds, self._deadline = seconds, time.monotonic() + seconds
        self._megabytes, self._left = megabytes, megabytes << 20
        self._retries = retries

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET.

        Raises:
            RefusedError: host, address or redirect is not allowed.
            SourceError: no good answer came, or a limit was reached; it is named.
        """
        for left in range(self._retries, -1, -1):
            try:
                return self._followed(url, headers)
            except _Temporary as fault:
                if not left:
                    raise fault.error from None
                wait = fault.wait or 0.3 * 2 ** (self._retries - left)
                if time.monotonic() + wait > self._deadline:
                    raise fault.error from None
                time.sleep(wait)
        raise AssertionError("a try returns or raises")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Send a body once; no redirect is followed, since what is sent is meant for this host alone.

        Raises:
            RefusedError: the host or its address is not allowed.
        """
        begun = False
        try:
            with self._connection(url) as connection:
                parts = urlsplit(url)
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                begun = True
                connection.request("POST", target, body, {**_HEADERS, **headers})
                status = connection.getresponse().status
        except _Temporary as fault:
            return Sent(0, fault.error.message)
        except SourceError as error:
            return Sent(0, error.message, begun)
        except (OSError, http.client.HTTPException, ValueError) as error:
            what = "did not answer in time" if isinstance(error, TimeoutError) else "broke off its answer"
            return Sent(0, f"{shown(url)} {what}.", begun)
        return Sent(status, "" if 200 <= status < 300 else f"{shown(url)} answered {_phrase(status)}.")

    def _followed(self, url: str, headers: Mapping[str, str]) -> Answer:
        place, sent = url, dict(headers)
        for _ in range(REDIRECTS + 1):
            found = self._once(place, sent)
            if isinstance(found, Answer):
                return found
            target = leads_to(place, found)
            if _origin(target) != _origin(place):
                sent = {}  # what was meant for one host is not told to another
            if urlsplit(place).scheme == "https" and urlsplit(target).scheme != "https":
                raise RefusedError(f"{shown(place)} leads on to an address without encryption.", "It is not followed.")
            place = target
        raise SourceError(f"{shown(url)} was redirected more than {REDIRECTS} times.", "Check the url of the dataset.")

    def _once(self, url: str, headers: Mapping[str, str]) -> Answer | str:
        """The answer, or where a redirect leads."""
        with self._connection(url) as connection:
            parts = urlsplit(url)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            try:
                connection.request("GET", target, headers={**_HEADERS, **headers})
                response = connection.getresponse()
                if response.status in _MOVED and (location := response.getheader("Location")):
                    return location
                self._check_status(url, response)
                return self._answer(url, response)
            except TimeoutError:
                self._check_time()
                raise _Temporary(SourceError(f"{shown(url)} did not answer in time.", "Try again later.")) from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._check_time()
                kind = type(error).__name__
                raise _Temporary(
                    SourceError(f"{shown(url)} broke off its answer ({kind}).", "Try again; check that it is up.")
                ) from None

    @contextlib.contextmanager
    def _connection(self, url: str) -> Iterator[_Connection]:
        """A connection to an address of the host that was checked; no proxy, no second look-up."""
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme not in ("http", "https") or not host or parts.username:
            raise RefusedError(f"{shown(url)} is no plain web address.", "Only http and https are asked.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        approval = self._hosts.approval(host, port)
        addresses = addresses_of(host, port, private=approval.private)
        connection = _Connection(host, port)
        connection.hold(self._connected(url, addresses, port))
        watch = threading.Timer(max(self._deadline - time.monotonic(), 0.01), _cut, [connection])
        watch.daemon = True
        watch.start()
        try:
            if parts.scheme == "https":
                self._encrypt(url, connection, host)
            yield connection
        finally:
            watch.cancel()
            connection.close()

    def _connected(self, url: str, addresses: tuple[str, ...], port: int) -> socket.socket:
        for address in addresses:
            self._check_time()
            try:
                return socket.create_connection((address, port), timeout=_SECONDS_A_PIECE)
            except OSError:
                continue
        raise _Temporary(SourceError(f"{shown(url)} cannot be reached.", "Check that it is up, and host and port."))

    def _encrypt(self, url: str, connection: _Connection, host: str) -> None:
        try:
            # The wrapped socket is in its place before it waits for anything, so that it can be cut off.
            wrapped = ssl.create_default_context().wrap_socket(
                connection.wire, server_hostname=host, do_handshake_on_connect=False
            )
            connection.hold(wrapped)
            wrapped.do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise SourceError(
                f"The certificate of {shown(url)} is not trusted: {error.verify_message}.",
                "Check the host; a company's own authority must be known to this machine.",
            ) from None
        except (OSError, ValueError):
            self._check_time()
            raise _Temporary(SourceError(f"No encrypted connection to {shown(url)}.", "Check the url.")) from None

    def _check_status(self, url: str, response: http.client.HTTPResponse) -> None:
        status = response.status
        if status == 200:
            return
        hint = {
            401: "Check the secret that its header names.",
            403: "Check the secret that its header names, and its rights.",
            404: "Check the url.",
            429: "It limits how often it is asked: try later, or set a larger page size.",
        }.get(status, "Try again later." if status >= 500 else "Check url and parameters.")
        error = SourceError(f"{shown(url)} answered {_phrase(status)}.", hint)
        if status in _WORTH_ANOTHER_TRY:
            asked = response.getheader("Retry-After") or ""
            raise _Temporary(error, min(float(asked), _LONGEST_WAIT) if asked.isdigit() else 0.0)
        raise error

    def _answer(self, url: str, response: http.client.HTTPResponse) -> Answer:
        encoding = (response.getheader("Content-Encoding") or "identity").lower()
        if encoding != "identity":
            raise SourceError(f"{shown(url)} answered in the encoding {encoding}, unasked.", "It cannot be read.")
        body = bytearray()
        while piece := response.read(_PIECE):
            self._check_time()
            self._left -= len(piece)
            if self._left < 0:
                self._too_large(url)
            body += piece
        expected = response.getheader("Content-Length") or ""
        if expected.isdigit() and int(expected) != len(body):
            raise http.client.IncompleteRead(bytes(body))
        message = response.msg
        return Answer(
            url=url,
            media=message.get_content_type().lower() if response.getheader("Content-Type") else "",
            charset=message.get_content_charset() or "utf-8",
            link=", ".join(response.headers.get_all("Link") or ()),
            body=bytes(body),
        )

    def _too_large(self, url: str) -> NoReturn:
        raise SourceError(
            f"{shown(url)} sent more than {self._megabytes} MB, the limit of this dataset.",
            "Ask for less with its parameters, or raise megabytes in the declaration (at most 256).",
        )

    def _check_time(self) -> None:
        if time.monotonic() >= self._deadline:
            raise SourceError(
                f"Reading was stopped after {self._seconds:g} seconds, the limit of this dataset.",
                "Ask for less with its parameters, or raise seconds in the declaration.",
            )


def _phrase(status: int) -> str:
    """A status in the words of the standard: a server's own may say anything, a token that it was sent among it."""
    with contextlib.suppress(ValueError):
        return f"{status} {http.HTTPStatus(status).phrase}"
    return str(status)


def shown(url: str) -> str:
    """An address without its query, which may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"[:200]


def leads_to(place: str, location: str) -> str:
    """Where a redirect leads.

    Raises:
        SourceError: what it names is no address: a host in brackets that is none, a port that is no number.
    """
    try:
        target = urljoin(place, location)
        _ = urlsplit(target).hostname, urlsplit(target).port
    except ValueError:
        raise SourceError(f"{shown(place)} leads on to what is no address.", "Check the url of the dataset.") from None
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


class _Connection(http.client.HTTPConnection):
    """A connection that keeps its socket in `wire`: `sock` is gone before an answer that ends it is read."""

    wire: socket.socket

    def hold(self, wire: socket.socket) -> None:
        """Speak over this socket."""
        self.sock = self.wire = wire


def _cut(connection: _Connection) -> None:
    """End a connection whose time is over, whatever it waits for."""
    with contextlib.suppress(OSError):
        connection.wire.shutdown(socket.SHUT_RDWR)
