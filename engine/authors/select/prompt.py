"""What a model is shown so that it can write a SELECT: the tables with what they hold, what words mean, the day. Pure.

The whole stays within the window: where it does not fit, the tables that matter least lose their values, then their
columns, and what was left out is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.authors.model.digest import Digest, as_data, ranked, readable_columns
from engine.compiling.drivers import is_identifier
from engine.language_model.tokens import tokens_in
from engine.products import Question
from engine.semantics.facts import ColumnFacts, Facts
from engine.sources.dialects import flavour_of
from engine.sources.schema import Column, Kind, Schema, Table
from engine.sources.values import ValueIndex

FOLDER = Path(__file__).resolve().parents[3] / "templates" / "prompts" / "select"
VERSION = "1"
ANSWER_TOKENS = 1_000
THINKING_TOKENS = 8_000
LEAST_SCHEMA, MOST_SCHEMA = 500, 12_000
LONGEST_VALUE, LONGEST_COMMENT, LONGEST_REQUEST = 28, 80, 2_000
ROWS_SHOWN = 4
Messages = tuple[Mapping[str, str], ...]
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mssql": "SQL Server", "oracle": "Oracle"}
_WORDS = {Kind.NUMBER: "number", Kind.TEXT: "text", Kind.DATE: "date", Kind.TIME: "time", Kind.BOOLEAN: "yes/no"}
_FULL, _BARE, _NAMED = 2, 1, 0


@dataclass(frozen=True)
class Second:
    """What the rules make of a request: their reading with its SELECT and rows, or what they would ask.

    It is certain where nothing had to be chosen for it.
    """

    reading: str = ""
    sql: str = ""
    rows: pd.DataFrame | None = None
    question: Question | None = None
    certain: bool = False


def show_tables(schema: Schema, facts: Facts, order: Sequence[str], budget: int) -> Digest:
    """The tables within a budget of tokens, those first in `order` with all that is known of them."""
    tables = {table.key: table for table in schema.tables if readable_columns(table)}
    texts = {
        level: {key: _table(each, schema, facts, level) for key, each in tables.items()}
        for level in (_FULL, _BARE, _NAMED)
    }
    costs = {level: {key: tokens_in(text) + 1 for key, text in made.items()} for level, made in texts.items()}
    levels = dict.fromkeys(tables, _NAMED)
    spent = sum(costs[_NAMED].values())
    named = [key for key in order if key in tables]
    if spent > budget:
        kept, spent = [], 0
        for key in named:
            if spent + costs[_NAMED][key] <= budget // 3:
                kept.append(key)
                spent += costs[_NAMED][key]
        levels = dict.fromkeys(kept, _NAMED)
        named = kept
    for level in (_BARE, _FULL):
        for key in named:
            more = costs[level][key] - costs[levels[key]][key]
            if levels[key] == level - 1 and spent + more <= budget:
                levels[key] = level
                spent += more
    lines = [texts[levels[key]][key] for key in tables if key in levels]
    shown = tuple(key for key in tables if levels.get(key, -1) >= _BARE)
    return Digest("\n".join(lines), shown, tuple(key for key in tables if key not in shown))


def _table(table: Table, schema: Schema, facts: Facts, level: int) -> str:
    """A table: its name alone, its columns in a line, or each column with what it holds."""
    rows = facts.rows.get(table.key, table.rows)
    head = f"{table.key}{' (view)' if table.view else ''}"
    counted = f"  -- {rows:,} rows" if rows is not None else ""
    comment = f" {as_data(table.comment, LONGEST_COMMENT)}" if table.comment and level else ""
    if level == _NAMED:
        return f"{head}(...)"
    refers = _references(table, schema)
    columns = readable_columns(table)
    if level == _BARE:
        listed = ", ".join(f"{column.name} {_kind(column)}{refers.get(column.name, '')}" for column in columns)
        return f"{head}({listed}){counted}"
    lines = [f"{head}{counted}{comment}"]
    lines += [f"  {_column(table, column, schema, facts.of(table, column), refers)}" for column in columns]
    return "\n".join(lines)


def _references(table: Table, schema: Schema) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in schema.foreign_keys:
        if key.table == table.key and len(key.columns) == 1:
            sure = "" if not key.inferred else "?"
            found.setdefault(key.columns[0], f" -> {key.refers_table}.{key.refers_columns[0]}{sure}")
    return found


def _kind(column: Column) -> str:
    return _WORDS.get(column.kind, "other")


def _column(table: Table, column: Column, schema: Schema, facts: ColumnFacts, refers: Mapping[str, str]) -> str:
    """A column in a line: kind, key, values, comment."""
    parts = [f"{column.name} {_kind(column)}{refers.get(column.name, '')}"]
    if table.primary_key == (column.name,):
        parts.append("primary key")
    elif facts.unique:
        parts.append("unique")
    if facts.first:
        parts.append(f"{facts.first[:10]} to {facts.last[:10]}")
    elif facts.values and not (is_identifier(table, column, schema) and column.kind is Kind.NUMBER):
        values = [each if column.kind is Kind.NUMBER else as_data(each, LONGEST_VALUE) for each in facts.values]
        parts.append(("one of " if facts.whole else "such as ") + " ".join(values))
    if facts.missing >= 0.02:
        parts.append("some empty" if facts.missing < 0.98 else "mostly empty")
    if column.comment:
        parts.append(as_data(column.comment, LONGEST_COMMENT))
    return ", ".join(parts)


def order_of(schema: Schema, request: str, values: ValueIndex) -> list[str]:
    """The tables' names, those nearest to the request first."""
    return ranked(schema, [table for table in schema.tables if readable_columns(table)], request, values)


