"""Loans sized for a wanted coverage, and their payments by the annuity formula, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from sample.catalogue import LENDERS
from sample.months import LAST_TWELVE, MONTHS, first_day, index_of

_CENT: Final = Decimal("0.01")
_TERMS: Final = (60, 84, 120)


@dataclass(frozen=True)
class Instalment:
    """One payment: the month it is made in and what it consists of."""

    month: int
    principal: Decimal
    interest: Decimal
    balance_after: Decimal


@dataclass(frozen=True)
class Debt:
    """A loan before it has an identifier."""

    lender: str
    amount: Decimal
    rate: Decimal
    term: int
    amortization: int
    originated_on: date
    instalments: tuple[Instalment, ...]

    @property
    def matures_on(self) -> date:
        """The day the balance falls due."""
        return first_day(index_of(self.originated_on) + self.term + 1)

    @property
    def balance(self) -> Decimal:
        """What is owed after the last payment."""
        return self.instalments[-1].balance_after

    @property
    def service(self) -> Decimal:
        """Principal and interest of the last twelve months."""
        return sum((i.principal + i.interest for i in self.instalments if i.month in LAST_TWELVE), Decimal(0))


def annuity(amount: Decimal, rate: Decimal, months: int) -> Decimal:
    """The level monthly payment that repays the amount."""
    monthly = rate / 12
    payment = amount * monthly / (1 - (1 + monthly) ** -months)
    return payment.quantize(_CENT, ROUND_HALF_UP)


def debts_of(net: float, coverage: float, cap: float, ltv: float, two: bool, rng: Random) -> list[Debt]:
    """The loans of a property: debt service is net / coverage, the balance about ltv of the value."""
    service = net / coverage
    senior = service * (0.84 if two else 1.0)
    # The balance, ltv * net / cap, as a multiple of the debt service, net / coverage.
    rate, amortization = _fit(ltv * coverage / cap)
    debts = [_debt(senior, rate, amortization, rng)]
    if two:
        debts.append(_debt(service - senior, rate + Decimal("0.015"), 300, rng))
    return debts


def _fit(multiple: float) -> tuple[Decimal, int]:
    """The rate and amortization whose balance is nearest to the multiple of the yearly debt service."""
    choices = ((step, months) for step in range(26, 62) for months in (240, 300, 360))
    step, months = min(choices, key=lambda c: abs(_multiple(c[0] * 0.00125, c[1]) - multiple))
    return Decimal(step) * Decimal("0.00125"), months


def _multiple(rate: float, months: int) -> float:
    """The balance of a loan now, as a multiple of its debt service in a year."""
    left = months - (MONTHS - sum(_vintage(rate)) // 2)
    return (1 - (1 + rate / 12) ** -left) / rate


def _vintage(rate: float) -> tuple[int, int]:
    """The months a loan at the rate was made in, first and last: rates were low in 2020 and rose in 2022."""
    if rate <= 0.0425:
        return -43, -23
    if rate <= 0.055:
        return -22, -13
    return -12, 20


def _debt(service: float, rate: Decimal, amortization: int, rng: Random) -> Debt:
    """A loan in round figures whose yearly payments come close to the wanted debt service."""
    start = rng.randint(*_vintage(float(rate)))
    per_million = annuity(Decimal(1_000_000), rate, amortization)
    amount = Decimal(round(service / 12 / float(per_million) * 100) * 10_000)
    term = rng.choice([t for t in _TERMS if start + t > MONTHS + 1])
    originated = first_day(start).replace(day=rng.randint(3, 27))
    paid = _instalments(amount, rate, amortization, start + 2)
    return Debt(rng.choice(LENDERS), amount, rate, term, amortization, originated, paid)


def _instalments(amount: Decimal, rate: Decimal, amortization: int, first: int) -> tuple[Instalment, ...]:
    """The payments from the month `first` to the end of the record."""
    payment = annuity(amount, rate, amortization)
    balance = amount
    paid = []
    for month in range(first, MONTHS):
        interest = (balance * rate / 12).quantize(_CENT, ROUND_HALF_UP)
        balance -= payment - interest
        paid.append(Instalment(month, payment - interest, interest, balance))
    return tuple(paid)
