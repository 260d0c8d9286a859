"""Tables as they are kept: rows of data alone, months turned into rows, sheets of one shape joined, columns typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import SourceError
from engine.intake.across import turned_down
from engine.intake.columns import Column, Hints, hints_of, read_column
from engine.intake.groups import fill_down
from engine.intake.joining import joined
from engine.intake.layout import Part, Table, find_tables
from engine.intake.nested import opened
from engine.intake.numbers import votes
from engine.intake.raw import Raw, counted_noun, free_name, header_names, listed_lines, listed_names
from engine.intake.recipe import Recipe
from engine.intake.roles import is_code_name
from engine.intake.sheets import Sheet, filled
from engine.intake.totals import Total, find_totals
from engine.intake.turned import upright

SECTION = "Section"
# The wide brackets of East Asian keyboards part a name from its unit, too.
_BRACKETS = str.maketrans({"\uff08": " (", "\uff09": ") "})
_SCALE = re.compile(
    r"[($€£]*\s*(?:in|values in|amounts in)?\s*[$€£]?\s*(?:000s?|000's|thousands?|millions?|TEUR|T€)\b\)?",
    re.IGNORECASE,
)


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
    found = joined(found)
    if not found:
        raise SourceError(f"{name} holds no rows.", "A table has a line that names its columns, and rows below it.")
    found[0] = replace(found[0], notes=(*found[0].notes, *empty))
    separator = next((sheet.separator for sheet in sheets if sheet.separator), "")
    return typed_tables(found, recipe, separator)


def typed_tables(found: Sequence[Raw], recipe: Recipe, separator: str = "") -> list[ReadTable]:
    """Tables with each column in one type; what all columns of the file say helps to read each."""
    found = [opened(raw) for raw in found]
    hints = hints_of(
        [column for raw in found for column in raw.columns],
        separator,
        Hints(recipe.decimal, recipe.order, credit=recipe.credit),
    )
    return [_typed(raw, hints, recipe) for raw in found]


def _of_sheet(name: str, sheet: Sheet, recipe: Recipe) -> list[Raw]:
    sheet = upright(sheet)
    tables = find_tables(sheet)
    found = []
    several = len([table for table in tables if table.body]) > 1
    for number, table in enumerate(tables, 1):
        if not table.body:
            continue
        title = _title_of(sheet, table) if several else ""
        shown = f"{sheet.title} {title or number}".strip() if several else sheet.title
        found += _raws(name, sheet, table, shown, recipe)
    return found


def _title_of(sheet: Sheet, table: Table) -> str:
    """The title that stands right above one of several tables of a sheet."""
    titles = [at for at, part in table.parts.items() if part is Part.TITLE]
    if not titles:
        return ""
    cells = [value for value in sheet.rows[max(titles)] if filled(value)]
    return " ".join(str(cells[0]).split())[:60] if len(cells) == 1 and isinstance(cells[0], str) else ""


def _raws(name: str, sheet: Sheet, table: Table, title: str, recipe: Recipe) -> list[Raw]:
    rows = {at: _cells(sheet.rows[at], table.columns) for at in table.body}
    _go_on(sheet, table, rows)
    notes = list(sheet.notes)
    notes += _header_notes(sheet, table)
    _refuse_wide(name, sheet, table, rows)
    notes += fill_down(sheet, table, rows)
    totals = [] if recipe.keep_totals else _totals(sheet, table, rows)
    dropped = {list(table.body)[total.row] for total in totals}
    names = header_names(table)
    notes += _total_notes(sheet, table, totals, names)
    kept = [at for at in table.body if at not in dropped]
    columns = [[rows[at][place] for at in kept] for place in range(len(table.columns))]
    marks = {place: sheet.marks[at] for place, at in enumerate(table.columns) if at in sheet.marks}
    lines = [sheet.lines[at] for at in kept]
    header = tuple(sheet.lines[at] for at in table.header)
    raw = Raw(
        title, names, columns, lines, _parts(sheet, table, totals), tuple(notes), marks, header, sheet=sheet.title
    )
    names_of = list(table.names)
    if sections := table.sections or _headed(list(table.body), totals):
        raw, names_of = _with_sections(raw, [sections.get(at) for at in kept]), [(), *names_of]
    about = [_said(sheet, table, at) for at, part in table.parts.items() if part is Part.TITLE]
    return [raw] if recipe.keep_across else turned_down(raw, names_of, [*about, sheet.title, name])


def _parts(sheet: Sheet, table: Table, totals: Sequence[Total]) -> dict[tuple[str, int], tuple[Part, str]]:
    """What each line about the rows is, by sheet and line, with what stands there."""
    parts = {(sheet.title, sheet.lines[at]): (part, _said(sheet, table, at)) for at, part in table.parts.items()}
    for total in totals:
        at = table.body[total.row]
        parts[sheet.title, sheet.lines[at]] = (Part.TOTAL, total.label or _said(sheet, table, at))
    return parts


def _with_sections(raw: Raw, sections: list[str | None]) -> Raw:
    """The table with the heading that each row stands under in a column before the others."""
    name = free_name(SECTION, raw.names)
    headings = listed_names([each for each in dict.fromkeys(sections) if each])
    return replace(
        raw,
        names=[name, *raw.names],
        columns=[sections, *raw.columns],
        marks={place + 1: mark for place, mark in raw.marks.items()},
        notes=(*raw.notes, f"Headings between the rows ({headings}) stand in the column {name}."),
    )


def _cells(row: Sequence[Any], columns: Sequence[int]) -> list[Any]:
    return [row[at] if at < len(row) and filled(row[at]) else None for at in columns]


def _go_on(sheet: Sheet, table: Table, rows: Mapping[int, list[Any]]) -> None:
    """Put the text of a line that goes on with the one above it behind that one's."""
    above: list[Any] = []
    for at in sorted((*rows, *table.parts)):
        above = rows.get(at, above)
        if table.parts.get(at) is Part.CONTINUED and above:
            for place, cell in enumerate(_cells(sheet.rows[at], table.columns)):
                if cell is not None:
                    above[place] = f"{above[place]} {cell}" if above[place] is not None else cell