def write_prompt(
    request: str,
    shown: Digest,
    schema: Schema,
    today: date,
    last: str,
    *,
    second: Second | None = None,
    definitions: Sequence[str] = (),
    answered: Sequence[str] = (),
) -> Messages:
    """The whole prompt: rules first, the request last, so that a server can keep the beginning."""
    parts = [f"Tables:\n{shown.text}"]
    if shown.left_out:
        parts.append("Of tables with (...) the columns are not shown. If you need them, say so in cannot.")
    if definitions:
        parts.append("Definitions that hold here:\n" + "\n".join(f"- {each}" for each in definitions))
    if second is not None and (second.sql or second.question):
        parts.append(_second(second))
    parts.append(f"Today is {today.isoformat()}." + (f" The data end on {last}." if last else ""))
    parts += [f"You asked the person: {each}" for each in answered]
    asked = " ".join(request.split())[:LONGEST_REQUEST].replace("```", "'''")
    parts.append(f"Request: {asked}")
    rules = (
        _environment()
        .get_template("rules.md")
        .render(dialect=NAMES.get(schema.dialect, flavour_of(schema.dialect)), second=bool(second and second.sql))
    )
    return ({"role": "system", "content": rules.strip()}, {"role": "user", "content": "\n\n".join(parts)})


def _second(second: Second) -> str:
    """The rules' reading, or their question, for the model to judge."""
    if second.question is not None:
        options = "; ".join(f"{each.value!r}: {each.label}" for each in second.question.options)
        return (
            f"A program that knows the definitions would ask: {as_data(second.question.text, 300)} Options: {options}."
            ' If the request already says which, reply with {"choose": "the option"} alone and that program answers.'
        )
    lines = [
        f"The rules read it so: {as_data(second.reading, 300)}",
        f"SQL of the rules: {' '.join(second.sql.split())[:900]}",
    ]
    if second.rows is not None:
        lines.append(f"Its first rows: {rows_text(second.rows)}")
    return "\n".join(lines)


def rows_text(rows: pd.DataFrame, most: int = ROWS_SHOWN) -> str:
    """The first rows as data: column names, then the rows."""
    head = ", ".join(map(str, rows.columns))
    listed = [
        "(" + ", ".join(as_data(value, LONGEST_VALUE) if isinstance(value, str) else str(value) for value in row) + ")"
        for row in rows.head(most).itertuples(index=False, name=None)
    ]
    return f"{head}: {' '.join(listed)} ({len(rows):,} in all)"


def told(messages: Messages, reply: str, text: str) -> Messages:
    """The conversation with what was answered and what is said to that."""
    return (*messages, {"role": "assistant", "content": reply[:6_000]}, {"role": "user", "content": text})


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=False, trim_blocks=True)
