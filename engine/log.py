"""The log of a process."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from engine.settings import Settings


def start_log(settings: Settings) -> None:
    """Log to LOG_DIR/engine.log, rotated at 5 MB; without a folder that can be written, to nowhere, and it says so."""
    logger = logging.getLogger("engine")
    logger.setLevel(settings.log_level)
    try:
        settings.log_dir.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            settings.log_dir / "engine.log", maxBytes=5 << 20, backupCount=3, encoding="utf-8"
        )
    except OSError as error:
        print(f"No log is kept: {settings.log_dir}: {error.strerror}.", file=sys.stderr)
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.handlers[:] = [handler]
