"""Who rents: tenants with invented names, companies as well as numbered residents."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from sample.rows import Tenant

_STEMS: Final = (
    "Ald", "Bram", "Cald", "Dun", "Elm", "Fen", "Gars", "Hart", "Ink", "Jas", "Kel", "Lor", "Mar", "Nev",
    "Orl", "Pem", "Quen", "Ros", "Sel", "Thorn", "Und", "Var", "Wend", "Yar", "Zel", "Brix", "Cor", "Dray",
)  # fmt: skip
_ENDINGS: Final = ("wick", "moor", "bury", "stow", "mere", "vane", "holt", "sley", "garth", "combe")
_TRADES: Final[Mapping[str, tuple[str, ...]]] = {
    "Apparel": ("Outfitters", "Shoe Company", "Menswear", "Boutique", "Denim"),
    "Food service": ("Kitchen", "Coffee Bar", "Grill", "Bakery", "Noodle House"),
    "Grocery": ("Foods", "Fresh Market", "Provisions"),
    "Home goods": ("Home", "Furniture", "Bedding", "Kitchenware"),
    "Personal care": ("Salon", "Spa", "Nails", "Optical", "Fitness"),
    "Electronics": ("Electronics", "Mobile", "Games"),
    "Legal": ("Law Group", "Legal Partners"),
    "Technology": ("Software", "Data Systems", "Networks", "Labs"),
    "Accounting": ("Accountants", "Tax Advisers"),
    "Engineering": ("Engineering", "Surveyors", "Design Studio"),
    "Health care": ("Clinic", "Dental", "Physical Therapy"),
    "Insurance broking": ("Insurance Brokers", "Risk Advisers"),
    "Logistics": ("Logistics", "Freight", "Parcel", "Cold Storage"),
    "Manufacturing": ("Plastics", "Metalworks", "Packaging", "Instruments"),
    "Wholesale": ("Wholesale", "Imports", "Trading"),
    "Building supplies": ("Lumber", "Tile", "Roofing Supply"),
    "Travel retail": ("Gifts", "Newsstand", "Car Hire"),
    "Hotel operator": ("Hotel Operators", "Hospitality Management"),
}
_RATINGS: Final = ("A", "BBB", "BBB", "BB", "BB", "B", "Not rated", "Not rated")
_RETURNING: Final = 0.18


class Register:
    """The tenants so far; a company may rent in several properties, as chains do."""

    def __init__(self, rng: Random) -> None:
        """Start empty."""
        self._rng = rng
        self._names: set[str] = set()
        self._companies: dict[str, list[int]] = {}
        self.tenants: list[Tenant] = []

    def find(self, industry: str) -> int:
        """A tenant of the industry, by its identifier: now and then a known one, mostly a new one."""
        # Residents are numbered rather than named, so that nothing here resembles personal data.
        if industry == "Residential":
            return self._add(f"Resident {10_001 + len(self.tenants)}", industry, "Not rated")
        known = self._companies.setdefault(industry, [])
        if known and self._rng.random() < _RETURNING:
            return self._rng.choice(known)
        known.append(self._add(self._new_name(industry), industry, self._rng.choice(_RATINGS)))
        return known[-1]

    def _new_name(self, industry: str) -> str:
        """A company name not used before."""
        while True:
            stem = self._rng.choice(_STEMS) + self._rng.choice(_ENDINGS)
            name = f"{stem} {self._rng.choice(_TRADES[industry])}"
            if name not in self._names:
                self._names.add(name)
                return name

    def _add(self, name: str, industry: str, rating: str) -> int:
        """Enter a tenant."""
        self.tenants.append(Tenant(len(self.tenants) + 1, name, industry, rating))
        return len(self.tenants)
