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


def test_a_total_behind_the_name_of_its_group_is_one_where_its_sum_says_so() -> None:
    content = "Unit,Charge,Amount\nA1,rent,1000\n,pet,25\n,Total,1025\nA2,rent,900\n,Total,900\nTotal,,1925\n"
    (table,) = read("c.csv", content)
    assert rows(table) == [("A1", "rent", 1000), ("A1", "pet", 25), ("A2", "rent", 900)]
    (kept,) = read("c.csv", "Tenant,Kind,Rent\nAnn,Total,10\nBo,Total,20\nCy,Total,40\n")
    assert len(rows(kept)) == 3, "a word that every row has is no total"


def test_what_stands_once_a_line_does_not_count_in_each_period() -> None:
    content = "Tenant,Sq Ft,Jan 2024,Feb 2024,Mar 2024\nAnn,1000,10,11,12\nBo,500,20,21,22\n"
    periods, lines = read("r.csv", content)
    assert names(periods) == ["Tenant", "Period", "Amount"]
    assert rows(lines) == [("Ann", 1000), ("Bo", 500)]


def test_a_year_between_its_quarters_is_a_total_and_checked() -> None:
    content = "Property,Q1 2024,Q2 2024,Q3 2024,Q4 2024,FY 2024,2025\nOak,1,2,3,4,10,50\nElm,2,2,2,2,9,60\n"
    (table,) = read("q.csv", content)
    assert [row[1:] for row in rows(table)][:5] == [
        ("2024-01-01", 1), ("2024-04-01", 2), ("2024-07-01", 3), ("2024-10-01", 4), ("2025-01-01", 50),
    ]  # fmt: skip
    assert "FY 2024 is left out; it agrees with its periods in 1 of 2 lines" in said(table)


@pytest.mark.parametrize(
    ("title", "months", "first"),
    [
        ("Budget 2025", "Jan,Feb,Mar", "2025-01-01"),
        ("FY 2024/2025, Budget 2024 to 2025", "Nov,Dec,Jan", "2024-11-01"),
        ("Trailing months ending January 2025", "Nov,Dec,Jan", "2024-11-01"),
        ("Printed 2025", "Jan,Feb,Mar", ""),
        ("Budget 2025", "Nov,Dec,Jan", ""),
        ("2023 and 2025", "Jan,Feb,Mar", ""),
    ],
)
def test_months_have_the_year_that_the_title_says_and_no_other(title: str, months: str, first: str) -> None:
    table = read("b.csv", f'"{title}",,,\nAccount,{months}\nRent,1,2,3\nTax,4,5,6\n')[0]
    assert (rows(table)[0][1] if "Period" in names(table) else "") == first


def test_records_that_go_across_are_rows() -> None:
    content = book(
        [["Name", "Oak", "Elm"], ["City", "Rome", "Oslo"], ["Units", 10, 20], ["Bought", "2019-01-05", "2020-06-01"]]
    )
    (table,) = read("p.xlsx", content)
    assert rows(table) == [("Oak", "Rome", 10, "2019-01-05"), ("Elm", "Oslo", 20, "2020-06-01")]
    two_lines = book([["Asset", "Rent", "Tax"], ["Name", "plan", "done"], ["Oak", 1, 2], ["Elm", 3, 4]])
    assert len(rows(read("t.xlsx", two_lines)[0])) == 2, "two lines of a header are no records"


def test_a_text_that_goes_on_on_the_next_line_is_one() -> None:
    content = "Date,Description,Amount\n2024-10-01,Payroll,100\n,direct deposit,\n2024-10-05,Check,20\n"
    (table,) = read("s.csv", content)
    assert rows(table) == [("2024-10-01", "Payroll direct deposit", 100), ("2024-10-05", "Check", 20)]


def test_lines_of_fixed_width_are_not_torn() -> None:
    head = "LOAN        BORROWER          BALANCE  DUE\n----------  ------------  ----------  ----------\n"
    lines = "0000000101  Adams, J        1,250.00  01/15/2025\n0000000102  Baker, L          950.50  02/15/2025\n"
    askew = "0000000103  Chen, W         4,500.00 03/15/2025\n"
    (table,) = read("a.txt", head + lines + askew)
    assert rows(table)[2] == ("0000000103", "Chen, W", 4500.0, "2025-03-15")
    touching = "0000000104  Dunn & Sons LLC12,500.0004/15/2025\n" * 3
    with pytest.raises(EngineError, match="stand at no fixed places"):
        read("a.txt", head + lines + touching)


def test_two_columns_of_one_name_are_told_apart() -> None:
    (table,) = read("d.csv", "Day,Amount,Amount\n2024-01-01,10,1\n2024-01-02,20,2\n")
    assert names(table) == ["Day", "Amount 1", "Amount 2"]
    assert "Several columns have one name" in said(table)


def test_sheets_of_one_shape_may_have_a_column_more_in_another_order() -> None:
    made = Workbook()
    made.remove(made.worksheets[0])
    for title, lines in {
        "North": [["Unit", "Tenant", "Rent", "Note"], ["1", "Ann", 10, "late"]],
        "South": [["Rent", "Unit", "Tenant"], [20, "2", "Bo"]],
    }.items():
        sheet = made.create_sheet(title)
        for line in lines:
            sheet.append(line)
    buffer = io.BytesIO()
    made.save(buffer)
    (table,) = read("s.xlsx", buffer.getvalue())
    assert rows(table) == [("North", 1, "Ann", 10, "late"), ("South", 2, "Bo", 20, None)]
    assert "Note is no column of South and empty there." in table.notes


def test_a_person_says_the_unit_and_the_role_of_a_column() -> None:
    content = "Store,Ref no,Miete\n11,1,100\n12,2,250\n11,3,75\n"
    columns = {
        "Store": ColumnRecipe(role="identifier"),
        "Ref no": ColumnRecipe(role="measure"),
        "Miete": ColumnRecipe(unit="EUR"),
    }
    (table,) = read("m.csv", content, Recipe(columns=columns))
    assert [(c.kind, c.role, c.unit) for c in table.columns] == [
        ("TEXT", "identifier", ""), ("INTEGER", "measure", ""), ("INTEGER", "measure", "EUR"),
    ]  # fmt: skip
