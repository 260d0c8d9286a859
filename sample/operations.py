"""The monthly income and operating expenses of one property."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Final

from sample.catalogue import Profile
from sample.leasing import Space, Term
from sample.months import MONTHS, first_day
from sample.rows import money

# Weight of each calendar month, January first; each row averages one.
_SHOPPING: Final = (0.8, 0.8, 0.85, 0.9, 0.95, 0.9, 0.9, 1.0, 0.9, 0.95, 1.3, 1.75)
_TRAVEL: Final = (0.75, 0.8, 1.0, 1.0, 1.05, 1.2, 1.3, 1.2, 0.95, 1.0, 0.8, 0.95)
_ENERGY: Final = (1.2, 1.12, 0.98, 0.86, 0.86, 1.02, 1.2, 1.2, 1.0, 0.84, 0.8, 0.92)
_SEASONS: Final = {"utilities": _ENERGY, "marketing": _SHOPPING}
_GROWTH: Final = 0.03
_RECOVERABLE: Final = (
    "property taxes",
    "insurance",
    "repairs and maintenance",
    "utilities",
    "cleaning and security",
)

Line = tuple[int, str, Decimal]


@dataclass
class Books:
    """Income and expense lines as (month, category, amount)."""

    income: list[Line] = field(default_factory=list)
    expenses: list[Line] = field(default_factory=list)

    def net(self, months: range) -> Decimal:
        """Net operating income over the months."""
        income = sum((a for m, _, a in self.income if m in months), Decimal(0))
        return income - sum((a for m, _, a in self.expenses if m in months), Decimal(0))

    def raise_other_income(self, months: range, gap: Decimal) -> None:
        """Spread an amount over the other income of the months, the odd cents in the last of them."""
        places = [i for i, (m, c, _) in enumerate(self.income) if c == "other" and m in months]
        share = (gap / len(places)).quantize(Decimal("0.01"))
        shares = [share] * (len(places) - 1)
        for place, extra in zip(places, [*shares, gap - sum(shares, Decimal(0))], strict=True):
            month, category, amount = self.income[place]
            self.income[place] = (month, category, amount + extra)


def books_of(profile: Profile, spaces: list[Space], terms: list[Term], rng: Random) -> Books:
    """The books of a property, its base rent equal to the rents due under its leases."""
    potential = float(sum(s.market_rent for s in spaces))
    area = sum(s.area for s in spaces)
    level = rng.uniform(0.93, 1.09)
    books = Books()
    for month in range(MONTHS):
        live = [t for t in terms if t.covers(month)]
        rent = float(sum(t.rent for t in live))
        share = sum(spaces[t.space].area for t in live) / area
        costs = _costs(profile, potential * level, month, share, rng)
        costs["management fee"] = rent * profile.expenses["management fee"]
        books.expenses += [(month, c, money(a)) for c, a in costs.items()]
        takings = {"base rent": rent} | _extras(profile, potential, month, share, costs, rng)
        books.income += [(month, c, money(a)) for c, a in takings.items()]
    return books


def _grown(month: int) -> float:
    """Prices of the month, those of the last one being 1."""
    return float((1 + _GROWTH) ** ((month - MONTHS) / 12))


def _costs(profile: Profile, base: float, month: int, share: float, rng: Random) -> dict[str, float]:
    """Operating expenses of the month by category."""
    day = first_day(month)
    costs = {}
    for category, part in profile.expenses.items():
        season = _SEASONS.get(category, (1.0,) * 12)[day.month - 1]
        amount = base * part * _grown(month) * season
        if category == "property taxes":
            # Accrued evenly; the assessment changes each January.
            amount = base * part * 1.035 ** (day.year - 2026)
        elif category == "insurance":
            # The policy renews each June, lately at a good deal more.
            amount = base * part * 1.08 ** (day.year - 2026 - (day.month < 6))
        elif category in ("repairs and maintenance", "utilities", "marketing"):
            amount *= (0.4 + 0.65 * share) * rng.uniform(0.86, 1.14)
        else:
            amount *= rng.uniform(0.96, 1.04)
        costs[category] = amount
    return costs


def _extras(
    profile: Profile, potential: float, month: int, share: float, costs: dict[str, float], rng: Random
) -> dict[str, float]:
    """Income besides base rent by category; a share of nought is no line."""
    base = potential * _grown(month)
    season = _TRAVEL if profile.parking else _SHOPPING
    recoverable = sum(costs[c] for c in _RECOVERABLE)
    amounts = {
        "expense recoveries": profile.recovery * recoverable * share * rng.uniform(0.97, 1.03),
        "parking": profile.parking * base * share * rng.uniform(0.93, 1.07),
        "percentage rent": profile.percentage * base * season[first_day(month).month - 1] * rng.uniform(0.9, 1.1),
        "other": profile.other * base * rng.uniform(0.7, 1.3),
    }
    return {category: amount for category, amount in amounts.items() if amount}
