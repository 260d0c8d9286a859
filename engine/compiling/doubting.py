"""What is doubtful about a SELECT, each doubt with its evidence: told once to who wrote it, whose answer stands.

Nothing here changes a statement. A doubt is a sentence: a value that the column does not hold, a join that no key
backs, a sum that a join multiplies, an average of averages, a period outside the data, an identifier that is added up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
from rapidfuzz import fuzz, process
from sqlglot import exp

from engine.authors.base import Ground
from engine.compiling.drivers import is_identifier, is_measure
from engine.compiling.statement import (
    Unreadable,
    columns_in,
    cte_named,
    is_integer,
    origin,
    parsed,
    qualified,
    sources_of,
    table_of,
)
from engine.errors import EngineError
from engine.products import Product
from engine.semantics.facts import Facts
from engine.sources.dialects import flavour_of
from engine.sources.naming import quoted, quoted_table
from engine.sources.schema import Column, Kind, Schema, Table
from engine.sources.translating import own_sql
from engine.sources.values import normal

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ORDERED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNSORTED_DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_CURRENCY = re.compile(r"(^|_)(currency|ccy|curr|cur)(_code|_cd)?$", re.IGNORECASE)
_CUTTING = ("sqlite", "postgresql", "mssql")
_SUMMED = (exp.Sum, exp.Avg)
MATCHING = 0.5
_SAMPLED = 1_000


class Doubt(Product):
    """One thing that may be wrong with a statement; `kind` is one word for tests and logs."""

    kind: str
    text: str


@dataclass(frozen=True)
class Case:
    """A statement under doubt: its tree, what it gave, and what it is asked of."""

    tree: exp.Query
    rows: pd.DataFrame
    ground: Ground
    facts: Facts

    @property
    def schema(self) -> Schema:
        """The schema of the place."""
        return self.ground.schema

    @property
    def selects(self) -> list[exp.Select]:
        """Every SELECT of the statement."""
        return list(self.tree.find_all(exp.Select))

    def read(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a statement of ours in PostgreSQL's flavour; none where it cannot be read."""
        try:
            frame = self.ground.read(own_sql(sql, self.schema.dialect), {})
        except EngineError:
            return []
        return list(frame.itertuples(index=False, name=None))

    def read_as_written(self, tree: exp.Expr) -> list[tuple[object, ...]]:
        """The rows of a part of the statement, in its own flavour."""
        try:
            frame = self.ground.read(tree.sql(flavour_of(self.schema.dialect)), {})
        except EngineError:
            return []
        return list(frame.itertuples(index=False, name=None))


def doubts_of(sql: str, rows: pd.DataFrame, ground: Ground, facts: Facts) -> tuple[Doubt, ...]:
    """All that is doubtful about a SELECT that ran and gave `rows`; nothing where it cannot be looked into."""
    try:
        tree = qualified(parsed(sql, ground.schema.dialect), ground.schema)
    except Unreadable:
        return tuple(_nothing(rows, None))
    case = Case(tree, rows, ground, facts)
    found: list[Doubt] = []
    for look in LOOKS:
        found += [doubt for doubt in look(case) if doubt.text not in {each.text for each in found}]
    return tuple(found)


def _values(case: Case) -> Iterator[Doubt]:
    """Texts that a column is compared with and does not hold."""
    for select in case.selects:
        for column, literal in _compared_texts(select):
            place = origin(column, select, case.schema)
            if place is None or place[1].kind is not Kind.TEXT or _DAY.match(literal):
                continue
            table, known = place
            values = case.ground.values.of_column(table.key, known.name)
            if literal in values or (not values and case.read(_holds(table, known, literal))):
                continue
            near = _nearest(literal, values)
            if values or near or not case.facts.of(table, known).withheld:
                listed = f"; it is written {near} there" if near else _listing(values)
                yield Doubt(kind="value", text=f"{table.key}.{known.name} holds no {literal!r}{listed}.")


