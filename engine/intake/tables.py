"""Tables as they are kept: rows of data alone, months turned into rows, sheets of one shape joined, columns typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from engine.errors import SourceError
from engine.intake.columns import Column, Hints, hints_of, read_column
from engine.intake.dates import Moment, period
from engine.intake.layout import Part, Table, find_tables, merged_over
from engine.intake.numbers import votes
from engine.intake.recipe import Recipe
from engine.intake.roles import is_code_name
from engine.intake.sheets import Sheet, filled
from engine.intake.sorts import Sort, sort_of
from engine.intake.totals import Total, find_totals, number_of

PERIOD, AMOUNT, SECTION, SHEET = "Period", "Amount", "Section", "Sheet"
_ACROSS = (
    "total",
    "totals",
    "ytd",
    "t12",
    "t-12",
    "t 12",
    "annual",
    "sum",
    "trailing 12",
    "summe",
    "gesamt",
    "year to date",
    "12 month total",
)
_LEAST_ACROSS = 3
_SCALE = re.compile(
    r"[($€£]*\s*(?:in|values in|amounts in)?\s*[$€£]?\s*(?:000s?|000's|thousands?|millions?|TEUR|T€)\b\)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Raw:
    """A table before its columns are typed: names, cells by column, and the line of each row."""

    title: str
    names: list[str]
    columns: list[list[Any]]
    lines: list[int]
    parts: Mapping[tuple[str, int], tuple[Part, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    marks: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    header: tuple[int, ...] = ()
    # Columns of ours that are text, whatever they look like.
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ReadTable:
    """A table as it is kept, and how it came to be."""

    title: str
    columns: list[Column]
    lines: Sequence[int]
    notes: tuple[str, ...]
    # By sheet and line: what a line is that is no row of data, with what stands there.
    parts: Mapping[tuple[str, int], tuple[Part, str]]
    header: tuple[int, ...]


def read_tables(name: str, sheets: Sequence[Sheet], recipe: Recipe) -> list[ReadTable]:
    """The tables of a file.

    Raises:
        SourceError: there is none, or a row has more values than columns.
    """
    found: list[Raw] = []
    empty = []
    for sheet in sheets:
        made = _of_sheet(name, sheet, recipe)
        found += made
        empty += [] if made else [f"The sheet {sheet.title} of {name} holds no rows and was left out."]
    found = _joined(found)
    if not found:
        raise SourceError(f"{name} holds no rows.", "A table has a line that names its columns, and rows below it.")
    found[0] = replace(found[0], notes=(*found[0].notes, *empty))
    separator = next((sheet.separator for sheet in sheets if sheet.separator), "")
    hints = hints_of(
        [column for raw in found for column in raw.columns], separator, Hints(recipe.decimal, recipe.order)
    )
    return [_typed(raw, hints, recipe) for raw in found]


def _of_sheet(name: str, sheet: Sheet, recipe: Recipe) -> list[Raw]:
    tables = find_tables(sheet)
    found = []
    several = len([table for table in tables if table.body]) > 1
    for number, table in enumerate(tables, 1):
        if not table.body:
            continue
        title = _title_of(sheet, table) if several else ""
        shown = f"{sheet.title} {title or number}".strip() if several else sheet.title
        found.append(_raw(name, sheet, table, shown, recipe))
    return found


def _title_of(sheet: Sheet, table: Table) -> str:
    """The title that stands right above one of several tables of a sheet."""
    titles = [at for at, part in table.parts.items() if part is Part.TITLE]
    if not titles:
        return ""
    cells = [value for value in sheet.rows[max(titles)] if filled(value)]
    return " ".join(str(cells[0]).split())[:60] if len(cells) == 1 and isinstance(cells[0], str) else ""


def _raw(name: str, sheet: Sheet, table: Table, title: str, recipe: Recipe) -> Raw:
    rows = {at: _cells(sheet.rows[at], table.columns) for at in table.body}
    notes = list(sheet.notes)
    if sheet.unsaved:
        cells = ", ".join(sheet.unsaved[:5]) + (f" and {len(sheet.unsaved) - 5} more" if len(sheet.unsaved) > 5 else "")
        notes.append(f"Formulas without a saved value are empty ({cells}): save the file in Excel to have them.")
    notes += _header_notes(sheet, table)
    _refuse_wide(name, sheet, table, rows)
    parts = {(sheet.title, sheet.lines[at]): (part, _said(sheet, table, at)) for at, part in table.parts.items()}
    filled_down = _fill_down(sheet, table, rows)
    notes += filled_down
    totals = [] if recipe.keep_totals else _totals(sheet, table, rows)
    dropped = {list(table.body)[total.row] for total in totals}
    names = header_names(table)
    for total in totals:
        at = list(table.body)[total.row]
        parts[sheet.title, sheet.lines[at]] = (Part.TOTAL, total.label or _said(sheet, table, at))
    notes += _total_notes(sheet, table, totals, names)
    kept = [at for at in table.body if at not in dropped]
    columns = [[rows[at][place] for at in kept] for place in range(len(table.columns))]
    marks = {place: sheet.marks[at] for place, at in enumerate(table.columns) if at in sheet.marks}
    lines = [sheet.lines[at] for at in kept]
    if table.sections:
        names = [_free(SECTION, names), *names]
        columns = [[table.sections.get(at) for at in kept], *columns]
        marks = {place + 1: mark for place, mark in marks.items()}
        headings = _listed(list(dict.fromkeys(table.sections.values())))
        notes.append(f"Headings between the rows ({headings}) stand in the column {names[0]}.")
    header = tuple(sheet.lines[at] for at in table.header)
    raw = Raw(title, names, columns, lines, parts, tuple(notes), marks, header)
    parts_of = [(), *table.names] if table.sections else list(table.names)
    return raw if recipe.keep_across else _down(raw, parts_of, sheet)


def _cells(row: Sequence[Any], columns: Sequence[int]) -> list[Any]:
    return [row[at] if at < len(row) and filled(row[at]) else None for at in columns]


def _said(sheet: Sheet, table: Table, at: int) -> str:
    return " ".join(str(value) for value in sheet.rows[at] if filled(value))[:120]


def _header_notes(sheet: Sheet, table: Table) -> Iterator[str]:
    where = f" of the sheet {sheet.title}" if sheet.title else ""
    if not table.header:
        called = "they are called column_1, column_2 and so on, and every line is a row"
        yield f"No line{where} names the columns: {called}."
        return
    above = [at for at, part in table.parts.items() if part is Part.TITLE]
    scale = next((found for at in above if (found := _SCALE.search(_said(sheet, table, at)))), None)
    if scale:
        yield f"A title says “{scale[0].strip()}”: amounts stand as written, in thousands or millions."
    lines = [sheet.lines[at] for at in table.header]
    if above or len(lines) > 1:
        which = f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"
        yield f"The header is {which}{where}" + (f"; {_count(len(above), 'line')} above it left out." if above else ".")
    for part, said in ((Part.FOOTER, "below or between the rows"), (Part.REPEATED, "that repeat the header")):
        places = [sheet.lines[at] for at, each in table.parts.items() if each is part]
        if places:
            yield f"{_count(len(places), 'line')} {said} left out ({_numbers(places)})."


def _refuse_wide(name: str, sheet: Sheet, table: Table, rows: Mapping[int, Sequence[Any]]) -> None:
    """Refuse a text file in which rows have more values than its header: a separator stands inside a value."""
    if not sheet.separator or not table.header:
        return
    last = max((at for at, names in zip(table.columns, table.names, strict=True) if names), default=0)
    for at in table.body:
        if any(cell is not None for cell, column in zip(rows[at], table.columns, strict=True) if column > last):
            raise SourceError(
                f"Row {sheet.lines[at]} of {name} has {len(sheet.rows[at])} values, more than the header has names.",
                "Name every column, and put values that hold the separator in quotes.",
            )


def _fill_down(sheet: Sheet, table: Table, rows: Mapping[int, list[Any]]) -> list[str]:
    """Fill what stands once for several rows: merged cells, and a first column of groups."""
    notes = []
    by_line = {sheet.lines[at]: at for at in table.body}
    places = {column: place for place, column in enumerate(table.columns)}
    merged = 0
    for area in merged_over(sheet, table.body):
        value = rows[by_line[area.top]][places[area.left]] if area.left in places else None
        # An amount in a merged cell is one amount for all its rows, not one for each.
        if value is None or (
            sort_of(value) is Sort.NUMBER and not is_code_name(header_names(table)[places[area.left]])
        ):
            continue
        for line in range(area.top + 1, area.bottom + 1):
            if line in by_line and rows[by_line[line]][places[area.left]] is None:
                rows[by_line[line]][places[area.left]] = value
                merged += 1
    if merged:
        notes.append(f"Merged cells hold for each of their rows ({_count(merged, 'cell')} filled).")
    if not merged and (count := _fill_groups(table, rows)):
        first = header_names(table)[0]
        notes.append(
            f"{first} stands once for several rows; the rows below it are of the same ({_count(count, 'cell')} filled)."
        )
    return notes


def _fill_groups(table: Table, rows: Mapping[int, list[Any]]) -> int:
    """Fill a first column that names a group in its first row alone; how many cells were filled."""
    body = list(table.body)
    if len(body) < 3 or len(table.columns) < 3:
        return 0
    cells = [rows[at][0] for at in body]
    named = [cell for cell in cells if cell is not None]
    empty = len(cells) - len(named)
    if (
        cells[0] is None
        or not named
        or empty < 0.3 * len(cells)
        or any(sort_of(cell) is not Sort.LABEL for cell in named)
    ):
        return 0
    if len(set(map(str, named))) < len(named):
        return 0
    others = [sum(cell is not None for cell in rows[at][1:]) for at in body]
    usual = max(others)
    if any(count < 0.5 * usual for at, count in zip(body, others, strict=True) if rows[at][0] is None):
        return 0
    current = None
    for at in body:
        current = rows[at][0] if rows[at][0] is not None else current
        rows[at][0] = current
    return empty


def _totals(sheet: Sheet, table: Table, rows: Mapping[int, Sequence[Any]]) -> list[Total]:
    body = list(table.body)
    sums = frozenset((line, table.columns.index(column)) for line, column in sheet.sums if column in table.columns)
    texts = {cell for at in body[:2_000] for cell in rows[at] if isinstance(cell, str)}
    codes = frozenset(place for place, name in enumerate(header_names(table)) if is_code_name(name))
    return find_totals(
        [rows[at] for at in body],
        sums,
        [sheet.lines[at] for at in body],
        votes(texts).decided,
        bool(table.sections),
        codes,
    )


def _total_notes(sheet: Sheet, table: Table, totals: Sequence[Total], names: Sequence[str]) -> Iterator[str]:
    if not totals:
        return
    body = list(table.body)
    lines = [sheet.lines[body[total.row]] for total in totals]
    yield f"{_count(len(totals), 'line')} of totals left out of the rows ({_numbers(lines)})."
    checked = [total for total in totals if total.agrees]
    if checked:
        last = max(checked, key=lambda total: max(abs(total.columns[place]) for place in total.agrees))
        place = max(last.agrees, key=lambda each: abs(last.columns[each]))
        said = f"{last.columns[place]:,.2f}".rstrip("0").rstrip(".")
        yield f"The file's own total of {names[place]}, {said}, agrees with its rows."
    for total in totals:
        for place, right in list((total.differs or {}).items())[:2]:
            line, given = sheet.lines[body[total.row]], total.columns[place]
            yield f"Line {line} says {given:,.2f} for {names[place]}, but the rows above it add up to {right:,.2f}."


def header_names(table: Table) -> list[str]:
    """The names of a table's columns, each in one text."""
    return [" ".join(_part(part) for part in parts) for parts in table.names]


