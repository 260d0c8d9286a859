"""Business periods as half-open ranges of days: "last quarter", "year to date", "Q3 2024", "since May 2024".

Rolling months, quarters and years are whole ones and leave the running one out; rolling days and weeks end today.
What is not understood is not matched: no period is ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from engine.language.words import number_of

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = (
    r"(?P<{0}>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_YEAR = r"(?P<{0}>(?:19|20)\d\d)"
_COUNT = r"(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eighteen|twenty(?:[ -]four)?)"
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": 4}


@dataclass(frozen=True)
class PeriodMatch:
    """Days from `start` up to and without `end` (None: open), a label, and where the words stand."""

    start: date | None
    end: date | None
    label: str
    span: tuple[int, int]
    grain: str
    until_today: tuple[date, date] | None = None
    """What "the last 3 months" are for those who do not mean whole months: from the same day until today."""

    @property
    def whole_years(self) -> bool:
        """Whether both ends fall on the first of January."""
        return all(day is None or (day.month, day.day) == (1, 1) for day in (self.start, self.end))


Bounds = tuple[date | None, date | None, str]


def add_months(day: date, months: int) -> date:
    """The first day of the month `months` away."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def first_day(day: date, unit: str) -> date:
    """The first day of the week, month, quarter or year that holds a day."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1) if unit == "year" else day


def _unit_range(day: date, unit: str, steps: int = 0) -> Bounds:
    start = first_day(day, unit)
    if unit in ("day", "week"):
        length = timedelta(days=7 if unit == "week" else 1)
        return start + steps * length, start + (steps + 1) * length, unit
    months = _MONTHS_IN[unit]
    return add_months(start, steps * months), add_months(start, (steps + 1) * months), unit


def _month_range(name: str, year: str) -> Bounds:
    return _unit_range(date(int(year), _MONTHS[name[:3].lower()], 1), "month")


def _year_range(year: str) -> Bounds:
    return _unit_range(date(int(year), 1, 1), "year")


def _quarter_range(quarter: int, year: str) -> Bounds:
    return _unit_range(date(int(year), 3 * quarter - 2, 1), "quarter")


def _rolling(match: re.Match[str], today: date) -> Bounds:
    count = int(match["n"]) if match["n"].isdigit() else number_of(re.split("[ -]", match["n"])) or 1
    unit = match["unit"]
    if unit in ("day", "week") and not (unit == "week" and (match["without"] or match["calendar"])):
        days = count * (7 if unit == "week" else 1)
        whole = today if match["without"] else today + timedelta(days=1)
        return (today + timedelta(days=1) if match["within"] else today) - timedelta(days=days), whole, unit
    if unit == "week":
        end = first_day(today, "week")
        return end - timedelta(days=7 * count), end, unit
    end = first_day(today, unit)
    start = add_months(end, -count * _MONTHS_IN[unit])
    return (start, today + timedelta(days=1), unit) if match["within"] else (start, end, unit)


def _coming(match: re.Match[str], today: date) -> Bounds:
    """ "the next 24 months": from today on."""
    said, unit = match["n"] or match["m"], match["unit"] or match["u"]
    count = int(said) if said.isdigit() else number_of(re.split("[ -]", said)) or 1
    if unit in ("day", "week"):
        return today, today + timedelta(days=count * (7 if unit == "week" else 1) + 1), unit
    first = add_months(today, count * _MONTHS_IN[unit])
    last = add_months(first, 1) - timedelta(days=1)
    return today, first.replace(day=min(today.day, last.day)) + timedelta(days=1), unit


def _until_today(match: re.Match[str], today: date) -> tuple[date, date] | None:
    """The other reading of rolling months, quarters and years; none where the words settle it."""
    settled = match["calendar"] or match["without"] or match["within"]
    if settled or match["unit"] not in _MONTHS_IN:
        return None
    count = int(match["n"]) if match["n"].isdigit() else number_of(re.split("[ -]", match["n"])) or 1
    first = add_months(today, -count * _MONTHS_IN[match["unit"]])
    last = add_months(first, 1) - timedelta(days=1)
    return first.replace(day=min(today.day, last.day)), today + timedelta(days=1)


def _relative(match: re.Match[str], today: date) -> Bounds:
    steps = {"this": 0, "current": 0, "next": 1, "coming": 1}.get(match["which"], -1)
    return _unit_range(today, match["unit"], steps)


def _to_date(match: re.Match[str], today: date) -> Bounds:
    units = {"y": "year", "q": "quarter", "m": "month"}
    unit = match["unit"] or (units[match["short"]] if match["short"] else match["far"])
    return first_day(today, unit), today + timedelta(days=1), unit


def _year_to_date(match: re.Match[str], today: date) -> Bounds:
    """ "2026 ytd": from the first day of that year up to today's day of it."""
    year = int(match["before"] or match["behind"])
    first = date(year, 1, 1)
    last = add_months(first, today.month - 1) + timedelta(days=today.day - 1)
    return first, last + timedelta(days=1), "year"


