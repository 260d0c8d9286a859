"""The rows of the sample database, one type per table, fields in column order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Owner(NamedTuple):
    """A row of owners."""

    owner_id: int
    name: str
    kind: str
    city: str
    state: str
    contact_email: str


class Property(NamedTuple):
    """A row of properties."""

    property_id: int
    name: str
    property_type: str
    address: str
    city: str
    state: str
    region: str
    year_built: int
    leasable_area_sqft: int
    unit_count: int
    acquired_on: date
    acquisition_price: Decimal
    owner_id: int


class Unit(NamedTuple):
    """A row of units."""

    unit_id: int
    property_id: int
    unit_number: str
    area_sqft: int
    market_rent_monthly: Decimal


class Tenant(NamedTuple):
    """A row of tenants."""

    tenant_id: int
    name: str
    industry: str
    credit_rating: str


class Lease(NamedTuple):
    """A row of leases."""

    lease_id: int
    unit_id: int
    tenant_id: int
    start_date: date
    end_date: date
    area_sqft: int
    monthly_rent: Decimal
    lease_type: str


class RentPayment(NamedTuple):
    """A row of rent_payments."""

    payment_id: int
    lease_id: int
    due_on: date
    paid_on: date | None
    amount: Decimal


class IncomeLine(NamedTuple):
    """A row of income_lines."""

    line_id: int
    property_id: int
    period: date
    category: str
    amount: Decimal


class ExpenseLine(NamedTuple):
    """A row of expense_lines."""

    line_id: int
    property_id: int
    period: date
    category: str
    behaviour: str
    amount: Decimal


class Loan(NamedTuple):
    """A row of loans."""

    loan_id: int
    property_id: int
    lender: str
    original_amount: Decimal
    interest_rate: Decimal
    term_months: int
    amortization_months: int
    originated_on: date
    matures_on: date
    current_balance: Decimal


class LoanPayment(NamedTuple):
    """A row of loan_payments."""

    payment_id: int
    loan_id: int
    paid_on: date
    principal: Decimal
    interest: Decimal
    balance_after: Decimal


class Valuation(NamedTuple):
    """A row of valuations."""

    valuation_id: int
    property_id: int
    valued_on: date
    method: str
    cap_rate: Decimal
    value: Decimal


class CapitalProject(NamedTuple):
    """A row of capital_projects."""

    project_id: int
    property_id: int
    name: str
    category: str
    started_on: date
    completed_on: date | None
    budget: Decimal
    spent: Decimal
    status: str


@dataclass(frozen=True)
class Company:
    """All rows; each field is named after its table, parents before children."""

    owners: tuple[Owner, ...]
    properties: tuple[Property, ...]
    units: tuple[Unit, ...]
    tenants: tuple[Tenant, ...]
    leases: tuple[Lease, ...]
    rent_payments: tuple[RentPayment, ...]
    income_lines: tuple[IncomeLine, ...]
    expense_lines: tuple[ExpenseLine, ...]
    loans: tuple[Loan, ...]
    loan_payments: tuple[LoanPayment, ...]
    valuations: tuple[Valuation, ...]
    capital_projects: tuple[CapitalProject, ...]


def money(amount: float) -> Decimal:
    """The amount to the cent."""
    return Decimal(round(amount * 100)).scaleb(-2)
