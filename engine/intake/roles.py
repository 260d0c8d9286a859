"""What columns are called: numbers and codes of things, rates, amounts; this tells identifiers from measures."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

LOOKED = 10_000
_SURELY = 0.8
_ID_NAME = re.compile(
    r"(?:^|[^a-z])(?:id|ids|no|nr|number|num|code|codes|key|zip|zipcode|postcode|postal|phone|fax|sku|ref|suite|apt|room|"
    r"unit|cusip|isin|ssn|ein|tax id|parcel|apn|fips|naics|sic|guid|uuid|serial|barcode)(?:[^a-z]|$)|#",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_VERSION_NAME = re.compile(
    r"(?:^|[^a-z])(?:version|ver|release|revision|section|clause|chapter|paragraph|wbs|outline)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_NO_ID_NAME = re.compile(
    r"(?:^|[^a-z])(?:number of|no\.? of|nr\.? of|# of|units|count|num of|total|per|price|cost|amount|rent|rate)"
    r"(?:[^a-z]|$)",
    re.IGNORECASE,
)
_AMOUNT_NAME = re.compile(
    r"(?:^|[^a-z])(?:year|month|week|day|quarter|age|rank|hour|balance|sum|value|qty|quantity|sqft|sq ft|area|size|"
    r"score|sales|revenue|income|fee|fees|payment amount|noi|floor|level|beds|baths|term)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_RATE_NAME = re.compile(
    r"(?:^|[^a-z])(?:rate|yield|occupancy|vacancy|ltv|apr|percent|pct|coupon|irr)(?:[^a-z]|$)|%", re.IGNORECASE
)


def is_code_name(name: str) -> bool:
    """Whether a column is called as numbers and codes of things are."""
    parted = _CAMEL.sub(" ", name)
    return bool(_ID_NAME.search(parted)) and not _NO_ID_NAME.search(parted)


def is_version_name(name: str) -> bool:
    """Whether a column is called as versions and sections are, of which 1.10 is another one than 1.1."""
    return bool(_VERSION_NAME.search(name))


def mixes_scales(name: str, values: Sequence[Any]) -> bool:
    """Whether rates stand as 5.25 in some rows and as 0.0475 in others."""
    if not _RATE_NAME.search(name):
        return False
    sizes = [abs(value) for value in values[:LOOKED] if value]
    small, large = sum(size < 0.3 for size in sizes), sum(size >= 1.5 for size in sizes)
    return small > 0 and large > 0 and float(small + large) >= _SURELY * len(sizes)


def counts_up(name: str, values: Sequence[Any]) -> bool:
    """Whether whole numbers go up by little steps, as numbers of things do and years need not."""
    if _AMOUNT_NAME.search(name) or _NO_ID_NAME.search(name):
        return False
    steps = [after - before for before, after in itertools.pairwise(values[:LOOKED])]
    ones = sum(1 for step in steps if step == 1)
    return all(step > 0 for step in steps) and 4 * ones >= 3 * len(steps)


def nines_of(values: Sequence[float]) -> set[float]:
    """Nines alone (999, 9999) far above all else: a code for "not available" among scores, ages and ratios."""
    nines = {value for value in values if value >= 999 and set(str(int(value))) == {"9"} and value == int(value)}
    others = [abs(value) for value in values if value not in nines]
    return {value for value in nines if len(others) > 2 and value > 5 * max(others) and max(others) > 0}
