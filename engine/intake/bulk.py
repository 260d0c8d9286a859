"""Large text files whose rows are all alike: read by pyarrow as columns of text, typed by their distinct values.

What is odd about a file shows at its head: where the first lines hold more than a header and rows, or where rows differ
in width, the usual way reads it, which is slower and sees everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.intake.across import is_across
from engine.intake.columns import Column, Hints, hints_of, read_column
from engine.intake.encoding import decoded
from engine.intake.layout import Part, find_tables
from engine.intake.limits import FileLimits, over_columns, over_rows
from engine.intake.raw import header_names
from engine.intake.recipe import Recipe
from engine.intake.sheets import filled
from engine.intake.tables import ReadTable, as_told, exception_note, unique_names
from engine.intake.text import read_text
from engine.intake.totals import TOTAL

if TYPE_CHECKING:
    import pyarrow as pa

# From here on a file is read in bulk; so many bytes at its head show its layout.
LEAST_BYTES = 2 << 20
_HEAD, _TAIL_ROWS = 256 << 10, 40
_MOST_DISTINCT, _SAMPLE = 300_000, 3_000
_BATCH = 50_000
_EMPTY = r"^(?i:|na|n/a|nan|null|none|-|--|#n/a)$"
_INTEGER = r"^-?(?:0|[1-9]\d{0,14})$"
_FRACTION = r"^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$"
_DAY = r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$"
_CLOCK = r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$"


class Packed(Sequence[Any]):
    """Values of a column as an Arrow array, which are made Python's only when they are looked at."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            return self._array.slice(start, stop - start).to_pylist()
        return self._array[at].as_py()

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _BATCH):
            yield from self._array.slice(start, _BATCH).to_pylist()

    @property
    def empty(self) -> int:
        """How many are missing."""
        return int(self._array.null_count)

    @property
    def distinct(self) -> int:
        """How many different ones there are."""
        import pyarrow.compute as pc

        return int(pc.count_distinct(self._array, mode="only_valid").as_py())


def read_bulk(name: str, content: bytes, limits: FileLimits, recipe: Recipe) -> ReadTable | None:
    """The one table of a large text file; None where its rows are not all alike."""
    head = content[: content.rfind(b"\n", 0, _HEAD) + 1]
    if not head or content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        return None
    encoding = _encoding(name, head, recipe)
    sheet = read_text(name, head, limits, recipe.encoding, recipe.separator)
    tables = find_tables(sheet)
    if len(tables) != 1 or not sheet.separator or len(tables[0].header) != 1 or not tables[0].body:
        return None
    table = tables[0]
    odd = {Part.SECTION, Part.FOOTER, Part.REPEATED, Part.TOTAL}
    names = header_names(table)
    if odd & set(table.parts.values()) or is_across(table) or table.columns != tuple(range(len(names))):
        return None
    if any(_is_odd(sheet.rows[at]) for at in table.body[:200]):
        return None
    if len(names) > limits.columns:
        raise over_columns(name, len(names), limits)
    skipped = sheet.lines[table.header[-1]]
    columns = _columns(content, encoding, sheet.separator, skipped, len(names))
    if columns is None:
        return None
    if columns.num_rows > limits.rows:
        raise over_rows(name, limits)
    above = sum(part is Part.TITLE for part in table.parts.values())
    notes = [*sheet.notes]
    if above:
        notes.append(f"The header is line {skipped}; {above} lines above it left out.")
    columns, dropped = _without_totals(columns, skipped)
    if dropped:
        notes.append(f"{len(dropped)} lines of totals left out of the rows ({', '.join(map(str, dropped[:6]))}).")
    parts = {("", line): (Part.TOTAL, "") for line in dropped}
    parts |= {("", sheet.lines[at]): (part, " ".join(map(str, sheet.rows[at]))) for at, part in table.parts.items()}
    rows = columns.num_rows
    typed = _typed(unique_names(names), columns, sheet.separator, recipe, skipped)
    return ReadTable("", typed, range(skipped + 1, skipped + 1 + rows), tuple(notes), parts, (skipped,))


def _is_odd(row: Sequence[Any]) -> bool:
    """Whether a row is seen better by the usual way: it lacks the name of its group, or holds an object."""
    return not filled(row[0]) or any(isinstance(cell, str) and cell[:2] == '{"' for cell in row)


def _encoding(name: str, head: bytes, recipe: Recipe) -> str:
    said = recipe.encoding or decoded(name, head)[1]
    return {"UTF-8": "utf8", "GBK": "gb18030", "Shift-JIS": "cp932"}.get(said, said.replace("Windows-", "cp"))


