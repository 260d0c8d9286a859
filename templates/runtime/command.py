"""The command line of a generated script on its own: run, serve, simulate."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from .brand import load as load_brand
from .failures import RuntimeFailure
from .snapshot import database_url
from .workspace import Workspace


def main() -> None:
    """Do what the arguments of the running script say; exit 0 done, 1 failed, 2 usage."""
    script = Path(sys.modules["__main__"].__file__ or "script.py").resolve()
    options = _parser(script.name).parse_args()
    try:
        _act(options, script.parent)
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

        serve(workspace, options.host, options.port)
    elif options.action == "simulate":
        asked = _scenarios(workspace, options.file)
        if options.report:
            _report(workspace, workspace.compared(asked), options.report)
        else:
            print(json.dumps(workspace.simulate(asked), indent=2))
    else:
        _run(workspace, folder)


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
