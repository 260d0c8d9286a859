"""`ask`: a request through the seven steps, in the terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from engine.commands.terminal import err, out, print_json, show_end, show_table, tell
from engine.errors import EngineError, StoreError, UsageError
from engine.kit import Kit
from engine.language.following import asks_why
from engine.language_model.endpoint import NONE, read_address
from engine.products import Event, Question, Request, Run, Status
from engine.queue import answer_first, finish
from engine.scenarios.whatif import supposed_lines
from engine.usecases.history import as_json
from runtime.units import verdict

TRIES = (
    "The answer is whole. Once for this model: six questions over the sample database, two minutes at most, so that it"
    " is asked in the way it does best. Ctrl-C leaves them out, LLM_TRIAL=no for good."
)
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
        help="ask this CSV, Excel, JSON or Parquet file, or API declared in YAML; more than once for several",
    )
    parser.add_argument("--keep", action="store_true", help="ask the files in later questions, too")
    parser.add_argument("--db", default="", metavar="URL", help="the database (default: DATABASE_URL, else the sample)")
    parser.add_argument(
        "--model", default="", metavar="URL|none", help="a language model's server; none: the catalogue alone"
    )
    parser.add_argument("--executor", default="", choices=["docker", "local"])
    parser.add_argument("--after", default="", metavar="RUN", help="change this answer; 'last' is the newest")
    parser.add_argument("--as-of", default="", metavar="DATE", help="the day that counts as today, such as 2026-10-31")
    parser.add_argument("--out", type=Path, metavar="DIR", help="copy the run's folder here too")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--yes", action="store_true", help="never ask back; a question ends the run with exit code 4")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Answer; exit code 0 done, 1 failed, 3 refused, 4 needs input."""
    if options.model not in ("", NONE):
        read_address(options.model)
    if options.after and (options.db or options.file):
        raise UsageError("A request that follows an answer is asked of the same data.", "Leave out --db and --file.")
    if options.after and asks_why(options.request):
        from engine.commands.explain import explain  # what it stands on, no other request needs

        return explain(kit.store.load(options.after), kit, as_json=options.json)
    if options.as_of:
        kit.pin(options.as_of)
    kit.executor(options.executor).executor.warm()
    datasets = tuple(_taken_in(kit, file, apart=not options.keep) for file in options.file)
    request = Request(
        datasets=datasets,
        text=options.request,
        database=kit.remember(options.db or kit.settings.database),
        executor=options.executor,
        model=options.model,
        after=options.after,
    )
    run = _answer(request, kit, options)
    if options.json:
        print_json(as_json(run))
    else:
        show_answer(run)
        sys.stdout.flush()
    run = finish(run, kit)
    if options.out and run.folder:
        _copy(Path(run.folder), options.out)
    if not options.json:
        _show_files(run)
        try_behind(run, kit, watched=sys.stdout.isatty() and sys.stderr.isatty())
    if said := kit.confirm():
        err.print(said, style="red", markup=False)
    return EXITS.get(run.status, 1)


def _taken_in(kit: Kit, file: Path, *, apart: bool) -> str:
    """The name of a file as a dataset."""
    from engine.commands.dataset import take_in

    return take_in(kit.shelf, file, apart=apart).name


def _answer(request: Request, kit: Kit, options: argparse.Namespace) -> Run:
    """Run it; in a terminal a question is asked and the answer taken."""
    said = _silent if options.json else tell
    while True:
        run = answer_first(request, kit, said)
        interactive = not (options.yes or options.json) and sys.stdin.isatty()
        if run.question is None or not run.question.options or not interactive:
            return run
        chosen = _choose(run.question)
        if chosen is None:
            return run
        request = request.model_copy(update={"answers": {**request.answers, run.question.key: chosen}})


def try_behind(run: Run, kit: Kit, *, watched: bool) -> None:
    """Try a model behind its first answer, as the workbench does; only where somebody watches, who may leave it out.

    A program that reads the answer is not held back.
    """
    if not watched or run.writing is None:
        return
    from engine.authors.select.probing import try_unknown, untried

    try:
        if not untried(kit, run.request.model):
            return
        sys.stdout.flush()
        err.print(TRIES, style="dim", markup=False)
        trial = try_unknown(kit, run.request.model)
    except KeyboardInterrupt:
        err.print("Left out.", style="dim")
        return
    except EngineError as error:
        err.print(f"The language model could not be tried: {error.message}", style="dim", markup=False)
        return
    if trial is not None:
        err.print(trial.words, style="dim", markup=False)


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


def show_answer(run: Run) -> None:
    """What a run answered: its numbers with their verdicts, its tables, what was assumed."""
    results = run.results
    if results is None:
        show_end(run)
        return
    out.print(f"\n{results.title}", style="bold", markup=False)
    if run.plan is not None and run.plan.intent.get("reply"):
        out.print(f"  Read as: {run.plan.summary}", style="dim", markup=False)
    for metric in results.metrics:
        said = verdict(metric.value, metric.good, metric.bad)
        out.print(f"  {metric.label:<32} {metric.text:>16}{f'  {said}' if said else ''}", markup=False)
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


def _show_files(run: Run) -> None:
    """Where everything is, once the reports are written too."""
    results = run.results
    if results is None:
        return
    reports = {file.kind: file.path for file in results.files}
    out.print(f"\nRun {run.id} in {run.folder}", markup=False)
    if "pdf" in reports:
        out.print(f"  PDF {reports['pdf']}, Excel {reports.get('xlsx')}", markup=False)
    else:
        out.print(f"  {results.warnings[-1]}", style="yellow", markup=False)
    out.print(f"  PowerPoint: ./run report {run.id} slides.pptx", markup=False)
    if results.parameters:
        out.print(f"  What if: ./run simulate {run.id} --set {results.parameters[0].name}=0.1", markup=False)
    out.print(f"  Dashboard: ./run serve {run.id}", markup=False)
