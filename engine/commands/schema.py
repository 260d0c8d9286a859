"""`schema`: what the database holds: tables, columns, keys."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.terminal import out, print_json
from engine.errors import UsageError
from engine.kit import Kit
from engine.sources.schema import Schema, Table

NEEDS_INPUT = 4

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
    meaning.add_argument("--proposal", action="store_true", help="what the data seem to mean, to be confirmed")
    meaning.add_argument("--accept-proposal", action="store_true", help="keep that proposal as it is")
    meaning.add_argument("--teach", metavar="TEXT", help='teach a word: "sales = sum of items.quantity * items.price"')
    meaning.add_argument("--forget", metavar="WORD", help="forget a word, or what is said of a table or column")
    meaning.add_argument("--taught", action="store_true", help="what is said of this database, and by whom")
    parser.add_argument("--yes", action="store_true", help="take a change although golden questions would move")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Look at the database anew and print it."""
    database = kit.remember(options.db or kit.settings.database)
    if options.teach or options.forget or options.taught or options.proposal or options.accept_proposal:
        return _meaning(options, kit, database)
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
    _list(connection, kit, database)
    return 0


def _list(connection: Connection, kit: Kit, database: str) -> None:
    """Tables, keys, what is new, and what is said of the database."""
    from engine.metrics.mapping import find_mapping

    schema = connection.schema
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
    said = kit.said_of(database).read()
    told = (
        f"{said.count:,} statements, listed by --taught"
        if said.count
        else "as inferred; --proposal shows what to confirm"
    )
    out.print(f"Meaning: {told}", markup=False)


def _meaning(options: argparse.Namespace, kit: Kit, database: str) -> int:
    """What the data mean: taught, forgotten, proposed, accepted or shown."""
    from engine.usecases import meaning

    if not _settled(options, kit, database):
        return NEEDS_INPUT
    if options.teach:
        found = meaning.teach(kit, database, options.teach)
        if options.json:
            print_json({"taught": found.said.model_dump(mode="json"), "told": found.told, "warning": found.warning})
            return 0
        out.print(f"{found.told}. Kept in {kit.said_of(database).file}.", markup=False, soft_wrap=True)
        if found.warning:
            out.print(f"Note: {found.warning}", markup=False)
        return 0
    if options.forget:
        left = meaning.forget(kit, database, options.forget)
        if options.json:
            print_json(left.model_dump(mode="json", exclude_defaults=True))
        else:
            out.print(f"{options.forget} is forgotten.", markup=False)
        return 0
    if options.proposal or options.accept_proposal:
        return _proposed(options, kit, database)
    said, wrong = kit.said_of(database).read(), meaning.warnings(kit, database)
    if options.json:
        print_json({**said.model_dump(mode="json", exclude_defaults=True), "warnings": wrong})
        return 0
    for line in (*meaning.lines_of(said), *(f"Note: {each}" for each in wrong)):
        out.print(line, markup=False, soft_wrap=True)
    return 0


def _settled(options: argparse.Namespace, kit: Kit, database: str) -> bool:
    """Whether what is asked may be done: it moves no golden question, or the person knows and says yes."""
    from engine.commands.golden import show
    from engine.usecases import meaning
    from engine.usecases.golden import golden, moved

    if options.yes or not (options.teach or options.forget or options.accept_proposal) or not golden(kit, database):
        return True
    if options.teach:
        said = meaning.after_teaching(kit, database, options.teach)
    elif options.forget:
        said = meaning.after_forgetting(kit, database, options.forget)
    else:
        said = meaning.after_accepting(kit, database, meaning.propose(kit, database))
    found = moved(kit, database, said)
    if found and options.json:
        print_json({"kept": False, "moved": [each.model_dump() for each in found]})
    elif found:
        show(found)
        out.print("Nothing was changed. With --yes it is taken all the same.", markup=False)
    return not found


def _proposed(options: argparse.Namespace, kit: Kit, database: str) -> int:
    from engine.usecases import meaning

    proposed = meaning.propose(kit, database)
    if options.accept_proposal:
        meaning.accept(kit, database, proposed)
    if options.json:
        print_json({"kept": options.accept_proposal, **proposed.model_dump(mode="json", exclude_defaults=True)})
        return 0
    if not proposed.count:
        out.print("There is nothing to confirm.", markup=False)
        return 0
    lines = meaning.summary_of(proposed) if options.accept_proposal else meaning.lines_of(proposed)
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
    if options.accept_proposal:
        out.print(
            f"Kept in {kit.said_of(database).file}; a word of yours goes before it.", markup=False, soft_wrap=True
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
