"""Workbooks as sheets: values as they were saved, what was merged, how cells are formatted, what adds up others."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import iterparse

from engine.errors import SourceError
from engine.intake.columns import ZEROS
from engine.intake.limits import FileLimits, over_unpacked
from engine.intake.numbers import CURRENCIES
from engine.intake.sheets import Area, Sheet, counted

_PIECE = 1 << 16
# What readers raise over a damaged file; a parser of XML raises a SyntaxError of its own.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    SyntaxError,
    AttributeError,
    RuntimeError,
)
_ROOT = re.compile(rb"<[A-Za-z_]")
_LONGEST_PROLOG = 1 << 20
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RANGE = re.compile(r"([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")
_ADDS = re.compile(
    r"^=?\s*(?:SUM|SUBTOTAL|AGGREGATE)\(.*?\$?([A-Z]{1,3})\$?(\d+):\$?([A-Z]{1,3})\$?(\d+)\s*\)$", re.IGNORECASE
)
_MONEY = re.compile(r"\[\$([^\]-]{1,4})|([$€£¥₹])")
_MOST_MERGED = 20_000
_MOST_FORMULAS = 200_000


def read_workbook(name: str, content: bytes, limits: FileLimits) -> list[Sheet]:
    """The sheets of a workbook.

    Raises:
        SourceError: it is protected, damaged or over a limit, which is named.
    """
    if content.startswith(_OLD):
        if b"E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e" in content:
            raise SourceError(f"{name} is protected by a password.", "Save it without one in Excel, or as CSV.")
        return _read_other(name, content, limits)
    if not content.startswith(b"PK"):
        raise SourceError(f"{name} is no workbook, whatever its name says.", "Save it anew in Excel as .xlsx.")
    if name.lower().endswith((".ods", ".xlsb")):
        refuse_packing(name, content, limits)
        return _read_other(name, content, limits)
    try:
        refuse_packing(name, content, limits)
        return _read_excel(name, content, limits)
    except DAMAGED as error:
        said = " ".join(str(error).split())[:120]
        raise SourceError(f"{name} cannot be read as Excel: {said}.", "Save it anew in Excel as .xlsx.") from None


def _read_excel(name: str, content: bytes, limits: FileLimits) -> list[Sheet]:
    from openpyxl import load_workbook

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl cannot draw is not asked for
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for sheet in book.worksheets:
                # What a sheet says of its own size is not believed.
                sheet.reset_dimensions()
                marks: dict[int, Counter[str]] = defaultdict(Counter)
                said = f"{name}, sheet {sheet.title},"
                rows = list(counted(said, _cells(sheet.iter_rows(), marks), limits))
                extras = _Extras.of(packed, sheet._worksheet_path)
                hidden = sheet.sheet_state != "visible"
                notes = (f"The sheet {sheet.title} is hidden.",) if hidden and rows else ()
                found.append(
                    Sheet(
                        sheet.title,
                        [row for _, row in rows],
                        [line for line, _ in rows],
                        extras.merged,
                        marks,
                        extras.sums,
                        extras.unsaved,
                        notes=notes,
                    )
                )
        book.close()
    return found


def _cells(rows: Iterable[Sequence[Any]], marks: dict[int, Counter[str]]) -> Iterable[tuple[int, list[Any]]]:
    """Each row with its number; how its numbers are formatted is counted by column."""
    formats: dict[str, str] = {}
    for line, row in enumerate(rows, 1):
        values = []
        for place, cell in enumerate(row):
            value = cell.value
            values.append(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                given = cell.number_format or ""
                if given not in formats:
                    formats[given] = _mark(given)
                if formats[given]:
                    marks[place][formats[given]] += 1
        yield line, values


def _mark(given: str) -> str:
    """The unit that a cell's format shows: "percent", a currency's code, or none."""
    if re.fullmatch(r"0{2,20}", given):
        return f"{ZEROS}{len(given)}"
    plain = re.sub(r'"([^"]*)"', r"\1", given)
    if "%" in plain:
        return "percent"
    if re.search(r"0\s*x$", plain.split(";")[0].strip(), re.IGNORECASE):
        return "x"
    match = _MONEY.search(plain)
    sign = (match[1] or match[2] or "").strip().lower() if match else ""
    return CURRENCIES.get(sign, "")


class _Extras:
    """What a sheet says beside its values: merged cells, formulas that add up, formulas without a value."""

    def __init__(self) -> None:
        self.merged: list[Area] = []
        self.sums: frozenset[tuple[int, int]] = frozenset()
        self.unsaved: list[str] = []

    @classmethod
    def of(cls, packed: zipfile.ZipFile, path: str) -> _Extras:
        """Read as they stand in the file: the library gives them only with every cell as an object."""
        found, sums, formulas = cls(), set(), 0
        if not _mentions(packed, path.lstrip("/"), (b"<f", b"mergeCell")):
            return found
        with packed.open(path.lstrip("/")) as part:
            for _, element in iterparse(part):
                tag = element.tag.rpartition("}")[2]
                if tag == "mergeCell" and len(found.merged) < _MOST_MERGED:
                    area = _area(element.get("ref", ""))
                    found.merged += [area] if area else []
                elif tag == "c":
                    formula = next((each for each in element if each.tag.endswith("}f")), None)
                    if formula is not None and formulas < _MOST_FORMULAS:
                        formulas += 1
                        place = _place(element.get("r", ""))
                        if place and _adds_above(formula.text or "", *place):
                            sums.add(place)
                        if place and not any(each.tag.endswith("}v") and each.text for each in element):
                            found.unsaved.append(element.get("r", ""))
                elif tag != "row":
                    continue
                if tag == "row":
                    element.clear()
        found.sums = frozenset(sums)
        return found


def _mentions(packed: zipfile.ZipFile, path: str, words: Sequence[bytes]) -> bool:
    """Whether a part holds one of some words; a word that lies across two pieces is found, too."""
    before = b""
    with packed.open(path) as part:
        while piece := part.read(_PIECE):
            if any(word in before + piece for word in words):
                return True
            before = piece[-16:]
    return False


def _place(address: str) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(address)
    return (int(match[2]), _column(match[1])) if match else None


def _area(address: str) -> Area | None:
    match = _RANGE.fullmatch(address)
    if match is None or not match[3]:
        return None
    return Area(int(match[2]), _column(match[1]), int(match[4]), _column(match[3]))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _adds_above(formula: str, line: int, column: int) -> bool:
    """Whether a formula adds up two or more cells of its own column that stand above it."""
    match = _ADDS.match(formula)
    if match is None:
        return False
    first, last = int(match[2]), int(match[4])
    return _column(match[1].upper()) == column == _column(match[3].upper()) and first < last < line


def _read_other(name: str, content: bytes, limits: FileLimits) -> list[Sheet]:
    """Workbooks of the old Excel, of OpenDocument and of Excel's binary form."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = []
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            said = f"{name}, sheet {title},"
            cells = ([_plain(value) for value in row] for row in sheet.to_python(skip_empty_area=False))
            rows = list(counted(said, enumerate(cells, 1), limits))
            merged = [Area(a + 1, b, c + 1, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
            found.append(Sheet(title, [row for _, row in rows], [line for line, _ in rows], merged))
    except (CalamineError, *DAMAGED) as error:
        said = " ".join(str(error).split())[:120]
        hint = (
            "Save it without a password in Excel, as .xlsx."
            if "password" in said.lower()
            else "Save it anew in Excel as .xlsx."
        )
        raise SourceError(f"{name} cannot be read as a workbook: {said}.", hint) from None
    return found


def _plain(value: Any) -> Any:
    """A value as it would stand in a new workbook: whole numbers are whole, nothing is None."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return None if value == "" else value


def refuse_packing(name: str, content: bytes, limits: FileLimits) -> None:
    """Refuse what unpacks to too much, and parts that declare entities, which no program for tables writes."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        # No more of a part is ever unpacked than it says here.
        if sum(item.file_size for item in packed.infolist()) > limits.unpacked_mb << 20:
            raise over_unpacked(name, limits)
        for item in packed.infolist():
            if item.filename.lower().endswith((".xml", ".rels", ".vml")) and _declares(packed, item):
                raise SourceError(
                    f"{name} holds a part that declares entities ({item.filename[:60]}), which is not read.",
                    "Save it anew in Excel as .xlsx.",
                )


def _declares(packed: zipfile.ZipFile, item: zipfile.ZipInfo) -> bool:
    """Whether a part of XML has a document type before its first element."""
    seen = b""
    with packed.open(item) as part:
        while len(seen) < _LONGEST_PROLOG and (piece := part.read(_PIECE)):
            # In UTF-16 every second byte of such words is zero.
            seen += piece.replace(b"\x00", b"")
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                return True
            if _ROOT.search(seen):
                return False
    return len(seen) >= _LONGEST_PROLOG
