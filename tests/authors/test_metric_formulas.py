"""Every metric formula against published worked examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.metrics.catalogue import Metric, load_catalogue

ORACLES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "finance-oracles.jsonl").read_text(encoding="utf-8").splitlines()
]
METRICS = {
    "DSCR": "dscr", "NOI": "noi", "EGI": "effective_gross_income", "Cap rate": "cap_rate",
    "Value from cap rate": "implied_value", "LTV": "ltv", "Debt yield": "debt_yield",
    "Loan constant": "loan_constant", "Identity DSCR": "coverage_identity", "Cash-on-cash": "cash_on_cash",
    "Equity multiple": "equity_multiple", "GRM": "grm", "Break-even ratio": "break_even_ratio",
    "Expense ratio": "expense_ratio", "Physical occupancy": "occupancy", "Economic occupancy": "economic_occupancy",
    "WALE / WALT": "wale", "Amortising payment": "payment_as_cash_flow", "NPV": "npv", "IRR": "irr",
    "Loan term": "loan_term",
}  # fmt: skip
INPUTS = {
    "annual_debt_service": "debt_service", "gross": "potential_gross_income", "pgi": "potential_gross_income",
    "vacancy": "vacancy_rate", "opex": "operating_expenses", "opex_ratio_of_egi": "operating_expense_share",
    "value": "asset_value", "cap_rate": "market_cap_rate", "loan": "loan_amount", "price": "asset_value",
    "annual_pretax_cash_flow": "cash_flow_after_debt", "gross_annual_rent": "contract_rent",
    "goi": "potential_gross_income", "occupied": "units_let", "total": "units_total", "collected": "rent_collected",
    "gpr": "potential_rent", "n_months": "months", "flows": "cash_flows", "rate": "discount_rate",
    "payment": "monthly_payment",
}  # fmt: skip


def given(inputs: dict[str, Any]) -> dict[str, Any]:
    """The example's inputs under the catalogue's names."""
    named = {INPUTS.get(name, name): value for name, value in inputs.items() if name not in ("leases", "when")}
    if "leases" in inputs:
        named["lease_weights"] = [lease["area"] for lease in inputs["leases"]]
        named["lease_months"] = [lease["months"] for lease in inputs["leases"]]
    if "principal" in inputs and "n_months" in inputs:
        named["due_at_start"] = int(inputs.get("when") == "begin")
    return named


@pytest.mark.parametrize("oracle", ORACLES, ids=[f"{i}-{oracle['metric']}" for i, oracle in enumerate(ORACLES)])
def test_formula_gives_the_published_result(oracle: dict[str, Any]) -> None:
    found = load_catalogue().compute(METRICS[oracle["metric"]], given(oracle["inputs"]))
    assert found == pytest.approx(oracle["expected"], abs=oracle["tolerance"])


def test_every_published_metric_is_in_the_catalogue() -> None:
    assert {oracle["metric"] for oracle in ORACLES} == set(METRICS)


def test_ratio_of_debt_yield_and_loan_constant_is_dscr() -> None:
    numbers = {"noi": 812_000.0, "debt_service": 590_000.0, "loan_amount": 7_350_000.0}
    catalogue = load_catalogue()
    assert catalogue.compute("coverage_identity", numbers) == pytest.approx(catalogue.compute("dscr", numbers))


def test_every_metric_says_what_it_is_and_where_that_comes_from() -> None:
    for entry in load_catalogue().entries.values():
        assert len(entry.definition) > 15, entry.name
        if isinstance(entry, Metric):
            assert entry.source, entry.name


def test_no_phrase_means_two_entries() -> None:
    seen: dict[str, str] = {}
    for entry in load_catalogue().entries.values():
        for phrase in getattr(entry, "synonyms", ()):
            assert seen.setdefault(phrase.lower(), entry.name) == entry.name, phrase