def _compared_texts(select: exp.Select) -> Iterator[tuple[exp.Column, str]]:
    """Columns and the texts that they are compared with for being equal, in this SELECT and not below it."""
    for node in _own(select):
        if isinstance(node, exp.EQ | exp.NEQ):
            sides = [(node.this, node.expression), (node.expression, node.this)]
            for column, value in sides:
                if isinstance(column, exp.Column) and isinstance(value, exp.Literal) and value.is_string:
                    yield column, value.name
        if isinstance(node, exp.In) and isinstance(node.this, exp.Column):
            for value in node.expressions:
                if isinstance(value, exp.Literal) and value.is_string:
                    yield node.this, value.name


def _own(select: exp.Select) -> Iterator[exp.Expr]:
    """The nodes of a SELECT without those of the SELECTs in it."""
    yield from select.walk(prune=lambda node: isinstance(node, exp.Select) and node is not select)


def _holds(table: Table, column: Column, literal: str) -> str:
    text = literal.replace("'", "''")
    return f"SELECT 1 AS held FROM {quoted_table(table)} WHERE {quoted(column.name)} = '{text}' LIMIT 1"


def _nearest(literal: str, values: Sequence[str]) -> str:
    """The values most like a text, in quotes; empty when none is."""
    same = [value for value in values if normal(value) == normal(literal)]
    inside = [value for value in values if normal(literal) and normal(literal) in normal(value)]
    close = [value for value, score, _ in process.extract(literal, values, scorer=fuzz.WRatio, limit=3) if score >= 80]
    return " or ".join(repr(value) for value in list(dict.fromkeys([*same, *inside, *close]))[:3])


def _listing(values: Sequence[str]) -> str:
    if not values:
        return ""
    more = ", ..." if len(values) > 12 else ""
    return f"; it holds {', '.join(repr(value) for value in values[:12])}{more}"


def _joins(case: Case) -> Iterator[Doubt]:
    """Joins by columns that no key ties together and whose values seldom meet."""
    for select in case.selects:
        for left, right in _joined_pairs(select):
            one, other = origin(left, select, case.schema), origin(right, select, case.schema)
            if one is None or other is None or _tied(one, other, case.schema):
                continue
            ways = [(one, other), (other, one)]
            met = max((_meeting(case, *way) for way in ways), key=lambda found: found[1] / max(found[0], 1))
            if met[1] < MATCHING * met[0]:
                first, second = _said(one), _said(other)
                yield Doubt(
                    kind="join",
                    text=f"No key ties {first} to {second}: of the values of one at most {met[1]} of {met[0]} occur in"
                    " the other.",
                )


def _joined_pairs(select: exp.Select) -> Iterator[tuple[exp.Column, exp.Column]]:
    for join in select.args.get("joins") or ():
        condition = join.args.get("on")
        for test in condition.find_all(exp.EQ) if condition is not None else ():
            if isinstance(test.this, exp.Column) and isinstance(test.expression, exp.Column):
                yield test.this, test.expression


def _tied(one: tuple[Table, Column], other: tuple[Table, Column], schema: Schema) -> bool:
    """Whether a key ties two columns: one refers to the other, or both refer to the same."""
    if one[0].key == other[0].key and one[1].name == other[1].name:
        return True
    refers: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for key in schema.foreign_keys:
        for own, its in zip(key.columns, key.refers_columns, strict=True):
            refers.setdefault((key.table, own), set()).add((key.refers_table, its))
    first, second = (one[0].key, one[1].name), (other[0].key, other[1].name)
    targets, others = refers.get(first, set()), refers.get(second, set())
    return second in targets or first in others or bool(targets & others)


def _meeting(case: Case, one: tuple[Table, Column], other: tuple[Table, Column]) -> tuple[int, int]:
    """How many different values of a column were looked at, and how many of them another column holds."""
    (table, column), (its, held) = one, other
    rows = case.read(
        f"SELECT count(*), count(k) FROM (SELECT DISTINCT {quoted(column.name)} AS v FROM {quoted_table(table)}"
        f" WHERE {quoted(column.name)} IS NOT NULL LIMIT {_SAMPLED}) AS s"
        f" LEFT JOIN (SELECT DISTINCT {quoted(held.name)} AS k FROM {quoted_table(its)}) AS t ON t.k = s.v"
    )
    return (int(str(rows[0][0])), int(str(rows[0][1]))) if rows else (0, 0)


