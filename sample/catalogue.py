"""What is written by hand: the sites, the owners, the types of property and their economics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Site:
    """A property as the catalogue knows it, before figures are drawn for it."""

    name: str
    kind: str
    city: str
    state: str


@dataclass(frozen=True)
class Profile:
    """The economics of a type of property; shares are of the potential monthly rent."""

    units: tuple[int, int]
    areas: tuple[int, int]
    large_area: tuple[int, int]
    annual_rent: tuple[float, float]
    terms: tuple[int, ...]
    renewal: float
    lease_types: tuple[str, ...]
    industries: tuple[str, ...]
    cap_rates: tuple[float, float]
    coverage: tuple[float, float]
    recovery: float
    parking: float
    percentage: float
    other: float
    expenses: Mapping[str, float]


REGIONS: Final[Mapping[str, str]] = {
    "FL": "Southeast", "GA": "Southeast", "NC": "Southeast", "TN": "Southeast",
    "TX": "Southwest", "AZ": "Southwest", "IL": "Midwest", "OH": "Midwest",
    "PA": "Northeast", "MA": "Northeast", "CO": "West", "WA": "West",
}  # fmt: skip

# A tuple of (name, city, state) per type. "Riverside" appears twice on purpose: a question that
# names only that word is ambiguous. No other distinctive word is shared by two names.
_SITES: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "Retail": (
        ("Orlando Fashion Square", "Orlando", "FL"),
        ("Riverside Plaza", "Nashville", "TN"),
        ("Magnolia Crossing", "Savannah", "GA"),
        ("Copper Ridge Marketplace", "Tucson", "AZ"),
        ("Marlin Gate Shops", "Tampa", "FL"),
        ("Pecan Grove Center", "San Antonio", "TX"),
        ("Maplewood Galleria", "Columbus", "OH"),
        ("Stonebrook Village Shops", "Pittsburgh", "PA"),
        ("Silver Lake Promenade", "Aurora", "CO"),
        ("Prairie Point Mall", "Naperville", "IL"),
        ("Tidewater Market", "Wilmington", "NC"),
        ("Evergreen Station Shops", "Tacoma", "WA"),
    ),
    "Office": (
        ("Kestrel Tower", "Atlanta", "GA"),
        ("Beacon Court", "Boston", "MA"),
        ("Ironworks Office Park", "Pittsburgh", "PA"),
        ("Summit View Center", "Denver", "CO"),
        ("Lantern Square", "Charlotte", "NC"),
        ("Foundry Exchange", "Cleveland", "OH"),
        ("Meridian Place", "Dallas", "TX"),
        ("Saguaro Corporate Center", "Phoenix", "AZ"),
        ("Bayfront One", "Tampa", "FL"),
        ("Cascade Yard", "Seattle", "WA"),
    ),
    "Multifamily": (
        ("Riverside Commons", "Austin", "TX"),
        ("Cypress Hollow Apartments", "Orlando", "FL"),
        ("Willow Bend Residences", "Raleigh", "NC"),
        ("Aspen Terrace", "Fort Collins", "CO"),
        ("Larkspur Flats", "Houston", "TX"),
        ("Oakmont Lofts", "Chicago", "IL"),
        ("Juniper Heights", "Mesa", "AZ"),
        ("Birchwood Gardens", "Worcester", "MA"),
        ("Dogwood Landing", "Knoxville", "TN"),
        ("Heron Pond Apartments", "Miami", "FL"),
        ("Cobblestone Row", "Philadelphia", "PA"),
        ("Alder Park Apartments", "Spokane", "WA"),
    ),
    "Industrial": (
        ("Gateway Logistics Park", "Memphis", "TN"),
        ("Redstone Distribution Center", "Fort Worth", "TX"),
        ("Piedmont Commerce Park", "Greensboro", "NC"),
        ("Lakeshore Industrial Campus", "Toledo", "OH"),
        ("Peachtree Freight Center", "Macon", "GA"),
        ("Ocotillo Warehouses", "Phoenix", "AZ"),
        ("Keystone Flex Park", "Allentown", "PA"),
        ("Prospect Works", "Joliet", "IL"),
    ),
    "Hotel": (
        ("Coral Sands Hotel", "Fort Lauderdale", "FL"),
        ("Hotel Wisteria", "Savannah", "GA"),
        ("Blue Spruce Lodge", "Boulder", "CO"),
        ("Bluebonnet Suites", "Austin", "TX"),
        ("Harborlight Inn", "Boston", "MA"),
        ("Evening Star Hotel", "Seattle", "WA"),
    ),
}
SITES: Final = tuple(Site(n, kind, c, s) for kind, sites in _SITES.items() for n, c, s in sites)

# The debt service coverage the loans of some properties are sized for; others draw from their profile.
COVERAGE: Final[Mapping[str, float]] = {
    "Orlando Fashion Square": 1.35, "Ironworks Office Park": 0.84, "Oakmont Lofts": 0.93,
    "Prairie Point Mall": 0.96, "Lakeshore Industrial Campus": 0.98, "Evening Star Hotel": 1.04,
    "Coral Sands Hotel": 2.31, "Magnolia Crossing": 2.12, "Kestrel Tower": 2.06,
    "Piedmont Commerce Park": 2.18, "Hotel Wisteria": 2.47, "Saguaro Corporate Center": 2.24,
}  # fmt: skip
LOAN_TO_VALUE: Final[Mapping[str, float]] = {"Ironworks Office Park": 0.86, "Evening Star Hotel": 0.83}
NO_LOAN: Final = frozenset({"Tidewater Market", "Alder Park Apartments"})
TWO_LOANS: Final = frozenset({"Meridian Place", "Bluebonnet Suites", "Gateway Logistics Park", "Larkspur Flats"})
# More units than the profile gives: a mall is larger than a shopping center.
UNIT_COUNTS: Final[Mapping[str, int]] = {"Orlando Fashion Square": 64, "Prairie Point Mall": 46}

OWNERS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("Halverwick Property Fund II", "Fund", "Charlotte", "NC"),
    ("Halverwick Property Fund III", "Fund", "Charlotte", "NC"),
    ("Brackenmoor Realty Trust", "REIT", "Atlanta", "GA"),
    ("Tolland Quay Partners", "Partnership", "Boston", "MA"),
    ("Ostrander Vale Family Trust", "Family trust", "Denver", "CO"),
    ("Pennowick Teachers Pension Pool", "Pension fund", "Harrisburg", "PA"),
    ("Caldmere Life Assurance Holdings", "Insurer", "Columbus", "OH"),
    ("Lindenmarsh Capital Real Estate", "Fund", "Chicago", "IL"),
    ("Suncrane Holdings LLC", "Company", "Orlando", "FL"),
    ("Mirabow Ventures LLC", "Company", "Phoenix", "AZ"),
    ("Thornby Lane Partners", "Partnership", "Dallas", "TX"),
    ("Westerholt Income Trust", "REIT", "Seattle", "WA"),
    ("Quillfeather Hospitality Owners", "Company", "Miami", "FL"),
    ("Arden Fell Endowment", "Endowment", "Nashville", "TN"),
    ("Greywater Bay Investors", "Partnership", "Houston", "TX"),
)

LENDERS: Final = (
    "Farrowdale Savings Bank", "Northmere Mutual Life", "Castlewick Commercial Credit",
    "Bellhaven National Trust", "Ridgemont Mortgage Capital", "Old Quarry Bank",
    "Sablecreek Agency Lending", "Tamberlane Insurance Loans",
)  # fmt: skip

# Whether the cost moves with how full the property is.
BEHAVIOURS: Final[Mapping[str, str]] = {
    "property taxes": "fixed", "insurance": "fixed", "repairs and maintenance": "variable",
    "utilities": "variable", "management fee": "variable", "payroll": "fixed",
    "marketing": "variable", "cleaning and security": "fixed", "professional fees": "fixed",
}  # fmt: skip


def _expenses(*shares: float) -> dict[str, float]:
    """Shares by category, in the order of BEHAVIOURS; a share of nought is no line."""
    return {c: s for c, s in zip(BEHAVIOURS, shares, strict=True) if s}


PROFILES: Final[Mapping[str, Profile]] = {
    "Retail": Profile(
        (18, 34), (1_100, 6_200), (18_000, 32_000), (21, 34), (36, 60, 60, 84, 120), 0.62,
        ("Triple net", "Triple net", "Modified gross", "Percentage"),
        ("Apparel", "Food service", "Grocery", "Home goods", "Personal care", "Electronics"),
        (0.066, 0.078), (1.22, 1.9), 0.85, 0.0, 0.03, 0.008,
        _expenses(0.11, 0.035, 0.05, 0.03, 0.035, 0.03, 0.015, 0.035, 0.01),
    ),
    "Office": Profile(
        (18, 32), (1_800, 9_500), (0, 0), (25, 38), (36, 60, 60, 84, 120), 0.58,
        ("Full service gross", "Full service gross", "Modified gross"),
        ("Legal", "Technology", "Accounting", "Engineering", "Health care", "Insurance broking"),
        (0.07, 0.08), (1.2, 1.8), 0.25, 0.045, 0.0, 0.006,
        _expenses(0.12, 0.025, 0.06, 0.08, 0.035, 0.04, 0.01, 0.06, 0.01),
    ),
    "Multifamily": Profile(
        (72, 132), (560, 1_380), (0, 0), (19, 29), (12,), 0.56, ("Residential",), ("Residential",),
        (0.051, 0.06), (1.12, 1.55), 0.04, 0.03, 0.0, 0.015,
        _expenses(0.11, 0.045, 0.06, 0.06, 0.03, 0.08, 0.015, 0.02, 0.007),
    ),
    "Industrial": Profile(
        (9, 15), (9_000, 34_000), (0, 0), (7.5, 12.5), (36, 60, 84, 120), 0.66,
        ("Triple net", "Triple net", "Modified gross"),
        ("Logistics", "Manufacturing", "Wholesale", "Building supplies"),
        (0.056, 0.068), (1.15, 1.7), 0.9, 0.0, 0.0, 0.005,
        _expenses(0.1, 0.03, 0.035, 0.015, 0.03, 0, 0.004, 0.012, 0.008),
    ),
    "Hotel": Profile(
        (5, 7), (1_200, 3_400), (62_000, 98_000), (19, 27), (36, 60, 84), 0.6,
        ("Percentage", "Modified gross"), ("Food service", "Personal care", "Travel retail"),
        (0.076, 0.086), (1.4, 1.9), 0.2, 0.03, 0.18, 0.02,
        _expenses(0.1, 0.05, 0.06, 0.06, 0.03, 0.06, 0.03, 0.03, 0.01),
    ),
}  # fmt: skip
