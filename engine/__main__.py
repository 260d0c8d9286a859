"""The engine in a terminal: `python -m engine COMMAND`, which is what `./run COMMAND` calls."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from engine.commands.pipes import end, print_json, quietly
from engine.errors import EngineError
from engine.version import VERSION

# Each a module of engine/commands: the commands that it adds, and what they are for. A test compares.
SUMMARIES: dict[str, dict[str, str]] = {
    "ask": {
        "ask": "answer a request",
    },
    "simulate": {
        "simulate": "what if: scenarios of a run, side by side",
    },
    "portfolio": {
        "portfolio": "the same scenarios over every property or region, ranked",
    },
    "refresh": {
        "refresh": "read a run's data anew: what changed, and what that does",
    },
    "report": {
        "report": "a run as PowerPoint, PDF, Excel, CSV or JSON",
    },
    "sql": {
        "sql": "one SELECT through the guarded read-only door",
    },
    "check": {
        "check": "the validator alone: exit 0 all accepted, 3 any refused",
    },
    "schema": {
        "schema": "what the database holds",
    },
    "dataset": {
        "dataset": "files and APIs that are asked beside the database",
    },
    "runs": {
        "runs": "what was asked before",
        "show": "everything about a run",
        "delete": "forget a run and remove its folder",
        "archive": "put a run out of sight; with --undo, back",
    },
    "serve": {
        "serve": "the generated web dashboard of a run",
    },
    "service": {
        "service": "answers that come again: versions, schedule, alerts, messages",
    },
    "mcp": {
        "mcp": "the workbench as a tool of an assistant, by the Model Context Protocol",
    },
    "golden": {
        "golden": "answers that must stay as they are: which would change now",
    },
    "doctor": {
        "doctor": "what is installed, reachable, enforced",
    },
    "image": {
        "image": "build the runtime image, save it to a file or load it from one",
    },
    "token": {
        "token": "tokens with which programs may ask the workbench",
    },
    "sbom": {
        "sbom": "what is installed, as a CycloneDX document",
    },
    "explain": {
        "explain": "why a number changed: against the period before, or another answer",
    },
}
COMMANDS = tuple(SUMMARIES)


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Every command; those of the named modules with their arguments, since each takes its time to load."""
    top = argparse.ArgumentParser(
        prog="./run",
        description="Business questions to readable models, dashboards and reports.",
        epilog="Without a command: the workbench. Beside these: ./run bench, ./run test.",
    )
    top.add_argument("--version", action="version", version=VERSION)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module, summaries in SUMMARIES.items():
        if module in names:
            importlib.import_module(f"engine.commands.{module}").add(commands)
            continue
        for name, summary in summaries.items():
            commands.add_parser(name, help=summary)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; 0 done, 1 failed, 2 usage, 3 refused, 4 needs input, 130 interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    # What loading makes stays: looking through it again and again for garbage takes a fifth of a short command's time.
    gc.set_threshold(50_000, 20, 50)
    asked = [module for module, summaries in SUMMARIES.items() if given[:1] and given[0] in summaries]
    options = parser(asked).parse_args(given)
    from engine.kit import Kit
    from engine.log import start_log
    from engine.settings import ROOT, read_settings

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
        print("Interrupted.", file=sys.stderr)
        return 130
    finally:
        if kit is not None:
            kit.close()


def _failed(error: EngineError, as_json: bool) -> int:
    from engine.commands.terminal import err

    if as_json:
        status = "refused" if error.exit_code == 3 else "failed"
        print_json({"status": status, "error": {"step": None, "message": error.message, "hint": error.hint}})
    err.print(error.message, style="red", markup=False)
    if error.hint:
        err.print(f"  {error.hint}", markup=False)
    return error.exit_code


if __name__ == "__main__":
    end(quietly(main))