def _said(place: tuple[Table, Column]) -> str:
    return f"{place[0].key}.{place[1].name}"


def _multiplied(case: Case) -> Iterator[Doubt]:
    """Sums and averages over a table whose rows a join repeats."""
    for select in case.selects:
        for node in _own(select):
            if (
                not isinstance(node, _SUMMED)
                or isinstance(node.this, exp.Distinct)
                or isinstance(node.parent, exp.Window)
            ):
                continue
            owners = {column.table for column in columns_in(node.this)}
            by = [_repeating(owner, select, case) for owner in owners]
            if owners and all(by):
                table = next(iter(owners))
                told = _repeated(table, select, case)
                if told:
                    yield Doubt(kind="multiplied", text=f"{node.sql()[:120]}: {told} by the join to {by[0]}.")


def _repeating(alias: str, select: exp.Select, case: Case) -> str:
    """The table whose join repeats rows of another one; empty where none does, as far as keys tell."""
    edges: dict[str, list[tuple[str, list[str]]]] = {}
    by_pair: dict[tuple[str, str], list[str]] = {}
    for left, right in _joined_pairs(select):
        by_pair.setdefault((left.table, right.table), []).append(right.name)
        by_pair.setdefault((right.table, left.table), []).append(left.name)
    for (near, far), columns in by_pair.items():
        edges.setdefault(near, []).append((far, columns))
    sources = {source.alias_or_name: source for source in sources_of(select)}
    seen, waiting = {alias}, [alias]
    while waiting:
        for far, columns in edges.get(waiting.pop(), []):
            if far in seen or far not in sources:
                continue
            if not _unique(sources[far], columns, select, case):
                return str(sources[far].name or far)
            seen.add(far)
            waiting.append(far)
    return ""


def _unique(source: exp.Expr, columns: Sequence[str], select: exp.Select, case: Case) -> bool:
    """Whether some columns tell the rows of what is joined apart; taken for granted where it cannot be told."""
    query = source.this if isinstance(source, exp.Subquery) else None
    if isinstance(source, exp.Table):
        query = cte_named(source.name, select) if not source.db else None
        table = table_of(source, case.schema) if query is None else None
        if table is not None:
            names = [column.name for column in table.columns if column.name.lower() in {c.lower() for c in columns}]
            return case.facts.unique(table, names) or _different(case, table, names)
    if isinstance(query, exp.Select) and query.args.get("group") is not None:
        keys = {each.sql() for each in query.args["group"].expressions}
        shown = {each.unalias().sql() for each in query.selects if each.alias_or_name in columns}
        return keys <= shown
    return True


def _different(case: Case, table: Table, names: Sequence[str]) -> bool:
    if not names:
        return True
    listed = ", ".join(map(quoted, names))
    rows = case.read(f"SELECT 1 AS twice FROM {quoted_table(table)} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1")
    return not rows


def _repeated(alias: str, select: exp.Select, case: Case) -> str:
    """How often rows of a table occur in what a SELECT reads, in words; empty where each occurs once."""
    source = next((each for each in sources_of(select) if each.alias_or_name == alias), None)
    table = table_of(source, case.schema) if isinstance(source, exp.Table) else None
    if table is None or len(table.primary_key) != 1:
        return f"rows of {alias} may be counted several times" if table is not None else ""
    key = exp.column(table.primary_key[0], table=alias)
    counted = exp.Select(expressions=[exp.Count(this=key), exp.Count(this=exp.Distinct(expressions=[key.copy()]))])
    for part in ("from_", "joins", "where"):
        if select.args.get(part) is not None:
            counted.set(
                part, [each.copy() for each in select.args[part]] if part == "joins" else select.args[part].copy()
            )
    if case.tree.args.get("with_") is not None:
        counted.set("with_", case.tree.args["with_"].copy())
    rows = case.read_as_written(counted)
    if not rows or rows[0][0] == rows[0][1]:
        return ""
    return f"{rows[0][1]:,} rows of {table.key} are counted {rows[0][0]:,} times"


