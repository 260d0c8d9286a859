"""`serve`: the generated web dashboard of a run, out of its sandbox, on a port of this machine."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from engine.commands.terminal import out
from engine.errors import UsageError
from engine.gateway import BODY_CAP, answer
from engine.kit import Kit
from engine.products import Run
from engine.whatif import require_results

HOST = "127.0.0.1"
PORT = 8080


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("serve", help="the generated web dashboard of a run")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("--port", type=int, default=PORT)
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

    server = create_server(application(kit, run), sockets=[listener], threads=4, ident="")
    # Not an exception, which a destructor would swallow: the signal is noted, and looked for here.
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    threading.Thread(target=server.run, name="serve", daemon=True).start()
    out.print(f"{run.title}: http://{HOST}:{options.port}  (stop with Ctrl-C)", markup=False)
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


def application(kit: Kit, run: Run) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The gateway to one run as a WSGI application."""

    def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        found = answer(
            kit,
            run,
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO") or "/",
            query=environ.get("QUERY_STRING", ""),
            headers={"content-type": environ.get("CONTENT_TYPE", ""), "accept": environ.get("HTTP_ACCEPT", "")},
            body=environ["wsgi.input"].read(min(length, BODY_CAP + 1)) if length else b"",
        )
        start(f"{found.status} Served", list(found.headers))
        return [found.body]

    return serve
