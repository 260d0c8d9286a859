"""The answer in one sentence: what, of whom, of when, and the verdict against its threshold.

Pages, reports and slides say the same sentence. It is built from the numbers of the results document alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import units
from . import messages, words
from .series import place_text

MOST_SAID = 3
# What a label says of time: of the months before the end, which the period names; of another time of its own.
LAST_MONTHS = re.compile(r", last (?:twelve|\d+) months$")
# What a label says of the one row of a table that its figure is of.
PICKED = re.compile(r", (first row|one row|highest)$")
OWN_TIME = re.compile(r"(?:period| on \d{4}-\d{2}-\d{2})$")
Document = Mapping[str, Any]
Metric = Mapping[str, Any]


def headline(document: Document, most: int = MOST_SAID) -> str:
    """The sentence, with its full stop; it says at most so many figures."""
    if (whole := _sentence(document)) is not None:
        return _ended(f"{whole}, {when(document.get('period', ''))}".rstrip(", "))
    rows, heads = _rows_judged(document), leading(document)
    if not heads:
        return _ended("; ".join(filter(None, [messages.answer(document), rows])))
    if ranked := _ranked(document, heads[:most]):
        return _ended("; ".join(filter(None, [ranked, rows])))
    first, *others = heads
    said = _figure(first, document)
    beside = [f"{each['label']} is {each['text']}{_against(each)}" for each in others[: most - 1]]
    return _ended("; ".join(filter(None, [said, *beside, rows])))


def _sentence(document: Document) -> str | None:
    """The figure that is a sentence already, where there is one."""
    said = [metric["value"] for metric in document["metrics"] if is_sentence(metric["value"])]
    return said[0].rstrip(".") if said else None


def is_sentence(value: object) -> bool:
    """Whether a figure's value is words rather than a number or a name."""
    return isinstance(value, str) and " " in value


def leading(document: Document) -> list[Metric]:
    """The figures that the answer is about: those that no other figure shown is made of; judged ones stand first."""
    metrics = [metric for metric in document["metrics"] if not is_sentence(metric["value"])]
    inner = {name for metric in metrics for name in below(document, metric["name"])}
    found = [metric for metric in metrics if metric["name"] not in inner] or metrics[:1]
    return sorted(found, key=lambda metric: not (metric["good"] or metric["bad"]))


def _ranked(document: Document, heads: Sequence[Metric]) -> str:
    """Which row the figures are of, where all are of one row: 'Ash has late payments of 28, first of 304 rows'."""
    picked = [PICKED.search(metric["label"]) for metric in heads]
    table = next((each for each in document["tables"].values() if each["rows"]), None)
    if table is None or not all(picked):
        return ""
    ways = {found[1] for found in picked if found}
    named = messages.naming_column(table)
    if named is None or len(ways) > 1 or (count := table["total"]) < 1:
        return ""
    if ways == {"highest"}:
        return messages.table(table) if count > 1 else ""
    said = [f"{_low(PICKED.sub('', metric['label']))} of {metric['text']}" for metric in heads]
    place = f", first of {count:,} rows" if count > 1 else ""
    return f"{place_text(table['rows'][0][named])} has {_joined(said)}{place}"


def _low(label: str) -> str:
    return label[:1].lower() + label[1:] if label[1:].islower() else label


