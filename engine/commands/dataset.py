"""`dataset`: files and APIs that are asked beside the database, and the hosts that a person approved."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.commands.terminal import out, print_json
from engine.datasets.declaration import Dataset, read_declaration
from engine.datasets.shelf import Shelf
from engine.errors import UsageError
from engine.kit import Kit

DECLARATIONS = (".yaml", ".yml")


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("dataset", help="files and APIs that are asked beside the database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser("add", help="take in a CSV, Excel or Parquet file, or an API declared in YAML")
    adding.add_argument("file", type=Path, metavar="FILE")
    adding.add_argument("--name", default="", help="the name of its table (default: the file's)")
    actions.add_parser("list", help="what there is")
    for name, said in (("refresh", "read an API anew"), ("remove", "forget a dataset")):
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


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Do it and print what there is then."""
    shelf = kit.shelf
    found: tuple[Dataset, ...]
    if options.action in ("hosts", "approve", "withdraw"):
        return _hosts(options, shelf)
    if options.action == "add":
        found = (take_in(shelf, options.file, options.name),)
    elif options.action == "refresh":
        found = (shelf.refresh(options.name),)
    elif options.action == "remove":
        found = (shelf.remove(options.name),)
    else:
        found = shelf.all()
    if options.json:
        print_json([dataset.model_dump(mode="json") for dataset in found])
        return 0
    for dataset in found:
        _show(dataset)
    if not found:
        out.print("No dataset yet. ./run dataset add FILE takes one in.", markup=False)
    return 0


def take_in(shelf: Shelf, file: Path, name: str = "") -> Dataset:
    """A file as a dataset: data as it is, a declaration as the API it names.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    if file.suffix.lower() in DECLARATIONS:
        declared, source = read_declaration(content.decode("utf-8", "replace"))
        return shelf.add_api(name or declared, source)
    return shelf.add_file(file.name, content, name)


def _show(dataset: Dataset) -> None:
    when = f"{dataset.read_at:%Y-%m-%d %H:%M} UTC" if dataset.read_at else "never"
    out.print(f"{dataset.name}  {dataset.rows:,} rows  from {dataset.origin}, read {when}", markup=False)
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
