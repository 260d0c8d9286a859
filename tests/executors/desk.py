"""Stands in for the runtime's desk: runs the text it is sent. Copied beside the real worker as `jobs.py`."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any


class Desk:
    """Message `{"code": text}`: the text runs with `event`, `body` and `answer` at hand."""

    def __init__(self, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self.tell = tell
        self.kept: dict[str, Any] = {}

    @staticmethod
    def warm() -> None:
        """The libraries of a real job."""
        import pandas as pd

        pd.DataFrame({"a": [1]})

    def handle(self, message: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Run it; what it puts into `answer` comes back, bytes under "body" as the body."""
        if message.get("usage"):
            return {
                "ok": False,
                "error": {"kind": "usage", "message": "no such message", "hint": "send code"},
            }, b""
        answer: dict[str, Any] = {}
        scope = {"event": self.tell, "body": body, "answer": answer, "kept": self.kept}
        try:
            exec(compile(message["code"], "script.py", "exec"), scope)
        except Exception as error:
            line = traceback.extract_tb(error.__traceback__)[-1].lineno
            text = f"{type(error).__name__}: {error}"
            return {
                "ok": False,
                "error": {"kind": "script", "message": text, "hint": "see line", "line": line},
            }, b""
        reply = answer.pop("body", b"")
        return {"ok": True, **answer}, reply
