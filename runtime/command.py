"""The command line of a generated script on its own: run, serve, simulate."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from .addresses import public_addresses
from .brand import load as load_brand
from .failures import RuntimeFailure, UsageFailure
from .snapshot import database_url
from .workspace import Workspace

# What a shell says of a program that a closed pipe ended: 128 and the number of SIGPIPE.
PIPE_CLOSED = 141


def main() -> None:
    """Do what the arguments of the running script say; exit 0 done, 1 failed, 2 usage."""
    script = Path(sys.modules["__main__"].__file__ or "script.py").resolve()
    options = _parser(script.name).parse_args()
    try:
        _act(options, script.parent)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone: nothing is left to be said, nor to be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(PIPE_CLOSED) from None
    except RuntimeFailure as failure:
        print(f"{failure.message}\n  {failure.hint}".rstrip(), file=sys.stderr)
        raise SystemExit(2 if failure.kind == "usage" else 1) from None
    except OSError as error:
        print(f"{error}\n  Look at the path, free the port or disk, or choose another with --port.", file=sys.stderr)
        raise SystemExit(1) from None


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python {name}",
        description="Reads DATABASE_URL when it is set, else the snapshot in data/.",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("run", help="compute the results; write results/ and exports/")
    serve = actions.add_parser("serve", help="serve the dashboard")
    serve.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    serve.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8080")))
    simulate = actions.add_parser("simulate", help="compute scenarios from a file")
    simulate.add_argument("file", type=Path, help="JSON or CSV, a scenario or a driver a row")
    simulate.add_argument("--report", type=Path, metavar="FILE", help="write them as .pptx, .pdf, .xlsx, .csv or .json")
    return parser


def _act(options: argparse.Namespace, folder: Path) -> None:
    workspace = Workspace(folder, database_url())
    if options.action == "serve":
        from .server import serve

        serve(workspace, options.host, options.port, _public(os.environ.get("PUBLIC_ADDRESS", "")))
    elif options.action == "simulate":
        asked = _scenarios(workspace, options.file)
        if options.report:
            _report(workspace, workspace.compared(asked), options.report)
        else:
            print(json.dumps(workspace.simulate(asked), indent=2))
    else:
        _run(workspace, folder)


def _public(text: str) -> tuple[str, ...]:
    """The addresses under which others reach the dashboard.

    Raises:
        UsageFailure: one is no address.
    """
    try:
        return public_addresses(text)
    except ValueError as error:
        raise UsageFailure(f"PUBLIC_ADDRESS: {error}.", "Separate several by commas.") from None


def _scenarios(workspace: Workspace, file: Path) -> list[dict[str, Any]]:
    from . import scenariofile

    found = scenariofile.load(file, workspace.model.parameters)
    return [{"name": name, **values} for name, values in found.items()]


def _report(workspace: Workspace, scenarios: list[dict[str, Any]], file: Path) -> None:
    """The results with the scenarios compared, as the file's ending says."""
    from . import reports

    brand = load_brand(workspace.folder)
    _, _, content = reports.download(workspace.results(), scenarios, file.suffix[1:].lower(), brand=brand)
    file.write_bytes(content)
    print(file)


def _run(workspace: Workspace, folder: Path) -> None:
    from . import reports

    document = workspace.results()
    for path, content in reports.exports(document, brand=load_brand(folder), slides=True).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        print(path)
    for metric in document["metrics"]:
        print(f"{metric['label']}: {metric['text']}")
