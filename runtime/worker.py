"""The interpreter inside the sandbox: loads the libraries, says it is ready, answers messages until its input ends.

    python -I -m runtime.worker            (frames on standard input and output)

The generated script never sees the protocol's descriptors as its standard streams: what it prints goes to
standard error, which the other side keeps as the log.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import time

from . import frames
from .jobs import Desk


def serve(source: int, sink: int) -> None:
    """Answer every frame of `source` on `sink`, until it ends."""
    desk = Desk(lambda event: frames.write(sink, {"event": dict(event)}))
    frames.write(sink, {"ready": True, "pid": os.getpid()})
    while (frame := frames.read(source)) is not None:
        message, body = frame
        started = time.process_time()
        header, reply = desk.handle(message, body)
        sys.stdout.flush()
        sys.stderr.flush()
        used = {"cpu_seconds": time.process_time() - started, "peak_memory_mb": peak_memory_mb()}
        frames.write(sink, {**header, **used, "reply": True}, reply)


def peak_memory_mb() -> float:
    """The most memory this process had at once."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def prepare() -> None:
    """Load the libraries; done before a fork, every child has them, and shares their memory."""
    Desk.warm()
    gc.collect()
    gc.freeze()


def main() -> None:
    """Take the protocol's descriptors away from the script, then serve."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    prepare()
    serve(source, sink)


if __name__ == "__main__":
    main()
