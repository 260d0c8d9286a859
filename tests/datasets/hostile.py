"""Small files that cost much: what they say of their size is false, or true and enormous."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def workbook(sheet: str, *, prolog: str = "", strings: str = "", encoding: str = "UTF-8") -> bytes:
    """An Excel file around the XML of one sheet."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml'
        '.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="'
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATION}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{head}<workbook {NAMESPACE} xmlns:r="{RELATION}"><sheets><sheet name="A" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{head}<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
        f'Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"{head}{prolog}<worksheet {NAMESPACE}>{sheet}</worksheet>",
        "xl/sharedStrings.xml": f"{head}<sst {NAMESPACE}>{strings}</sst>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text.encode("utf-16" if encoding == "UTF-16" else "utf-8"))
    return buffer.getvalue()


def row(number: int, *cells: tuple[str, object]) -> str:
    """A row of cells, each by its column."""
    made = [
        f'<c r="{column}{number}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        if isinstance(value, str)
        else f'<c r="{column}{number}"><v>{value}</v></c>'
        for column, value in cells
    ]
    return f'<row r="{number}">{"".join(made)}</row>'


TITLES = row(1, ("A", "region"), ("B", "amount"))


def falsely_large() -> bytes:
    """One row of two cells, on a sheet that says it is as large as a sheet can be."""
    return workbook(f'<dimension ref="A1:XFD1048576"/><sheetData>{TITLES}{row(2, ("A", "west"), ("B", 7))}</sheetData>')


def far_apart() -> bytes:
    """Two rows, a million apart."""
    return workbook(f"<sheetData>{TITLES}{row(1_048_576, ('A', 'west'), ('B', 7))}</sheetData>")


def too_wide() -> bytes:
    """A cell in the last column there is."""
    return workbook(f"<sheetData>{TITLES}{row(2, ('A', 'west'), ('XFD', 7))}</sheetData>")


def with_entities(encoding: str = "UTF-8") -> bytes:
    """Entities that stand for a billion letters."""
    prolog = f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{LAUGHS}]>'
    cell = '<row r="2"><c r="A2" t="inlineStr"><is><t>&l9;</t></is></c></row>'
    return workbook(f"<sheetData>{TITLES}{cell}</sheetData>", prolog=prolog, encoding=encoding)


def many_rows(count: int) -> bytes:
    """So many short rows; they pack to almost nothing."""
    return workbook(f"<sheetData>{TITLES}{'<row><c><v>1</v></c></row>' * count}</sheetData>")


def long_strings(megabytes: int) -> bytes:
    """Shared texts that unpack to so much."""
    strings = f"<si><t>{'x' * 1_000_000}</t></si>" * megabytes
    cell = '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    return workbook(f"<sheetData>{TITLES}{cell}</sheetData>", strings=strings)


def repeated_parquet(rows: int, letters: int) -> bytes:
    """A column of one long text, over and over: a dictionary of one entry."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    indices = pa.array([0] * rows, pa.int32())
    column = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * letters]))
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": column}), buffer, compression="zstd")
    return buffer.getvalue()


def wide_csv(columns: int, rows: int) -> bytes:
    """A head of many columns over rows of one value."""
    return (",".join(f"c{n}" for n in range(columns)) + "\n" + "1\n" * rows).encode()