def _said(sheet: Sheet, table: Table, at: int) -> str:
    return " ".join(str(value) for value in sheet.rows[at] if filled(value))[:120]


def _header_notes(sheet: Sheet, table: Table) -> Iterator[str]:
    if sheet.unsaved:
        cells = ", ".join(sheet.unsaved[:5]) + (f" and {len(sheet.unsaved) - 5} more" if len(sheet.unsaved) > 5 else "")
        yield f"Formulas without a saved value are empty ({cells}): save the file in Excel to have them."
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
        yield f"The header is {which}{where}" + (
            f"; {counted_noun(len(above), 'line')} above it left out." if above else "."
        )
    for part, said in (
        (Part.FOOTER, "below or between the rows"),
        (Part.REPEATED, "that repeat the header"),
        (Part.CONTINUED, "that go on with the one above"),
    ):
        places = [sheet.lines[at] for at, each in table.parts.items() if each is part]
        if places:
            yield f"{counted_noun(len(places), 'line')} {said} left out ({listed_lines(places)})."


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
        _section_starts(table),
        codes,
    )


def _section_starts(table: Table) -> tuple[int, ...]:
    """The rows of the body at which a section begins."""
    sections = [table.sections.get(at, "") for at in table.body]
    return tuple(at for at in range(1, len(sections)) if sections[at] != sections[at - 1]) or (0,) * bool(
        table.sections
    )


def _headed(body: Sequence[int], totals: Sequence[Total]) -> dict[int, str]:
    """The group of each row, where rows that add up those below them name the groups."""
    heads = {body[total.row]: total.label for total in totals if total.heads}
    found: dict[int, str] = {}
    current = ""
    for at in body if heads else ():
        current = heads.get(at, current)
        found[at] = current
    return found


def _total_notes(sheet: Sheet, table: Table, totals: Sequence[Total], names: Sequence[str]) -> Iterator[str]:
    if not totals:
        return
    body = list(table.body)
    lines = [sheet.lines[body[total.row]] for total in totals]
    yield f"{counted_noun(len(totals), 'line')} of totals left out of the rows ({listed_lines(lines)})."
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


def _typed(raw: Raw, hints: Hints, recipe: Recipe) -> ReadTable:
    called = _numbered(raw.names)
    names = unique_names(called)
    notes = list(raw.notes)
    if called != list(raw.names):
        several = [made for made, name in zip(called, raw.names, strict=True) if made != name]
        notes.append(f"Several columns have one name; they are told apart by a number: {listed_names(several)}.")
    columns: list[Column] = []
    for place, name in enumerate(names):
        if recipe.leaves_out(name):
            continue
        kind = recipe.kind_of(name) or ("text" if name in raw.texts else None)
        read = read_column(recipe.name_of(name), raw.columns[place], hints, marks=raw.marks.get(place), kind=kind)
        column = as_told(replace(read, source=name), recipe)
        raw.columns[place] = []
        columns.append(column)
        if column.currencies is not None:
            beside = free_name(f"{column.name} currency", names)
            columns.append(Column(beside, "TEXT", column.currencies, role="category"))
    columns = [
        replace(column, notes=(*column.notes, exception_note(column, raw.lines))) if column.exceptions else column
        for column in columns
    ]
    return ReadTable(raw.title, columns, raw.lines, tuple(notes), raw.parts, raw.header)


def as_told(column: Column, recipe: Recipe) -> Column:
    """A column with the unit and the role that a person gave it."""
    given = recipe.role_of(column.source)
    return replace(column, unit=recipe.unit_of(column.source, column.unit), role=given or column.role)


def _numbered(names: Sequence[str]) -> list[str]:
    """The names, with a number behind each that stands there several times: which is meant has then to be said."""
    counts = Counter(name.lower() for name in names if name)
    met: Counter[str] = Counter()
    found = []
    for name in names:
        met[name.lower()] += 1
        found.append(f"{name} {met[name.lower()]}" if counts[name.lower()] > 1 else name)
    return found


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
        plain = " ".join(str(name).translate(_BRACKETS).split()).replace("\x00", "")[:120] if name is not None else ""
        plain = f"column_{place}" if not plain or plain.startswith("Unnamed:") else plain
        unique, number = plain, 2
        while unique.lower() in taken:
            unique, number = f"{plain}_{number}", number + 1
        taken.add(unique.lower())
        found.append(unique)
    return found
