"""What a request says outright, and whether its script and its answer show it: values, numbers, how many rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.authors.analytics.lexicon import lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.base import Ground
from engine.products import Product

_WORDS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True))
_TOP = re.compile(
    rf"\b(?:top|bottom|first|last|best|worst|largest|smallest|highest|lowest)[ -](\d{{1,3}}|{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_QUERIES = re.compile(r"^SOURCES = \{.*", re.DOTALL | re.MULTILINE)


class Promise(Product):
    """What a request says: values that must restrict something (each with its spellings), numbers, rows at most."""

    values: Mapping[str, tuple[str, ...]] = {}
    numbers: tuple[str, ...] = ()
    rows: int = 0


def promise_of(request: str, ground: Ground) -> Promise:
    """What the request says, as the schema and its values let it be told."""
    items = link(request, lexicon_of(ground.schema), ground.values, ground.today)
    values = {
        item.text: tuple(dict.fromkeys([item.text, *(match.value for match in item.values[:20])]))
        for item in items
        if item.kind in ("value", "quoted") and (item.values or item.kind == "quoted")
    }
    spent = [(item.start, item.end) for item in items if item.kind in ("period", "value", "quoted")]
    tops = [found for found in _TOP.finditer(request) if not any(s <= found.start() < e for s, e in spent)]
    top = tops[0] if tops else None
    numbers = [
        found.group(0).replace(",", "")
        for found in _NUMBER.finditer(request)
        if not any(start <= found.start() < end for start, end in spent)
    ]
    rows = int(_WORDS.get(top.group(1).lower(), 0) or top.group(1)) if top else 0
    return Promise(values=values, numbers=tuple(dict.fromkeys(numbers)), rows=rows)


def unkept(promise: Promise, script: str, document: Mapping[str, Any]) -> list[str]:
    """What the request says and the answer does not show, a sentence each."""
    found = _QUERIES.search(script)
    text = (found.group(0) if found else script).lower()
    missing = [said for said, spellings in promise.values.items() if not any(s.lower() in text for s in spellings)]
    told = [f"The request names “{said}”, but nothing in the script does." for said in missing]
    written = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", text.replace("_", ""))}
    for number in promise.numbers:
        if not {float(number), float(number) / 100, float(number) - 1, float(number) + 1} & written:
            told.append(f"The request says {number}, but nothing in the script does.")
    for table in document["tables"].values():
        if promise.rows and table.get("total", len(table["rows"])) > promise.rows:
            told.append(
                f"The request asks for {promise.rows} rows; {table.get('total', len(table['rows']))} are shown."
            )
    return told
