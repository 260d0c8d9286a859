"""Metrics of series, of single loans and of files: equal to published examples, over a file and over a database."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy_financial as npf
import pytest

from engine.authors.base import Declined, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.metrics.mapping import read_mapping
from engine.products import Place, Plan, Request, Task
from engine.sources.connection import open_connection
from tests.authors.test_catalogue_answers import metric, table
from tests.authors.test_consistency import Desk, value
from tests.authors.test_metric_formulas import ORACLES

PUBLISHED = {
    each["id"]: each
    for line in (Path(__file__).parents[1] / "data" / "published.jsonl").read_text(encoding="utf-8").splitlines()
    if (each := json.loads(line))
}
Asked = Callable[..., Any]


def ground_of(file: Path, folder: Path, place: Place = "datasets", mapping: str = "") -> Ground:
    opened = open_connection(f"sqlite:///{file}", folder)
    return Ground(
        schema=opened.schema,
        values=opened.values,
        mapping=read_mapping(mapping) if mapping else None,
        read=lambda sql, bound: opened.door.read(sql, bound),
        today=date(2026, 11, 22),
        place=place,
    )


@pytest.fixture
def of_file(tmp_path: Path) -> Asked:
    """The evaluated quantities of a request over one file, or the refusal."""

    def ask(text: str, content: str) -> Any:
        rows = list(csv.reader(io.StringIO(content)))
        file = tmp_path / f"data{len(list(tmp_path.glob('*.sqlite')))}.sqlite"
        with sqlite3.connect(file) as made:
            kinds = ["TEXT" if not _number(cell) else "REAL" for cell in rows[1]]
            columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(rows[0], kinds, strict=True))
            made.execute(f"CREATE TABLE given ({columns})")
            made.executemany(f"INSERT INTO given VALUES ({', '.join('?' * len(rows[0]))})", rows[1:])
        ground = ground_of(file, tmp_path)
        author, request = CatalogueAuthor(), Request(text=text, database="given")
        task = author.analyse(request, ground)
        if not isinstance(task, Task):
            return task
        plan = author.plan(request, task, ground)
        return Desk(ground, tmp_path).evaluate(plan) if isinstance(plan, Plan) else plan

    return ask


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("example", "text", "name"),
    [
        ("p01", "IRR", "irr"),
        ("p01", "What is the IRR of these cash flows?", "irr"),
        ("p02", "internal rate of return", "irr"),
        ("p04", "net present value at a discount rate of 8 percent", "npv"),
        ("p05", "XIRR", "xirr"),
        ("p08", "monthly loan payment", "level_payment"),
        ("p13", "Calculate the DSCR", "dscr"),
        ("p17", "what cap rate is that?", "cap_rate"),
        ("p18", "equity multiple", "equity_multiple"),
        ("p19", "cash on cash return", "cash_on_cash"),
        ("p24", "net proceeds of the refinancing", "refinance_proceeds"),
        ("p28", "mortgage constant", "loan_constant"),
    ],
)
def test_a_published_example_as_a_file(of_file: Asked, example: str, text: str, name: str) -> None:
    known = PUBLISHED[example]
    wanted = known["results"][0]
    found = value(of_file(text, known["inputs"]), name)
    assert found == pytest.approx(wanted["value"], rel=wanted["tolerance"])


def test_several_results_of_a_published_example(of_file: Asked) -> None:
    sized = of_file("loan sizing", PUBLISHED["p15"]["inputs"])
    names = ("loan_by_ltv", "loan_by_dscr", "loan_by_debt_yield", "loan_sizing")
    for name, wanted in zip(names, PUBLISHED["p15"]["results"], strict=True):
        assert value(sized, name) == pytest.approx(wanted["value"], rel=wanted["tolerance"])
    ratios = of_file("expense ratio and NOI margin", PUBLISHED["p29"]["inputs"])
    assert (value(ratios, "expense_ratio"), value(ratios, "noi_margin")) == pytest.approx((0.4, 0.6))
    years = value(of_file("WALE", PUBLISHED["p20"]["inputs"]), "wale")
    assert years == pytest.approx(PUBLISHED["p20"]["results"][0]["value"] * 12)


def test_rows_that_are_no_sum_are_declined(of_file: Asked) -> None:
    found = of_file("cash on cash return", "noi,debt_service,cash_invested\n1,2,3\n4,5,6\n")
    assert value(found, "cash_on_cash") == pytest.approx((5 - 7) / 9)  # each of these is a sum
    vacancy = of_file("EGI", "gross_potential_income,vacancy_rate\n100,0.1\n200,0.2\n")
    assert isinstance(vacancy, Declined)
    assert "rows of it are never added" in vacancy.reason


def test_words_of_a_request_over_a_file_that_are_not_understood_are_named(of_file: Asked) -> None:
    found = of_file("IRR of the purple project", PUBLISHED["p01"]["inputs"])
    assert isinstance(found, Declined)
    assert "purple" in found.reason


FUNDS = """
name: Funds
entity: {name: fund, plural: funds, table: funds, key: fund_id, label: name}
dimensions: {}
roles:
  cash_flows: {kind: series, table: flows, value: amount, date: paid_on}
  annual_rate: {kind: series, table: credits, value: rate}
  months: {kind: series, table: credits, value: months}
  principal: {kind: series, table: credits, value: principal}
  monthly_payment: {kind: series, table: credits, value: payment}
