"""A schema as a model reads it: one line a table, within a budget of tokens, the most relevant tables first. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.language.words import STOP_WORDS, stem, stems, tokenise
from engine.language_model.tokens import tokens_in
from engine.sources.schema import Column, Kind, Schema, Table
from engine.sources.values import ValueIndex

BUDGET = 1_500
LONGEST_COMMENT = 60
LONGEST_VALUE = 32
WORDS = {
    Kind.NUMBER: "num",
    Kind.TEXT: "text",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.BOOLEAN: "bool",
    Kind.JSON: "json",
    Kind.OTHER: "other",
}
_K1, _B = 1.2, 0.75
# A table that is wholly named is surely meant.
NAMED = 5.0


@dataclass(frozen=True)
class Digest:
    """The lines of the tables that fit, in the schema's order, and the names of those left out."""

    text: str
    tables: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """What was left out, in words; empty when nothing was."""
        if not self.left_out:
            return ""
        named = ", ".join(self.left_out[:5]) + (" ..." if len(self.left_out) > 5 else "")
        shown, out = len(self.tables), len(self.left_out)
        return f"The model was shown {shown} tables; left out as least relevant: {out} ({named})."


def digest(schema: Schema, request: str, values: ValueIndex, budget: int = BUDGET) -> Digest:
    """The schema for a request: whole when it fits, else whole tables by relevance until the budget is full."""
    tables = [table for table in schema.tables if readable_columns(table)]
    lines = {table.key: line_of(table, schema, shy=False) for table in tables}
    if sum(map(tokens_in, lines.values())) > budget:
        lines = {table.key: line_of(table, schema, shy=True) for table in tables}
    chosen: set[str] = set()
    left = budget
    for key in ranked(schema, tables, request, values):
        cost = tokens_in(lines[key]) + 1
        if cost <= left:
            chosen.add(key)
            left -= cost
    kept = [table.key for table in tables if table.key in chosen]
    out = tuple(table.key for table in tables if table.key not in chosen)
    return Digest("\n".join(lines[key] for key in kept), tuple(kept), out)


def about_schema(schema: Schema, table: str) -> Schema:
    """The schema of a table and its neighbours along the keys; the whole one when no table of that name is there."""
    if table not in schema.by_key:
        return schema
    pairs = [(key.table, key.refers_table) for key in schema.foreign_keys]
    near = {table, *(two for one, two in pairs if one == table), *(one for one, two in pairs if two == table)}
    keys = tuple(key for key in schema.foreign_keys if {key.table, key.refers_table} <= near)
    tables = tuple(each for each in schema.tables if each.key in near)
    return Schema(dialect=schema.dialect, tables=tables, foreign_keys=keys, read_at=schema.read_at)


def readable_columns(table: Table) -> tuple[Column, ...]:
    """The columns whose values a script can use."""
    return tuple(column for column in table.columns if column.kind is not Kind.BINARY)


def line_of(table: Table, schema: Schema, *, shy: bool) -> str:
    """A table in one line: columns with kind, keys, and (unless shy) the comments as quoted data."""
    refers = {
        name: key.refers_table
        for key in schema.foreign_keys
        if key.table == table.key and len(key.columns) == 1
        for name in key.columns
    }
    parts = []
    for column in readable_columns(table):
        words = f"{column.name} {WORDS.get(column.kind, 'other')}"
        if column.name in refers:
            words += f" -> {refers[column.name]}"
        if column.comment and not shy:
            words += f" {as_data(column.comment, LONGEST_COMMENT)}"
        parts.append(words)
    comment = f"  {as_data(table.comment, LONGEST_COMMENT)}" if table.comment and not shy else ""
    return f"{table.key}({', '.join(parts)}){comment}"


def as_data(text: object, longest: int) -> str:
    """A text of the database as a short quoted word: one line, no fence, no quote it could leave by."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029`\"\\{}<>]+", " ", str(text))
    plain = " ".join(plain.split())
    return '"' + (plain if len(plain) <= longest else plain[: longest - 1] + "…") + '"'


def ranked(schema: Schema, tables: Sequence[Table], request: str, values: ValueIndex) -> list[str]:
    """The tables' keys by relevance: words in common, values named, then neighbours along the keys, then size."""
    scores = scores_of(tables, request)
    tokens = [token.text for token in tokenise(request)]
    for span in values.scan(tokens):
        for match in span.matches:
            scores[match.table] = scores.get(match.table, 0.0) + 2.0
    near: Counter[str] = Counter()
    for key in schema.foreign_keys:
        for one, other in ((key.table, key.refers_table), (key.refers_table, key.table)):
            near[other] = max(near[other], int(100 * scores.get(one, 0.0)))
    return sorted(
        (table.key for table in tables),
        key=lambda key: (-(scores.get(key, 0.0) + near[key] / 250), key),
    )


def scores_of(tables: Sequence[Table], request: str) -> dict[str, float]:
    """How much a request's words occur in each table's names and comments, rare words counting more (BM25)."""
    wanted = {stem(token.text) for token in tokenise(request) if token.low not in STOP_WORDS and token.kind != "mark"}
    texts = {table.key: Counter(_words(table)) for table in tables}
    average = sum(sum(text.values()) for text in texts.values()) / max(len(texts), 1)
    scores: dict[str, float] = {}
    for word in wanted:
        holding = [key for key, text in texts.items() if text[word]]
        rarity = math.log(1 + (len(texts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for key in holding:
            count, size = texts[key][word], sum(texts[key].values())
            weight = count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * size / max(average, 1)))
            scores[key] = scores.get(key, 0.0) + rarity * weight
    for table in tables:
        if set(stems(table.name)) <= wanted:
            scores[table.key] = scores.get(table.key, 0.0) + NAMED
    return scores


def _words(table: Table) -> Iterable[str]:
    yield from stems(table.name) * 3
    for column in table.columns:
        yield from stems(column.name)
        yield from (stem(token.text) for token in tokenise(column.comment) if token.low not in STOP_WORDS)
    yield from (stem(token.text) for token in tokenise(table.comment) if token.low not in STOP_WORDS)
