"""What can go wrong with a script, told so that a person can act on it."""

from __future__ import annotations


class RuntimeFailure(Exception):
    """What happened, what to do about it, and the script's line when one is to blame. kind: script or usage."""

    kind = "script"

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


class UsageFailure(RuntimeFailure):
    """The question was wrong, not the script: an unknown parameter, a value out of range."""

    kind = "usage"
