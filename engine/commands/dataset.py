"""`dataset`: files and APIs that are asked beside the database, and the hosts that a person approved."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

from rich.markup import escape

from engine.commands.terminal import out, print_json
from engine.datasets.declaration import Dataset, read_declaration
from engine.datasets.shelf import Shelf
from engine.errors import UsageError
from engine.intake.recipe import GivenRole, Kind, Recipe
from engine.intake.told import SheetView, ToldTable
from engine.kit import Kit

DECLARATIONS = (".yaml", ".yml")
KINDS, ROLES = get_args(Kind), get_args(GivenRole)
SHOWN_LINES = 25
OPTIONS = {
    "order": "--dates day or --dates month",
    "decimal": "--decimals point or --decimals comma",
    "credit": "--credit plus or --credit minus",
}
PART_STYLES = {
    "header": "bold cyan",
    "title": "dim",
    "total": "yellow",
    "section": "magenta",
    "footer": "dim",
    "repeated header": "dim",
}


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("dataset", help="files and APIs that are asked beside the database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser("add", help="take in a CSV, Excel, JSON or Parquet file, or an API declared in YAML")
    adding.add_argument("file", type=Path, metavar="FILE")
    adding.add_argument("--name", default="", help="the name of its table (default: the file's)")
    adding.add_argument("--preview", action="store_true", help="show how it would be read, and keep nothing")
    _reading(adding)
    changing = actions.add_parser("change", help="read a file anew in another way")
    changing.add_argument("name", metavar="NAME")
    _reading(changing)
    actions.add_parser("list", help="what there is")
    for name, said in (
        ("refresh", "read an API anew"),
        ("keep", "ask a file in every question that names no other"),
        ("remove", "forget a dataset"),
    ):
        one = actions.add_parser(name, help=said)
        one.add_argument("name", metavar="NAME")
    actions.add_parser("hosts", help="the hosts that may be asked")
    approving = actions.add_parser("approve", help="let a host be asked")
    approving.add_argument("host", metavar="HOST[:PORT]")
    approving.add_argument("--private", action="store_true", help="also where its address is of your own network")
    withdrawing = actions.add_parser("withdraw", help="take an approval back")
    withdrawing.add_argument("host", metavar="HOST[:PORT]")
    for each in actions.choices.values():
        each.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def _reading(parser: argparse.ArgumentParser) -> None:
    """How a person wants a file read, where they know better."""
    parser.add_argument("--dates", choices=["day", "month"], help="what 3/4/2024 begins with")
    parser.add_argument("--decimals", choices=["point", "comma"], help="what parts decimals")
    parser.add_argument("--credit", choices=["plus", "minus"], help="what CR behind an amount says; DR the other")
    parser.add_argument("--encoding", default="", help="such as cp1252, gb18030, utf-16")
    parser.add_argument("--separator", default="", help="the mark between values")
    parser.add_argument("--keep-totals", action="store_true", help="lines of totals are rows")
    parser.add_argument("--keep-across", action="store_true", help="periods that go across stay columns")
    for name, metavar, said in (
        ("kind", "COLUMN=KIND", f"what a column holds: {', '.join(KINDS)}"),
        ("rename", "COLUMN=NAME", "what a column is called"),
        ("unit", "COLUMN=UNIT", "what a column's numbers are counted in"),
        ("role", "COLUMN=ROLE", f"what a column is for: {', '.join(ROLES)}"),
        ("leave-out", "COLUMN", "a column that is not taken in"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar=metavar, help=said)


def recipe_of(options: argparse.Namespace, before: Recipe | None = None) -> Recipe | None:
    """How a file is to be read; None where nothing is said of it.

    Raises:
        UsageError: a kind is none, or a column is given without what it is to be.
    """
    said: dict[str, Any] = {"order": options.dates, "encoding": options.encoding, "separator": options.separator}
    said["credit"] = options.credit
    said["decimal"] = {"point": ".", "comma": ","}.get(options.decimals or "")
    said |= {"keep_totals": options.keep_totals, "keep_across": options.keep_across}
    known = dict((before or Recipe()).columns)
    columns: dict[str, dict[str, Any]] = {name: column.model_dump() for name, column in known.items()}
    said_of = {"kind": options.kind, "name": options.rename, "unit": options.unit, "role": options.role}
    for field, given in said_of.items():
        for each in given:
            column, _, value = each.partition("=")
            known_values = {"kind": KINDS, "role": ROLES}.get(field, (value,))
            if not value or value not in known_values:
                hint = f"COLUMN={field.upper()}; kinds are {', '.join(KINDS)}, roles {', '.join(ROLES)}."
                raise UsageError(f"{each!r} does not say what a column is.", hint)
            columns.setdefault(column, {})[field] = value
    for column in options.leave_out:
        columns.setdefault(column, {})["leave_out"] = True
    changed = {name: value for name, value in said.items() if value}
    if not changed and not any((*said_of.values(), options.leave_out)):
        return None
    return Recipe.model_validate({**(before or Recipe()).model_dump(), **changed, "columns": columns})


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Do it and print what there is then."""
    shelf = kit.shelf
    if options.action in ("hosts", "approve", "withdraw"):
        return _hosts(options, shelf)
    if options.action == "add" and options.preview:
        return _preview(options, shelf)
    found = ACTS[options.action](options, shelf)
    if options.json:
        print_json([dataset.model_dump(mode="json") for dataset in found])
        return 0
    for dataset in found:
        _show(dataset)
    if not found:
        out.print("No dataset yet. ./run dataset add FILE takes one in.", markup=False)
    return 0


