"""A bundle's own web dashboard, served on a port of loopback while it is looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOOPBACK = "127.0.0.1"


@contextmanager
def served(application: Any) -> Iterator[str]:
    """The address at which a WSGI application is served by waitress, on a free port.

    The loop of waitress closes its own sockets at the end: another thread that did would take them
    from under its select.
    """
    import waitress
    from waitress import wasyncore

    sockets: dict[int, Any] = {}
    server = waitress.create_server(application, map=sockets, host=LOOPBACK, port=0, threads=8)
    serving = threading.Thread(target=server.run, name="dashboard", daemon=True)
    serving.start()
    try:
        yield f"http://{LOOPBACK}:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        serving.join()
        server.task_dispatcher.shutdown()
