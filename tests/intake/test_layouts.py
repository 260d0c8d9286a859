"""Where tables lie: every file of the corpus, and the layouts that it has not."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from engine.bench import files as bench
from engine.bench.filecorpus import corpus
from engine.errors import EngineError
from engine.intake.files import read_file
from engine.intake.limits import FileLimits
from engine.intake.recipe import ColumnRecipe, Recipe
from engine.intake.tables import ReadTable

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(name: str, content: str | bytes, recipe: Recipe | None = None) -> list[ReadTable]:
    data = content.encode() if isinstance(content, str) else content
    return read_file(name, data, FileLimits(), recipe).tables


def rows(table: ReadTable) -> list[tuple[Any, ...]]:
    return list(zip(*(column.values for column in table.columns), strict=True))


def names(table: ReadTable) -> list[str]:
    return [column.name for column in table.columns]


def said(table: ReadTable) -> str:
    return " ".join([*table.notes, *(note for column in table.columns for note in column.notes)])


def book(rows: Sequence[Sequence[Any]], *merged: str) -> bytes:
    made = Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_every_file_of_the_corpus_is_read_without_a_wrong_cell() -> None:
    assert bench.failures() == []


def test_the_corpus_tells_a_reader_that_sees_only_plain_files() -> None:
    made = list(corpus(48))
    right = [bench.verdict(each, *bench._tried(bench._pandas, each)) for each in made].count("right")
    assert right < len(made) / 4


def test_sub_totals_are_left_out_and_checked() -> None:
    (table,) = read(
        "r.csv", "Building,Tenant,Rent\nOak,A,1000\nOak,B,1500\nOak Total,,2500\nPine,C,500\nGrand Total,,3100\n"
    )
    assert rows(table) == [("Oak", "A", 1000), ("Oak", "B", 1500), ("Pine", "C", 500)]
    assert "Line 6 says 3,100.00 for Rent, but the rows above it add up to 3,000.00." in table.notes
    (kept,) = read("r.csv", "Building,Tenant,Rent\nOak,A,1000\nOak Total,,1000\n", Recipe(keep_totals=True))
    assert len(rows(kept)) == 2


def test_a_name_with_total_in_it_is_no_total() -> None:
    content = "Tenant,Suite,Rent\nTotal Wine & More,1,1000\nSubtotal Tax,2,1500\nAcme,3,2000\n"
    assert len(rows(read("r.csv", content)[0])) == 3


def test_a_line_without_a_telling_word_is_a_total_by_its_sums() -> None:
    content = "Unit,Tenant,Sqft,Rent\n1,Ann,800,100\n2,Bob,700,200\n3,Cy,600,300\n3 Units,,2100,600\n"
    assert len(rows(read("r.csv", content)[0])) == 3


def test_formulas_that_add_up_are_totals_and_those_never_computed_are_said() -> None:
    content = book([["Item", "Cost"], ["Roof", 100], ["Wall", 50], ["Sum of all", "=SUM(B2:B3)"], ["Door", "=B2*2"]])
    (table,) = read("w.xlsx", content)
    assert "B5" in said(table)
    assert ("Door", None) in rows(table)


def test_months_across_go_down_and_their_total_is_checked() -> None:
    content = "Maple Grove\nAccount,Jan 2024,Feb 2024,Mar 2024,Total\nRent,100,110,120,330\nTaxes,15,15,15,45\n"
    (table,) = read("t12.csv", content)
    assert names(table) == ["Account", "Period", "Amount"]
    assert rows(table)[:2] == [("Rent", "2024-01-01", 100), ("Rent", "2024-02-01", 110)]
    assert "agrees with its periods in every line" in said(table)
    (kept,) = read("t12.csv", content, Recipe(keep_across=True))
    assert names(kept) == ["Account", "Jan 2024", "Feb 2024", "Mar 2024", "Total"]


def test_years_over_measures_become_columns_of_both() -> None:
    top = ["Item", "2023", None, "2024", None, "2025", None]
    content = book(
        [
            top,
            [None, "Actual", "Budget"] * 1 + ["Actual", "Budget"] * 2,
            ["Rent", 1, 2, 3, 4, 5, 6],
            ["Tax", 7, 8, 9, 10, 11, 12],
        ]
    )
    (table,) = read("b.xlsx", content)
    assert names(table) == ["Item", "Period", "Actual", "Budget"]
    assert rows(table)[0] == ("Rent", "2023-01-01", 1, 2)


def test_merged_cells_hold_for_their_rows_but_an_amount_does_not() -> None:
    content = book(
        [["Building", "Unit", "Deposit", "Rent"], ["Oak", "a", 900, 1], [None, "b", None, 2], ["Pine", "c", 5, 3]],
        "A2:A3",
        "C2:C3",
    )
    (table,) = read("m.xlsx", content)
    assert rows(table) == [("Oak", "a", 900, 1), ("Oak", "b", None, 2), ("Pine", "c", 5, 3)]


def test_tables_side_by_side_are_tables_of_their_own() -> None:
    lines = [
        ["Unit", "Rent", None, "Year", "Growth"],
        ["a", 1, None, 2023, 0.1],
        ["b", 2, None, 2024, 0.2],
        ["c", 3],
        ["d", 4],
        ["e", 5],
        ["f", 6],
    ]
    tables = read("s.xlsx", book(lines))
    assert [names(table) for table in tables] == [["Unit", "Rent"], ["Year", "Growth"]]
    assert [len(rows(table)) for table in tables] == [6, 2]


def test_lines_and_pages_of_a_print_file_are_no_rows() -> None:
    content = (
        "RECEIVABLES                      PAGE   1\n\nACCT    TENANT            CURRENT      OVER 90\n"
        "==============================================\n0044    ABERNATHY, L            -       125.00\n"
        "0045    BRIGHTWELL CAFE  2,450.00     7,350.00\n\x0cRECEIVABLES                      PAGE   2\n\n"
        "ACCT    TENANT            CURRENT      OVER 90\n==============================================\n"
        "0046    CORTEZ           (310.25)           -\n"
    )
    (table,) = read("print.txt", content)
    assert rows(table) == [
        ("0044", "ABERNATHY, L", 0.0, 125.0),
        ("0045", "BRIGHTWELL CAFE", 2450.0, 7350.0),
        ("0046", "CORTEZ", -310.25, 0.0),
    ]


@pytest.mark.parametrize(
    ("encoding", "text", "called"),
    [
        ("gb18030", "物业,租金\n橡树大厅,1200\n松树苑,900\n", "GBK"),
        ("cp932", "物件,家賃\nオーク館,1200\nパイン,900\n", "Shift-JIS"),
        ("cp1251", "Здание,Цена\nЖилой дом,1200\nЯблоня,900\n", "Windows-1251"),  # noqa: RUF001
        ("cp1252", "Straße,Größe\nMühlenhof,1200\nMarkt,900\n", "Windows-1252"),
        ("utf-16-le", "Unit,Rent\nA,100\nB,200\n", "UTF-16"),
    ],
)
def test_an_encoding_is_told_and_said(encoding: str, text: str, called: str) -> None:
    (table,) = read("e.csv", text.encode(encoding))
    assert names(table) == text.splitlines()[0].split(",")
    assert f"was read as {called}" in said(table)


def test_zeros_that_only_a_cells_format_shows_are_kept() -> None:
    made = Workbook()
    sheet = made.worksheets[0]
    for row in (["Store", "Sales"], [7, 10], [12, 20]):
        sheet.append(row)
    for at in (2, 3):
        sheet.cell(at, 1).number_format = "0000"
    buffer = io.BytesIO()
    made.save(buffer)
    assert rows(read("z.xlsx", buffer.getvalue())[0]) == [("0007", 10), ("0012", 20)]


def test_a_person_names_types_and_leaves_out_columns() -> None:
    recipe = Recipe(columns={"Unit": ColumnRecipe(name="Apartment", kind="text"), "Note": ColumnRecipe(leave_out=True)})
    (table,) = read("r.csv", "Unit,Rent,Note\n1,5,x\n2,6,y\n", recipe)
    assert [(column.name, column.kind) for column in table.columns] == [("Apartment", "TEXT"), ("Rent", "INTEGER")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("memo.xlsx", book([["MEMORANDUM"], [f"We recommend {'very ' * 20}much to approve."]]), "holds no rows"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n....", "a picture"),
        ("report.csv", b"%PDF-1.7 ...", "a PDF"),
        ("book.csv", b"PK\x03\x04....", "cannot be unpacked"),
        ("old.xls", OLD + b"\x00" * 600, "cannot be read as a workbook"),
        ("locked.xlsx", OLD + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
)  # fmt: skip
def test_what_holds_no_table_is_refused_with_its_reason(name: str, content: bytes, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        read(name, content)
    assert words in caught.value.message
    assert caught.value.hint
