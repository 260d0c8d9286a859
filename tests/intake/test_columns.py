"""Columns: their kind, what is no value of it, what is said, and what is asked."""

from __future__ import annotations

from typing import Any

import pytest

from engine.intake.columns import Hints, hints_of, read_column, row_key


@pytest.mark.parametrize(
    ("name", "values", "kind", "stored", "exceptions"),
    [
        ("Rent", ["1000", "1200", "1300*", "TBD", "1500"], "INTEGER", [1000, 1200, None, None, 1500], ["1300*", "TBD"]),
        ("Ratio", [1.25, "#DIV/0!", 1.5], "REAL", [1.25, None, 1.5], ["#DIV/0!"]),
        ("Lease End", ["2025-06-30", "MTM", "2025-12-31"], "DATE", ["2025-06-30", None, "2025-12-31"], ["MTM"]),
        ("Lease End", ["45838", "MTM", "46022"], "DATE", ["2025-06-30", None, "2025-12-31"], ["MTM"]),
        ("Committed", [92500, "on hold", 18250.75], "REAL", [92500.0, None, 18250.75], ["on hold"]),
        ("Rent", [100, "200", 300], "INTEGER", [100, 200, 300], []),
        ("Amount", ["$ 1,250.00", "$ (250.00)", "$ -"], "REAL", [1250.0, -250.0, 0.0], []),
        ("Balance", ["(5.00)", "-", ""], "REAL", [-5.0, 0.0, None], []),
        ("Score", ["5", "-", "7"], "INTEGER", [5, None, 7], []),
        ("PAID_DT", ["20240901", "00000000", "20240801"], "DATE", ["2024-09-01", None, "2024-08-01"], ["00000000"]),
        (
            "Until",
            ["31.12.2024", "31.12.9999", "30.06.2025"],
            "DATE",
            ["2024-12-31", None, "2025-06-30"],
            ["31.12.9999"],
        ),
        (
            "Ende",
            ["31.01.25", "k. A.", "unbefristet", "01.02.26"],
            "DATE",
            ["2025-01-31", None, None, "2026-02-01"],
            ["k. A.", "unbefristet"],
        ),
        ("Rate", ["5.25%", "4 1/8%", "6%"], "REAL", [0.0525, 0.04125, 0.06], []),
        ("People", ["1,234[1]", "2,000", "500[b]"], "REAL", [1234.0, 2000.0, 500.0], []),
        ("Sum", ["12.5", "41.7%", "9.5", "8.5", "7.5"], "REAL", [12.5, None, 9.5, 8.5, 7.5], ["41.7%"]),
    ],
)
def test_most_cells_say_the_kind_and_the_others_are_exceptions(
    name: str, values: list[Any], kind: str, stored: list[Any], exceptions: list[str]
) -> None:
    column = read_column(name, values)
    assert (column.kind, list(column.values), [text for _, text in column.exceptions]) == (kind, stored, exceptions)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Unit", ["101", "102", "PH"]),
        ("Unit", ["101", "102B", "201"]),
        ("Unit", ["101", "101 1/2", "102"]),
        ("Version", ["1.9", "1.10", "2.0"]),
        ("Code", ["12e5", "77e3", "10"]),
        ("Mark", ["00e1", "12e5", "77e3"]),
        ("Mobile", ["+491701234567", "+491709999999"]),
        ("Day", ["1-Oct", "2-Oct", "15-Oct"]),
        ("Zip", ["02134", "10001"]),
        ("Loan", ["12345678901234567", "12345678901234568"]),
        ("Address", ["101 Main St", "12 Oak Ave"]),
        ("Weight", ["5 kg", "6 lb", "7 kg"]),
        ("Dates", ["13/1/2024", "1/13/2024"]),
    ],
)
def test_codes_two_units_and_contradictions_stay_text(name: str, values: list[str]) -> None:
    assert (read_column(name, values).kind, list(read_column(name, values).values)) == ("TEXT", values)


def test_what_nothing_decides_is_open_and_a_hint_decides_it() -> None:
    dates = ["3/4/2024", "5/6/2024"]
    assert read_column("Due", dates).open == ("order", "3/4/2024")
    assert list(read_column("Due", dates, Hints(order="day")).values) == ["2024-04-03", "2024-06-05"]
    prices = ["1.250", "2.375"]
    open_file = hints_of([prices], ";")
    assert read_column("Size", prices, open_file).open == ("decimal", "1.250")
    assert list(read_column("Size", prices, Hints(decimal=",")).values) == [1250.0, 2375.0]
    # Another column of the file decides for it.
    decided = hints_of([prices, ["12,50"]], ";")
    assert list(read_column("Size", prices, decided).values) == [1250.0, 2375.0]
    assert list(read_column("Rate", ["4.125", "3.875"], hints_of([["4.125"]], ",")).values) == [4.125, 3.875]


def test_currencies_are_never_one_number_without_a_word() -> None:
    column = read_column("Amount", ["$5", "€6", "7"])
    assert column.currencies == ["USD", "EUR", None]
    assert "several currencies" in column.notes[0]
    assert read_column("Amount", ["$5", "$6"]).unit == "USD"


def test_percentages_and_fractions_side_by_side_are_said() -> None:
    assert "side by side" in read_column("Rate", ["5.25", "0.0475", "6.1"]).notes[0]
    assert read_column("Rate", ["5.25", "4.75"]).notes == ()


def test_a_person_says_what_a_column_is() -> None:
    assert read_column("Unit", ["101", "A1"], kind="number").exceptions == ((1, "A1"),)
    assert list(read_column("Zip", ["10001", "10002"], kind="text").values) == ["10001", "10002"]


def test_the_column_that_tells_rows_apart_is_found() -> None:
    def key(**columns: list[Any]) -> str | None:
        found = row_key([read_column(name.replace("_", " "), values) for name, values in columns.items()])
        return found.name if found else None

    assert key(Order=[1001, 1002, 1003], Amount=[10, 20, 40]) == "Order"
    assert key(State=["FL", "FL"], Loan_Number=["a", "b"]) == "Loan Number"
    assert key(Sq_Ft=[700, 800, 900], Rent=[1, 2, 3]) is None
    assert key(Year=[2021, 2022, 2023], NOI=[5, 6, 7]) is None
    assert key(Order=[1001, 1001, 1002], Amount=[10, 20, 40]) is None


@pytest.mark.parametrize(
    ("values", "plus"),
    [
        (["1,200.00 DR", "700.00 CR", "0.00"], [-1200.0, 700.0, 0.0]),
        (["35,10 S", "12,00 H", "5,50 S"], [-35.1, 12.0, -5.5]),
    ],
)
def test_credit_and_debit_are_asked_about_and_then_signs(values: list[str], plus: list[float]) -> None:
    hints = hints_of([values])
    asked = read_column("Amount", values, hints)
    assert (asked.kind, asked.open and asked.open[0]) == ("TEXT", "credit")
    for said, sign in (("plus", 1), ("minus", -1)):
        column = read_column("Amount", values, hints_of([values], given=Hints(credit=said)))  # type: ignore[arg-type]
        assert [float(each) for each in column.values] == [sign * each for each in plus]
        assert f"CR counts as {said}" in " ".join(column.notes)


def test_letters_behind_some_numbers_alone_are_no_sides() -> None:
    assert read_column("Unit", ["101 D", "102", "103 C"]).open is None
    assert read_column("Grade", ["1 C", "2 C", "3 C"]).open is None
