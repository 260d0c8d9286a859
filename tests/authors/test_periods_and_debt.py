"""Numerator and denominator of the same time and the same members: recomputed from the data by plain SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.authors.base import Declined, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.products import Plan, Question, Request, Task
from tests.authors.test_catalogue_answers import metric, table

NOI = """
    SELECT SUM(a) FROM (SELECT property_id, period, amount AS a FROM income_lines
      UNION ALL SELECT property_id, period, -amount FROM expense_lines) WHERE period >= ? AND period < ?
"""
LEVERED = " AND property_id IN (SELECT property_id FROM loans)"
OF = " AND property_id = (SELECT property_id FROM properties WHERE name = ?)"
PAID = (
    "SELECT SUM(principal + interest) FROM loan_payments JOIN loans USING (loan_id) WHERE paid_on >= ? AND paid_on < ?"
)
T12, Q3, Y2025 = ("2025-11-01", "2026-11-01"), ("2026-07-01", "2026-10-01"), ("2025-01-01", "2026-01-01")
OCTOBER = ("2026-10-01", "2026-11-01")
SEED = "Orlando Fashion Square"


@pytest.mark.parametrize("text", ["portfolio DSCR", "portfolio dscr ttm", "DSCR by region", "DSCR by property type"])
def test_the_whole_leaves_out_what_has_no_debt(answer: Any, truth: Any, text: str) -> None:
    right = truth(NOI + LEVERED, *T12)[0][0] / truth(PAID, *T12)[0][0]
    document = answer(text)
    assert metric(document, "dscr") == pytest.approx(right)
    assert any("2 properties without a loan left out" in line for line in document["assumptions"])


def test_beside_a_ratio_to_debt_a_flow_keeps_every_member(answer: Any, truth: Any) -> None:
    document = answer("NOI and DSCR by property type")
    assert metric(document, "noi") == pytest.approx(truth(NOI, *T12)[0][0])
    assert metric(document, "dscr") == pytest.approx(truth(NOI + LEVERED, *T12)[0][0] / truth(PAID, *T12)[0][0])
    retail = truth(
        f"SELECT SUM(a) FROM ({NOI.replace('SUM(a)', 'property_id, a')}) JOIN properties USING (property_id)"
        " WHERE property_type = 'Retail'",
        *T12,
    )[0][0]
    assert next(
        row["NOI"] for row in table(document, "noi_table") if row["property_type"] == "Retail"
    ) == pytest.approx(retail)


def test_what_has_no_loan_has_no_ratio_to_it(answer: Any) -> None:
    found = answer("DSCR of Tidewater Market")
    assert isinstance(found, Declined)
    assert found.reason == "Tidewater Market has no loan, so it has no DSCR."


def whole_payments(truth: Any, start: str, end: str, months: int, name: str = "") -> float:
    rows = truth(
        "SELECT loan_id, SUM(principal + interest), COUNT(DISTINCT strftime('%Y-%m', paid_on)) FROM loan_payments JOIN"
        f" loans USING (loan_id) WHERE paid_on >= ? AND paid_on < ?{OF if name else ''} GROUP BY loan_id",
        *(start, end, name)[: 3 if name else 2],
    )
    return float(sum(paid * months / count for _, paid, count in rows))


def test_a_loan_of_part_of_a_year_meets_income_of_all_of_it(answer: Any, truth: Any) -> None:
    document = answer("DSCR of Lantern Square in 2025")
    income = truth(NOI + OF, *Y2025, "Lantern Square")[0][0]
    assert metric(document, "dscr") == pytest.approx(income / whole_payments(truth, *Y2025, 12, "Lantern Square"))
    assert metric(document, "dscr") == pytest.approx(1.134936, abs=1e-5)
    assert any("as if made in all 12 months" in line for line in document["assumptions"])


def test_who_is_below_a_threshold_in_a_year_is_counted_so_too(answer: Any) -> None:
    document = answer("Which properties had a DSCR below 1.25 in 2025?")
    assert metric(document, "properties_in_question") == 17
    assert len(table(document, "dscr_table")) == 17


def test_a_year_by_year_table_is_headed_by_the_last_twelve_months(answer: Any, truth: Any) -> None:
    document = answer("DSCR by year for Prairie Point Mall")
    income = truth(NOI + OF, *T12, "Prairie Point Mall")[0][0]
    paid = truth(PAID + OF, *T12, "Prairie Point Mall")[0][0]
    assert metric(document, "dscr") == pytest.approx(income / paid)
    assert document["metrics"][0]["label"] == "DSCR, last twelve months"
    rows = {row["year"]: row["DSCR"] for row in table(document, "dscr_table")}
    assert rows["2025"] == pytest.approx(0.996423, abs=1e-5)
    assert list(rows) == ["2023 (2 of 12 months)", "2024", "2025", "2026 (10 of 12 months)"]
    assert rows["2024"] is None  # its loan began in 2025


YEARS = {"2024": ("2024-01-01", "2025-01-01", 12), "2025": (*Y2025, 12), "2026": ("2026-01-01", "2026-11-01", 10)}


@pytest.mark.parametrize(("year", "right"), [("2024", 1.424894), ("2025", 1.342658), ("2026", 1.403667)])
def test_in_each_year_only_those_count_that_paid_a_loan_then(answer: Any, truth: Any, year: str, right: float) -> None:
    start, end, months = YEARS[year]
    paying = (
        " AND property_id IN (SELECT property_id FROM loans JOIN loan_payments USING (loan_id)"
        f" WHERE paid_on >= '{start}' AND paid_on < '{end}')"
    )
    found = truth(NOI + paying, start, end)[0][0] / whole_payments(truth, start, end, months)
    assert found == pytest.approx(right, abs=1e-5)
    rows = {row["year"][:4]: row["DSCR"] for row in table(answer("DSCR by year"), "dscr_table")}
    assert rows[year] == pytest.approx(found)
    assert metric(answer(f"DSCR in {year}"), "dscr") == pytest.approx(found)


def balance_on(truth: Any, day: str, of: str = "") -> float:
    return truth(
        "SELECT SUM(COALESCE((SELECT balance_after FROM loan_payments p WHERE p.loan_id = l.loan_id AND paid_on <= ?"
        f" ORDER BY paid_on DESC LIMIT 1), original_amount)) FROM loans l WHERE originated_on <= ? {of}",
        *(day, day),
    )[0][0]


@pytest.mark.parametrize("day", ["2023-12-31", "2024-12-31", "2025-12-31", "2026-10-31"])
def test_balances_by_year_are_those_of_its_end_and_of_what_has_both_sides(answer: Any, truth: Any, day: str) -> None:
    rows = {row["year"][:4]: row for row in table(answer("loan balance by year"), "loan_balance_table")}
    assert rows[day[:4]]["Loan balance"] == pytest.approx(balance_on(truth, day))
    valued = f" AND property_id IN (SELECT property_id FROM valuations WHERE valued_on <= '{day}')"
    value = truth(
        "SELECT SUM(value) FROM valuations v WHERE valued_on = (SELECT MAX(valued_on) FROM valuations w WHERE"
        " w.property_id = v.property_id AND valued_on <= ?) AND property_id IN (SELECT property_id FROM loans WHERE"
        " originated_on <= ?)",
        *(day, day),
    )[0][0]
    of_year = {row["year"][:4]: row["LTV"] for row in table(answer("LTV by year"), "ltv_table")}
    assert of_year[day[:4]] == pytest.approx(balance_on(truth, day, valued) / value)


@pytest.mark.parametrize(("text", "months"), [("cap rate by month", 1), ("cap rate by quarter", 3)])
def test_a_yield_by_month_or_quarter_is_that_of_a_year(answer: Any, truth: Any, text: str, months: int) -> None:
    start, end = {1: ("2026-08-01", "2026-09-01"), 3: Q3}[months]
    last = {1: "2026-08-31", 3: "2026-09-30"}[months]
    value = truth(
        "SELECT SUM(value) FROM valuations v WHERE valued_on = (SELECT MAX(valued_on) FROM valuations w WHERE"
        " w.property_id = v.property_id AND valued_on <= ?)",
        last,
    )[0][0]
    rows = table(answer(text), "cap_rate_table")
    found = next(row["Cap rate"] for row in rows if row[text.split()[-1]] in ("2026-08", "2026-Q3"))
    assert found == pytest.approx(truth(NOI, start, end)[0][0] * 12 / months / value)


def test_a_yield_of_a_quarter_counts_it_as_a_year_and_says_so(answer: Any, truth: Any) -> None:
    document = answer("NOI per square foot in Q2 2026")
    area = truth("SELECT SUM(leasable_area_sqft) FROM properties")[0][0]
    income = truth(NOI, "2026-04-01", "2026-07-01")[0][0]
    assert metric(document, "noi_per_area") == pytest.approx(income * 4 / area)
    assert any("that of 3 months is counted as if it were of a year" in line for line in document["assumptions"])


def test_whole_years_of_a_ratio_are_compared_not_a_part_of_one(answer: Any, truth: Any) -> None:
    document = answer(f"DSCR of {SEED} last year versus this year")
    income = truth(NOI + OF, *Y2025, SEED)[0][0]
    assert metric(document, "dscr_before") == pytest.approx(income / whole_payments(truth, *Y2025, 12, SEED))
    now = ("2026-01-01", "2026-11-01")
    right = truth(NOI + OF, *now, SEED)[0][0] / truth(PAID + OF, *now, SEED)[0][0]
    assert metric(document, "dscr") == pytest.approx(right)
    assert [row["year"] for row in table(document, "dscr_table")] == ["2025", "2026 (10 of 12 months)"]


def test_what_has_no_debt_owes_nothing_in_a_flow(answer: Any, truth: Any) -> None:
    rows = {row["property"]: row for row in table(answer("cash flow by property"), "cash_flow_after_debt_table")}
    assert len(rows) == 48
    assert rows["Tidewater Market"]["Cash flow"] == pytest.approx(truth(NOI + OF, *T12, "Tidewater Market")[0][0])


@pytest.mark.parametrize(
    ("text", "name", "bounds", "months"),
    [
        (f"DSCR of {SEED} in Q3 2026 if interest rates rise 200 bps", "dscr", Q3, 3),
        (
            f"debt service of {SEED} in October 2026 if rates rise 2 points",
            "debt_service",
            ("2026-10-01", "2026-11-01"),
            1,
        ),
        (f"DSCR of {SEED} if rates rise 2 points", "dscr", T12, 12),
    ],
)
def test_a_rate_shock_counts_for_the_share_of_the_year(
    answer: Any,
    truth: Any,
    text: str,
    name: str,
    bounds: tuple[str, str],
    months: int,
) -> None:
    balance = truth("SELECT SUM(current_balance) FROM loans WHERE TRUE" + OF, SEED)[0][0]
    service = truth(PAID + OF, *bounds, SEED)[0][0]
    shocked = service + balance * 0.02 * months / 12
    document = answer(text)
    assert metric(document, name) == pytest.approx(
        service if name == "debt_service" else truth(NOI + OF, *bounds, SEED)[0][0] / service
    )
    formula = next(each["formula"] for each in document["quantities"] if each["name"] == "debt_service")
    assert ("/ 12" in formula) is (months != 12)
    values = {each["name"]: each["value"] for each in document["quantities"]}
    assert values["debt_service_paid"] + values["loan_balance"] * 0.02 * months / 12 == pytest.approx(shocked)


def test_a_ratio_of_an_earlier_day_takes_balances_and_values_of_that_day(answer: Any, truth: Any) -> None:
    balance = truth(
        "SELECT SUM(COALESCE((SELECT balance_after FROM loan_payments p WHERE p.loan_id = l.loan_id AND paid_on <="
        " '2025-12-31' ORDER BY paid_on DESC LIMIT 1), original_amount)) FROM loans l"
        " WHERE originated_on <= '2025-12-31'"
    )[0][0]
    value = truth(
        "SELECT SUM(value) FROM valuations v WHERE valued_on = (SELECT MAX(valued_on) FROM valuations w WHERE"
        f" w.property_id = v.property_id AND valued_on <= '2025-12-31'){LEVERED}"
    )[0][0]
    assert metric(answer("LTV last year"), "ltv") == pytest.approx(balance / value)
    asked = answer("What was our total loan balance at 31 December 2025?")
    assert metric(asked, "loan_balance") == pytest.approx(balance)


def test_the_last_years_end_with_the_last_month_on_record(answer: Any, truth: Any) -> None:
    document = answer("Occupancy trend of Foundry Exchange over the last three years")
    rows = table(document, "occupancy_table")
    assert [rows[0]["month"], rows[-1]["month"], len(rows)] == ["2023-11", "2026-10", 36]
    let, whole = truth(
        "SELECT SUM(CASE WHEN start_date <= '2026-10-31' AND end_date >= '2026-10-31' THEN leases.area_sqft END),"
        " (SELECT leasable_area_sqft FROM properties WHERE name = 'Foundry Exchange') FROM leases JOIN units"
        " USING (unit_id) JOIN properties USING (property_id) WHERE name = 'Foundry Exchange'"
    )[0]
    assert metric(document, "occupancy") == pytest.approx(let / whole)
    assert rows[-1]["Occupancy"] == pytest.approx(let / whole)


def test_a_value_made_of_a_years_income_counts_a_quarter_as_a_year(answer: Any, truth: Any) -> None:
    income = truth(NOI + OF, *Q3, SEED)[0][0]
    document = answer(f"implied value of {SEED}, Q3 2026")
    assert metric(document, "implied_value") == pytest.approx(income * 4 / 0.065)


def test_two_years_are_compared_like_for_like(answer: Any, truth: Any) -> None:
    then, now = (truth(NOI, f"{year}-01-01", f"{year}-11-01")[0][0] for year in (2025, 2026))
    document = answer("NOI last year vs this year")
    assert metric(document, "noi") == pytest.approx(now)
    assert metric(document, "noi_before") == pytest.approx(then)
    assert metric(document, "noi_change") == pytest.approx(now / then - 1)
    assert [row["NOI"] for row in table(document, "noi_table")] == [pytest.approx(then), pytest.approx(now)]
    assert any("Like for like" in line for line in document["assumptions"])


def test_an_empty_selection_is_never_zero(answer: Any) -> None:
    found = answer(f"NOI of {SEED} in Tampa")
    assert isinstance(found, Declined)
    assert f"property {SEED} and city Tampa at once" in found.reason


def test_different_things_that_are_compared_stand_side_by_side(answer: Any, truth: Any) -> None:
    tampa = " AND property_id IN (SELECT property_id FROM properties WHERE city = 'Tampa')"
    right = {SEED: truth(NOI + OF, *T12, SEED)[0][0], "Tampa": truth(NOI + tampa, *T12)[0][0]}
    document = answer(f"Compare {SEED} and Tampa properties by NOI")
    rows = {row["named"]: row["NOI"] for row in table(document, "noi_table")}
    assert rows == {name: pytest.approx(value) for name, value in right.items()}
    assert metric(document, "noi") == pytest.approx(sum(right.values()))
    assert any("They stand side by side" in line for line in document["assumptions"])


def test_where_the_data_end_before_the_last_month_it_says_so_and_offers_the_last_one(ground: Ground) -> None:
    later = replace(ground, today=date(2026, 12, 15))
    author, request = CatalogueAuthor(), Request(text="NOI last month", database="sample")
    task = author.analyse(request, later)
    assert isinstance(task, Task)
    found = author.plan(request, task, later)
    assert isinstance(found, Question)
    assert found.text.startswith("There is nothing of 2026-11-01 to 2026-11-30: the data end in Oct 2026.")
    (option,) = found.options
    chosen = author.plan(request.model_copy(update={"answers": {found.key: option.value}}), task, later)
    assert isinstance(chosen, Plan)
    assert {source.bound["start"] for source in chosen.sources if "start" in source.bound} == {"2026-10-01"}


def test_values_of_a_year_are_the_latest_of_each_by_its_end(answer: Any, truth: Any) -> None:
    right = truth("SELECT SUM(value) FROM valuations WHERE valued_on LIKE '2026%'")[0][0]
    assert metric(answer("sum of valuations in 2026"), "appraised_value") == pytest.approx(right)
    assert right == pytest.approx(1_303.27e6)


def test_balances_over_original_amounts_divide_sums(answer: Any, truth: Any) -> None:
    document = answer("ratio of current balance to original amount by lender")
    rows = {row["lender"]: row["Balance to original"] for row in table(document, "balance_to_original_table")}
    truths = truth("SELECT lender, SUM(current_balance) / SUM(original_amount) FROM loans GROUP BY 1")
    assert rows == {lender: pytest.approx(ratio) for lender, ratio in truths}
    assert len(rows) == 8
    assert metric(document, "balance_to_original") == pytest.approx(0.917591, abs=1e-6)


def test_a_value_says_its_cap_rate_and_that_of_the_valuation(answer: Any, truth: Any) -> None:
    income = truth(NOI + OF, *Q3, SEED)[0][0]
    own = truth("SELECT cap_rate FROM valuations WHERE TRUE" + OF + " ORDER BY valued_on DESC LIMIT 1", SEED)[0][0]
    document = answer(f"implied value of {SEED}, Q3 2026")
    assert metric(document, "appraisal_cap_rate") == pytest.approx(own)
    assert metric(document, "value_at_appraisal_cap_rate") == pytest.approx(income * 4 / own)
    assert any("market cap rate is 6.5 %" in line for line in document["assumptions"])


@pytest.mark.parametrize(("region", "right"), [("Midwest", 0.93635), ("Northeast", 0.981569), ("Southeast", 1.205513)])
def test_what_is_supposed_is_in_the_rows_too(answer: Any, truth: Any, region: str, right: float) -> None:
    of = " AND property_id IN (SELECT property_id FROM properties WHERE region = ?)"
    income, service = truth(NOI + LEVERED + of, *Q3, region)[0][0], truth(PAID + of, *Q3, region)[0][0]
    balance = truth("SELECT SUM(current_balance) FROM loans WHERE TRUE" + of, region)[0][0]
    assert income / (service + balance * 0.02 / 4) == pytest.approx(right, abs=1e-5)
    document = answer("DSCR by region Q3 2026 if interest rates rise 2 points")
    rows = {row["region"]: row["DSCR: Interest rates rise 2 points"] for row in table(document, "dscr_table")}
    assert rows[region] == pytest.approx(income / (service + balance * 0.02 / 4))
    assert metric(document, "groups_in_question") == 4


def test_every_row_says_how_it_stands_and_a_sentence_says_how_many(answer: Any) -> None:
    document = answer("DSCR by property")
    rows = table(document, "dscr_table")
    for row in rows:
        assert row["Rating"] == ("breach" if row["DSCR"] < 1 else "short" if row["DSCR"] < 1.25 else "good")
    assert metric(document, "properties_in_breach") == sum(row["Rating"] == "breach" for row in rows) == 4
    standing = next(each["value"] for each in document["metrics"] if each["name"] == "standing")
    assert standing == "14 of 46 properties are below 1.25x, 4 below 1.00x; DSCR of the whole is 1.40x"
    chart = next(each for each in document["charts"] if each["name"] == "dscr_table")
    assert (chart["good"], chart["bad"]) == (">= 1.25", "< 1.0")


def test_a_loan_that_was_not_paid_in_the_period_is_told_from_no_loan(answer: Any) -> None:
    found = answer("DSCR of Lantern Square in 2024")
    assert isinstance(found, Declined)
    assert found.reason == (
        "Lantern Square has no debt service on record in 2024-01-01 to 2024-12-31, so it has no DSCR."
    )
    noted = answer("DSCR in 2024")["assumptions"]
    assert any("9 properties without a loan left out" in line and "7 of them have one" in line for line in noted)