"""
IRRS = [each["inputs"]["flows"] for each in ORACLES if each["metric"] == "IRR"]


@pytest.fixture(scope="module")
def of_funds(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The results of a request over a database of funds with dated flows, whose rows stand in no order."""
    folder = tmp_path_factory.mktemp("funds")
    with sqlite3.connect(folder / "funds.sqlite") as made:
        made.executescript(
            "CREATE TABLE funds (fund_id INTEGER PRIMARY KEY, name TEXT);"
            "CREATE TABLE flows (flow_id INTEGER PRIMARY KEY, fund_id INTEGER REFERENCES funds, paid_on DATE,"
            " amount REAL);"
            "CREATE TABLE credits (credit_id INTEGER PRIMARY KEY, fund_id INTEGER REFERENCES funds, rate REAL,"
            " months INTEGER, principal REAL, payment REAL);"
            "INSERT INTO funds VALUES (1, 'Alder'), (2, 'Birch'), (3, 'Cedar');"
            "INSERT INTO credits (fund_id, rate, months, principal, payment) VALUES (1, 0.08, 10, 10000, 1100),"
            " (2, 0.075, 180, 200000, 2000), (2, 0.07, 120, 8000, 150);"
        )
        rows = [(fund, f"{2010 + at}-01-01", x) for fund, flows in enumerate(IRRS, 1) for at, x in enumerate(flows)]
        dated = [line.split(",") for line in PUBLISHED["p05"]["inputs"].split()[1:]]
        rows += [(3, day, float(amount)) for day, amount in dated]
        made.executemany("INSERT INTO flows (fund_id, paid_on, amount) VALUES (?, ?, ?)", rows[::-1])
    ground = ground_of(folder / "funds.sqlite", folder, "database", FUNDS)
    desk = Desk(ground, folder)

    def ask(text: str) -> Any:
        author, request = CatalogueAuthor(), Request(text=text, database="funds")
        task = author.analyse(request, ground)
        assert isinstance(task, Task), task
        plan = author.plan(request, task, ground)
        return desk.evaluate(plan) if isinstance(plan, Plan) else plan

    return ask


def test_a_series_of_a_database_is_in_the_order_of_its_days(of_funds: Asked) -> None:
    assert value(of_funds("IRR of Alder"), "irr") == pytest.approx(0.5672303344358536, abs=1e-9)
    assert value(of_funds("IRR of Birch"), "irr") == pytest.approx(0.28095, abs=5e-6)
    assert value(of_funds("XIRR of Cedar"), "xirr") == pytest.approx(0.373362535, abs=1e-8)
    assert value(of_funds("NPV of Birch at a discount rate of 28.0948 %"), "npv") == pytest.approx(0.0, abs=1e-3)


def test_flows_of_one_day_are_added_before_a_rate_is_found(of_funds: Asked) -> None:
    both = [sum(pair) for pair in zip(IRRS[0], [*IRRS[1], *([0] * (len(IRRS[0]) - len(IRRS[1])))], strict=True)]
    assert value(of_funds("IRR of Alder and Birch"), "irr") == pytest.approx(npf.irr(both), abs=1e-9)


def test_a_metric_of_a_series_by_group_is_of_each_groups_own(of_funds: Asked) -> None:
    series = of_funds("IRR by fund").base.values["irr_by_fund"]
    assert series["Alder"] == pytest.approx(0.5672303344358536, abs=1e-9)
    assert series["Birch"] == pytest.approx(0.28095, abs=5e-6)