def _averages(case: Case) -> Iterator[Doubt]:
    """Averages of what is an average or a ratio already."""
    for select in case.selects:
        for node in _own(select):
            if not isinstance(node, exp.Avg) or not isinstance(node.this, exp.Column):
                continue
            below = _below(node.this, select)
            if below is not None and (below.find(exp.Avg) or any(d.find(exp.AggFunc) for d in below.find_all(exp.Div))):
                yield Doubt(
                    kind="averages",
                    text=f"{node.sql()} averages {below.sql()[:120]}, which is an average or ratio itself: groups of"
                    " every size count alike. The overall figure is the ratio of the sums.",
                )


def _below(column: exp.Column, select: exp.Select) -> exp.Expr | None:
    """What computes a column that a subquery or CTE gives."""
    for source in sources_of(select):
        if source.alias_or_name != column.table:
            continue
        query = source.this if isinstance(source, exp.Subquery) else cte_named(source.name, select)
        if isinstance(query, exp.Select):
            return next((each.unalias() for each in query.selects if each.alias_or_name == column.name), None)
    return None


def _identifiers(case: Case) -> Iterator[Doubt]:
    """Identifiers that are added up or averaged."""
    for select in case.selects:
        for node in _own(select):
            if isinstance(node, _SUMMED) and isinstance(node.this, exp.Column):
                place = origin(node.this, select, case.schema)
                if place is not None and is_identifier(*place, case.schema):
                    yield Doubt(
                        kind="identifier", text=f"{node.sql()}: {_said(place)} tells rows apart; it is no amount."
                    )


def _cut_off(case: Case) -> Iterator[Doubt]:
    """Quotients of whole numbers that the database cuts off."""
    if case.schema.dialect not in _CUTTING:
        return
    for select in case.selects:
        for node in _own(select):
            if not isinstance(node, exp.Div) or not any(isinstance(each, exp.AggFunc) for each in node.walk()):
                continue
            sides = (node.this, node.expression)
            if all(is_integer(side, select, case.schema, partial(_only_whole, case)) for side in sides):
                yield Doubt(
                    kind="division",
                    text=f"{node.sql()[:120]} divides whole numbers, and {case.schema.dialect} cuts off what is behind"
                    " the point. Multiply by 1.0 first.",
                )


def _only_whole(case: Case, table: Table, column: Column) -> bool:
    """Whether SQLite keeps only whole numbers in a column whose type allows others, and divides them as such."""
    if case.schema.dialect != "sqlite" or re.search(r"real|floa|doub", column.type, re.IGNORECASE):
        return False
    name = quoted(column.name)
    return not case.read(
        f"SELECT 1 AS parts FROM {quoted_table(table)} WHERE CAST({name} AS INTEGER) <> {name} LIMIT 1"
    )


def _periods(case: Case) -> Iterator[Doubt]:
    """Dates that a column is compared with and that lie outside of what it holds; texts that are no dates."""
    for select in case.selects:
        for node in _own(select):
            if not isinstance(node, _ORDERED) or not isinstance(node.this, exp.Column) or node.find_ancestor(exp.Or):
                continue
            place = origin(node.this, select, case.schema)
            bounds = [node.args.get(name) for name in ("expression", "low", "high")]
            literals = [each.name for each in bounds if isinstance(each, exp.Literal) and each.is_string]
            if place is not None and literals:
                yield from _outside(case, node, place, literals)


def _outside(case: Case, node: exp.Expr, place: tuple[Table, Column], literals: Sequence[str]) -> Iterator[Doubt]:
    facts = case.facts.of(*place)
    if place[1].kind is Kind.TEXT:
        values = facts.values or case.ground.values.of_column(place[0].key, place[1].name)[:5]
        if any(_UNSORTED_DAY.fullmatch(value[:10]) for value in values):
            yield Doubt(
                kind="text date",
                text=f"{_said(place)} is text such as {values[0]!r}: {node.sql()[:100]} compares letters, not days.",
            )
        return
    if not facts.first or not all(map(_DAY.match, literals)):
        return
    after = isinstance(node, exp.GT | exp.GTE | exp.Between) and literals[0][:10] > facts.last[:10]
    before = isinstance(node, exp.LT | exp.LTE | exp.Between) and literals[-1][:10] < facts.first[:10]
    if after or before:
        yield Doubt(
            kind="period",
            text=f"{node.sql()[:100]}: {_said(place)} holds days from {facts.first[:10]} to {facts.last[:10]} only.",
        )


