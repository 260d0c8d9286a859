"""Large text files: what is read in bulk is what the usual way reads."""

from __future__ import annotations

import random

import pytest

from engine.intake import files
from engine.intake.bulk import read_bulk
from engine.intake.limits import FileLimits
from engine.intake.recipe import Recipe
from engine.intake.tables import ReadTable
from engine.intake.told import told_of

HEADER = "loan_id,opened,balance,rate,state,status,closed\n"


def content(rows: int, odd: str = "", title: str = "", end: str = "") -> bytes:
    chance = random.Random(1)
    lines = [
        f'L{at:05d},{2015 + at % 10}-{1 + at % 12:02d}-{1 + at % 28:02d},"{chance.uniform(1e4, 5e6):,.2f}",'
        f"{chance.uniform(2, 9):.3f}%,{'FL GA TX'.split()[at % 3]},{['Current', 'Late'][at % 2]},"
        f"1/{1 + at % 28}/2026\n"
        for at in range(rows)
    ]
    if odd:
        lines[rows // 2] = odd
    return (title + HEADER + "".join(lines) + end).encode()


def cells(table: ReadTable) -> list[tuple[object, ...]]:
    return [(column.name, column.kind, column.unit, list(column.values)) for column in table.columns]


@pytest.mark.parametrize("title", ["", "Loan tape\nAs of 10/31/2026\n"])
def test_bulk_and_the_usual_way_give_the_same(title: str) -> None:
    given = content(4_000, title=title)
    bulk = read_bulk("tape.csv", given, FileLimits(), Recipe())
    (usual,) = files.read_file("tape.csv", given, FileLimits()).tables
    assert bulk is not None
    assert cells(bulk) == cells(usual)
    assert told_of(bulk).columns == told_of(usual).columns
    assert told_of(bulk).left_out == told_of(usual).left_out


def test_an_exception_far_down_is_empty_and_said_with_its_line() -> None:
    given = content(4_000, odd="L99999,2020-01-01,TBD,5%,FL,Late,1/31/2026\n")
    bulk = read_bulk("tape.csv", given, FileLimits(), Recipe())
    assert bulk is not None
    balance = next(column for column in bulk.columns if column.name == "balance")
    assert balance.values[2_000] is None
    assert balance.notes == ("balance is a number in 3,999 of 4,000 rows and empty in the others: line 2002 says TBD.",)


def test_a_total_at_the_end_is_no_row() -> None:
    bulk = read_bulk("tape.csv", content(3_000, end='Total,,"9,999.00",,,,\n'), FileLimits(), Recipe())
    assert bulk is not None
    assert len(bulk.columns[0].values) == 3_000
    assert "1 lines of totals" in bulk.notes[0] or "1 line of totals" in bulk.notes[0]


@pytest.mark.parametrize(
    "given",
    [
        content(3_000, odd="L1,2020-01-01,5\n"),
        b"Building,Unit,Rent\n"
        + b"".join((b"Oak" if at % 50 == 0 else b"") + b",%d,%d\n" % (at, at) for at in range(9_000)),
        content(10).decode().encode("utf-16"),
    ],
)
def test_what_is_not_alike_is_left_to_the_usual_way(given: bytes) -> None:
    assert read_bulk("tape.csv", given, FileLimits(), Recipe()) is None
