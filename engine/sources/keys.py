"""Foreign keys that nobody declared: guessed from names and kinds, then checked against the values."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import SourceError
from engine.sources.door import Session, own_rows
from engine.sources.naming import column_prefix, house_prefix, quoted, quoted_table, singular, without_prefix, words
from engine.sources.schema import Column, ForeignKey, Kind, Table

_SECONDS, _SECONDS_A_CHECK, _SAMPLE = 5.0, 1.0, 200
_ENOUGH = 0.95
_UNIQUE_ROWS = 100_000
_KEY_KINDS = frozenset({Kind.NUMBER, Kind.TEXT})
# What the key of a table is called, apart from the word that all its columns begin with.
_OWN_KEYS = frozenset({"id", "cd", "code", "no", "nr", "key"})
# Columns of these names mean the row they stand in, not another table.
_GENERIC = frozenset(
    {"id", "name", "title", "type", "status", "code", "description", "comment", "notes"}
    | {"date", "year", "month", "amount", "price", "value"}
)


@dataclass(frozen=True)
class _Target:
    """A column that identifies the rows of its table; `declared` when the database says so."""

    table: Table
    column: Column
    declared: bool

    @property
    def names(self) -> frozenset[str]:
        """The names a referring column may have."""
        return referring_names(self.table, self.column)


def referring_names(table: Table, column: Column) -> frozenset[str]:
    """The names, in their compared form, of a column that refers to `column` of `table`."""
    own, one, many = words(column.name), singular(table.name), words(table.name)
    names = {f"{stem}_{own}" for stem in (one, many)} if own in ("id", "code", "key", "uuid", "no") else {own}
    return frozenset(names | {f"{one}_id", f"{many}_id", f"{one}id", f"{many}id"}) - _GENERIC


class _Checks:
    """Looks at values, as long as there is time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._deadline = time.monotonic() + _SECONDS

    def row(self, sql: str) -> tuple[int, int] | None:
        """The two numbers that `sql` gives; None when there was no time or the database refused."""
        if time.monotonic() > self._deadline:
            return None
        try:
            ((first, second),) = own_rows(self._session, sql, seconds=_SECONDS_A_CHECK)
        except SourceError:
            return None
        return int(first or 0), int(second or 0)


def inferred_keys(session: Session, tables: Sequence[Table], declared: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """A key for each column that has none, names another table's key, and holds its values."""
    checks = _Checks(session)
    taken = {(key.table, column) for key in declared for column in key.columns}
    house = house_prefix(table.name for table in tables)
    targets = _targets(tables, house, checks)
    found: list[ForeignKey] = []
    for table in tables:
        if table.view:
            continue
        for column in table.columns:
            if (
                (table.key, column.name) in taken
                or column.kind not in _KEY_KINDS
                or table.primary_key == (column.name,)
            ):
                continue
            named = {without_prefix(column.name, prefix) for prefix in (house, column_prefix(table))}
            fitting = [target for name in sorted(named) for target in targets.get(name, ())]
            key = _best(table, column, fitting, checks)
            if key:
                found.append(key)
    return (*found, *_told_by_endings(tables, (*declared, *found), house, targets, checks))


def _told_by_endings(
    tables: Sequence[Table],
    keys: Sequence[ForeignKey],
    house: str,
    targets: Mapping[str, Sequence[_Target]],
    checks: _Checks,
) -> Iterator[ForeignKey]:
    """Keys with a role before their name (`citing_paper_id`), of tables that nothing else ties to the target.

    Where another key ties the two, a second one would only make every question about them ask which is meant.
    """
    taken = {(key.table, column) for key in keys for column in key.columns}
    tied = {frozenset((key.table, key.refers_table)) for key in keys}
    for table in (each for each in tables if not each.view):
        for column in table.columns:
            if (table.key, column.name) in taken or column.kind not in _KEY_KINDS:
                continue
            parts = without_prefix(column.name, house).split("_")
            endings = ["_".join(parts[at:]) for at in range(1, len(parts) - 1)]
            named = [target for ending in endings for target in targets.get(ending, ())]
            free = [target for target in named if frozenset((table.key, target.table.key)) not in tied]
            key = _best(table, column, free, checks)
            if key and "sampled values" in key.evidence:
                yield key


def _targets(tables: Sequence[Table], house: str, checks: _Checks) -> Mapping[str, Sequence[_Target]]:
    """Name of a possible referring column: what it may refer to."""
    shared: dict[str, int] = defaultdict(int)
    for table in tables:
        for name in {words(column.name) for column in table.columns}:
            shared[name] += not table.view
    targets: dict[str, list[_Target]] = defaultdict(list)
    for table in tables:
        if not table.view:
            for target in _identifying(table, shared, checks):
                for name in {without_prefix(name, house) for name in target.names}:
                    targets[name].append(target)
    return targets


def _identifying(table: Table, shared: Mapping[str, int], checks: _Checks) -> Iterator[_Target]:
    """The declared key of one column; else columns that other tables share and whose values are distinct."""
    if table.primary_key:
        column = table.by_name.get(table.primary_key[0])
        if len(table.primary_key) == 1 and column and column.kind in _KEY_KINDS:
            yield _Target(table, column, declared=True)
        return
    if table.rows is not None and table.rows > _UNIQUE_ROWS:
        return
    prefix = column_prefix(table)
    for column in table.columns:
        name = words(column.name)
        plausible = name == "id" or (shared[name] > 1 and name not in _GENERIC)
        plausible |= bool(prefix) and without_prefix(name, prefix) in _OWN_KEYS
        if plausible and column.kind in _KEY_KINDS and _distinct(table, column, checks):
            yield _Target(table, column, declared=False)


def _distinct(table: Table, column: Column, checks: _Checks) -> bool:
    name = quoted(column.name)
    counted = checks.row(f"SELECT count(*), count(DISTINCT {name}) FROM {quoted_table(table)}")
    return counted is not None and counted[0] == counted[1] > 1


def _best(table: Table, column: Column, targets: Sequence[_Target], checks: _Checks) -> ForeignKey | None:
    """The target whose name fits best and which holds the column's values."""
    fitting = [t for t in targets if t.table.key != table.key and t.column.kind is column.kind]
    fitting.sort(
        key=lambda t: (
            not words(column.name).startswith(singular(t.table.name)),
            not t.declared,
            -(t.table.rows or 0),
        )
    )
    for target in fitting:
        evidence = _evidence(table, column, target, checks)
        if evidence:
            return ForeignKey(
                table=table.key,
                columns=(column.name,),
                refers_table=target.table.key,
                refers_columns=(target.column.name,),
                inferred=True,
                evidence=evidence,
            )
    return None


def _evidence(table: Table, column: Column, target: _Target, checks: _Checks) -> str:
    """Why the column is taken to refer to the target; empty when its values say otherwise."""
    place = f"{target.table.key}.{target.column.name}"
    name, key = quoted(column.name), quoted(target.column.name)
    counted = checks.row(
        f"SELECT count(*), count(k) FROM (SELECT DISTINCT {name} AS v FROM {quoted_table(table)}"
        f" WHERE {name} IS NOT NULL LIMIT {_SAMPLE}) AS s"
        f" LEFT JOIN (SELECT DISTINCT {key} AS k FROM {quoted_table(target.table)}) AS t ON t.k = s.v"
    )
    if counted is None or counted[0] == 0:
        return f"its name matches {place}; values not compared" if target.declared else ""
    sampled, matching = counted
    if matching < _ENOUGH * sampled:
        return ""
    return f"its name matches {place}, and {matching} of {sampled} sampled values occur there"
