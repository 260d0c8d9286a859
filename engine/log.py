"""The log of a process: lines for people, or JSON lines for programs, each with the run it is about."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from engine.foundation.files import private_file
from engine.settings import Settings

_run: ContextVar[str] = ContextVar("run", default="")


@contextmanager
def about(run_id: str) -> Iterator[None]:
    """What this thread logs inside the block is about a run."""
    token = _run.set(run_id)
    try:
        yield
    finally:
        _run.reset(token)


class _OwnFiles(logging.handlers.RotatingFileHandler):
    """Log files for their owner alone, each new one too."""

    def _open(self) -> TextIOWrapper:
        private_file(Path(self.baseFilename))
        return super()._open()


class _Text(logging.Formatter):
    """A line for people; an error's lines follow it."""

    def format(self, record: logging.LogRecord) -> str:
        record.about = f"[{_run.get()}] " if _run.get() else ""
        return super().format(record)


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "run": _run.get() or None,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def start_log(settings: Settings) -> None:
    """Log to LOG_DIR/engine.log, rotated at 5 MB; without a folder that can be written, to nowhere, and it says so."""
    logger = logging.getLogger("engine")
    logger.setLevel(settings.log_level)
    try:
        handler: logging.Handler = _OwnFiles(
            settings.log_dir / "engine.log", maxBytes=5 << 20, backupCount=3, encoding="utf-8"
        )
    except OSError as error:
        print(f"No log is kept: {settings.log_dir}: {error.strerror}.", file=sys.stderr)
        handler = logging.NullHandler()
    text = _Text("%(asctime)s %(levelname)s %(name)s %(about)s%(message)s")
    handler.setFormatter(_Json() if settings.log_format == "json" else text)
    logger.handlers[:] = [handler]
