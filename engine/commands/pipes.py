"""What is printed for programs, and the end without a word when nobody reads it any more. Loads next to nothing."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

# What a shell says of a program that a closed pipe ended: 128 and the number of SIGPIPE.
PIPE_CLOSED = 141


class PipeClosed(BaseException):
    """Whoever read what is printed has gone. No error: nothing is left to be done or said."""


def quietly(act: Callable[[], int]) -> int:
    """Do a whole command; where what it prints is wanted no longer, end without a word."""
    try:
        try:
            return act()
        finally:
            _flush()
    except PipeClosed:
        # What Python still holds back would fail once more when the program ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return PIPE_CLOSED


def end(code: int) -> NoReturn:
    """End the process at once: taking all modules apart again takes a third of a short command's time."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise PipeClosed from None


def print_json(value: Any) -> None:
    """Exactly one JSON document on standard output."""
    print_text(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_text(text: str) -> None:
    """A document on standard output, as it is."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise PipeClosed from None