def test_payments_of_loans_are_the_published_ones_and_add_up(of_funds: Asked) -> None:
    first, second = 1037.032089, 1854.0247200054619
    third = -npf.pmt(0.07 / 12, 120, 8000)
    assert value(of_funds("loan payment of Alder"), "level_payment") == pytest.approx(first, abs=5e-6)
    assert value(of_funds("loan payment"), "level_payment") == pytest.approx(first + second + third, abs=1e-5)
    assert value(of_funds("loan term of Alder"), "loan_term") == pytest.approx(npf.nper(0.08 / 12, -1100, 10000))


SEED = "Orlando Fashion Square"


def test_figures_of_loans_are_those_of_the_data(answer: Any, truth: Any) -> None:
    rate = truth("SELECT SUM(current_balance * interest_rate) / SUM(current_balance) FROM loans")[0][0]
    assert metric(answer("weighted average interest rate"), "weighted_rate") == pytest.approx(rate)
    left = truth(
        "SELECT SUM(current_balance * (julianday(matures_on) - julianday('2026-10-31'))) / SUM(current_balance)"
        " / 30.4375 FROM loans WHERE matures_on >= '2026-10-31'"
    )[0][0]
    assert metric(answer("weighted average maturity"), "weighted_maturity") == pytest.approx(left)
    rows = truth("SELECT interest_rate, amortization_months, original_amount FROM loans WHERE property_id = 1")
    right = sum(-npf.pmt(rate / 12, months, amount) for rate, months, amount in rows)
    assert metric(answer(f"mortgage payment of {SEED}"), "level_payment") == pytest.approx(right)
    assert right == pytest.approx(260_043.42, abs=0.01)


def test_interest_coverage_divides_by_interest_alone(answer: Any, truth: Any) -> None:
    from tests.authors.test_periods_and_debt import LEVERED, NOI, T12

    interest = truth("SELECT SUM(interest) FROM loan_payments WHERE paid_on >= ? AND paid_on < ?", *T12)[0][0]
    found = metric(answer("interest coverage"), "interest_coverage")
    assert found == pytest.approx(truth(NOI + LEVERED, *T12)[0][0] / interest)


RUNNING = "start_date <= '2026-10-31' AND end_date >= '2026-10-31'"


@pytest.mark.parametrize(
    ("text", "name", "sql"),
    [
        ("WALE of Kestrel Tower", "wale", "SELECT SUM(l.area_sqft * (julianday(end_date) - julianday('2026-10-31'))) /"
         " SUM(l.area_sqft) / 30.4375 FROM leases l JOIN units USING (unit_id) JOIN properties USING (property_id)"
         f" WHERE name = 'Kestrel Tower' AND {RUNNING}"),
        ("vacancy loss", "vacancy_loss", "SELECT 12 * SUM(market_rent_monthly) FROM units WHERE NOT EXISTS (SELECT 1"
         f" FROM leases l WHERE l.unit_id = units.unit_id AND {RUNNING})"),
        ("rent against market", "rent_to_market", "SELECT SUM(monthly_rent) / SUM(market_rent_monthly) FROM leases JOIN"
         f" units USING (unit_id) WHERE {RUNNING}"),
        ("in place rent per square foot", "rent_per_area", "SELECT 12 * SUM(monthly_rent) / SUM(area_sqft) FROM leases"
         f" WHERE {RUNNING}"),
        ("collection rate in 2025", "collection_rate", "SELECT SUM(CASE WHEN paid_on IS NOT NULL THEN amount END) /"
         " SUM(amount) FROM rent_payments WHERE due_on LIKE '2025%'"),
        ("arrears", "arrears", "SELECT SUM(amount) FROM rent_payments WHERE paid_on IS NULL"),
        ("arrears in 2025", "arrears", "SELECT SUM(amount) FROM rent_payments WHERE due_on <= '2025-12-31' AND"
         " (paid_on IS NULL OR paid_on > '2025-12-31')"),
        ("capex against budget", "capital_against_budget", "SELECT SUM(spent) / SUM(budget) FROM capital_projects"),
    ],
)  # fmt: skip
def test_figures_of_rent_and_capital_are_those_of_the_data(
    answer: Any, truth: Any, text: str, name: str, sql: str
) -> None:
    assert metric(answer(text), name) == pytest.approx(truth(sql)[0][0])