def _part(part: Any) -> str:
    if isinstance(part, datetime | date):
        return f"{part:%Y-%m-%d}"
    if isinstance(part, float) and part.is_integer():
        return str(int(part))
    return " ".join(str(part).split())


def _down(raw: Raw, parts: Sequence[tuple[Any, ...]], sheet: Sheet) -> Raw:
    """Months that go across turned into rows: one for each line and period that has a value."""
    periods = {place: found for place, names in enumerate(parts) if (found := _period_of(names)) is not None}
    distinct = {(each.year, each.month, each.day) for each, _ in periods.values()}
    columns = len(parts)
    years = all(each.grain == "year" for each, _ in periods.values())
    least = 2 if years and len(periods) >= columns - 2 and columns > 2 else _LEAST_ACROSS
    if len(distinct) < least or len(periods) < 0.4 * columns or not _amounts(raw, periods):
        return raw
    across = [place for place in range(columns) if place not in periods]
    totals = [place for place in across if raw.names[place].strip().lower().strip(":") in _ACROSS]
    kept = [place for place in across if place not in totals]
    measures = list(dict.fromkeys(rest for _, rest in periods.values()))
    by_moment: dict[tuple[int, int, int], dict[str, int]] = {}
    for place, (each, rest) in periods.items():
        by_moment.setdefault((each.year, each.month, each.day), {})[rest] = place
    names = [_labelled_name(raw.names[place], place, at) for at, place in enumerate(kept)]
    period_name = _free(PERIOD, names)
    value_names = [_free(rest or AMOUNT, [*names, period_name]) for rest in measures]
    rows, lines = [], []
    for row, line in enumerate(raw.lines):
        for moment, places in by_moment.items():
            values = [raw.columns[places[rest]][row] if rest in places else None for rest in measures]
            if any(filled(value) for value in values):
                rows.append([*(raw.columns[place][row] for place in kept), date(*moment), *values])
                lines.append(line)
    columns_down = (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in [*names, 0, *measures]]
    )
    notes = [
        *raw.notes,
        f"{len(distinct)} periods went across ({_across(periods)}) and now go down: the column {period_name}.",
    ]
    notes += _checked_across(raw, totals, list(periods))
    marks = {}
    for at, rest in enumerate(measures):
        given = [raw.marks[place] for place, (_, each) in periods.items() if each == rest and place in raw.marks]
        if given:
            marks[len(names) + 1 + at] = {
                unit: sum(mark.get(unit, 0) for mark in given) for unit in {u for m in given for u in m}
            }
    return replace(
        raw,
        names=[*names, period_name, *value_names],
        columns=columns_down,
        lines=lines,
        notes=tuple(notes),
        marks=marks,
    )


