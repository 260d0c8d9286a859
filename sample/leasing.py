"""Units and their leases: a month-by-month simulation that follows a course of occupancy."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

from sample.catalogue import UNIT_COUNTS, Profile, Site
from sample.months import MONTHS
from sample.tenancy import Register

_GROWTH: Final = 0.031
# Exclusive end of the last month a lease may run in: December 2035.
_LATEST_END: Final = 146
_EARLIER_LEASE: Final = 0.4


@dataclass(frozen=True)
class Space:
    """A unit before it has an identifier."""

    number: str
    area: int
    market_rent: int
    large: bool


@dataclass(frozen=True)
class Term:
    """A lease before it has an identifier: from the month `start` up to but not including `end`."""

    space: int
    tenant_id: int
    start: int
    end: int
    rent: int
    kind: str

    def covers(self, month: int) -> bool:
        """Whether rent is due in the month."""
        return self.start <= month < self.end


def spaces_of(site: Site, profile: Profile, rng: Random) -> list[Space]:
    """The units of a property; large ones (an anchor store, the hotel rooms) first."""
    count = UNIT_COUNTS.get(site.name, rng.randint(*profile.units))
    rate = rng.uniform(*profile.annual_rent)
    anchors = 0 if not profile.large_area[1] else max(1, count // 20)
    spaces = []
    for place in range(count):
        large = place < anchors
        area = rng.randrange(*(profile.large_area if large else profile.areas), 10)
        # An anchor store pays far less by the square foot than a small shop; hotel rooms pay in full.
        discount = 0.45 if large and site.kind == "Retail" else 1.0
        rent = area * rate * discount * rng.uniform(0.93, 1.07) / 12
        spaces.append(Space(_number(site.kind, place, large), area, round(rent / 5) * 5, large))
    return spaces


def _number(kind: str, place: int, large: bool) -> str:
    """What is written on the door."""
    if large:
        return "Rooms" if kind == "Hotel" else f"Anchor {'ABCDE'[place]}"
    if kind == "Industrial":
        return f"Bay {place + 1}"
    return f"{place // 12 + 1}{place % 12 + 1:02d}"


def occupancy_course(coverage: float, rng: Random) -> list[float]:
    """The share of the area to be let in each month; weak properties lose tenants, strong ones gain."""
    # Most dip in the spring of 2025 and recover, so that the whole portfolio shows a trend as well.
    knots = [rng.uniform(0.91, 0.95), rng.uniform(0.865, 0.91), rng.uniform(0.91, 0.965)]
    if coverage < 1.05:
        knots = [rng.uniform(0.92, 0.95), rng.uniform(0.88, 0.9), rng.uniform(0.84, 0.86)]
    if coverage > 2:
        knots = [rng.uniform(0.9, 0.93), rng.uniform(0.93, 0.95), rng.uniform(0.95, 0.97)]
    half = MONTHS / 2
    course = []
    for month in range(MONTHS):
        left, right = (knots[0], knots[1]) if month < half else (knots[1], knots[2])
        course.append(left + (right - left) * (month % half) / half)
    return course


@dataclass
class RentRoll:
    """The state of one property during the simulation."""

    spaces: list[Space]
    profile: Profile
    register: Register
    rng: Random
    terms: list[Term] = field(default_factory=list)
    let_until: dict[int, int] = field(default_factory=dict)
    vacant: list[int] = field(default_factory=list)

    def run(self, course: list[float]) -> list[Term]:
        """All leases, earliest first."""
        self._open(course[0])
        for month, share in enumerate(course):
            self._expire(month, share)
            self._fill(month, share)
        return sorted(self.terms, key=lambda t: (t.start, t.space))

    def _share(self, added: int = 0) -> float:
        """The share of the area that is let, with `added` square feet more."""
        let = sum(self.spaces[s].area for s in self.let_until)
        return (let + added) / sum(s.area for s in self.spaces)

    def _open(self, share: float) -> None:
        """Leases in force when the record begins, and some that ended before it."""
        total = sum(s.area for s in self.spaces)
        free = (1 - share) * total
        for place in self.rng.sample(range(len(self.spaces)), len(self.spaces)):
            area = self.spaces[place].area
            if not self.spaces[place].large and area <= free + 0.02 * total:
                free -= area
                self.vacant.append(place)
        for place, space in enumerate(self.spaces):
            term = self.rng.choice(self.profile.terms)
            elapsed = self.rng.randrange(term)
            # A large unit falling empty would swing the whole property, so its lease outlasts the record.
            end = self.rng.randrange(44, 120) if space.large else term - elapsed
            start = -(elapsed + 12) if space.large else -elapsed
            if place not in self.vacant:
                self._sign(place, start, end, self._find(space))
            if self.rng.random() < _EARLIER_LEASE:
                gone = start - self.rng.randrange(0, 5)
                self._enter(place, gone - term, gone, self._find(space))

    def _expire(self, month: int, share: float) -> None:
        """Let the leases that end renew, or the units fall empty."""
        for place in [p for p, end in self.let_until.items() if end == month]:
            del self.let_until[place]
            room = self._share(self.spaces[place].area) <= share + 0.02
            if room and self.rng.random() < self.profile.renewal:
                tenant = next(t.tenant_id for t in reversed(self.terms) if t.space == place and t.end == month)
                self._sign(place, month, month + self.rng.choice(self.profile.terms), tenant)
                continue
            self.vacant.append(place)

    def _fill(self, month: int, share: float) -> None:
        """Let empty units, the longest empty first, until the course is met."""
        for place in list(self.vacant):
            if self._share() >= share:
                return
            if self._share(self.spaces[place].area) > share + 0.03:
                continue
            self.vacant.remove(place)
            end = month + self.rng.choice(self.profile.terms)
            self._sign(place, month, end, self._find(self.spaces[place]))

    def _find(self, space: Space) -> int:
        """A tenant for the space."""
        rooms = space.number == "Rooms"
        return self.register.find("Hotel operator" if rooms else self.rng.choice(self.profile.industries))

    def _sign(self, place: int, start: int, end: int, tenant_id: int) -> None:
        """Enter a lease that is in force."""
        # No lease ends on the as-of date itself, so "current on 31 October" has only one meaning.
        end = min(MONTHS + 1 if end == MONTHS else end, _LATEST_END)
        self.let_until[place] = end
        self._enter(place, start, end, tenant_id)

    def _enter(self, place: int, start: int, end: int, tenant_id: int) -> None:
        """Enter a lease at the market rent of the month it starts in."""
        market = self.spaces[place].market_rent * (1 + _GROWTH) ** ((start - MONTHS) / 12)
        rent = round(market * self.rng.uniform(0.95, 1.05))
        kind = self.rng.choice(self.profile.lease_types)
        self.terms.append(Term(place, tenant_id, start, end, rent, kind))