def _nulls(case: Case) -> Iterator[Doubt]:
    """NOT IN a column that has empty cells, which is true of nothing."""
    for node in case.tree.find_all(exp.Not):
        inner = node.this
        query = inner.args.get("query") if isinstance(inner, exp.In) else None
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(select, exp.Select) or len(select.selects) != 1:
            continue
        picked = select.selects[0].unalias()
        place = origin(picked, select, case.schema) if isinstance(picked, exp.Column) else None
        if place is None or not place[1].nullable or place[0].primary_key == (place[1].name,):
            continue
        if _excludes_nulls(select, picked):
            continue
        name = quoted(place[1].name)
        if case.read(f"SELECT 1 AS empty FROM {quoted_table(place[0])} WHERE {name} IS NULL LIMIT 1"):
            yield Doubt(kind="nulls", text=f"{_said(place)} has empty cells, so NOT IN of it is true of no row.")


def _excludes_nulls(select: exp.Select, column: exp.Expr) -> bool:
    where = select.args.get("where")
    tests = where.find_all(exp.Not) if where is not None else ()
    return any(isinstance(test.this, exp.Is) and test.this.this == column for test in tests)


def _currencies(case: Case) -> Iterator[Doubt]:
    """Amounts of several currencies that are added up as if they were of one."""
    for select in case.selects:
        for node in _own(select):
            if not isinstance(node, _SUMMED):
                continue
            for column in columns_in(node.this):
                place = origin(column, select, case.schema)
                named = place and next((each for each in place[0].columns if _CURRENCY.search(each.name)), None)
                if (
                    place is None
                    or not named
                    or not is_measure(*place, case.schema)
                    or _mentions(case.tree, named.name)
                ):
                    continue
                values = case.ground.values.of_column(place[0].key, named.name) or case.facts.of(place[0], named).values
                if len(values) > 1 and not _names_currency(place[1].name, values):
                    yield Doubt(
                        kind="currency",
                        text=f"{node.sql()[:100]} adds up amounts of {', '.join(values[:6])}"
                        f" ({place[0].key}.{named.name}) as if they were one currency.",
                    )


def _names_currency(name: str, values: Sequence[str]) -> bool:
    """Whether a column says its currency itself, as amount_eur does."""
    return any(value.lower() in name.lower().split("_") for value in values)


def _mentions(tree: exp.Expr, name: str) -> bool:
    return any(column.name.lower() == name.lower() for column in tree.find_all(exp.Column))


def _emptiness(case: Case) -> Iterator[Doubt]:
    """No row, or nothing in the one that there is."""
    yield from _nothing(case.rows, case)


def _nothing(rows: pd.DataFrame, case: Case | None) -> Iterator[Doubt]:
    single = len(rows) == 1 and all(value is None or value != value or value == 0 for value in rows.iloc[0].tolist())
    if not len(rows) or single:
        what = "gives no row" if not len(rows) else "gives nothing but 0 or no value"
        yield Doubt(kind="empty", text=f"The SELECT {what}.{_spans(case) if case else ''}")


def _spans(case: Case) -> str:
    """From when to when the days in a statement's conditions are held."""
    told = []
    for select in case.selects:
        where = select.args.get("where")
        for column in columns_in(where) if where is not None else ():
            place = origin(column, select, case.schema)
            facts = case.facts.of(*place) if place is not None else None
            if place is not None and facts is not None and facts.first:
                told.append(f" {_said(place)} holds {facts.first[:10]} to {facts.last[:10]}.")
    return "".join(dict.fromkeys(told))


LOOKS: tuple[Callable[[Case], Iterator[Doubt]], ...] = (
    _values,
    _joins,
    _multiplied,
    _averages,
    _identifiers,
    _cut_off,
    _periods,
    _nulls,
    _currencies,
    _emptiness,
)
