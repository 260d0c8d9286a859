"""A query of SQLite read in a process of its own, which is ended at the deadline even inside one function."""

from __future__ import annotations

import marshal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from engine.sources import sqlite_lock

_GRACE = 0.5


class ApartError(Exception):
    """What SQLite said in the other process, and the functions that it was denied."""

    def __init__(self, text: str, refused: frozenset[str]) -> None:
        super().__init__(text)
        self.refused = refused


def read_apart(
    uri: str, sql: str, bound: Mapping[str, Any], *, functions: frozenset[str], longest: int, seconds: float
) -> Generator[tuple[tuple[str, ...], list[Any]]]:
    """Names and rows, in chunks; the first comes even when there is no row.

    Raises:
        ApartError: SQLite refused the query or could not read; "interrupted" when its time was over.
    """
    request = {
        "uri": uri,
        "sql": sql,
        "bound": dict(bound),
        "functions": sorted(functions),
        "longest": longest,
        "seconds": seconds,
    }
    with subprocess.Popen(
        [sys.executable, "-I", str(Path(sqlite_lock.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def strike() -> None:
            late.set()
            process.kill()

        end = threading.Timer(seconds + _GRACE, strike)
        end.daemon = True
        end.start()
        try:
            marshal.dump(request, process.stdin)
            process.stdin.close()
            while (answer := marshal.load(process.stdout))[0] == "rows":
                yield answer[1], answer[2]
            if answer[0] == "error":
                raise ApartError(answer[1], frozenset(answer[2]))
        except (EOFError, ValueError, TypeError, BrokenPipeError):
            # Ended in the middle of an answer or before one: by us, or by the system.
            reason = "interrupted" if late.is_set() else "the process that read it was ended by the system"
            raise ApartError(reason, frozenset()) from None
        finally:
            end.cancel()
            process.kill()