def is_across(table: Table) -> bool:
    """Whether periods go across a table's columns."""
    return sum(_period_of(names) is not None for names in table.names) >= 2


def _labelled_name(name: str, place: int, at: int) -> str:
    """The column of accounts often has no name of its own."""
    return name or ("Account" if at == 0 else name)


def _across(periods: Mapping[int, tuple[Moment, str]]) -> str:
    ordered = sorted((each.year, each.month) for each, _ in periods.values())
    (first, month), (last, until) = ordered[0], ordered[-1]
    if all(each.grain == "year" for each, _ in periods.values()):
        return f"{first} to {last}"
    return f"{first}-{month:02} to {last}-{until:02}"


def _period_of(names: Sequence[Any]) -> tuple[Moment, str] | None:
    """The period that a column's name says, and the rest of the name."""
    found = [(place, each) for place, part in enumerate(names) if (each := period(part)) is not None]
    texts = [_part(part) for part in names]
    if len(names) == 2 and (both := period(f"{texts[1]} {texts[0]}") or period(f"{texts[0]} {texts[1]}")):
        return both, ""
    if not found:
        return None
    place, each = found[-1]
    return each, " ".join(text for at, text in enumerate(texts) if at != place)


def _amounts(raw: Raw, periods: Mapping[int, Any]) -> bool:
    """Whether what stands under periods is numbers."""
    cells = [cell for place in periods for cell in raw.columns[place][:200] if filled(cell)]
    return bool(cells) and sum(sort_of(cell) is Sort.NUMBER for cell in cells) >= 0.6 * len(cells)


