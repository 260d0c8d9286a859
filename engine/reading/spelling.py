"""Shorthand written out before a request is read: `w/o`, `#`, `q3 26`, `jan-oct this year`. Pure."""

from __future__ import annotations

import re
from datetime import date

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_SIGNS = (
    (re.compile(r"[\u2018\u2019\u02bc]"), "'"),
    (re.compile(r"[\u201c\u201d]"), '"'),
    (re.compile(r"\bw/o\b", re.I), "without"),
    (re.compile(r"\bw/(?=\s|\w)", re.I), "with "),
    (re.compile(r"#\s*(?:of\b)?"), " number of "),
    (re.compile(r"\s*->\s*"), " to "),
    (re.compile(r"(?<=\w)\.(?=\s+[a-z]{2})"), " "),
    (re.compile(r"\bavg\.", re.I), "avg "),
    (re.compile(r"\byrs?\b\.?", re.I), "year"),
    (re.compile(r"\b(mths|mos)\b\.?", re.I), "months"),
    (re.compile(r"\b(mth|mo)\b\.?", re.I), "month"),
    (re.compile(r"\bqtrs?\b\.?", re.I), "quarter"),
    (re.compile(r"\bwks?\b\.?", re.I), "week"),
    (re.compile(r"\bsvc\b\.?", re.I), "service"),
    (re.compile(r"\b(?:by|per) the (?=(?:month|quarter|year)\b)", re.I), "by "),
    (re.compile(r"\bend of '(\d\d)\b"), r"end of 20\1"),
)
_NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
}
_SHORT_YEAR = re.compile(
    rf"\b((?:q[1-4]|{_MONTH})(?:\s*(?:-|to|\u2013)\s*(?:q[1-4]|{_MONTH}))?)\s*'?(\d\d)\b(?![:.,]?\d|st|nd|rd|th)", re.I
)
_YEAR_WORD = re.compile(
    rf"\b((?:q[1-4]|{_MONTH})(?:\s*(?:-|to|until|through|\u2013)\s*(?:q[1-4]|{_MONTH}))?),?\s+"
    r"(?:of\s+)?(this|last|the current|the previous)\s+year\b",
    re.I,
)
_FIRST = re.compile(
    r"\b(?:the )?first (\w+) months? (?:of|in) (?:the year )?((?:19|20)\d\d|this year|last year)\b", re.I
)
_HALF = re.compile(r"\b(?:(?:the )?(first|second) half (?:of|in) |h([12])[ -]?)((?:19|20)\d\d)\b", re.I)
_MONTH_GONE = re.compile(
    r"\b(?:the )?(month|quarter|year) (?:that (?:has )?)?just (?:gone|ended|past|finished|over)(?: by)?\b", re.I
)
_BETWEEN = re.compile(
    rf"\b(?:between|from) (?:the )?(?:start |beginning )?(?:of )?({_MONTH}) (?:and|to|until|through) "
    rf"(?:the )?(?:end )?(?:of )?({_MONTH}),? (?:of )?((?:19|20)\d\d)\b",
    re.I,
)
_SINCE_START = re.compile(r"\bsince the (?:start|beginning) of (?=(?:19|20)\d\d)", re.I)
_HALVES = ("January to June", "July to December")
_MONTHS = "January February March April May June July August September October November December".split()
_SHORT_UNIT = re.compile(r"\b(last|past|previous|next|trailing) (\d+) ?(m|mo|mth|mths|q|y|yr|yrs|d|w)\b", re.I)
_UNITS = {
    "m": "months",
    "mo": "months",
    "mth": "months",
    "mths": "months",
    "q": "quarters",
    "y": "years",
    "yr": "years",
    "yrs": "years",
    "d": "days",
    "w": "weeks",
}
_SAME = re.compile(
    r"\b(?:the )?same (?:\w+ )?(?:months?|period|quarters?|days|time|weeks|stretch|span) (?:of|in|a|the)?\s*(?:the )?"
    r"((?:19|20)\d\d|last year|previous year|year before|year earlier)\b",
    re.I,
)
_BEFORE = re.compile(
    rf"\b((?:q[1-4]|{_MONTH})(?:\s*(?:-|to|until|through|and|\u2013)\s*(?:q[1-4]|{_MONTH}))?)\s+((?:19|20)\d\d)\b", re.I
)
_ONE_YEAR = re.compile(
    rf"\b(\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?) (and|to|until|through|-|till) "
    rf"(\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?),? ((?:19|20)\d\d)\b",
    re.I,
)
_OTHER_YEAR = re.compile(
    rf"\b((?:q[1-4]|{_MONTH})(?:\s*(?:-|to|until|through|\u2013)\s*(?:q[1-4]|{_MONTH}))?) ((?:19|20)\d\d)"
    r" (vs\.?|versus|against|compared with|compared to|than|and|with) '?(\d\d|(?:19|20)\d\d)\b(?![.,]?\d)"
    rf"(?! (?:of )?{_MONTH})",
    re.I,
)
_PART_OF_YEAR = re.compile(r"\bsince (early|mid|late)[ -]((?:19|20)\d\d)\b", re.I)
_BEGINS = {"early": "January", "mid": "June", "late": "October"}
_AHEAD = re.compile(
    r"\b(?:(?:that|which) are )?(?:still |yet )to come\b|\bupcoming\b|\bcoming up\b"
    r"|\b(?:that|which) (?:are|lie) still ahead\b",
    re.I,
)
_FROM_TODAY = re.compile(r"\b(?:between|from) (?:today|now) (?:and|to|until|till|through)\b", re.I)
_FROM_ON = re.compile(rf"\bfrom ({_MONTH} )?((?:19|20)\d\d) (?:on|onwards?)\b", re.I)


