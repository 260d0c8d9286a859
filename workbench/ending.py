"""The end of the workbench when it is told to: within its time, whatever is still being answered, with its sandboxes.

The server waits for every request under way before it closes anything. One that never ends must not hold it up.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

log = logging.getLogger("engine.workbench")
# Requests under way have so long, then closing the sandboxes has; together less than the ten seconds promised.
GRACE_SECONDS = 4.0
CLOSE_SECONDS = 4.0
TOLD = (signal.SIGTERM, signal.SIGINT)


def end_in_time(close: Callable[[], None]) -> None:
    """From now on a signal to end is followed by the end; called once the server itself listens to such signals."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in TOLD:
        signal.signal(number, _then(signal.getsignal(number), close))


def _then(before: Any, close: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    started = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if not started.is_set():
            started.set()
            threading.Thread(target=_watch, args=(number, close), name="ending", daemon=True).start()
        if callable(before):
            before(number, frame)

    return handle


def _watch(number: int, close: Callable[[], None]) -> None:
    """End the process when the server has not ended it; one that ends in time takes this thread with it."""
    threading.Event().wait(GRACE_SECONDS)
    log.warning("requests were still under way when the workbench was told to end; it ends without them")
    closing = threading.Thread(target=close, name="closing", daemon=True)
    closing.start()
    closing.join(CLOSE_SECONDS)
    os._exit(128 + number)