def _checked_across(raw: Raw, totals: Sequence[int], periods: Sequence[int]) -> Iterator[str]:
    for place in totals:
        pairs = []
        for row, given in enumerate(raw.columns[place]):
            said = number_of(given, None)
            parts = [number for at in periods if (number := number_of(raw.columns[at][row], None)) is not None]
            if said is not None and parts:
                pairs.append((said, sum(parts)))
        agreeing = sum(abs(said - added) <= max(0.5, 1e-4 * abs(said)) for said, added in pairs)
        if pairs and agreeing == len(pairs):
            yield f"The column {raw.names[place]} is left out; it agrees with its periods in every line."
        elif pairs:
            lines = f"{agreeing} of {len(pairs)} lines"
            yield f"The column {raw.names[place]} is left out; it agrees with its periods in {lines}."


def _joined(found: Sequence[Raw]) -> list[Raw]:
    """Tables of one shape are one: each row says which sheet it came from."""
    groups: dict[tuple[str, ...], list[Raw]] = {}
    for raw in found:
        groups.setdefault(tuple(name.lower() for name in raw.names), []).append(raw)
    made: list[Raw] = []
    for group in groups.values():
        if len(group) < 2 or not any(group[0].names) or not group[0].header:
            made += group
            continue
        name = _free(SHEET, group[0].names)
        titles = [raw.title for raw in group]
        columns: list[list[Any]] = [[raw.title for raw in group for _ in raw.lines]]
        columns += [[cell for raw in group for cell in raw.columns[place]] for place in range(len(group[0].names))]
        note = f"{len(group)} sheets of one shape ({_listed(titles)}) are one table; the column {name} says which."
        notes = tuple(dict.fromkeys([note, *(line for raw in group for line in raw.notes)]))
        lines = [line for raw in group for line in raw.lines]
        marks = {place + 1: mark for place, mark in group[0].marks.items()}
        parts = {place: part for raw in group for place, part in raw.parts.items()}
        joined = Raw(
            "", [name, *group[0].names], columns, lines, parts, notes, marks, group[0].header, frozenset({name})
        )
        made.append(_with_period(joined, group))
    return made


