"""What commands share: where words go (people: standard error or output; programs: one JSON document)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from engine.commands.pipes import PipeClosed, print_json, print_text
from engine.products import Event, Run, TableData
from runtime.units import label_of, write

__all__ = ["counting", "err", "out", "print_json", "print_text", "show_end", "show_table", "tell"]


class _Console(Console):
    """Gives a closed pipe on; rich would end the program with a code that means a failure."""

    def on_broken_pipe(self) -> None:
        raise PipeClosed


out = _Console(highlight=False, soft_wrap=True)
err = _Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def counting(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error for work that tells how far it is, as (done, total); it is gone when the work is done."""
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=quiet) as bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def tell(event: Event) -> None:
    """A step's progress, for people."""
    if event.state == "done":
        err.print(f"  {event.step.value:<13} {event.seconds or 0.0:6.2f} s", style="green", markup=False)
    elif event.state == "progress":
        err.print(f"    {event.message}", style="dim", markup=False)
    elif event.state == "written":
        err.print(event.message, style="cyan", markup=False, end="")
    elif event.state == "failed":
        err.print(f"  {event.step.value:<13} failed", style="red", markup=False)


def show_table(table: TableData, rows: int = 20) -> None:
    """A table's first rows."""
    drawn = Table(title=table.label, title_justify="left", title_style="bold")
    numbers = {i for i in range(len(table.columns)) if any(isinstance(row[i], int | float) for row in table.rows)}
    for place, name in enumerate(table.columns):
        drawn.add_column(label_of(name), justify="right" if place in numbers else "left")
    for row in table.rows[:rows]:
        cells = zip(table.columns, row, strict=True)
        drawn.add_row(*(write(value, table.units.get(name, "")) for name, value in cells))
    out.print(drawn)
    if table.total > rows:
        out.print(f"  {min(rows, len(table.rows))} of {table.total:,} rows", style="dim")


def show_end(run: Run) -> None:
    """How a run ended, when it has no results."""
    if run.question is not None:
        out.print(run.question.text, style="yellow", markup=False)
        for option in run.question.options:
            out.print(f"  - {option.label}", markup=False)
    if run.failure is not None:
        out.print(run.failure.message, style="red", markup=False)
        if run.failure.hint:
            out.print(f"  {run.failure.hint}", markup=False)
