"""`runs`, `show`, `delete`, `archive`: what was asked before."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from engine.commands.terminal import out, print_json, show_end, show_table
from engine.kit import Kit
from engine.usecases.history import as_json, delete_run


def add(commands: Any) -> None:
    """The commands' arguments."""
    runs = commands.add_parser("runs", help="what was asked before")
    runs.add_argument("--archived", action="store_true", help="those that were archived")
    runs.add_argument("--json", action="store_true", help="print one JSON document")
    runs.set_defaults(act=act_runs)
    for name, act, text in (
        ("show", act_show, "everything about a run"),
        ("delete", act_delete, "forget a run and remove its folder"),
        ("archive", act_archive, "put a run out of sight; with --undo, back"),
    ):
        parser = commands.add_parser(name, help=text)
        parser.add_argument("run", help="the run's id, its beginning, or 'last'")
        if name == "archive":
            parser.add_argument("--undo", action="store_true")
        if name == "show":
            parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.set_defaults(act=act)


def act_runs(options: argparse.Namespace, kit: Kit) -> int:
    """List the runs, newest first."""
    found = kit.store.list(archived=options.archived)
    if options.json:
        fields = {"id", "title", "status", "created_at", "folder", "archived"}
        print_json([run.model_dump(mode="json", include=fields) for run in found])
        return 0
    drawn = Table("run", "when", "status", "title")
    for run in found:
        drawn.add_row(run.id, f"{run.created_at:%Y-%m-%d %H:%M}", str(run.status), run.title)
    out.print(drawn if found else 'No runs yet. Start one: ./run ask "Calculate DSCR for ..."')
    return 0


def act_show(options: argparse.Namespace, kit: Kit) -> int:
    """Print a run with every product it has."""
    run = kit.store.load(options.run)
    if options.json:
        print_json(as_json(run))
        return 0
    out.print(f"{run.title}", style="bold", markup=False)
    out.print(f"  {run.id}  {run.status}  {run.created_at:%Y-%m-%d %H:%M} UTC  attempt {run.attempt}", markup=False)
    out.print(
        f"  request: {run.request.text}\n  database: {run.request.database}\n  folder: {run.folder}", markup=False
    )
    for name, seconds in run.seconds.items():
        out.print(f"  {name:<13} {seconds:6.2f} s", markup=False)
    if run.execution and run.execution.used:
        out.print(f"  {run.execution.executor} sandbox: {run.execution.used}", markup=False)
    if run.plan:
        out.print(f"  plan: {run.plan.summary}", markup=False)
    for finding in run.verdict.findings if run.verdict else ():
        out.print(f"  {finding.severity}: line {finding.line}: {finding.message}", markup=False)
    show_end(run)
    for metric in run.results.metrics if run.results else ():
        out.print(f"  {metric.label:<32} {metric.text:>16}", markup=False)
    for table in run.results.tables.values() if run.results else ():
        show_table(table)
    return 0


def act_delete(options: argparse.Namespace, kit: Kit) -> int:
    """Forget a run."""
    run = delete_run(kit.store, kit.sessions, kit.settings.output_dir, options.run)
    out.print(f"Deleted {run.id}: {run.title}", markup=False)
    return 0


def act_archive(options: argparse.Namespace, kit: Kit) -> int:
    """Archive a run, or bring it back."""
    run = kit.store.archive(options.run, archived=not options.undo)
    out.print(f"{'Archived' if run.archived else 'Back in the list'}: {run.id}: {run.title}", markup=False)
    return 0
