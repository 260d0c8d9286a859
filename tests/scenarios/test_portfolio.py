"""Portfolio runs: every member as if asked for alone, totals from sums, nothing dropped; the database is the oracle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from engine import Kit
from engine.errors import CancelledError, UsageError
from engine.products import Run, Scenario, SourcePlan
from engine.usecases.portfolio import api
from engine.usecases.portfolio.compute import run_portfolio
from engine.usecases.portfolio.filters import Filter, filters_of, for_values, listing
from engine.usecases.portfolio.result import Figure, Member, Portfolio, as_document, breaches, ranked
from engine.usecases.portfolio.spread import dimensions
from tests.scenarios.conftest import asked

WORSE = Scenario(name="Worse", values={"revenue_change": -0.1})
# NOI and debt service of the last twelve months, straight from the tables.
ORACLE = """
WITH income AS (SELECT property_id, SUM(amount) AS egi FROM income_lines
                WHERE period >= '2025-11-01' AND period < '2026-11-01' GROUP BY 1),
 cost AS (SELECT property_id, SUM(amount) AS opex FROM expense_lines
          WHERE period >= '2025-11-01' AND period < '2026-11-01' GROUP BY 1),
 debt AS (SELECT loans.property_id, SUM(principal + interest) AS paid FROM loan_payments
          JOIN loans ON loans.loan_id = loan_payments.loan_id
          WHERE paid_on >= '2025-11-01' AND paid_on < '2026-11-01' GROUP BY 1)
SELECT properties.name AS name, properties.region AS region, COALESCE(egi, 0) AS egi, COALESCE(opex, 0) AS opex,
       COALESCE(paid, 0) AS paid
