"""What each column of a schema holds in the eyes of a reader: money, percent, date, category, id; and why."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

from engine.authors.analytics.lexicon import Lexicon, is_money, lexicon_of
from engine.authors.analytics.query import ColumnRef
from engine.language.words import stems
from engine.products import Product
from engine.sources.personal import names_person, personal_by_name
from engine.sources.schema import Column, Kind, Schema, Table
from engine.sources.values import ValueIndex

MOST_CATEGORIES = 200
_PERCENT = frozenset({"percent", "pct", "rate", "ratio", "share", "margin"})
_PLACE = frozenset({"latitud", "longitud", "lat", "lon", "lng"})
_UNITS = ((r"\bUSD\b|\bdollars?\b|\$", "USD"), (r"\bEUR\b|€", "EUR"), (r"\bsq(uare)?\.? ?f(ee|oo)?t\b", "sqft"))


class Sense(StrEnum):
    """What a column is good for."""

    ID = "id"
    REFERENCE = "reference"
    MONEY = "money"
    PERCENT = "percent"
    MEASURE = "measure"
    DATE = "date"
    YEAR = "year"
    FLAG = "flag"
    CATEGORY = "category"
    PLACE = "place"
    TEXT = "text"
    OTHER = "other"


class ColumnSense(Product):
    """One column: what it holds, in which unit, whether it identifies people, and what says so."""

    table: str
    column: str
    sense: Sense
    unit: str = ""
    personal: str = ""
    evidence: str = ""


def senses_of(schema: Schema, values: ValueIndex) -> dict[tuple[str, str], ColumnSense]:
    """The sense of every column, by table and column."""
    lexicon = lexicon_of(schema)
    distinct = Counter((table, column) for table, column, _ in values.entries)
    looks = dict(values.personal)
    found = {}
    for table in schema.tables:
        for column in table.columns:
            sense, evidence = _sense(lexicon, table, column, distinct[table.key, column.name])
            found[table.key, column.name] = ColumnSense(
                table=table.key,
                column=column.name,
                sense=sense,
                unit=_unit(lexicon, table, column, sense),
                personal=personal_reason(column.name) or looks.get(f"{table.key}.{column.name}", ""),
                evidence=evidence,
            )
    return found


def personal_reason(column: str) -> str:
    """Why a column is left out of samples by its name; empty when it is not."""
    return personal_by_name(column) or ("names of people" if names_person(column) else "")


def _sense(lexicon: Lexicon, table: Table, column: Column, distinct: int) -> tuple[Sense, str]:
    ref, words = (table.key, column.name), set(stems(column.name))
    if column.name in table.primary_key and len(table.primary_key) == 1:
        return Sense.ID, "primary key"
    if ref in lexicon.foreign_columns:
        return Sense.REFERENCE, "refers to another table"
    if column.kind is Kind.BOOLEAN:
        return Sense.FLAG, f"type {column.type}"
    if column.kind in (Kind.DATE, Kind.TIME):
        return Sense.DATE, f"type {column.type}" if column.type else "its values"
    if column.kind is Kind.NUMBER:
        return _number_sense(lexicon, table, column, words)
    if column.kind is Kind.TEXT:
        if 0 < distinct <= MOST_CATEGORIES and (table.rows is None or distinct < max(table.rows * 0.5, 2)):
            return Sense.CATEGORY, f"{distinct} distinct values"
        return Sense.TEXT, "text"
    return Sense.OTHER, f"type {column.type}"


def _number_sense(lexicon: Lexicon, table: Table, column: Column, words: set[str]) -> tuple[Sense, str]:
    if "year" in words and not is_money(column):
        return Sense.YEAR, "its name"
    if words & _PLACE:
        return Sense.PLACE, "its name"
    if (table.key, column.name) in lexicon.keys or words & {"id", "zip", "postal"}:
        return Sense.ID, "its name"
    if words & _PERCENT or re.search(r"%|\bpercent", column.comment, re.IGNORECASE):
        return Sense.PERCENT, "its name" if words & _PERCENT else "its comment"
    if is_money(column):
        return Sense.MONEY, "its name"
    if re.search(r"\bUSD\b|\bEUR\b|\$|€|\bdollars\b", column.comment):
        return Sense.MONEY, "its comment"
    return Sense.MEASURE, "a number"


def _unit(lexicon: Lexicon, table: Table, column: Column, sense: Sense) -> str:
    if sense not in (Sense.MONEY, Sense.PERCENT, Sense.MEASURE):
        return ""
    if sense is Sense.PERCENT:
        return "percent"
    said = next((unit for pattern, unit in _UNITS if re.search(pattern, column.comment, re.IGNORECASE)), "")
    return (
        said or lexicon.unit(ColumnRef(table=table.key, column=column.name)) or ("USD" if sense is Sense.MONEY else "")
    )
