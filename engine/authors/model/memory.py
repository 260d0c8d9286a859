"""Answers that were given before: the same request on the same tables runs again with no call, near ones are examples.

An answer is kept when its script ran and nothing was doubtful; a person's acceptance marks it as verified, a person's
refusal forgets it. Its key holds a print of the tables it reads, so a change of other tables leaves it valid.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from engine.authors.model.digest import line_of
from engine.authors.model.prompting import VERSION, Example
from engine.language.words import STOP_WORDS, stem, tokenise
from engine.products import Plan, Product, Script
from engine.sources.schema import Schema

NEAR = 0.5


class Kept(Product):
    """An answer: its request, the tables it read, its plan and its script."""

    request: str
    tables: tuple[str, ...]
    plan: Plan
    script: Script
    model: str
    functions: str = ""
    verified: bool = False


def tables_print(tables: Iterable[str], schema: Schema) -> str:
    """A print of some tables: it changes when one of them does, and only then."""
    lines = [line_of(schema.by_key[key], schema, shy=True) if key in schema.by_key else key for key in sorted(tables)]
    return hashlib.sha256("\n".join([VERSION, schema.dialect, *lines]).encode()).hexdigest()


def key_of(request: str, database: str, print_of: str) -> str:
    """The key of an answer."""
    return hashlib.sha256(f"{plain(request)}\n{database}\n{print_of}".encode()).hexdigest()


def plain(request: str) -> str:
    """A request as it is compared: no case, no marks, single blanks."""
    return " ".join(re.findall(r"[\w%.+-]+", request.lower())).strip(". ")


def recall(request: str, kept: Sequence[Kept], valid: Sequence[bool]) -> Kept | None:
    """The answer to this very request, if its tables are still as they were; verified ones first."""
    same = [each for each, fits in zip(kept, valid, strict=True) if fits and plain(each.request) == plain(request)]
    return max(same, key=lambda each: each.verified, default=None)


def example_for(request: str, tables: Sequence[str], kept: Sequence[Kept]) -> Example | None:
    """The nearest answer over the same tables, as the prompt's example."""
    wanted = _words(request)
    scored = [
        (len(wanted & (words := _words(each.request))) / max(len(wanted | words), 1) + 0.2 * each.verified, each)
        for each in kept
        if "frame" in each.plan.intent
        and set(each.tables) & set(tables)
        and each.functions
        and plain(each.request) != plain(request)
    ]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or score < NEAR:
        return None
    columns = ", ".join(f"{c['name']} ({c['kind']})" for c in best.plan.intent["frame"]["columns"])
    return Example(best.request[:200], columns, best.functions)


def _words(text: str) -> frozenset[str]:
    """The stems of a request, its numbers and names in quotes left out."""
    return frozenset(
        stem(token.text) for token in tokenise(text) if token.kind == "word" and token.low not in STOP_WORDS
    )