FROM properties LEFT JOIN income ON income.property_id = properties.property_id
LEFT JOIN cost ON cost.property_id = properties.property_id
LEFT JOIN debt ON debt.property_id = properties.property_id
"""


@pytest.fixture(scope="module")
def found(kit: Kit, seed_run: Run) -> Portfolio:
    return run_portfolio(seed_run, kit, [WORSE])


def test_every_property_is_there_with_the_databases_own_numbers(kit: Kit, found: Portfolio) -> None:
    rows = kit.door(kit.settings.database).read(ORACLE).set_index("name")
    names = {member.name for member in found.members} | {each.name for each in found.uncomputed}
    assert names == set(rows.index)
    for member in found.members:
        row = rows.loc[member.name]
        assert member.values["dscr"][0] == pytest.approx((row.egi - row.opex) / row.paid, rel=1e-12)
        assert member.values["dscr"][1] == pytest.approx((row.egi * 0.9 - row.opex) / row.paid, rel=1e-12)
    assert {each.name for each in found.uncomputed} == set(rows.index[rows.paid == 0])
    assert all("loans give no rows for it" in each.reason for each in found.uncomputed)


def test_the_total_divides_sums_and_is_no_average_of_ratios(kit: Kit, found: Portfolio) -> None:
    rows = kit.door(kit.settings.database).read(ORACLE)
    rows = rows[rows.paid > 0]
    assert found.total is not None
    assert found.total.values["noi"][0] == pytest.approx(rows.egi.sum() - rows.opex.sum())
    ratio = (rows.egi.sum() - rows.opex.sum()) / rows.paid.sum()
    assert found.total.values["dscr"][0] == pytest.approx(ratio)
    average = sum(member.values["dscr"][0] or 0 for member in found.members) / len(found.members)
    assert found.total.values["dscr"][0] != pytest.approx(average)
    for place in range(2):
        added = sum(member.values["noi"][place] or 0 for member in found.members)
        assert found.total.values["noi"][place] == pytest.approx(added)


def test_the_run_itself_is_one_of_the_members(found: Portfolio, seed_run: Run) -> None:
    assert seed_run.results is not None
    own = next(member for member in found.members if member.name == "Orlando Fashion Square")
    for metric in seed_run.results.metrics:
        assert own.values[metric.name][0] == metric.value


def test_regions_too_and_each_is_the_sum_of_its_properties(kit: Kit, seed_run: Run) -> None:
    assert next(iter(dimensions(seed_run, kit))) == "property"
    counted: list[tuple[int, int]] = []
    regions = run_portfolio(seed_run, kit, [], "region", lambda done, total: counted.append((done, total)))
    rows = kit.door(kit.settings.database).read(ORACLE)
    rows = rows[rows.paid > 0].groupby("region")[["egi", "opex", "paid"]].sum()
    for member in regions.members:
        row = rows.loc[member.name]
        assert member.values["dscr"][0] == pytest.approx((row.egi - row.opex) / row.paid)
    assert counted[0] == (0, len(rows))
    assert counted[-1] == (len(rows), len(rows))


def test_a_grouped_answer_and_a_plain_question_can_be_spread_too(kit: Kit) -> None:
    grouped = asked(kit, "NOI by property type")
    found = run_portfolio(grouped, kit, [WORSE], "region")
    assert next(figure.name for figure in found.figures) == "noi"
    plain = asked(kit, "average monthly rent for Orlando Fashion Square")
    assert list(dimensions(plain, kit)) != []
    spread_out = run_portfolio(plain, kit, [])
    assert len(spread_out.members) + len(spread_out.uncomputed) >= 40


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("DSCR{} in 2024", "dscr"),
        ("LTV{} last year", "ltv"),
        ("debt yield{} in Q3 2026", "debt_yield"),
        ("largest loan{} at 1.3x DSCR", "loan_sizing"),
    ],
)
def test_a_figure_is_one_asked_alone_as_a_row_simulated_and_for_all(kit: Kit, text: str, name: str) -> None:
    def figure(run: Run) -> float:
        assert run.results is not None
        return float(next(metric.value for metric in run.results.metrics if metric.name == name))

    one, whole = asked(kit, text.format(" of Riverside Plaza")), asked(kit, text.format(""))
    spread_out = run_portfolio(one, kit, [])
    member = next(each for each in spread_out.members if each.name == "Riverside Plaza")
    assert member.values[name][0] == pytest.approx(figure(one), rel=1e-12)
    assert spread_out.total is not None
    if name != "loan_sizing":  # the total lends on what has a loan and what has none alike
        assert spread_out.total.values[name][0] == pytest.approx(figure(whole), rel=1e-12)
    (base,) = kit.sessions.simulate(one, [{}])["scenarios"]
    assert base["metrics"][name] == pytest.approx(figure(one), rel=1e-12)
    assert one.results is not None
    report = next(Path(one.folder) / file.path for file in one.results.files if file.kind == "pdf")
    shown = "".join(page.extract_text() for page in PdfReader(report).pages)
    assert next(metric.text for metric in one.results.metrics if metric.name == name) in shown


def test_a_model_without_a_filter_has_no_members(kit: Kit) -> None:
    run = asked(kit, "how many owners")
    with pytest.raises(UsageError, match="filters by no column"):
        run_portfolio(run, kit, [])


@pytest.mark.parametrize(
    ("scenario", "by", "words"),
    [
        (Scenario(name="x", values={"revenu_change": 0.1}), "", "revenu_change"),
        (Scenario(name="x", values={"revenue_change": 9}), "", "outside -0.5 to 0.5"),
        (WORSE, "planet", "no dimension 'planet'"),
    ],
)
def test_what_is_asked_wrongly_is_named(kit: Kit, seed_run: Run, scenario: Scenario, by: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run_portfolio(seed_run, kit, [scenario], by)


def test_it_is_cancelled_between_members_and_the_runs_own_sandbox_lives_on(kit: Kit, seed_run: Run) -> None:
    seen: list[int] = []

    def cancelled() -> bool:
        seen.append(1)
        return len(seen) > 3

    with pytest.raises(CancelledError):
        run_portfolio(seed_run, kit, [WORSE], cancelled=cancelled)
    assert kit.sessions.simulate(seed_run, [{"name": "x", "revenue_change": 0.1}])["scenarios"]


def made(**values: tuple[float | None, ...]) -> Portfolio:
    from datetime import UTC, datetime

    return Portfolio(
        dimension="property", label="Property", scenarios=(WORSE,), read_at=datetime.now(UTC),
        figures=(Figure(name="dscr", label="DSCR", good=">= 1.25"), Figure(name="ltv", label="LTV", bad="> 0.8")),
        members=tuple(Member(name=name, values={"dscr": pair, "ltv": pair}) for name, pair in values.items()),
    )  # fmt: skip


def test_ranks_follow_the_thresholds_direction_and_equals_share_one() -> None:
    found = made(a=(1.0, 2.0), b=(1.5, 0.5), c=(1.5, None), d=(0.2, 0.1))
    high, low = found.figures
    assert [(row.rank, row.name) for row in ranked(found, high)] == [(1, "b"), (1, "c"), (3, "a"), (4, "d")]
    assert [(row.rank, row.name) for row in ranked(found, low)] == [(1, "d"), (2, "a"), (3, "b"), (3, "c")]
    assert [(row.rank, row.name) for row in ranked(found, high, 1)] == [(1, "a"), (2, "b"), (3, "d"), (None, "c")]
    assert breaches(found, high) == ("d", "a")
    document = as_document(found, high)
    assert document["members"][2]["scenarios"][0] == {
        "name": "Base", "rank": 3, "metrics": {"dscr": 1.0, "ltv": 1.0}, "breaches": ["dscr", "ltv"]
    }  # fmt: skip


SQL = """SELECT SUM(l.x) AS x FROM s.loans AS l JOIN properties p ON p.id = l.id
WHERE p.name = :name AND p.region = :region AND l.day >= :start AND p.kind IN ('a', 'b')"""


@pytest.mark.parametrize("flavour", ["sqlite", "postgres"])
def test_filters_are_traced_to_their_tables(flavour: str) -> None:
    bound = {"name": "A", "region": "B", "start": "2025-01-01"}
    source = SourcePlan(name="x", reads="", sql=SQL, bound=bound)
    assert filters_of(source, flavour) == (
        Filter("name", '"properties"', "name"),
        Filter("region", '"properties"', "region"),
    )
    several = for_values(source, "name", ["A", "B's"])
    assert "p.name IN (:name_1, :name_2)" in several.sql
    assert several.bound == {"region": "B", "start": "2025-01-01", "name_1": "A", "name_2": "B's"}
    sql, values = listing(source, Filter("name", '"properties"', "name"), flavour)
    assert sql.splitlines() == [
        'SELECT DISTINCT "name" AS member', 'FROM "properties"', "WHERE region = :region",
        "  AND kind IN ('a', 'b')", "ORDER BY 1",
    ]  # fmt: skip
    assert values == {"region": "B"}


def test_over_http(kit: Kit, seed_run: Run) -> None:
    assert api.asked(kit, seed_run.id)[1]["dimensions"]["region"] == "Region"
    body = json.dumps({"by": "region", "metric": "noi", "scenarios": [{"name": "up", "revenue_change": 0.1}]})
    status, found = api.answer(kit, seed_run.id, "application/json; charset=utf-8", body.encode())
    assert status == 200
    assert found["ranked_by"] == "noi"
    assert [each["scenarios"][0]["rank"] for each in found["members"]] == [1, 2, 3, 4, 5]
    assert found["total"][1]["metrics"]["noi"] > found["total"][0]["metrics"]["noi"]
    for kind, text, code in (
        ("text/plain", "{}", 415),
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", '{"by": "planet"}', 400),
        ("application/json", '{"scenarios": [{"rent": 1}]}', 400),
    ):
        status, refused = api.answer(kit, seed_run.id, kind, text.encode())
        assert status == code
        assert refused["error"]["message"]
    assert api.answer(kit, "nothing", "application/json", b"{}")[0] == 400