def _with_period(raw: Raw, group: Sequence[Raw]) -> Raw:
    """Sheets that are called by their periods say when their rows are."""
    periods = {each.title: period(each.title) for each in group}
    if any(found is None for found in periods.values()):
        return raw
    days = [None if (found := periods[title]) is None else found.at(None) for title in raw.columns[0]]
    marks = {place + 1: mark for place, mark in raw.marks.items()}
    name = _free(PERIOD, raw.names)
    return replace(raw, names=[name, *raw.names], columns=[days, *raw.columns], marks=marks)


def _typed(raw: Raw, hints: Hints, recipe: Recipe) -> ReadTable:
    names = unique_names(raw.names)
    columns: list[Column] = []
    for place, name in enumerate(names):
        if recipe.leaves_out(name):
            continue
        kind = recipe.kind_of(name) or ("text" if name in raw.texts else None)
        read = read_column(recipe.name_of(name), raw.columns[place], hints, marks=raw.marks.get(place), kind=kind)
        column = replace(read, source=name)
        raw.columns[place] = []
        columns.append(column)
        if column.currencies is not None:
            beside = _free(f"{column.name} currency", names)
            columns.append(Column(beside, "TEXT", column.currencies, role="category"))
    columns = [
        replace(column, notes=(*column.notes, exception_note(column, raw.lines))) if column.exceptions else column
        for column in columns
    ]
    return ReadTable(raw.title, columns, raw.lines, tuple(raw.notes), raw.parts, raw.header)


def exception_note(column: Column, lines: Sequence[int]) -> str:
    """Which cells of a column are no values of its kind, and why they are empty."""
    kind = "a date" if column.role == "date" else "a number"
    present = len(column.values) - column.empty
    exceptional = column.exceptional or len(column.exceptions)
    listed = "; ".join(f"line {lines[place]} says {text}" for place, text in column.exceptions[:5])
    more = f" and {exceptional - 5:,} more" if exceptional > 5 else ""
    rows = f"{present:,} of {present + exceptional:,} rows"
    return f"{column.name} is {kind} in {rows} and empty in the others: {listed}{more}."


def unique_names(names: Sequence[Any]) -> list[str]:
    """Column names made plain: no blanks around, none empty, none twice whatever its case."""
    taken: set[str] = set()
    found = []
    for place, name in enumerate(names, 1):
        # Excel and pandas name what has no name; a number as a name is text.
        plain = " ".join(str(name).split()).replace("\x00", "")[:120] if name is not None else ""
        plain = f"column_{place}" if not plain or plain.startswith("Unnamed:") else plain
        unique, number = plain, 2
        while unique.lower() in taken:
            unique, number = f"{plain}_{number}", number + 1
        taken.add(unique.lower())
        found.append(unique)
    return found


def _free(name: str, taken: Sequence[str]) -> str:
    low = {each.lower() for each in taken}
    unique, number = name, 2
    while unique.lower() in low:
        unique, number = f"{name} {number}", number + 1
    return unique


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def _numbers(lines: Sequence[int]) -> str:
    listed = ", ".join(map(str, lines[:6]))
    return f"{listed} and {len(lines) - 6} more" if len(lines) > 6 else listed


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
