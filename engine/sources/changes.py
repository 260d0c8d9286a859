"""What is new since a database was looked at last: tables, columns, types and keys, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.products import Product
from engine.sources.schema import Schema, Table

MOST_KEPT = 20


class Change(Product):
    """One look that found something different: when, since when, and what."""

    at: datetime
    since: datetime
    sentences: tuple[str, ...]

    @property
    def headline(self) -> str:
        """In one line: the first few, and how many more."""
        more = f" and {len(self.sentences) - 3} more" if len(self.sentences) > 3 else ""
        return "; ".join(self.sentences[:3]) + more


def change_between(old: Schema, new: Schema) -> Change | None:
    """What differs between two looks; None when nothing does."""
    found = (*_tables(old, new), *_columns(old, new), *_keys(old, new))
    return Change(at=new.read_at, since=old.read_at, sentences=found) if found else None


def _tables(old: Schema, new: Schema) -> Iterator[str]:
    yield from (f"the table {key} is new" for key in new.by_key if key not in old.by_key)
    yield from (f"the table {key} is gone" for key in old.by_key if key not in new.by_key)


def _columns(old: Schema, new: Schema) -> Iterator[str]:
    for key, table in new.by_key.items():
        before = old.by_key.get(key)
        if before is not None:
            yield from _columns_of(before, table)


def _columns_of(before: Table, after: Table) -> Iterator[str]:
    added = [name for name in after.by_name if name not in before.by_name]
    removed = [name for name in before.by_name if name not in after.by_name]
    if added:
        yield f"{after.key} has the new column{'s' * (len(added) > 1)} {', '.join(added)}"
    if removed:
        yield f"{after.key} has lost the column{'s' * (len(removed) > 1)} {', '.join(removed)}"
    for name, column in after.by_name.items():
        known = before.by_name.get(name)
        if known is not None and known.type != column.type:
            yield f"{after.key}.{name} was {known.type or 'of no type'} and is {column.type or 'of no type'}"
    if before.primary_key != after.primary_key:
        yield f"{after.key} has another primary key"


def _keys(old: Schema, new: Schema) -> Iterator[str]:
    def declared(schema: Schema) -> set[tuple[str, tuple[str, ...], str]]:
        return {(key.table, key.columns, key.refers_table) for key in schema.foreign_keys if not key.inferred}

    shared = old.by_key.keys() & new.by_key.keys()
    for word, found in (("new", declared(new) - declared(old)), ("gone", declared(old) - declared(new))):
        for table, columns, target in sorted(found):
            if {table, target} <= shared:
                yield f"the key {table}.{', '.join(columns)} to {target} is {word}"
