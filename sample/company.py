"""The company: every row of the sample database, generated from a seed and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sample import rows
from sample.catalogue import (
    BEHAVIOURS,
    COVERAGE,
    LOAN_TO_VALUE,
    NO_LOAN,
    OWNERS,
    PROFILES,
    REGIONS,
    SITES,
    TWO_LOANS,
    Site,
)
from sample.leasing import RentRoll, Space, Term, occupancy_course, spaces_of
from sample.lending import Debt, debts_of
from sample.months import AS_OF, LAST_TWELVE, MONTHS, first_day, index_of, last_day
from sample.operations import Books, books_of
from sample.tenancy import Register

SEED: Final = 2026
_METHODS: Final = (*("income capitalization",) * 2, "discounted cash flow", "sales comparison")
_STREETS: Final = ("Linden", "Foxglove", "Quarry", "Millrace", "Orchard", "Sandpiper", "Tannery", "Wharf")
_WAYS: Final = ("Avenue", "Boulevard", "Parkway", "Street", "Way")
_WORKS: Final = {
    "Roof": "Roof replacement",
    "Mechanical": "Chiller and air handler renewal",
    "Parking": "Parking resurfacing",
    "Interior": "Lobby and common area refresh",
    "Energy": "LED lighting and controls",
    "Life safety": "Fire alarm upgrade",
    "Exterior": "Facade repair and signage",
    "Elevator": "Elevator modernization",
}
_STATUSES: Final = ("completed", "completed", "in progress", "in progress", "planned", "on hold")


@dataclass(frozen=True)
class Appraisal:
    """A valuation before it has an identifier."""

    valued_on: date
    method: str
    cap_rate: Decimal
    value: Decimal


@dataclass(frozen=True)
class Asset:
    """One property with everything that belongs to it."""

    site: Site
    spaces: list[Space]
    terms: list[Term]
    books: Books
    debts: list[Debt]
    appraisals: list[Appraisal]


@dataclass
class Ledger:
    """Rows collected so far, with identifiers given in order."""

    properties: list[rows.Property] = field(default_factory=list)
    units: list[rows.Unit] = field(default_factory=list)
    leases: list[rows.Lease] = field(default_factory=list)
    rent_payments: list[rows.RentPayment] = field(default_factory=list)
    income_lines: list[rows.IncomeLine] = field(default_factory=list)
    expense_lines: list[rows.ExpenseLine] = field(default_factory=list)
    loans: list[rows.Loan] = field(default_factory=list)
    loan_payments: list[rows.LoanPayment] = field(default_factory=list)
    valuations: list[rows.Valuation] = field(default_factory=list)
    capital_projects: list[rows.CapitalProject] = field(default_factory=list)


def generate(seed: int = SEED) -> rows.Company:
    """All rows of the company; the same seed gives the same rows."""
    register = Register(Random(f"{seed}:tenants"))
    ledger = Ledger()
    for site in SITES:
        # A generator per property: a change to one leaves the figures of the others as they were.
        rng = Random(f"{seed}:{site.name}")
        asset = _asset(site, register, rng)
        _enter(ledger, asset, rng)
    return rows.Company(
        owners=tuple(
            rows.Owner(i, name, kind, city, state, f"{name.lower().replace(' ', '.')}@example.com")
            for i, (name, kind, city, state) in enumerate(OWNERS, 1)
        ),
        tenants=tuple(register.tenants),
        **{name: tuple(lines) for name, lines in vars(ledger).items()},
    )


def _asset(site: Site, register: Register, rng: Random) -> Asset:
    """Everything about one property."""
    profile = PROFILES[site.kind]
    coverage = COVERAGE.get(site.name, rng.uniform(*profile.coverage))
    spaces = spaces_of(site, profile, rng)
    terms = RentRoll(spaces, profile, register, rng).run(occupancy_course(coverage, rng))
    books = books_of(profile, spaces, terms, rng)
    cap = round(rng.uniform(*profile.cap_rates), 4)
    appraisals = _appraisals(books, cap, rng)
    if site.name in NO_LOAN:
        return Asset(site, spaces, terms, books, [], appraisals)
    ltv = LOAN_TO_VALUE.get(site.name, rng.uniform(0.5, 0.72))
    debts = debts_of(float(books.net(LAST_TWELVE)), coverage, cap, ltv, site.name in TWO_LOANS, rng)
    if site.name == "Orlando Fashion Square":
        _settle(books, debts, Decimal(str(coverage)))
    return Asset(site, spaces, terms, books, debts, appraisals)


def _settle(books: Books, debts: list[Debt], coverage: Decimal) -> None:
    """Make net operating income cover the debt service exactly; sizing in round sums left a small gap."""
    service = sum((d.service for d in debts), Decimal(0))
    gap = (coverage * service).quantize(Decimal("0.01")) - books.net(LAST_TWELVE)
    books.raise_other_income(LAST_TWELVE, gap)


def _appraisals(books: Books, cap: float, rng: Random) -> list[Appraisal]:
    """A value per year from the net operating income of that year; the last one at the given rate."""
    month = rng.randint(5, 8)
    found = []
    for year in range(rng.choice((2023, 2024)), 2027):
        first = max(0, min(2, year - 2024)) * 12
        net = float(books.net(range(first, first + 12))) * (0.97 if year == 2023 else 1.0)
        rate = cap if year == 2026 else round(cap + rng.uniform(-0.003, 0.003), 4)
        value = Decimal(round(net / rate / 10_000) * 10_000)
        valued_on = last_day(index_of(date(year, month + 1, 1)))
        found.append(Appraisal(valued_on, rng.choice(_METHODS), Decimal(str(rate)), value))
    return found


def _enter(ledger: Ledger, asset: Asset, rng: Random) -> None:
    """Enter the rows of one property."""
    property_id = len(ledger.properties) + 1
    ledger.properties.append(_property(property_id, asset, rng))
    _enter_leases(ledger, property_id, asset, rng)
    _enter_books(ledger, property_id, asset.books)
    for debt in asset.debts:
        _enter_loan(ledger, property_id, debt)
    for a in asset.appraisals:
        identifier = len(ledger.valuations) + 1
        ledger.valuations.append(rows.Valuation(identifier, property_id, *vars(a).values()))
    first_value = float(asset.appraisals[0].value)
    for category in rng.sample(sorted(_WORKS), rng.randint(2, 4)):
        project = _project(len(ledger.capital_projects) + 1, property_id, category, first_value, rng)
        ledger.capital_projects.append(project)


def _property(property_id: int, asset: Asset, rng: Random) -> rows.Property:
    """The row of the property itself."""
    site = asset.site
    price = float(asset.appraisals[0].value) * rng.uniform(0.55, 0.9)
    acquired = date(rng.randint(2007, 2018), rng.randint(1, 12), rng.randint(2, 28))
    return rows.Property(
        property_id=property_id,
        name=site.name,
        property_type=site.kind,
        address=f"{rng.randrange(100, 9_900, 10)} {rng.choice(_STREETS)} {rng.choice(_WAYS)}",
        city=site.city,
        state=site.state,
        region=REGIONS[site.state],
        # Nothing is let in a building, or sold, before it is built.
        year_built=min(acquired.year, first_day(asset.terms[0].start).year) - rng.randint(1, 28),
        leasable_area_sqft=sum(s.area for s in asset.spaces),
        unit_count=len(asset.spaces),
        acquired_on=acquired,
        acquisition_price=Decimal(round(price / 50_000) * 50_000),
        # The first owners in turn, so that none is left without a property; then at random.
        owner_id=property_id if property_id <= len(OWNERS) else rng.randint(1, len(OWNERS)),
    )


def _enter_leases(ledger: Ledger, property_id: int, asset: Asset, rng: Random) -> None:
    """Enter units, leases and the rent due under them."""
    before = len(ledger.units)
    for identifier, s in enumerate(asset.spaces, before + 1):
        ledger.units.append(rows.Unit(identifier, property_id, s.number, s.area, Decimal(s.market_rent)))
    for t in asset.terms:
        lease = rows.Lease(
            lease_id=len(ledger.leases) + 1,
            unit_id=before + 1 + t.space,
            tenant_id=t.tenant_id,
            start_date=first_day(t.start),
            end_date=last_day(t.end - 1),
            area_sqft=asset.spaces[t.space].area,
            monthly_rent=Decimal(t.rent),
            lease_type=t.kind,
        )
        ledger.leases.append(lease)
        for month in range(max(0, t.start), min(MONTHS, t.end)):
            due = first_day(month)
            identifier = len(ledger.rent_payments) + 1
            paid = _paid_on(due, rng)
            ledger.rent_payments.append(rows.RentPayment(identifier, lease.lease_id, due, paid, lease.monthly_rent))


def _paid_on(due: date, rng: Random) -> date | None:
    """The day the rent came in: mostly in a few days, sometimes late, now and then never."""
    luck = rng.random()
    if luck < 0.006:
        return None
    paid = due + timedelta(days=rng.randint(8, 55) if luck < 0.055 else rng.randint(0, 5))
    return paid if paid <= AS_OF else None


def _enter_books(ledger: Ledger, property_id: int, books: Books) -> None:
    """Enter income and operating expenses."""
    for month, category, amount in books.income:
        identifier = len(ledger.income_lines) + 1
        ledger.income_lines.append(rows.IncomeLine(identifier, property_id, first_day(month), category, amount))
    for month, category, amount in books.expenses:
        identifier, period = len(ledger.expense_lines) + 1, first_day(month)
        behaviour = BEHAVIOURS[category]
        ledger.expense_lines.append(rows.ExpenseLine(identifier, property_id, period, category, behaviour, amount))


def _enter_loan(ledger: Ledger, property_id: int, debt: Debt) -> None:
    """Enter a loan and its payments."""
    loan_id = len(ledger.loans) + 1
    ledger.loans.append(
        rows.Loan(
            loan_id=loan_id,
            property_id=property_id,
            lender=debt.lender,
            original_amount=debt.amount,
            interest_rate=debt.rate,
            term_months=debt.term,
            amortization_months=debt.amortization,
            originated_on=debt.originated_on,
            matures_on=debt.matures_on,
            current_balance=debt.balance,
        )
    )
    for i in debt.instalments:
        identifier = len(ledger.loan_payments) + 1
        paid_on = first_day(i.month)
        ledger.loan_payments.append(
            rows.LoanPayment(identifier, loan_id, paid_on, i.principal, i.interest, i.balance_after)
        )


def _project(project_id: int, property_id: int, category: str, value: float, rng: Random) -> rows.CapitalProject:
    """A capital project in some stage of its life."""
    budget = round(value * rng.uniform(0.003, 0.02) / 5_000) * 5_000
    status = rng.choice(_STATUSES)
    start = {"completed": (0, 24), "planned": (38, 46)}.get(status, (27, 35))
    started = first_day(rng.randint(*start)).replace(day=rng.randint(1, 28))
    done = started + timedelta(days=rng.randint(60, 300)) if status == "completed" else None
    part = {"completed": rng.uniform(0.88, 1.16), "planned": 0.0}.get(status, rng.uniform(0.1, 0.85))
    name, spent = _WORKS[category], rows.money(budget * part)
    return rows.CapitalProject(project_id, property_id, name, category, started, done, Decimal(budget), spent, status)