def written_out(text: str, today: date) -> str:
    """A request with its shorthand written out: "late q3 26" becomes "late q3 2026"."""
    plain = text
    for pattern, to in _SIGNS:
        plain = pattern.sub(to, plain)
    plain = _SHORT_UNIT.sub(lambda m: f"{m[1]} {m[2]} {_UNITS[m[3].lower()]}", plain)
    plain = _ONE_YEAR.sub(r"\1 \4 \2 \3 \4", plain)
    plain = _MONTH_GONE.sub(lambda m: f"last {m[1]}", plain)
    plain = _YEAR_WORD.sub(lambda m: f"{m[1]} {today.year - (m[2].lower() in ('last', 'the previous'))}", plain)
    plain = _SHORT_YEAR.sub(lambda m: _short_year(m, today), plain)
    plain = _BETWEEN.sub(r"in \1 to \2 \3", plain)
    plain = _FIRST.sub(lambda m: _first_months(m, today), plain)
    plain = _HALF.sub(lambda m: f"{_HALVES[m[2] != '1' if m[2] else m[1].lower() != 'first']} {m[3]}", plain)
    plain = _SINCE_START.sub("since ", plain)
    plain = _PART_OF_YEAR.sub(lambda m: f"since {_BEGINS[m[1].lower()]} {m[2]}", plain)
    plain = _AHEAD.sub(f"since {today}", plain)
    plain = _FROM_TODAY.sub(f"between {today} and", plain)
    plain = _FROM_ON.sub(lambda m: f"since {m[1] or ''}{m[2]}", plain)
    plain = _OTHER_YEAR.sub(_other_year, plain)
    return _same_months(plain, today)


def _short_year(match: re.Match[str], today: date) -> str:
    year = 2000 + int(match[2])
    return f"{match[1]} {year}" if today.year - 12 <= year <= today.year + 3 else match[0]


def _other_year(match: re.Match[str]) -> str:
    """ "Jan-Oct 2026 vs 25": the months again, of the other year."""
    year = int(match[4]) if len(match[4]) == 4 else 2000 + int(match[4])
    return f"{match[1]} {match[2]} {match[3]} {match[1]} {year}" if abs(year - int(match[2])) <= 10 else match[0]


def _first_months(match: re.Match[str], today: date) -> str:
    count = int(match[1]) if match[1].isdigit() else _NUMBERS.get(match[1].lower(), 0)
    year = match[2] if match[2].isdigit() else str(today.year - (match[2].lower() == "last year"))
    return f"January to {_MONTHS[count - 1]} {year}" if 2 <= count <= 12 else match[0]


def _same_months(text: str, today: date) -> str:
    """ "January to October 2026 ... the same months of 2025": the months again, of the other year."""
    same, named = _SAME.search(text), _BEFORE.search(text)
    if not same or not named or named.start() > same.start():
        return text
    year = int(same[1]) if same[1].isdigit() else int(named[2]) - 1
    return text[: same.start()] + f"{named[1]} {year}" + text[same.end() :]