def _changed(options: argparse.Namespace, shelf: Shelf) -> tuple[Dataset, ...]:
    before = shelf.get(options.name).recipe
    return (shelf.settle(options.name, recipe_of(options, before) or before),)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None


def take_in(shelf: Shelf, file: Path, name: str = "", recipe: Recipe | None = None, *, apart: bool = False) -> Dataset:
    """A file as a dataset: data as it is, a declaration as the API it names.

    Raises:
        UsageError: it cannot be read.
    """
    content = _content(file)
    if file.suffix.lower() in DECLARATIONS:
        declared, source = read_declaration(content.decode("utf-8", "replace"))
        return shelf.add_api(name or declared, source)
    return shelf.add_file(file.name, content, name, recipe, apart=apart)


# What each action gives: the datasets that are shown.
ACTS: Mapping[str, Callable[[argparse.Namespace, Shelf], tuple[Dataset, ...]]] = {
    "add": lambda options, shelf: (take_in(shelf, options.file, options.name, recipe_of(options)),),
    "change": _changed,
    "refresh": lambda options, shelf: (shelf.refresh(options.name),),
    "keep": lambda options, shelf: (shelf.keep(options.name),),
    "remove": lambda options, shelf: (shelf.remove(options.name),),
    "list": lambda options, shelf: shelf.all(),
}


def _preview(options: argparse.Namespace, shelf: Shelf) -> int:
    """How a file would be read: its lines, its columns, what is left out and what is open."""
    made = shelf.preview(options.file.name, _content(options.file), recipe_of(options))
    if options.json:
        print_json([made.model_dump(mode="json")])
        return 0
    for sheet in made.sheets:
        _show_sheet(sheet)
    for table in made.tables:
        _show_told(table.told)
    out.print("Nothing was kept. Without --preview it is taken in.", style="dim", markup=False)
    return 0


def _show_sheet(sheet: SheetView) -> None:
    """The first lines as they stand in the file; what each is stands in front, and has its colour."""
    if sheet.title:
        out.print(f"Sheet {sheet.title}", style="bold", markup=False)
    for line, cells, part in list(zip(sheet.lines, sheet.cells, sheet.parts, strict=True))[:SHOWN_LINES]:
        text = f"{line:>6}  {part:<16}  {' | '.join(cells)}"
        out.print(text[: out.width - 1], style=PART_STYLES.get(part, ""), markup=False)
    if len(sheet.lines) > SHOWN_LINES:
        out.print("        ...", style="dim", markup=False)


def _show_told(told: ToldTable) -> None:
    from rich.table import Table

    table = Table(title=f"{told.sheet or 'Table'}: {told.rows:,} rows", title_justify="left")
    for heading in ("column", "kind", "unit", "role", "empty", "for example"):
        table.add_column(heading)
    for column in told.columns:
        role = "key" if column.key else column.role
        samples = ", ".join(column.samples)
        cells = (
            column.name,
            column.kind.lower(),
            column.unit,
            role,
            f"{column.empty:,}" if column.empty else "",
            samples,
        )
        table.add_row(*map(escape, cells))
    out.print(table)
    for note in told.said:
        out.print(f"  {note}", style="dim", markup=False)
    for each in told.open:
        option = OPTIONS[each.key]
        said = f"  {each.column} says {each.example}, and nothing tells how it is meant"
        out.print(f"{said}: it stays text until you say {option}.", style="yellow", markup=False)


def _show(dataset: Dataset) -> None:
    when = f"{dataset.read_at:%Y-%m-%d %H:%M} UTC" if dataset.read_at else "never"
    out.print(f"{dataset.name}  {dataset.rows:,} rows  from {dataset.origin}, read {when}", markup=False)
    if dataset.apart:
        out.print(
            "  asked by its own questions alone; ./run dataset keep NAME asks it in all", style="dim", markup=False
        )
    if dataset.tables != (dataset.name,):
        out.print(f"  tables: {', '.join(dataset.tables)}", markup=False)
    for note in dataset.notes:
        out.print(f"  {note}", style="dim", markup=False)


def _hosts(options: argparse.Namespace, shelf: Shelf) -> int:
    if options.action == "approve":
        shelf.hosts.approve(options.host, private=options.private)
    elif options.action == "withdraw":
        shelf.hosts.withdraw(options.host)
    found = shelf.hosts.all()
    if options.json:
        print_json([each.model_dump(mode="json") for each in found])
        return 0
    for each in found:
        out.print(f"{each.host}{'  also at private addresses' if each.private else ''}", markup=False)
    if not found:
        out.print("No host is approved: no API is asked.", markup=False)
    return 0
