"""The engine in a terminal: `python -m engine COMMAND`, which is what `./run COMMAND` calls."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from engine.commands import (
    ask,
    check,
    dataset,
    doctor,
    image,
    portfolio,
    refresh,
    report,
    runs,
    schema,
    serve,
    simulate,
    sql,
)
from engine.commands.terminal import err, print_json
from engine.errors import EngineError
from engine.kit import Kit
from engine.log import start_log
from engine.settings import ROOT, read_settings
from engine.version import VERSION

COMMANDS = (ask, simulate, portfolio, refresh, report, sql, check, schema, dataset, runs, serve, doctor, image)


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


if __name__ == "__main__":
    sys.exit(main())