def _iso(text: str) -> Bounds | None:
    try:
        return _unit_range(date.fromisoformat(text), "day")
    except ValueError:
        return None


_POINT = re.compile(
    r"(?:"
    + r"(?P<iso>\d{4}-\d{2}-\d{2})"
    + rf"|{_MONTH.format('m1')} (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<yd>(?:19|20)\d\d)\b"
    + rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH.format('m2')},? (?P<ye>(?:19|20)\d\d)\b"
    + rf"|q(?P<q>[1-4])[ -,]{{1,2}}(?:of )?(?:fy ?)?{_YEAR.format('yq')}|{_YEAR.format('yr')}[ -]?q(?P<r>[1-4])\b"
    + rf"|(?:the )?(?P<o>first|second|third|fourth|last|[1-4](?:st|nd|rd|th)) quarter (?:of |in )?{_YEAR.format('yo')}"
    + rf"|(?:the month of )?{_MONTH.format('m')},? (?:of )?{_YEAR.format('ym')}\b"
    + rf"|(?:fy ?|fiscal year |calendar year |(?:the )?year )?{_YEAR.format('y')}\b(?![-/](?!(?:19|20)\d\d\b)\d)"
    + r")",
    re.IGNORECASE,
)


def _point(match: re.Match[str]) -> Bounds | None:
    """The range that one named day, month, quarter or year covers."""
    if match["iso"]:
        return _iso(match["iso"])
    try:
        if match["d1"] or match["d2"]:
            month, day, year = match["m1"] or match["m2"], match["d1"] or match["d2"], match["yd"] or match["ye"]
            return _unit_range(date(int(year), _MONTHS[month[:3].lower()], int(day)), "day")
    except ValueError:
        return None
    if match["q"] or match["r"]:
        return _quarter_range(int(match["q"] or match["r"]), match["yq"] or match["yr"])
    if match["o"]:
        return _quarter_range(_ORDINALS[match["o"].lower()], match["yo"])
    if match["m"]:
        return _month_range(match["m"], match["ym"])
    return _year_range(match["y"])


_BEFORE_POINT = re.compile(
    r"(?P<between>\bbetween |\bfrom )$|\b(?P<open>since|starting(?: from| in)?|after|before|prior to|until|till|up to|"
    r"through|on or after|on or before|no later than|later than|earlier than)(?: the)?(?: end of)? $|"
    r"\b(?P<plain>in|during|for|of|on|as of|throughout|within|made in|the)(?: the)? $",
    re.IGNORECASE,
)
_JOINER = re.compile(r"(?: and | to | through | until | till |-| - |\u2013)(?:the end of )?", re.IGNORECASE)
_ONWARDS = re.compile(r" (?:on|onwards?|forwards?|until (?:now|today)|to (?:now|today|date))\b", re.IGNORECASE)
_INCLUSIVE = re.compile(r",? ?\(?(?:both )?inclusive(?:ly)?\)?", re.IGNORECASE)
_OR_LATER = re.compile(r" (?:or|and) (?:later|after(?:wards?)?|newer|more recent(?:ly)?)\b", re.IGNORECASE)
_OR_EARLIER = re.compile(r" (?:or|and) (?:earlier|before|older)\b(?! \w)", re.IGNORECASE)
_NOT_A_YEAR = re.compile(
    r"(?:more|less|fewer|greater|larger|higher|lower|bigger|smaller) than (?:the )?$|"
    r"\b(?:over|above|under|below|least|most|exactly|exceed\w*|top|[$€£]|number|code|id) ?$",
    re.IGNORECASE,
)


