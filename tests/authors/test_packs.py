"""Metrics of other trades: roles proposed from a schema with evidence, figures recomputed by plain SQL."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import pytest

from engine.authors.base import Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.authors.metrics.quantities import available_inputs
from engine.meaning.proposal import propose
from engine.metrics.catalogue import Metric, load_catalogue, usable
from engine.metrics.mapping import objections
from engine.metrics.packs import role_hints
from engine.products import Plan, Request, Task
from engine.sources.connection import open_connection
from tests.authors.test_consistency import Desk, value

SCHEMAS = {
    "saas": """
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT, segment TEXT);
CREATE TABLE subscriptions (subscription_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers,
  started_on DATE, ended_on DATE, monthly_price REAL);
CREATE TABLE invoices (invoice_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, issued_on DATE,
  amount REAL);
INSERT INTO customers VALUES (1, 'Alder', 'small'), (2, 'Birch', 'large'), (3, 'Cedar', 'small');
INSERT INTO subscriptions (customer_id, started_on, ended_on, monthly_price) VALUES (1, '2025-01-10', NULL, 100),
  (2, '2025-06-01', '2026-09-15', 900), (3, '2026-08-01', NULL, 250), (2, '2026-09-20', NULL, 1000);
""",
    "hr": """
CREATE TABLE departments (department_id INTEGER PRIMARY KEY, name TEXT, site TEXT);
CREATE TABLE employees (employee_id INTEGER PRIMARY KEY, department_id INTEGER REFERENCES departments,
  hired_on DATE, left_on DATE, monthly_salary REAL);
CREATE TABLE absences (absence_id INTEGER PRIMARY KEY, department_id INTEGER REFERENCES departments,
  absence_date DATE, days REAL);
INSERT INTO departments VALUES (1, 'Sales', 'North'), (2, 'Plant', 'South');
INSERT INTO employees (department_id, hired_on, left_on, monthly_salary) VALUES (1, '2020-01-01', NULL, 4000),
  (1, '2024-03-01', '2026-05-31', 3000), (2, '2019-01-01', NULL, 2500), (2, '2026-02-01', NULL, 2600),
  (2, '2021-01-01', '2026-08-15', 2400);
""",
    "lending": """
CREATE TABLE branches (branch_id INTEGER PRIMARY KEY, name TEXT, region TEXT);
CREATE TABLE loans (loan_id INTEGER PRIMARY KEY, branch_id INTEGER REFERENCES branches, originated_on DATE,
  matures_on DATE, amount REAL, balance REAL, interest_rate REAL, overdue REAL);
CREATE TABLE payments (payment_id INTEGER PRIMARY KEY, loan_id INTEGER REFERENCES loans, paid_on DATE,
  principal REAL, interest REAL);
INSERT INTO branches VALUES (1, 'North', 'A'), (2, 'South', 'B');
INSERT INTO loans (branch_id, originated_on, matures_on, amount, balance, interest_rate, overdue) VALUES
  (1, '2025-01-01', '2030-01-01', 1000, 800, 0.05, 0), (1, '2025-06-01', '2028-06-01', 500, 400, 0.08, 60),
  (2, '2026-09-01', '2029-09-01', 3000, 2900, 0.06, 0);
