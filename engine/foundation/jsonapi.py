"""What the workbench's own JSON routes have in common: how a body is taken, and how a refusal is told."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import EngineError, UsageError

Answer = tuple[int, dict[str, Any]]
BODY_CAP = 5 << 20


class UntakenError(UsageError):
    """The request is not taken, whatever its body says; `status` is HTTP's word for why."""

    def __init__(self, status: int, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.status = status


def content(kind: str, body: bytes, shape: str) -> dict[str, Any]:
    """The object in a body whose content type is `kind`; an empty body is an empty object.

    Only JSON that says so is taken: another site's page can make a browser send none without being asked first.

    Raises:
        UsageError: it is none; `shape`, which is what to send instead, is the hint.
    """
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise UntakenError(415, "The request is not application/json.", shape)
    if len(body) > BODY_CAP:
        raise UntakenError(413, f"The request is larger than {BODY_CAP >> 20} MB.", shape)
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise UsageError("The request is not JSON.", shape) from None
    if not isinstance(found, dict):
        raise UsageError("The request is no JSON object.", shape)
    return found


def refused(error: EngineError) -> Answer:
    """An error as a document: 400 for what was asked wrongly, 422 for what has no answer."""
    told = {"error": {"message": error.message, "hint": error.hint}}
    if isinstance(error, UntakenError):
        return error.status, told
    return (400 if isinstance(error, UsageError) else 422), told