def _points(text: str) -> Iterator[PeriodMatch]:
    """Named days, months, quarters and years, with their prepositions and as ranges of two."""
    at = 0
    while match := _POINT.search(text, at):
        at = match.end()
        bounds, before = _point(match), text[: match.start()]
        if bounds is None or ((match.start() and text[match.start() - 1] in "-/.$") or _NOT_A_YEAR.search(before)):
            continue
        prefix = _BEFORE_POINT.search(before)
        joined = _JOINER.match(text, match.end())
        other = _POINT.match(text, joined.end()) if joined else None
        second = _point(other) if other else None
        ranged = prefix is not None and prefix["between"]
        if (
            joined is not None
            and "and" in joined.group(0).lower()
            and not (ranged and ranged.lower().startswith("between"))
        ):
            second = None
        if other and second and (prefix is None or not prefix["open"]):
            end = _INCLUSIVE.match(text, other.end())
            span = (prefix.start() if prefix else match.start(), end.end() if end else other.end())
            at = span[1]
            yield _labelled(bounds[0], second[1], second[2], span)
        elif prefix is not None and prefix["between"] and prefix["between"].lower().startswith("between"):
            continue
        else:
            yield _open_ended(bounds, prefix, match)


def _open_ended(bounds: Bounds, prefix: re.Match[str] | None, match: re.Match[str]) -> PeriodMatch:
    start, end, grain = bounds
    span = (prefix.start() if prefix else match.start(), match.end())
    if further := _OR_LATER.match(match.string, match.end()):
        return _labelled(start, None, grain, (span[0], further.end()))
    if further := _OR_EARLIER.match(match.string, match.end()):
        return _labelled(None, end, grain, (span[0], further.end()))
    word = (prefix["open"] or prefix["between"] or "").lower().strip() if prefix else ""
    if word == "from":  # "orders from 1997" are those of that year; "from 1997 on" are all since
        end = None if grain == "day" or _ONWARDS.match(match.string, match.end()) else end
    elif word in ("since", "on or after") or word.startswith("starting"):
        end = None
    elif word in ("after", "later than"):
        start, end = end, None
    elif word in ("before", "prior to", "earlier than"):
        start, end = None, start
    elif word in ("until", "till", "up to", "through", "on or before", "no later than"):
        start = None
    return _labelled(start, end, grain, span)


def _labelled(start: date | None, end: date | None, grain: str, span: tuple[int, int]) -> PeriodMatch:
    if start and end and start >= end:
        start, end = end, start
    last = end - timedelta(days=1) if end else None
    if start and last:
        label = f"{start} to {last}" if start != last else str(start)
    else:
        label = f"from {start}" if start else f"until {last}"
    return PeriodMatch(start, end, label, span, grain)


def _shared_year(match: re.Match[str], today: date) -> Bounds:
    """ "May to July 1997": one year for both; "November to February 1998" began the year before."""
    year = match["year"]
    first, last = (
        _month_range(match[f"m{end}"], year) if match[f"m{end}"] else _quarter_range(int(match[f"q{end}"]), year)
        for end in "ab"
    )
    start = first[0]
    if start and last[0] and start > last[0]:
        start = add_months(start, -12)
    return start, last[1], last[2]


