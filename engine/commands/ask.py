"""`ask`: a request through the seven steps, in the terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from engine.commands.dataset import take_in
from engine.commands.terminal import err, out, print_json, show_end, show_table, tell
from engine.errors import StoreError
from engine.kit import Kit
from engine.language_model.endpoint import NONE, read_address
from engine.products import Event, Question, Request, Run, Status
from engine.queue import answer
from engine.whatif import supposed_lines

EXITS = {Status.DONE: 0, Status.NEEDS_INPUT: 4, Status.REFUSED: 3}


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("ask", help="answer a request")
    parser.add_argument("request", help='what you want to know, such as "DSCR for all properties, worst first"')
    parser.add_argument(
        "--file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="ask this CSV, Excel or Parquet file, or API declared in YAML; more than once for several",
    )
    parser.add_argument("--db", default="", metavar="URL", help="the database (default: DATABASE_URL, else the sample)")
    parser.add_argument(
        "--model", default="", metavar="URL|none", help="a language model's server; none: the catalogue alone"
    )
    parser.add_argument("--executor", default="", choices=["docker", "local"])
    parser.add_argument("--out", type=Path, metavar="DIR", help="copy the run's folder here too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--yes", action="store_true", help="never ask back; a question ends the run with exit code 4")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Answer; exit code 0 done, 1 failed, 3 refused, 4 needs input."""
    if options.model not in ("", NONE):
        read_address(options.model)
    kit.executor(options.executor).executor.warm()
    datasets = tuple(take_in(kit.shelf, file).name for file in options.file)
    request = Request(
        datasets=datasets,
        text=options.request,
        database=kit.remember(options.db or kit.settings.database),
        executor=options.executor,
        model=options.model,
    )
    run = _answer(request, kit, options)
    if options.out and run.folder:
        _copy(Path(run.folder), options.out)
    if options.json:
        print_json(as_json(run))
    else:
        _show(run)
    return EXITS.get(run.status, 1)


def _answer(request: Request, kit: Kit, options: argparse.Namespace) -> Run:
    """Run it; in a terminal a question is asked and the answer taken."""
    said = _silent if options.json else tell
    while True:
        run = answer(request, kit, said)
        interactive = not (options.yes or options.json) and sys.stdin.isatty()
        if run.question is None or not run.question.options or not interactive:
            return run
        chosen = _choose(run.question)
        if chosen is None:
            return run
        request = request.model_copy(update={"answers": {**request.answers, run.question.key: chosen}})


def _silent(event: Event) -> None:
    """Progress for programs: a line a step on standard error."""
    if event.state == "done":
        print(f"{event.step.value} {event.seconds:.3f}", file=sys.stderr)


def _choose(question: Question) -> str | None:
    err.print(question.text, style="yellow", markup=False)
    for number, option in enumerate(question.options, 1):
        err.print(f"  {number}. {option.label}", markup=False)
    try:
        typed = input("Number (empty to stop): ").strip()
    except EOFError:
        return None
    if typed.isdigit() and 0 < int(typed) <= len(question.options):
        return question.options[int(typed) - 1].value
    return None


def _copy(folder: Path, target: Path) -> None:
    try:
        shutil.copytree(folder, target, dirs_exist_ok=True)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error}.", "Choose another folder with --out.") from error


def as_json(run: Run) -> dict[str, Any]:
    """The run as programs get it."""
    results = run.results
    question, failure = run.question, run.failure
    return {
        "run": run.id,
        "status": str(Status.FAILED if run.status is Status.CANCELLED else run.status),
        "author": run.script.author if run.script else run.request.author,
        "title": run.title,
        "question": question
        and {"key": question.key, "text": question.text, "options": [o.model_dump() for o in question.options]},
        "error": failure and {"step": str(failure.step), "message": failure.message, "hint": failure.hint},
        "steps": [{"name": name, "seconds": round(seconds, 4)} for name, seconds in run.seconds.items()],
        "executor": run.execution.executor if run.execution else None,
        "notice": run.execution.notice if run.execution else "",
        "writing": run.writing
        and {
            **run.writing.model_dump(include={"server", "model", "cost", "fixes"}),
            "calls": len(run.writing.calls),
            "prompt_tokens": run.writing.prompt_tokens,
            "written_tokens": run.writing.written_tokens,
            "seconds": round(run.writing.seconds, 3),
        },
        "metrics": [m.model_dump(include={"name", "label", "value", "unit", "ok"}) for m in results.metrics]
        if results
        else [],
        "tables": {
            name: {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
            for name, table in (results.tables if results else {}).items()
        },
        "parameters": [parameter.model_dump() for parameter in results.parameters] if results else [],
        "scenarios": list(results.supposed.scenarios) if results and results.supposed else [],
        "supposed": supposed_lines(results) if results else [],
        "assumptions": list(results.assumptions) if results else [],
        "warnings": list(results.warnings) if results else [],
        "directory": run.folder,
        "findings": [finding.model_dump(mode="json") for finding in run.verdict.findings] if run.verdict else [],
    }


def _show(run: Run) -> None:
    results = run.results
    if results is None:
        show_end(run)
        return
    out.print(f"\n{results.title}", style="bold", markup=False)
    marks = {True: "  good", False: "  below its threshold", None: ""}
    for metric in results.metrics:
        out.print(f"  {metric.label:<32} {metric.text:>16}{marks[metric.ok]}", markup=False)
    for line in supposed_lines(results):
        out.print(f"  {line}", style="bold", markup=False)
    for table in results.tables.values():
        show_table(table)
    for line in results.assumptions:
        out.print(f"  assumes: {line}", style="dim", markup=False)
    for line in results.warnings:
        out.print(f"  note: {line}", style="yellow", markup=False)
    if run.writing:
        out.print(f"  Written by a language model, {run.writing.words}", style="dim", markup=False)
    if run.execution and run.execution.notice:
        out.print(run.execution.notice, style="yellow", markup=False)
    reports = {file.kind: file.path for file in results.files}
    out.print(f"\nRun {run.id} in {run.folder}", markup=False)
    out.print(f"  PDF {reports.get('pdf')}, Excel {reports.get('xlsx')}", markup=False)
    out.print(f"  PowerPoint: ./run report {run.id} slides.pptx", markup=False)
    if results.parameters:
        out.print(f"  What if: ./run simulate {run.id} --set {results.parameters[0].name}=0.1", markup=False)
    out.print(f"  Dashboard: ./run serve {run.id}", markup=False)
