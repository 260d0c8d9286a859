"""The error tree. Every message says what happened; every hint says what to do about it.

EngineError
├── UsageError          the command or the form was filled in wrongly        exit 2
├── RefusedError        a check said no                                      exit 3
└── StepError           a step could not do its work                         exit 1
    ├── SourceError     the database or another source
    ├── SandboxError    the executor or the isolated process
    │   ├── LimitError      a limit was reached; the limit is named
    │   ├── ScriptError     the script itself raised
    │   └── CancelledError  a person cancelled
    └── StoreError      the run store or the disk
"""

from __future__ import annotations


class EngineError(Exception):
    """What happened, and what to do about it."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EngineError):
    """The command or the form was filled in wrongly."""

    exit_code = 2


class RefusedError(EngineError):
    """A check said no."""

    exit_code = 3


class StepError(EngineError):
    """A step could not do its work."""


class SourceError(StepError):
    """The database or another source could not be read."""


class SandboxError(StepError):
    """The executor, or the process it isolates, failed."""


class LimitError(SandboxError):
    """The run reached a limit, named in the message."""

    def __init__(self, limit: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.limit = limit


class ScriptError(SandboxError):
    """The generated script itself raised; `line` is its line, 0 when unknown."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line


class CancelledError(SandboxError):
    """A person cancelled the run."""


class StoreError(StepError):
    """The run store or the disk could not keep something."""
