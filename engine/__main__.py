"""The engine in a terminal: `python -m engine COMMAND`, which is what `./run COMMAND` calls."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from engine.commands.terminal import err, print_json
from engine.errors import EngineError
from engine.kit import Kit
from engine.log import start_log
from engine.settings import ROOT, read_settings
from engine.version import VERSION

# Each a module of engine/commands.
COMMANDS = (
    "ask", "simulate", "portfolio", "refresh", "report", "sql", "check", "schema", "dataset", "runs", "serve", "doctor",
    "image",
)  # fmt: skip


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The commands of these names and their arguments; only what is named is loaded, since each takes its time."""
    top = argparse.ArgumentParser(
        prog="./run",
        description="Business questions to readable models, dashboards and reports.",
        epilog="Without a command: the workbench. Beside these: ./run bench, ./run test.",
    )
    top.add_argument("--version", action="version", version=VERSION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        importlib.import_module(f"engine.commands.{name}").add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; 0 done, 1 failed, 2 usage, 3 refused, 4 needs input, 130 interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parser([name for name in COMMANDS if name in given[:1]] or COMMANDS).parse_args(given)
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


if __name__ == "__main__":
    sys.exit(main())
