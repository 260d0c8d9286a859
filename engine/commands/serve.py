"""`serve`: the generated web dashboard of a run, out of its sandbox, on a port of this machine."""

from __future__ import annotations

import argparse
import hmac
import logging
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from engine.commands.terminal import out
from engine.dashboards.gateway import BODY_CAP, answer
from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Run
from engine.products.rights import NONE, OF_LINKS, Right, Rights
from engine.scenarios.whatif import require_results
from runtime.addresses import Addresses, addresses, public_addresses

HOST = "127.0.0.1"
PORT = 8080
# More than the questions that may take long, so that all others are answered beside them.
THREADS = 8
ELSEWHERE = (
    b"This dashboard is not asked under this name or from this page. Use its own address, or name it in PUBLIC_ADDRESS."
)


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("serve", help="the generated web dashboard of a run")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--allow", action="append", choices=[right.value for right in OF_LINKS], default=[],
        help="what the printed link may: the same for every member, or the data read again; given twice, both",
    )  # fmt: skip
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Serve until interrupted."""
    run = kit.store.load(options.run)
    require_results(run)
    kit.sessions.folder(run)
    listener = listen(HOST, options.port)
    from waitress.server import create_server

    # A browser asks for a few things at once; that they wait their turn is nothing to tell.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    ours = addresses(HOST, options.port, public_addresses(kit.settings.public_address))
    rights = frozenset(map(Right, options.allow))
    secret = secrets.token_urlsafe(16) if rights else ""
    server = create_server(application(kit, run, ours, rights, secret), sockets=[listener], threads=THREADS, ident="")
    # Not an exception, which a destructor would swallow: the signal is noted, and looked for here.
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    threading.Thread(target=server.run, name="serve", daemon=True).start()
    address = f"http://{HOST}:{options.port}" + (f"/{secret}/" if secret else "")
    out.print(f"{run.title}: {address}  (stop with Ctrl-C)", markup=False, soft_wrap=True)
    while not over.wait(1):
        pass
    server.task_dispatcher.shutdown()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        UsageError: the port is in use or not allowed.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"Port {port} cannot be used: {error.strerror}.", "Choose another with --port.") from None
    return listener


def application(
    kit: Kit, run: Run, ours: Addresses, rights: Rights = NONE, secret: str = ""
) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The gateway to one run as a WSGI application.

    Only what names one of our hosts and comes from one of our pages, or from none, is answered. The rights are of what
    comes below `/secret/` alone: any web page that its browser has open can ask this port.
    """

    def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if not (ours.known(environ.get("HTTP_HOST")) and ours.from_here(environ.get("HTTP_ORIGIN"), opaque=True)):
            start("403 Served", [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")])
            return [ELSEWHERE]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        path, allowed = opened(environ.get("PATH_INFO") or "/", secret)
        found = answer(
            kit,
            run,
            method=environ["REQUEST_METHOD"],
            path=path,
            query=environ.get("QUERY_STRING", ""),
            headers={"content-type": environ.get("CONTENT_TYPE", ""), "accept": environ.get("HTTP_ACCEPT", "")},
            body=environ["wsgi.input"].read(min(length, BODY_CAP + 1)) if length else b"",
            rights=rights if allowed else NONE,
        )
        start(f"{found.status} Served", list(found.headers))
        return [found.body]

    return serve


def opened(path: str, secret: str) -> tuple[str, bool]:
    """The path below the secret, and whether it was there."""
    first, _, rest = path.removeprefix("/").partition("/")
    if secret and hmac.compare_digest(first.encode(), secret.encode()):
        return f"/{rest}", True
    return path, False
