"""`schema`: what the database holds: tables, columns, keys."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.terminal import out, print_json
from engine.errors import UsageError
from engine.kit import Kit
from engine.sources.schema import Schema, Table

if TYPE_CHECKING:
    from engine.sources.connection import Connection


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("schema", help="what the database holds")
    parser.add_argument("--db", default="", metavar="URL")
    meaning = parser.add_mutually_exclusive_group()
    meaning.add_argument(
        "--propose-mapping", action="store_true", help="which columns may play which role, as YAML to review"
    )
    meaning.add_argument("--profile", metavar="TABLE.COLUMN", help="what one column holds")
    meaning.add_argument("--use-mapping", type=Path, metavar="FILE", help="check a mapping over this database, keep it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Look at the database anew and print it."""
    from engine.metrics.mapping import find_mapping

    database = kit.remember(options.db or kit.settings.database)
    connection = kit.refresh(database)
    schema = connection.schema
    if options.propose_mapping:
        return _propose(connection, as_json=options.json)
    if options.profile:
        return _profile(options.profile, connection, as_json=options.json)
    if options.use_mapping:
        return _use(options.use_mapping, schema, kit)
    if options.json:
        changes = [change.model_dump(mode="json") for change in connection.changes()]
        print_json({**schema.model_dump(mode="json"), "changes": changes})
        return 0
    for table in schema.tables:
        _show(table)
    for key in schema.foreign_keys:
        how = f"  (inferred: {key.evidence})" if key.inferred else ""
        out.print(
            f"{key.table}.{', '.join(key.columns)} -> {key.refers_table}.{', '.join(key.refers_columns)}{how}",
            markup=False,
        )
    for change in connection.changes()[:1]:
        out.print(f"\nAt {change.at:%Y-%m-%d %H:%M} UTC, new since {change.since:%Y-%m-%d %H:%M} UTC:", markup=False)
        for sentence in change.sentences:
            out.print(f"  {sentence}", markup=False)
    mapping = find_mapping(schema, kit.settings.mapping_folders)
    out.print(
        f"\nMapping: {mapping.name if mapping else 'none: the metrics catalogue does not apply here yet'}", markup=False
    )
    return 0


def _propose(connection: Connection, *, as_json: bool) -> int:
    from engine.meaning.proposal import as_yaml, propose

    proposal = propose(connection.schema, connection.values)
    if as_json:
        print_json(proposal.model_dump(mode="json", exclude_defaults=True))
    else:
        out.print(as_yaml(proposal), markup=False, soft_wrap=True, end="")
    return 0


def _profile(name: str, connection: Connection, *, as_json: bool) -> int:
    from engine.meaning.senses import senses_of
    from engine.sources.profile import profile

    table, column = connection.schema.place(name)
    sense = senses_of(connection.schema, connection.values).get((table, column))
    withheld = sense.personal if sense else ""
    found = profile(connection.door, connection.schema, table, column, withheld=withheld)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return 0
    part = "" if found.whole else "of the first "
    out.print(
        f"{name}: {part}{found.rows:,} rows, {found.missing:,} missing, {found.distinct:,} distinct", markup=False
    )
    if found.withheld:
        out.print(f"  values are not shown: {found.withheld}", markup=False)
    if found.lowest:
        mean = f", on average {found.average:,.6g}" if found.average is not None else ""
        out.print(f"  from {found.lowest} to {found.highest}{mean}", markup=False)
    for value, count in found.top:
        out.print(f"  {count:>10,}  {value}", markup=False)
    return 0


def _use(file: Path, schema: Schema, kit: Kit) -> int:
    from engine.metrics.mapping import save_mapping

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Check the path.") from None
    kept = save_mapping(text, schema, kit.settings.mapping_folders[0], file.stem)
    out.print(f"The mapping holds and is kept in {kept}.", markup=False)
    return 0


def _show(table: Table) -> None:
    rows = f"  about {table.rows:,} rows" if table.rows is not None else ""
    out.print(f"{table.key}{rows}  {table.comment}", style="bold", markup=False)
    for column in table.columns:
        key = " key" if column.name in table.primary_key else ""
        out.print(f"  {column.name:<28} {column.type:<18} {column.comment}{key}", markup=False)
