"""The columns of a result: names, labels and units of measures, dimensions and time buckets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from engine.authors.analytics.lexicon import Lexicon
from engine.authors.analytics.query import Bucket, ColumnRef, Expression, Grain, Measure, Output, Separate
from engine.language.words import plural, readable
from engine.sources.schema import Kind

_FUNCTIONS = {
    "sum": "total",
    "avg": "average",
    "min": "lowest",
    "max": "highest",
    "median": "median",
    "count": "number of",
}


# Column names that say too little without their table.
_BARE = frozenset("amount value total number quantity balance price cost count rate".split())


def identifier(text: str) -> str:
    """A name for a column, safe in SQL and Python."""
    name = re.sub(r"\W+", "_", text.lower()).strip("_")
    return f"column_{name}" if not name or name[0].isdigit() else name


def column_names(outputs: Iterable[Output]) -> tuple[str, ...]:
    """The names of the columns that outputs show or measure."""
    values = [each.value.measure if isinstance(each.value, Separate) else each.value for each in outputs]
    refs = [value.column if isinstance(value, Measure) else value for value in values]
    return tuple(ref.column for ref in refs if isinstance(ref, ColumnRef))


def measure_output(measure: Measure, table: str, lexicon: Lexicon, value: Expression | None = None) -> Output:
    """A measure as a column; `value` when it is computed on its own."""
    table_name = readable(table.rpartition(".")[2])
    if measure.column is None:
        label = f"number of {plural(table_name)}"
        return Output(name=identifier(label), label=label.capitalize(), value=value or measure, unit="count")
    column = readable(measure.column.column)
    if measure.function == "count":
        label = f"number of {'different ' if measure.distinct else ''}{plural(column)}"
        return Output(name=identifier(label), label=label.capitalize(), value=value or measure, unit="count")
    if column in _BARE and column not in table_name:
        column = f"{table_name} {column}"
    word = _FUNCTIONS[measure.function]
    label = column if column.startswith(word) else f"{word} {column}"
    dated = lexicon.kind(measure.column) in (Kind.DATE, Kind.TIME)
    unit = "date" if dated else lexicon.unit(measure.column)
    return Output(name=identifier(label), label=label.capitalize(), value=value or measure, unit=unit)


def dimension_output(ref: ColumnRef, lexicon: Lexicon) -> Output:
    """A column as it is."""
    label = readable(ref.column)
    if label in ("name", "title", "id", "description", "code"):
        label = f"{readable(ref.table.rpartition('.')[2])} {label}"
    return Output(name=identifier(label), label=label.capitalize(), value=ref, unit=lexicon.unit(ref))


def bucket_output(ref: ColumnRef, grain: Grain) -> Output:
    """A date cut to its day, week, month, quarter or year."""
    return Output(name=grain, label=grain.capitalize(), value=Bucket(column=ref, grain=grain))


def distinctly_named(outputs: Iterable[Output]) -> tuple[Output, ...]:
    """The same columns, each once and each with a name of its own."""
    kept: list[Output] = []
    for output in outputs:
        same = next((each for each in kept if each.value == output.value), None)
        if same is not None:
            if output.shown and not same.shown:
                kept[kept.index(same)] = output
            continue
        name = output.name
        if name in {each.name for each in kept}:
            name = identifier(f"{readable(_table_of(output))} {output.name}")
            while name in {each.name for each in kept}:
                name += "_2"
            output = output.model_copy(update={"name": name, "label": name.replace("_", " ").capitalize()})
        kept.append(output)
    return tuple(kept)


def tables_of(outputs: Sequence[Output]) -> list[str]:
    """The tables whose columns stand in a result directly."""
    found = []
    for output in outputs:
        value = output.value
        if isinstance(value, ColumnRef):
            found.append(value.table)
        elif isinstance(value, Bucket | Measure) and value.column is not None:
            found.append(value.column.table)
        elif isinstance(value, Separate):
            found.append(value.path[0].left)
    return list(dict.fromkeys(found))


def _table_of(output: Output) -> str:
    """The table that an output is about, without its schema."""
    value = output.value.measure if isinstance(output.value, Separate) else output.value
    column = value if isinstance(value, ColumnRef) else getattr(value, "column", None)
    return column.table.rpartition(".")[2] if isinstance(column, ColumnRef) else "other"
