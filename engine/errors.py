"""The error tree. Every message says what happened; every hint says what to do about it.

EngineError
├── UsageError          the command or the form was filled in wrongly        exit 2
├── RefusedError        a check said no                                      exit 3
└── StepError           a step could not do its work                         exit 1
    ├── SourceError     the database or another source
    ├── SandboxError    the executor or the isolated process
    │   ├── LimitError      a limit was reached; the limit is named
    │   ├── ScriptError     the script itself raised
    │   ├── DisagreementError   the script gives other rows than its SELECT
    │   └── CancelledError  a person cancelled
    ├── ModelError      the language model or its server
    │   ├── ServerUnreachableError   nothing answers at the address
    │   ├── ModelMissingError        the server has no such model, or none loaded
    │   ├── KeyRefusedError          the server wants another key
    │   ├── ContextOverflowError     the prompt is longer than the model's window
    │   ├── ServerBusyError          too many requests, or still loading
    │   ├── UnsupportedError         the server does not take a parameter, which is named
    │   ├── SilentServerError        nothing came within the time limit
    │   └── BrokenReplyError         a web page, half an answer, or no answer at all
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


class DisagreementError(ScriptError):
    """The script's quantities give other rows than the SELECT that they were made of."""


class CancelledError(SandboxError):
    """A person cancelled the run."""


class StoreError(StepError):
    """The run store or the disk could not keep something."""


class ModelError(StepError):
    """The language model, or the server it runs on, could not do its part."""


class ServerUnreachableError(ModelError):
    """Nothing answers at the server's address."""


class ModelMissingError(ModelError):
    """The server has no model of that name, or none loaded."""


class KeyRefusedError(ModelError):
    """The server wants another key."""


class ContextOverflowError(ModelError):
    """The prompt is longer than the model's window; `window` is its size in tokens, 0 when unknown."""

    def __init__(self, message: str, hint: str = "", window: int = 0) -> None:
        super().__init__(message, hint)
        self.window = window


class ServerBusyError(ModelError):
    """Too many requests, or the model is still being loaded; `seconds` to wait where the server says so."""

    def __init__(self, message: str, hint: str = "", seconds: float = 0.0, loading: bool = False) -> None:
        super().__init__(message, hint)
        self.seconds = seconds
        self.loading = loading


class UnsupportedError(ModelError):
    """The server does not take a parameter of the request."""

    def __init__(self, parameter: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.parameter = parameter


class SilentServerError(ModelError):
    """Nothing came from the server within the time limit."""


class BrokenReplyError(ModelError):
    """What came is no whole answer; `started` says whether a part of one had come."""

    def __init__(self, message: str, hint: str = "", started: bool = False) -> None:
        super().__init__(message, hint)
        self.started = started
