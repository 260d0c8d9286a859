"""Files by what stands in them, whatever their name says: packed ones, pages, XML workbooks, JSON."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from engine.errors import EngineError
from tests.intake.test_layouts import names, read, rows, said

PLAIN = b"City,Sales\nRome,10\nOslo,20\n"
SOLD = [("Rome", 10), ("Oslo", 20)]
PAGE = (
    "<html><body><table><tr><td><table><caption>Loans</caption><tr><th>Loan<th>Balance<tr><td>L1<td>1,000.50"
    "<tr><td>L2<td>2,000</table></td></tr></table><table><tr><th rowspan=2>City</th><th colspan=2>Sales</th></tr>"
    "<tr><th>Plan</th><th>Actual</th></tr><tr><td>Rome &amp; Bari</td><td>10</td><td>12</td></tr>"
    "<tr><td>Oslo</td><td>20</td><td>(5)</td></tr></table></body></html>"
)
XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="D"><Table>'
    '<Row><Cell><Data ss:Type="String">City</Data></Cell><Cell><Data ss:Type="String">Sales</Data></Cell>'
    '<Cell><Data ss:Type="String">Day</Data></Cell></Row><Row><Cell><Data ss:Type="String">Rome</Data></Cell>'
    '<Cell ss:Index="3"><Data ss:Type="DateTime">2024-01-31T00:00:00.000</Data></Cell></Row>'
    '<Row><Cell><Data ss:Type="String">Oslo</Data></Cell><Cell><Data ss:Type="Number">20</Data></Cell></Row>'
    "</Table></Worksheet></Workbook>"
)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def workbook() -> bytes:
    made, buffer = Workbook(), io.BytesIO()
    for row in (("City", "Sales"), *SOLD):
        made.worksheets[0].append(row)
    made.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(PLAIN, mtime=0)),
        ("a.zip", zipped(data__csv=PLAIN)),
        ("a.zip", zipped(data__csv=PLAIN, readme__md=b"x")),
        ("a.csv", workbook()),
        ("a.xls", PLAIN.replace(b",", b"\t")),
        ("a.csv", PLAIN + b"\x1a"),
        ("a.txt", PLAIN.replace(b"\n", b"\r")),
        ("a.txt", PLAIN.replace(b",", b"^")),
        ("a.csv", b'"City,Sales"\n"Rome,10"\n"Oslo,20"\n'),
        ("a.csv", b'="City",="Sales"\n="Rome",10\n="Oslo",20\n'),
    ],
)
def test_a_file_is_read_by_what_it_is(name: str, content: bytes) -> None:
    (table,) = read(name, content)
    assert (names(table), rows(table)) == (["City", "Sales"], SOLD)


def test_what_keeps_a_number_a_text_is_no_part_of_it() -> None:
    (table,) = read("a.csv", 'Account,Zip,Fee\n="00123",\'02139,1\n="00456",\'10001,2\n')
    assert rows(table) == [("00123", "02139", 1), ("00456", "10001", 2)]


def test_a_page_named_like_a_workbook_gives_its_tables() -> None:
    loans, cities = read("report.xls", PAGE)
    assert rows(loans) == [("L1", 1000.5), ("L2", 2000.0)]
    assert names(cities) == ["City", "Sales Plan", "Sales Actual"]
    assert rows(cities) == [("Rome & Bari", 10, 12), ("Oslo", 20, -5)]
    assert "is a web page, whatever its name says" in said(loans)


def test_a_workbook_in_xml_has_typed_cells() -> None:
    (table,) = read("report.xls", XML)
    assert rows(table) == [("Rome", None, "2024-01-31"), ("Oslo", 20, None)]


@pytest.mark.parametrize(
    ("content", "table"),
    [
        ([{"a": 1, "b": {"c": "x", "d": {"e": 2}}}, {"a": 3}], {"a": [1, 3], "b_c": ["x", None], "b_d_e": [2, None]}),
        ({"status": "ok", "data": {"items": [{"a": 1}, {"a": 2}]}}, {"a": [1, 2]}),
        ({"FL": {"n": 3}, "GA": {"n": 2}}, {"key": ["FL", "GA"], "n": [3, 2]}),
        ({"state": ["FL", "GA"], "n": [3, 2]}, {"state": ["FL", "GA"], "n": [3, 2]}),
        ({"columns": ["s", "n"], "data": [["FL", 3], ["GA", 2]]}, {"s": ["FL", "GA"], "n": [3, 2]}),
        ([["s", "n"], ["FL", 3], ["GA", 2]], {"s": ["FL", "GA"], "n": [3, 2]}),
    ],
)  # fmt: skip
def test_json_is_rows_whatever_its_shape(content: Any, table: dict[str, list[Any]]) -> None:
    (found,) = read("a.json", json.dumps(content))
    assert {column.name: list(column.values) for column in found.columns} == table


def test_lines_of_json_and_lists_within_rows_are_tables() -> None:
    (lines,) = read("a.jsonl", '{"a": 1}\n{"a": 2}\n')
    assert rows(lines) == [(1,), (2,)]
    orders, parts = read("a.json", json.dumps([{"id": "A", "of": [{"q": 2}, {"q": 3}]}, {"id": "B", "of": [{"q": 5}]}]))
    assert (rows(orders), rows(parts)) == ([("A",), ("B",)], [("A", 2), ("A", 3), ("B", 5)])


def test_a_column_of_objects_is_opened_to_its_fields() -> None:
    (table,) = read("a.csv", 'id,d\n1,"{""city"": ""Rome"", ""qty"": 3}"\n2,\n3,"{""city"": ""Oslo"", ""qty"": 5}"\n')
    assert names(table) == ["id", "d_city", "d_qty"]
    assert rows(table)[1:] == [(2, None, None), (3, "Oslo", 5)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.zip", zipped(a__csv=PLAIN, b__csv=PLAIN), "holds 2 files (a.csv, b.csv)"),
        ("a.zip", zipped(a__exe=b"MZ"), "no file that can be read"),
        ("a.csv.gz", gzip.compress(PLAIN, mtime=0)[:-12], "cannot be unpacked"),
        ("a.xml", b'<?xml version="1.0"?><feed/>', "XML of a kind that is not read"),
        ("a.json", b'{"a": ', "no JSON"),
        ("a.json", b"[" * 100_000, "nested too deep"),
        ("a.json", b"[]", "no rows"),
        ("a.csv", b"<!doctype html><html><p>Sign in</p></html>", "a web page without a table"),
        ("a.xls", b"\x00\x01\x02 no workbook", "no workbook, whatever its name says"),
        ("a.xls", XML.replace("<Workbook", "<!DOCTYPE x [<!ENTITY a 'b'>]><Workbook").encode(), "declares entities"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_reason(name: str, content: bytes, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        read(name, content)
    assert words in caught.value.message
    assert caught.value.hint