_UNIT = r"(?P<unit>day|week|month|quarter|year)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Bounds]], ...] = (
    (
        re.compile(
            rf"\b(?:(?:in|over|during|for|within|of|each of) )?(?:the )?(?:last|past|previous|trailing|most recent) "
            rf"{_COUNT}[ -](?P<calendar>(?:full |calendar |whole |complete )*){_UNIT}s?\b"
            r"(?P<without>,? ?\(?(?:not including|excluding|without|exclusive of|before) (?:the )?"
            r"(?:current|this|running|today'?s?)(?: (?:month|week|quarter|year|day|date))?\)?)?"
            r"(?P<within>,? ?\(?(?:inclusive of|including) (?:today(?:'s date|s)?|"
            r"the current (?:day|month|week|quarter|year|date))"
            r"(?:'?s? date)?\)?)?"
        ),
        _rolling,
    ),
    (
        re.compile(
            rf"\b(?:(?:in|over|during|for|within) )?(?:the )?(?:next|coming|following) {_COUNT}[ -]{_UNIT}s?\b"
            r"|\bwithin (?P<m>\d+|one|two|three|four|five|six|twelve)[ -](?P<u>month|quarter|year)s?\b"
            r"(?! (?:of|after|from)\b)"
        ),
        _coming,
    ),
    (
        re.compile(
            r"\b(?:the )?(?:(?P<unit>year|quarter|month)[ -]to[ -]date|(?P<short>[yqm])td|"
            r"so far this (?P<far>year|quarter|month))\b"
        ),
        _to_date,
    ),
    (
        re.compile(
            r"\b(?:(?P<before>(?:19|20)\d\d)[ ,]+(?:ytd|(?:year )?to date)"
            r"|(?:ytd|year to date)[ ,]+(?P<behind>(?:19|20)\d\d))\b"
        ),
        _year_to_date,
    ),
    (
        re.compile(
            rf"\b(?:(?:in|during|for|over|of) )?(?:the )?(?:whole of the |entire |full )?"
            rf"(?P<which>last|past|previous|prior|this|current|next|coming) "
            rf"(?:calendar |iso |full |fiscal )?{_UNIT}\b(?!s| to)"
            r"(?:,? ?\(?(?:not including|excluding) (?:the )?(?:current|this) (?:month|week|quarter|year)\)?)?"
        ),
        _relative,
    ),
    (
        re.compile(
            rf"\b(?:(?:in|during|for|over) )?(?:(?P<both>between )|from )?(?:{_MONTH.format('ma')}|q(?P<qa>[1-4]))"
            r"(?(both) and | ?(?: to | through | until | till |-|\u2013) ?)(?:the end of )?"
            rf"(?:{_MONTH.format('mb')}|q(?P<qb>[1-4])),? (?:of )?{_YEAR.format('year')}\b"
        ),
        _shared_year,
    ),
    (
        re.compile(r"\b(?:(?:in|during|from|of) )?(?:the )?(?P<decade>(?:19|20)\d0)'?s\b"),
        lambda match, today: (date(int(match["decade"]), 1, 1), date(int(match["decade"]) + 10, 1, 1), "year"),
    ),
    (re.compile(r"\b(?:for |on )?yesterday\b"), lambda match, today: _unit_range(today, "day", -1)),
    (re.compile(r"\b(?:for |on )?today\b"), lambda match, today: _unit_range(today, "day")),
    (
        re.compile(r"\b(?:(?:in|over|for) )?(?:the )?(?:ttm|ltm|t-?12m?|t12|trailing twelve months)\b"),
        lambda match, today: (add_months(today, -12), first_day(today, "month"), "month"),
    ),
)


def find_periods(text: str, today: date) -> tuple[PeriodMatch, ...]:
    """Every period of a text, in order, without overlaps."""
    low, found = text.lower(), []
    for pattern, bounds in _RULES:
        for match in pattern.finditer(low):
            period = _labelled(*bounds(match, today), match.span())
            found.append(replace(period, until_today=_until_today(match, today)) if bounds is _rolling else period)
    found += list(_points(low))
    kept: list[PeriodMatch] = []
    for period in sorted(found, key=lambda each: (each.span[0], -each.span[1])):
        if not kept or period.span[0] >= kept[-1].span[1]:
            kept.append(period)
    return tuple(kept)