def _joined(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else items[0]


def parts(document: Document, metric: Metric) -> list[Metric]:
    """The figures shown that a figure is made of, in the order in which they are computed."""
    inner = below(document, metric["name"])
    order = {quantity["name"]: place for place, quantity in enumerate(document["quantities"])}
    found = [each for each in document["metrics"] if each["name"] in inner]
    return sorted(found, key=lambda each: order.get(each["name"], len(order)))


def below(document: Document, name: str) -> set[str]:
    """Every quantity that one is computed from, directly or through others."""
    inputs = {quantity["name"]: quantity["inputs"] for quantity in document["quantities"]}
    found: set[str] = set()
    waiting = list(inputs.get(name, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += inputs.get(each, ())
    return found


def subject_of(document: Document, metric: Metric) -> str:
    """Of whom a figure is, where the title says so: 'DSCR for Orlando Fashion Square'."""
    what, _, whom = str(document["title"]).partition(" for ")
    label = str(metric["label"]).partition(",")[0]
    return whom if whom and label.lower() in what.lower() else ""


def when(period: str) -> str:
    """A period within a sentence: 'for Nov 2025 to Oct 2026', 'on 2026-10-31', 'over all dates on record'."""
    if not period or period.startswith(("on ", "from ", "before ")):
        return period
    return f"{'over' if period.startswith('all ') else 'for'} {period}"


def _figure(metric: Metric, document: Document) -> str:
    subject = subject_of(document, metric)
    of = f" of {subject}" if subject else ""
    label = LAST_MONTHS.sub("", metric["label"])
    told = "" if OWN_TIME.search(label) else when(document.get("period", ""))
    return f"{label}{of} is {metric['text']}{f' {told}' if told else ''}{_against(metric)}"


def _against(metric: Metric) -> str:
    """The verdict: ', above the 1.25x threshold'; nothing where no threshold says."""
    word = units.verdict(metric["value"], metric["good"], metric["bad"])
    if not word:
        return ""
    text = metric["bad"] if word == "breach" else metric["good"]
    number = units.threshold(text)[1]
    side = "above" if metric["value"] > number else "below" if metric["value"] < number else "exactly at"
    kind = "limit" if word == "breach" else "threshold"
    ending = {"good": "", "short": ", which is short of it", "breach": ", a breach"}[word]
    return f", {side} the {words.bound(text, metric['unit'])} {kind}{ending}"


@dataclass(frozen=True)
class Missed:
    """A row that misses a threshold: which it is by what, its figure and its verdict."""

    by: str
    name: str
    label: str
    text: str
    threshold: str
    verdict: str


def missed(document: Document) -> list[Missed]:
    """The rows of a judged chart that miss its threshold, breaches first, the farthest off first."""
    chart = judged_chart(document)
    if chart is None or not chart["x"]:
        return []
    table, unit = document["tables"][chart["table"]], chart["unit"]
    bound = units.threshold(chart["good"])[1]
    found = [
        (name, value, word)
        for name, value in zip(_column(table, chart["x"]), _column(table, chart["y"][0]), strict=True)
        if (word := units.verdict(value, chart["good"], chart["bad"])) in ("short", "breach")
    ]
    found.sort(key=lambda each: (each[2] != "breach", -abs(each[1] - bound)))
    by, label = units.label_of(chart["x"]), units.label_of(chart["y"][0])
    goal = words.threshold(chart["good"], unit)
    return [Missed(by, str(name), label, units.write(value, unit), goal, word) for name, value, word in found]


def judged_chart(document: Document) -> Mapping[str, Any] | None:
    """The first chart of one figure a row that has a threshold."""
    return next(
        (
            each
            for each in document["charts"]
            if each.get("good") and len(each["y"]) == 1 and not each["series"] and each["y"][0]
        ),
        None,
    )


def _rows_judged(document: Document) -> str:
    """How many rows of a judged chart miss its threshold: '3 of 12 are short of 1.25x, 1 of them in breach'."""
    chart = judged_chart(document)
    if chart is None:
        return ""
    table = document["tables"][chart["table"]]
    values = _column(table, chart["y"][0])
    verdicts = [units.verdict(value, chart["good"], chart["bad"]) for value in values]
    judged = [word for word in verdicts if word]
    short, breached = sum(word != "good" for word in judged), judged.count("breach")
    if not judged:
        return ""
    bound, each = words.threshold(chart["good"], chart["unit"]), units.label_of(chart["x"]).lower()
    if not short:
        return f"every {each} is {bound}" if len(judged) > 1 and each else ""
    hard = f", {breached} of them in breach" if breached else ""
    by = f" by {each}" if each else ""
    return f"{short} of {len(judged)}{by} {'is' if short == 1 else 'are'} not {bound}{hard}"


def _column(table: Mapping[str, Any], name: str) -> Sequence[Any]:
    place = list(table["columns"]).index(name)
    return [row[place] for row in table["rows"]]


def _ended(sentence: str) -> str:
    text = sentence.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
