"""What may be added up in the data as they are: no currencies together, no balances over time, nothing void.

The semantic model says what kind a number is; a look at the data says whether it matters here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.compiling.asking import compile_question
from engine.errors import EngineError
from engine.language.words import readable, stem
from engine.question.model import (
    Aggregate,
    AnyOf,
    Bucket,
    Combined,
    Condition,
    Exists,
    Field,
    Measure,
    Output,
    Question,
    Running,
    ShareOfTotal,
    Test,
)
from engine.semantics.model import Adds, Attribute, DateRole, Part, SemanticModel
from engine.sources.naming import quoted, quoted_table
from engine.sources.translating import own_sql
from engine.sources.values import ValueIndex
from runtime.units import CURRENCIES

Read = Callable[[str], pd.DataFrame]
_CURRENCY = frozenset({stem("currency"), "ccy"})
_STATUS = frozenset({stem("status"), stem("state")})
_NOT_VALID = frozenset({"void", "voided", "deleted"})
_THINGS = re.compile(r"(?:^|_)(?:id|number|no|loan)$", re.IGNORECASE)
_MOST_SHOWN = 4


@dataclass(frozen=True)
class Held:
    """A question over rows that may be added up, and what is to be said of it."""

    question: Question
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotHeld:
    """Why none of the numbers would hold, and what could be asked in its place."""

    reason: str
    near: tuple[str, ...] = ()


def as_it_holds(question: Question, model: SemanticModel, values: ValueIndex, read: Read) -> Held | NotHeld:
    """The question over what may be added up; why not, where nothing may."""
    look = _Look(question, model, values, read)
    if nothing := look.beyond():
        return nothing
    aggregates = [each for output in question.measures for each in aggregates_of(output.value)]  # type: ignore[arg-type]
    extra: list[Condition] = []
    said: list[str] = []
    for table in dict.fromkeys(each.table for each in aggregates):
        own = [each for each in aggregates if each.table == table]
        if several := look.currencies(table, own):
            return several
        for made in (look.last_snapshot(table, own), look.valid(table)):
            if made is not None:
                extra.append(made[0])
                said.append(made[1])
    for made in look.not_begun():
        extra.append(made[0])
        said.append(made[1])
    if not extra:
        return Held(question)
    return Held(question.model_copy(update={"where": (*question.where, *extra)}), tuple(said))


def aggregates_of(measure: Measure) -> Iterator[Aggregate]:
    """The aggregates that a measure is made of."""
    match measure:
        case Aggregate():
            yield measure
        case Combined():
            yield from aggregates_of(measure.left)
            yield from aggregates_of(measure.right)
        case ShareOfTotal() | Running():
            yield from aggregates_of(measure.of)


def tests_of(conditions: Sequence[Condition]) -> Iterator[Test]:
    """Every test in conditions, those inside others too."""
    for each in conditions:
        match each:
            case Test():
                yield each
            case AnyOf() | Exists():
                yield from tests_of(each.tests)


@dataclass(frozen=True)
class _Look:
    question: Question
    model: SemanticModel
    values: ValueIndex
    read: Read

    def mentioned(self, table: str) -> set[str]:
        """The columns of a table that the question groups by or restricts."""
        found = {test.field.column for test in tests_of(self.question.where) if test.field.table == table}
        for output in self.question.dimensions:
            field = output.value.field if isinstance(output.value, Bucket) else output.value
            if isinstance(field, Field) and field.table == table:
                found.add(field.column)
        return found

    def rows(self, sql: str) -> pd.DataFrame | None:
        """What a look of our own gives; None where it cannot be read, which is told when the answer is."""
        try:
            return self.read(own_sql(sql, self.model.schema.dialect))
        except EngineError:
            return None

    # -- periods --------------------------------------------------------------------------------------------------

    def beyond(self) -> NotHeld | None:
        """A period after the last date of its column, or before the first."""
        for test in tests_of(self.question.where):
            attribute = self.model.attributes[test.field.table, test.field.column]
            if test.operator != "within" or attribute.pattern not in ("", "ymd-"):
                continue
            name, table = quoted(test.field.column), self.model.schema.by_key[test.field.table]
            found = self.rows(f"SELECT min({name}) AS first, max({name}) AS last FROM {quoted_table(table)}")
            if found is None:
                continue
            first, last = (str(found[each].iloc[0])[:10] for each in ("first", "last"))
            low, high = (str(value)[:10] if value is not None else "" for value in test.values)
            if not (first[:1].isdigit() and last[:1].isdigit()):
                continue
            if (low and low > last) or (high and high <= first):
                named = f"{readable(test.field.column)} of {readable(test.field.table)}"
                asked = f"from {low}" if low else f"before {high}"
                return NotHeld(
                    f"There is nothing in the period asked for ({asked}): {named} goes from {first} to {last}.",
                    (f"the last month on record, {last[:7]}",),
                )
        return None

    # -- currencies -----------------------------------------------------------------------------------------------

    def currencies(self, table: str, aggregates: Sequence[Aggregate]) -> NotHeld | None:
        """Amounts of several currencies are no one number."""
        column = next((a for a in self.model.of(table) if a.part is not Part.DATE and _says(a, _CURRENCY)), None)
        if column is None or column.column in self.mentioned(table):
            return None
        added = [
            self.model.attributes[each.value.table, each.value.column]
            for each in aggregates
            if isinstance(each.value, Field) and each.value.table == table and each.function != "count"
        ]
        money = [a for a in added if a.unit not in CURRENCIES and a.unit != "percent" and a.adds is not Adds.RATE]
        if not money:
            return None
        found = self.values.of_column(table, column.column)
        if len(found) < 2:
            return None
        listed = ", ".join(found[:_MOST_SHOWN]) + (" and others" if len(found) > _MOST_SHOWN else "")
        return NotHeld(
            f"{readable(money[0].column).capitalize()} of {readable(table)} is in several currencies ({listed}), "
            "which do not add up.",
            (f"by {readable(column.column)}", f"in {found[0]}"),
        )

    # -- balances -------------------------------------------------------------------------------------------------

    def last_snapshot(self, table: str, aggregates: Sequence[Aggregate]) -> tuple[Condition, str] | None:
        """A table with a row for each thing and day: the last day on record, where no day is asked about."""
        stocks = {a.column for a in self.model.of(table) if a.part is Part.MEASURE and a.adds is Adds.BALANCE}
        concerned = [
            each
            for each in aggregates
            if each.function in ("sum", "avg", "count")
            and (each.value is None or (isinstance(each.value, Field) and each.value.column in stocks))
        ]
        if not stocks or not concerned:
            return None
        found = self._snapshot(table)
        if found is None or found[0] in self.mentioned(table):
            return None
        day, thing = found
        text = (
            f"{readable(table)} has a row for each {readable(thing)} and {readable(day)}: those of the last one on "
            "record are taken, since balances do not add up over time"
        )
        return Test(field=Field(table=table, column=day), operator="is last"), text

    def _snapshot(self, table: str) -> tuple[str, str] | None:
        own = list(self.model.of(table))
        days = [a.column for a in own if a.part is Part.DATE]
        key = self.model.schema.by_key[table].primary_key
        rest = [name for name in key if name not in days]
        if len(key) > 1 and len(rest) == 1:
            pairs = [(day, rest[0]) for day in days if day in key]
        elif key or len(days) != 1:
            return None
        else:
            pairs = [(days[0], a.column) for a in own if _THINGS.search(a.column)][:2]
        return next((pair for pair in pairs if self._repeats(table, *pair)), None)

    def _repeats(self, table: str, day: str, thing: str) -> bool:
        one, other, place = quoted(day), quoted(thing), quoted_table(self.model.schema.by_key[table])
        pairs = f"(SELECT {one}, {other} FROM {place} GROUP BY {one}, {other})"
        found = self.rows(
            f"SELECT count(*) AS n, count(DISTINCT {one}) AS days, count(DISTINCT {other}) AS things, "
            f"(SELECT count(*) FROM {pairs} AS p) AS pairs FROM {place}"
        )
        if found is None:
            return False
        row = found.iloc[0]
        return bool(row["n"] == row["pairs"] and row["days"] > 1 and row["things"] < row["n"])

    def not_begun(self) -> Iterator[tuple[Condition, str]]:
        """Where rows that run today are asked for, those that begin later are left out, where there are any."""
        for test in self.question.where:
            if not isinstance(test, Test) or test.operator != "running":
                continue
            table = test.field.table
            start = next((a.column for a in self.model.of(table) if a.date_role is DateRole.START), "")
            if not start or start in self.mentioned(table):
                continue
            place, today = Field(table=table, column=start, via=test.field.via), str(test.values[0])
            count = Aggregate(function="count", table=table)
            later = Test(field=Field(table=table, column=start), operator=">", values=(today,))
            asked = Question(subject=table, outputs=(Output(name="n", label="n", value=count),), where=(later,))
            try:
                found = int(self.read(compile_question(asked, self.model))["n"].iloc[0])
            except EngineError:
                continue
            if found:
                text = f"{found:,} of {readable(table)} that begin after {today} are left out"
                yield Test(field=place, operator="<=", values=(today,)), text

    # -- rows that do not count -----------------------------------------------------------------------------------

    def valid(self, table: str) -> tuple[Condition, str] | None:
        """Rows whose status says that they are void or deleted are left out where no status is asked about."""
        for attribute in self.model.of(table):
            if attribute.part is not Part.CATEGORY or not _says(attribute, _STATUS):
                continue
            if attribute.column in self.mentioned(table):
                continue
            void = [v for v in self.values.of_column(table, attribute.column) if v.lower() in _NOT_VALID]
            if void:
                test = Test(field=Field(table=table, column=attribute.column), operator="not in", values=tuple(void))
                return (
                    test,
                    f"{readable(table)} rows with {readable(attribute.column)} {' or '.join(void)} are left out",
                )
        return None


def _says(attribute: Attribute, words: frozenset[str]) -> bool:
    return any(set(name) & words for name in attribute.names)
