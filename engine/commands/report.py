"""`report`: a finished run as a file to forward, with scenarios compared when they are given."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.commands import scenarios
from engine.commands.terminal import out
from engine.errors import StoreError
from engine.kit import Kit
from engine.scenarios.whatif import require_results
from engine.steps.results import report_of


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("report", help="a run as PowerPoint, PDF, Excel, CSV or JSON")
    parser.add_argument("run", help="the run's id, its beginning, or 'last'")
    parser.add_argument("file", type=Path, help="its ending says the kind: .pptx, .pdf, .xlsx, .csv or .json")
    scenarios.add(parser)
    parser.add_argument("--kept", action="store_true", help="compare the scenarios kept on the Simulate page")
    parser.add_argument(
        "--whole", action="store_true", help="a PDF with formulas and queries, slides with their appendix"
    )
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Write the file; exit 2 for a kind that is not there."""
    run = kit.store.load(options.run)
    asked = [*scenarios.given(options, kit, run, require_results(run))]
    asked += kit.store.scenarios(run.id) if options.kept else ()
    rows = [{**scenario.values, "name": scenario.name} for scenario in asked]
    compared = kit.sessions.compared(run, rows) if rows else []
    _, _, content = report_of(kit.reports, run, options.file.suffix[1:].lower(), compared, whole=options.whole)
    try:
        options.file.write_bytes(content)
    except OSError as error:
        raise StoreError(f"{options.file} cannot be written: {error.strerror}.", "Choose another file.") from None
    out.print(str(options.file), markup=False, soft_wrap=True)
    return 0