def _columns(content: bytes, encoding: str, separator: str, skipped: int, width: int) -> pa.Table | None:
    """All columns as text; None where a row has another number of values than the header."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(place) for place in range(width)]
    bad: list[int] = []

    def note(row: Any) -> str:
        bad.append(row.actual_columns)
        return "skip"

    try:
        table = csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(skip_rows=skipped, column_names=names, encoding=encoding, block_size=4 << 20),
            csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except (pa.ArrowException, UnicodeDecodeError, LookupError):
        return None
    return None if bad else table


def _without_totals(table: pa.Table, skipped: int) -> tuple[pa.Table, list[int]]:
    """The rows without those that say that they are totals and lack what the others have."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: list[int] = []
    for name in table.column_names[:3]:
        distinct = pc.unique(table[name])
        words = (
            []
            if len(distinct) > _MOST_DISTINCT
            else [each for each in distinct.to_pylist() if TOTAL.fullmatch(each.strip())]
        )
        if words:
            hits = pc.is_in(table[name], value_set=pa.array(words))
            found += pc.indices_nonzero(pc.fill_null(hits, fill_value=False)).to_pylist()[:10_000]
    usual = sum(bool(value.strip()) for value in table.slice(0, 1).to_pylist()[0].values()) if table.num_rows else 0
    rows = sorted(
        at
        for at in set(found)
        if sum(bool(v.strip()) for v in table.slice(at, 1).to_pylist()[0].values()) <= 0.6 * usual
    )
    if not rows:
        return table, []
    keep = pa.array([True] * table.num_rows).to_numpy(zero_copy_only=False).copy()
    keep[rows] = False
    return table.filter(pa.array(keep)), [skipped + 1 + at for at in rows]


def _typed(names: Sequence[str], table: pa.Table, separator: str, recipe: Recipe, skipped: int) -> list[Column]:
    head = table.slice(0, _SAMPLE).to_pydict()
    hints = hints_of(head.values(), separator, Hints(recipe.decimal, recipe.order, credit=recipe.credit))
    # Each column is let go once it is typed.
    columns: list[Any] = [table.column(place) for place in range(len(names))]
    del table
    found = []
    for name in names:
        cells = columns.pop(0)
        if not recipe.leaves_out(name):
            column = replace(_column(name, cells, hints, recipe, skipped), source=name)
            found.append(as_told(column, recipe))
    return found


def _column(name: str, cells: pa.ChunkedArray, hints: Hints, recipe: Recipe, skipped: int) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(cells.combine_chunks())
    called, forced = recipe.name_of(name), recipe.kind_of(name)
    missing = pc.match_substring_regex(trimmed, _EMPTY)
    blank = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    plain = _plain(called, blank) if forced is None and hints.decimal != "," else None
    if plain is not None:
        return plain
    coded = trimmed.dictionary_encode()
    if len(coded.dictionary) > _MOST_DISTINCT and forced is None:
        sample = read_column(called, coded.dictionary.slice(0, _SAMPLE).to_pylist(), hints)
        if sample.kind == "TEXT":
            return Column(
                called,
                "TEXT",
                Packed(pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)),
                role=sample.role,
            )
    return _mapped(called, coded, hints, recipe, name, skipped)


def _plain(name: str, blank: pa.Array) -> Column | None:
    """A column whose every value has the form that programs write."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def all_fit(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(blank, pattern), skip_nulls=True).as_py())

    if blank.null_count == len(blank):
        return None
    head = [value for value in blank.slice(0, _SAMPLE).to_pylist() if value is not None]
    guess = read_column(name, head, strict=True)
    if guess.kind == "INTEGER" and all_fit(_INTEGER):
        return Column(name, "INTEGER", Packed(blank.cast(pa.int64())), role=guess.role)
    if guess.kind in ("INTEGER", "REAL") and all_fit(_FRACTION):
        return Column(name, "REAL", Packed(blank.cast(pa.float64())), role=guess.role)
    for kind, pattern in (("DATE", _DAY), ("TIMESTAMP", _CLOCK)):
        if guess.kind == kind and all_fit(pattern):
            moments = pc.replace_substring(blank, "T", " ")
            try:
                moments.cast(pa.date32() if kind == "DATE" else pa.timestamp("s"))
            except pa.ArrowInvalid:
                return None  # there is no such day
            return Column(name, kind, Packed(moments), role="date")
    return None


def _mapped(name: str, coded: pa.DictionaryArray, hints: Hints, recipe: Recipe, given: str, skipped: int) -> Column:
    """A column by its distinct values, each counted as often as it stands there."""
    import numpy as np
    import pyarrow as pa

    codes = coded.indices.to_numpy()
    distinct = coded.dictionary.to_pylist()
    counts = np.bincount(codes, minlength=len(distinct))
    column = read_column(name, distinct, hints, kind=recipe.kind_of(given), weights=counts.tolist())
    kinds = {"INTEGER": pa.int64(), "REAL": pa.float64(), "BOOLEAN": pa.int64()}
    values = pa.array(column.values, kinds.get(column.kind, pa.string())).take(coded.indices)
    places = [(int(np.argmax(codes == at)), text) for at, text in column.exceptions[:20]]
    several = int(sum(counts[at] for at, _ in column.exceptions))
    made = Column(
        column.name,
        column.kind,
        Packed(values),
        column.unit,
        column.role,
        tuple(sorted(places)),
        column.notes,
        column.open,
        exceptional=several,
        source=given,
    )
    if not places:
        return made
    lines = range(skipped + 1, skipped + 1 + len(codes))
    return made.noted(exception_note(made, lines))
