"""The engine in a terminal: `python -m engine COMMAND`, which is what `./run COMMAND` calls."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import os
import sys
from collections.abc import Sequence

from engine.commands import ask, check, doctor, image, runs, schema, serve, simulate, sql
from engine.commands.terminal import err, print_json
from engine.errors import EngineError
from engine.kit import Kit
from engine.settings import ROOT, Settings, read_settings
from engine.version import VERSION

COMMANDS = (ask, simulate, sql, check, schema, runs, serve, doctor, image)


def parser() -> argparse.ArgumentParser:
    """All commands and their arguments."""
    top = argparse.ArgumentParser(
        prog="./run",
        description="Business questions to readable models, dashboards and reports.",
        epilog="Without a command: the workbench. Beside these: ./run bench, ./run test.",
    )
    top.add_argument("--version", action="version", version=VERSION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; 0 done, 1 failed, 2 usage, 3 refused, 4 needs input, 130 interrupted."""
    options = parser().parse_args(arguments)
    kit: Kit | None = None
    try:
        settings = read_settings(os.environ, ROOT / ".env")
        start_log(settings)
        kit = Kit(settings)
        code: int = options.act(options, kit)
        return code
    except EngineError as error:
        return _failed(error, getattr(options, "json", False))
    except KeyboardInterrupt:
        err.print("Interrupted.")
        return 130
    finally:
        if kit is not None:
            kit.close()


def _failed(error: EngineError, as_json: bool) -> int:
    if as_json:
        status = "refused" if error.exit_code == 3 else "failed"
        print_json({"status": status, "error": {"step": None, "message": error.message, "hint": error.hint}})
    err.print(error.message, style="red", markup=False)
    if error.hint:
        err.print(f"  {error.hint}", markup=False)
    return error.exit_code


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
        err.print(f"No log is kept: {settings.log_dir}: {error.strerror}.", style="yellow", markup=False)
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.handlers[:] = [handler]


if __name__ == "__main__":
    sys.exit(main())
