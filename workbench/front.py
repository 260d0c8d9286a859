"""What stands before every page, socket and route: known hosts and origins alone, and what a page may load.

The pages are Streamlit's, so their policy is as tight as Streamlit works with: its own scripts, styles, pictures and
socket, nothing of another host. A dashboard has the policy of the gateway, which is tighter.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from runtime.addresses import Addresses, addresses

INLINE = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' {socket}; media-src 'self' blob:; worker-src 'self' blob:; "
    "frame-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Streamlit's own figures about its process, which are nobody's business.
CLOSED = ("/_stcore/metrics", "/st-metrics", "/metrics")
ELSEWHERE = (
    "The workbench is not asked under this name or from this page. Open it by its own address, http://localhost:{port},"
    " or name the address under which it is reached in the setting PUBLIC_ADDRESS."
)
CLOSE_POLICY = 1008


class Front:
    """The outermost layer of the workbench."""

    def __init__(self, app: ASGIApp, known: Callable[[], Addresses]) -> None:
        self._app, self._known = app, known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not for us; dress what goes out."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"]
        # Localhost is known without the engine, which is still being loaded when the first page is asked for.
        if not (admits(local(), headers, path) or admits(await run_in_threadpool(self._known), headers, path)):
            await self._refuse(scope, receive, send, 403, ELSEWHERE.format(port=port()))
        elif path.rstrip("/").endswith(CLOSED):
            await self._refuse(scope, receive, send, 403, "This is closed.")
        elif scope["type"] == "websocket":
            await self._app({**scope, "headers": same_host(headers)}, receive, send)
        else:
            await self._app(scope, receive, self._dressed(send, path, headers.get("host", "")))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": CLOSE_POLICY})
            return
        await PlainTextResponse(f"{text}\n", status, dict(HEADERS))(scope, receive, send)

    def _dressed(self, send: Send, path: str, host: str) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not of_a_dashboard(path) or "content-security-policy" not in headers:
                    headers["Content-Security-Policy"] = policy(host.lower())
                    for name, value in HEADERS.items():
                        headers[name] = value
            await send(message)

        return dressed


def admits(known: Addresses, headers: Headers, path: str) -> bool:
    """Whether a request names one host of ours, and comes from a page of ours or from none."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    one = len(hosts) == 1 and len(origins) <= 1
    return one and known.known(hosts[0]) and known.from_here(headers.get("origin"), opaque=of_a_dashboard(path))


def of_a_dashboard(path: str) -> bool:
    """Whether the path is below a run's dashboard, whose page is sandboxed and so has no origin of its own."""
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    return path.startswith(f"/{base}/run/" if base else "/run/")


def port() -> int:
    """The port on which Streamlit listens."""
    return int(config.get_option("server.port"))


@cache
def local() -> Addresses:
    """Localhost at our own port."""
    return addresses("", port(), ())


def same_host(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers with the origin's host as the host: a proxy may ask under another, and Streamlit compares the two."""
    origin = headers.get("origin")
    if origin is None:
        return list(headers.raw)
    host = urlsplit(origin).netloc.encode()
    return [(name, host if name == b"host" else value) for name, value in headers.raw]


@cache
def policy(host: str) -> str:
    """What a page of the workbench may load. Not every browser takes a socket of the same host for 'self'."""
    return POLICY.format(inline=" ".join(inline_scripts()), socket=f"ws://{host} wss://{host}")


@cache
def inline_scripts() -> tuple[str, ...]:
    """The hashes of the scripts that stand in Streamlit's own page."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE.findall(page)]
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