""",
}
MONTHS = [f"{year}-{month:02d}-15" for year in (2025, 2026) for month in range(1, 13) if (year, month) < (2026, 11)]
ROWS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "saas": (
        "invoices (customer_id, issued_on, amount)",
        [(1 + at % 3, day, 100.0 + at) for at, day in enumerate(MONTHS)],
    ),
    "hr": (
        "absences (department_id, absence_date, days)",
        [(1 + at % 2, day, 1.0 + at % 4) for at, day in enumerate(MONTHS)],
    ),
    "lending": (
        "payments (loan_id, paid_on, principal, interest)",
        [(1 + at % 2, day, 9.0, 3.0 + at) for at, day in enumerate(MONTHS)],
    ),
}


@pytest.fixture(scope="module", params=list(SCHEMAS))
def trade(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Ground, Desk, Any]:
    folder = tmp_path_factory.mktemp(request.param)
    file = folder / "data.sqlite"
    made = sqlite3.connect(file)
    made.executescript(SCHEMAS[request.param])
    table, values = ROWS[request.param]
    made.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
    made.commit()
    opened = open_connection(f"sqlite:///{file}", folder)
    proposal = propose(opened.schema, opened.values)
    assert proposal.mapping is not None
    assert objections(proposal.mapping, opened.schema) == ()
    ground = Ground(
        schema=opened.schema,
        values=opened.values,
        mapping=proposal.mapping,
        read=lambda sql, bound: opened.door.read(sql, bound),
        today=date(2026, 11, 22),
    )
    return request.param, ground, Desk(ground, folder), (proposal, made)


RIGHT: dict[str, dict[str, str]] = {
    "saas": {
        "ARR": "SELECT 12 * SUM(monthly_price) FROM subscriptions WHERE ended_on IS NULL",
        "MRR": "SELECT 1350.0",
        "subscribers": "SELECT 3.0",
        "ARPA": "SELECT 450.0",
        "new MRR": "SELECT SUM(monthly_price) FROM subscriptions WHERE started_on >= '2025-11-01'",
        "churned MRR": "SELECT SUM(monthly_price) FROM subscriptions WHERE ended_on >= '2025-11-01'",
        "net new MRR": "SELECT 350.0",
        "churn rate": "SELECT 1 / 2.0",
        "gross retention": "SELECT 1 - 900 / 1000.0",
        "SaaS quick ratio": "SELECT 1250 / 900.0",
    },
    "hr": {
        "headcount": "SELECT COUNT(*) FROM employees WHERE hired_on <= '2026-10-31' AND left_on IS NULL",
        "hires": "SELECT COUNT(*) FROM employees WHERE hired_on >= '2025-11-01'",
        "leavers": "SELECT COUNT(*) FROM employees WHERE left_on >= '2025-11-01'",
        "turnover rate": "SELECT 2 / 3.5",
        "payroll": "SELECT 12 * 9100.0",
        "average salary": "SELECT 12 * 9100.0 / 3",
        "absence rate": "SELECT (SELECT SUM(days) FROM absences WHERE absence_date >= '2025-11-01') / (3 * 220.0)",
    },
    "lending": {
        "loan book": "SELECT SUM(balance) FROM loans",
        "average loan size": "SELECT AVG(balance) FROM loans",
        "average coupon": "SELECT SUM(balance * interest_rate) / SUM(balance) FROM loans",
        "loans disbursed": "SELECT 3000.0",
        "portfolio at risk": "SELECT 60 / 4100.0",
        "portfolio yield": "SELECT (SELECT SUM(interest) FROM payments WHERE paid_on >= '2025-11-01') / 4100.0",
    },
}  # fmt: skip


def test_roles_are_proposed_with_what_they_rest_on_and_figures_are_those_of_the_data(
    trade: tuple[str, Ground, Desk, Any],
) -> None:
    name, ground, desk, (proposal, made) = trade
    assert ground.mapping is not None
    of_pack = {hint.role for hint in role_hints()[name].hints} & set(ground.mapping.roles)
    assert len(of_pack) >= 4
    assert all("is called so" in proposal.evidence[role] for role in of_pack)
    author = CatalogueAuthor()
    for text, sql in RIGHT[name].items():
        request = Request(text=text, database=name)
        task = author.analyse(request, ground)
        assert isinstance(task, Task), (text, task)
        plan = author.plan(request, task, ground)
        assert isinstance(plan, Plan), (text, plan)
        assert value(desk.evaluate(plan), task.metrics[0]) == pytest.approx(made.execute(sql).fetchone()[0]), text


def test_every_pack_has_ten_metrics_and_a_hint_for_what_they_need() -> None:
    catalogue = load_catalogue()
    packs: dict[str, list[Metric]] = {}
    for entry in catalogue.entries.values():
        if isinstance(entry, Metric) and entry.pack:
            packs.setdefault(entry.pack, []).append(entry)
    assert set(packs) == {"lending", "saas", "commerce", "ledger", "hr"} == set(role_hints()) - {""}
    assert all(len(metrics) >= 10 for metrics in packs.values())
    roles = {entry.role for entry in catalogue.entries.values() if getattr(entry, "role", "")}
    assert {hint.role for pack in role_hints().values() for hint in pack.hints} <= roles


def test_a_pack_means_nothing_where_its_roles_are_not(ground: Ground) -> None:
    assert ground.mapping is not None
    catalogue = load_catalogue()
    known = usable(catalogue, available_inputs(catalogue, ground.mapping, ""))
    assert not {entry.pack for entry in known.entries.values() if isinstance(entry, Metric)} - {""}
    found = CatalogueAuthor().analyse(Request(text="headcount of Retail", database="sample"), ground)
    assert not isinstance(found, Task) or not found.metrics