def test_a_rate_shock_re_amortised_moves_the_whole_payment(answer: Any, truth: Any) -> None:
    document = answer("largest loan of Orlando Fashion Square at 1.3x DSCR and 60 % LTV")
    worth = truth("SELECT value FROM valuations WHERE property_id = 1 ORDER BY valued_on DESC LIMIT 1")[0][0]
    assert metric(document, "loan_by_ltv") == pytest.approx(worth * 0.6)
    assert any("Required DSCR is 1.30x, as given." in line for line in document["assumptions"])
    rows = table(answer("loan balance by lender"), "loan_balance_table")
    truths = dict(truth("SELECT lender, SUM(current_balance) FROM loans GROUP BY 1"))
    assert {row["lender"]: row["Loan balance"] for row in rows} == {k: pytest.approx(v) for k, v in truths.items()}


def test_debt_service_re_amortised_is_todays_without_a_shock_and_more_with_one(answer: Any, truth: Any) -> None:
    rows = truth(
        "SELECT interest_rate, amortization_months, original_amount, current_balance FROM loans WHERE property_id = 1"
    )
    today, shocked = 0.0, 0.0
    for rate, months, amount, balance in rows:
        payment = npf.pmt(rate / 12, months, amount)
        left = npf.nper(rate / 12, payment, balance)
        today -= payment * 12
        shocked -= npf.pmt((rate + 0.02) / 12, left, balance) * 12
    document = answer(f"re-amortised DSCR of {SEED} if rates rise 2 points")
    service = metric(document, "debt_service_reamortised")
    assert service == pytest.approx(today, rel=1e-6)
    assert metric(document, "dscr_reamortised") == pytest.approx(metric(document, "noi") / today, rel=1e-6)
    rerun = answer(f"debt service re-amortised of {SEED} if rates rise 2 points")
    assert rerun["parameters"][0]["name"] == "rate_change"
    assert shocked > today


@pytest.mark.parametrize(
    ("text", "name", "sql"),
    [
        ("loan maturities", "balance_by_maturity", "SELECT strftime('%Y', matures_on), SUM(current_balance) FROM loans"
         " GROUP BY 1"),
        ("lender exposure", "balance_by_lender", "SELECT lender, SUM(current_balance) FROM loans GROUP BY 1"),
        ("arrears by age", "arrears_by_age", "SELECT CASE WHEN d <= 30 THEN '0-30 days' WHEN d <= 60 THEN"
         " '31-60 days' WHEN d <= 90 THEN '61-90 days' ELSE 'over 90 days' END, SUM(amount) FROM (SELECT amount,"
         " julianday('2026-10-31') - julianday(due_on) AS d FROM rent_payments WHERE paid_on IS NULL) GROUP BY 1"),
    ],
)  # fmt: skip
def test_listings_are_those_of_the_data(answer: Any, truth: Any, text: str, name: str, sql: str) -> None:
    rows = table(answer(text), name)
    key, amount = next(iter(rows[0])), next(column for column in rows[0] if column in ("balance", "unpaid"))
    found = {row[key]: row[amount] for row in rows if row[amount]}
    assert found == {each: pytest.approx(value) for each, value in truth(sql)}


def test_a_schedule_repays_by_level_payments(answer: Any) -> None:
    rows = table(answer(f"amortization schedule of {SEED}"), "repayment")
    assert rows[0]["interest"] == pytest.approx(36144629.45 * 0.07625 / 12)
    assert rows[11]["balance"] == pytest.approx(float(-npf.fv(0.07625 / 12, 12, -260043.4224106929, 36144629.45)))
    assert rows[-1]["balance"] == pytest.approx(0.0, abs=1e-6)


def test_tenants_are_ranked_by_the_leases_that_run(answer: Any, truth: Any) -> None:
    rows = table(answer("top 10 tenants by monthly rent"), "top_tenants")
    truths = truth(
        f"SELECT t.name, SUM(monthly_rent) FROM leases JOIN tenants t USING (tenant_id) WHERE {RUNNING}"
        " GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
    )
    assert [row["monthly_rent"] for row in rows] == [pytest.approx(rent) for _, rent in truths]
    assert (rows[0]["tenant"], rows[0]["monthly_rent"]) == (truths[0][0], 238_884.0)
