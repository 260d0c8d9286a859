"""A file as it would be taken in, for a person to look at, and what is different from the last file of its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.intake.recipe import Recipe
from engine.intake.told import SheetView, ToldTable
from engine.products import Product


class PreviewTable(Product):
    """One table with its first rows."""

    told: ToldTable
    rows: tuple[tuple[Any, ...], ...] = ()


class Preview(Product):
    """How a file would be read. `sheets` are its first lines as they stand in the file."""

    file: str
    recipe: Recipe
    tables: tuple[PreviewTable, ...]
    sheets: tuple[SheetView, ...] = ()


def differences(before: Mapping[str, ToldTable], now: Mapping[str, ToldTable]) -> tuple[str, ...]:
    """What a file has that the last one of its name had not, and the other way round."""
    return tuple(_differences(before, now))


def _differences(before: Mapping[str, ToldTable], now: Mapping[str, ToldTable]) -> Iterator[str]:
    for table, told in now.items():
        if table in before:
            yield from _changed(before[table], told)
        elif before:
            yield f"The table {table} is new."
    for table in before:
        if table not in now:
            yield f"The table {table} is gone."


def _changed(old: ToldTable, told: ToldTable) -> Iterator[str]:
    """What is otherwise in one table: columns, their kinds, how many rows."""
    names, kinds = [c.name for c in told.columns], {c.name: c.kind for c in old.columns}
    if new := [name for name in names if name not in kinds]:
        yield f"New since the last file: the columns {', '.join(new)}."
    if gone := [name for name in kinds if name not in names]:
        yield f"No longer there since the last file: the columns {', '.join(gone)}."
    for column in told.columns:
        if column.name in kinds and kinds[column.name] != column.kind:
            yield f"{column.name} was {_kind(kinds[column.name])} in the last file and is {_kind(column.kind)} now."
    if told.rows != old.rows:
        more = told.rows - old.rows
        yield f"{abs(more):,} rows {'more' if more > 0 else 'fewer'} than in the last file ({told.rows:,} now)."


def _kind(kind: str) -> str:
    return {
        "INTEGER": "whole numbers",
        "REAL": "numbers",
        "DATE": "dates",
        "TIMESTAMP": "moments",
        "BOOLEAN": "yes or no",
    }.get(kind, "text")
