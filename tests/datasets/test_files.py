"""Files as datasets: encodings, separators, types, sheets, and what cannot be read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pandas as pd
import pytest

from engine.datasets.shelf import Shelf
from engine.errors import EngineError
from engine.intake.columns import hints_of, read_column
from engine.sources.schema import Kind

Rows = list[tuple[object, ...]]
Read = Callable[[str], Rows]


def excel(sheets: dict[str, list[list[object]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("values", "kind", "stored"),
    [
        (["1", "2", ""], "INTEGER", [1, 2, None]),
        (["1.5", "2"], "REAL", [1.5, 2.0]),
        (["01234", "90210"], "TEXT", ["01234", "90210"]),
        (["$1,200.50", "(300.00)", "12"], "REAL", [1200.5, -300.0, 12.0]),
        (["1.200,50", "300,00", "7"], "REAL", [1200.5, 300.0, 7.0]),
        (["5%", "12.5 %"], "REAL", [0.05, 0.125]),
        (["2024-02-29", "n/a"], "DATE", ["2024-02-29", None]),
        (["2024-02-29T10:00:00Z"], "TIMESTAMP", ["2024-02-29 10:00:00"]),
        (["31/12/2024", "01/02/2024"], "DATE", ["2024-12-31", "2024-02-01"]),
        (["12/31/2024", "01/02/2024"], "DATE", ["2024-12-31", "2024-01-02"]),
        (["01/02/2024", "03/04/2024"], "TEXT", ["01/02/2024", "03/04/2024"]),
        (["2024-02-30"], "TEXT", ["2024-02-30"]),
        (["true", "No"], "BOOLEAN", [1, 0]),
        (["1", "x"], "TEXT", ["1", "x"]),
        ([1, 2.5, None], "REAL", [1.0, 2.5, None]),
        ([date(2024, 1, 2), datetime(2024, 1, 3, 4)], "TIMESTAMP", ["2024-01-02 00:00:00", "2024-01-03 04:00:00"]),
        ([{"a": 1}, [2]], "TEXT", ['{"a": 1}', "[2]"]),
        ([float("nan"), None], "TEXT", [None, None]),
    ],
)
def test_a_column_gets_the_type_on_which_all_its_values_agree(
    values: list[object], kind: str, stored: list[object]
) -> None:
    column = read_column("x", values, hints_of([values]), strict=True)
    assert (column.kind, list(column.values)) == (kind, stored)


def test_csv_of_any_usual_kind_is_read(shelf: Shelf, read: Read) -> None:
    kept = shelf.add_file("Sales 2024.csv", "Straße;Größe\nBahnhofstraße;1,5\nMarkt;2,0\n".encode("cp1252"))
    assert (kept.name, kept.rows) == ("sales_2024", 2)
    assert kept.notes == ("Sales 2024.csv was read as Windows-1252.",)
    assert read('SELECT "Straße", "Größe" FROM sales_2024') == [("Bahnhofstraße", 1.5), ("Markt", 2.0)]
    shelf.add_file("tabs.tsv", "\ufeffa\tb\n1\t2\n".encode("utf-16"))
    assert read("SELECT a + b FROM tabs") == [(3,)]


def test_excel_gives_a_table_a_sheet(shelf: Shelf, read: Read) -> None:
    content = excel(
        {
            "Sales": [["Region", "When"], ["North", datetime(2024, 1, 5)]],
            "Targets": [["Region", 2024], ["North", 7.5]],
            "Notes": [],
        }
    )
    kept = shelf.add_file("plan.xlsx", content)
    assert kept.tables == ("plan_sales", "plan_targets")
    assert "The sheet Notes of plan.xlsx holds no rows and was left out." in kept.notes
    assert read('SELECT s."When", t."2024" FROM plan_sales s JOIN plan_targets t USING ("Region")') == [
        (pd.Timestamp("2024-01-05"), 7.5)
    ]


def test_parquet_keeps_its_types(shelf: Shelf, read: Read) -> None:
    frame = pd.DataFrame({"n": [1, 2], "d": pd.to_datetime(["2024-01-01", "2024-02-01"]), "t": ["a", None]})
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    shelf.add_file("facts.parquet", buffer.getvalue())
    table = shelf.connection().schema.by_key["facts"]
    assert [column.kind for column in table.columns] == [Kind.NUMBER, Kind.DATE, Kind.TEXT]
    assert "facts.parquet" in table.comment
    assert read("SELECT sum(n), max(d) FROM facts") == [(3, pd.Timestamp("2024-02-01"))]


def test_a_file_is_replaced_whole_and_removed_whole(shelf: Shelf, read: Read) -> None:
    shelf.add_file("plan.xlsx", excel({"A": [["x"], [1]], "B": [["z"], [2]]}))
    shelf.add_file("plan.xlsx", excel({"A": [["y"], [3]]}))
    assert read("SELECT y FROM plan") == [(3,)]
    assert {table.key for table in shelf.connection().schema.tables} == {"plan"}
    shelf.add_file("other.csv", b"a\n1\n")
    shelf.remove("plan")
    assert [dataset.name for dataset in shelf.all()] == ["other"]
    with pytest.raises(EngineError, match="no such table"):
        read("SELECT * FROM plan")


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            with packed.open(f"xl/{number}", "w") as member:
                for _ in range(400):
                    member.write(bytes(1 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"only,a,header\n", "no rows"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "Row 3"),
        ("a.csv", b"\x00\x01\x02", "no text"),
        ("a.xlsx", b"PK not a zip", "Excel"),
        ("a.xlsx", b"\x00" * 10, "Excel"),
        ("a.xls", b"x", "no workbook"),
        ("a.parquet", b"PAR1", "Parquet"),
        ("a.exe", b"MZ", "no kind"),
        ("a.csv", (",".join(f"c{n}" for n in range(2001)) + "\n" + "1," * 2000 + "1\n").encode(), "2,001 columns"),
    ],
)
def test_what_cannot_be_read_says_why_and_keeps_nothing(shelf: Shelf, name: str, content: bytes, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        shelf.add_file(name, content)
    assert words in caught.value.message + caught.value.hint
    assert shelf.all() == ()


def test_a_file_that_unpacks_to_a_flood_is_refused(shelf: Shelf) -> None:
    with pytest.raises(EngineError, match="unpacks to"):
        shelf.add_file("bomb.xlsx", bomb())


def test_names_of_columns_are_made_distinct_and_odd_ones_kept(shelf: Shelf, read: Read) -> None:
    shelf.add_file("odd.csv", 'a,A,"two, words","say ""hi""",🏠,-- x\n1,2,3,4,5,6\n'.encode())
    names = [column.name for column in shelf.connection().schema.by_key["odd"].columns]
    assert names == ["a 1", "A 2", "two, words", 'say "hi"', "🏠", "-- x"]
    assert read('SELECT "🏠" FROM odd') == [(5,)]


def test_two_datasets_cannot_share_a_table(shelf: Shelf) -> None:
    shelf.add_file("plan_a.csv", b"x\n1\n")
    with pytest.raises(EngineError, match="already one of the dataset plan_a"):
        shelf.add_file("plan.xlsx", excel({"A": [["x"], [1]], "B": [["z"], [2]]}))


def test_a_dataset_is_read_through_the_guarded_door(shelf: Shelf) -> None:
    shelf.add_file("a.csv", b"x\n1\n")
    for sql in ("DELETE FROM a", "ATTACH 'x' AS y", "SELECT 1; SELECT 2"):
        with pytest.raises(EngineError):
            shelf.read(sql, {})
