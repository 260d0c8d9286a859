"""The parts of a lifted statement as they are made: sources read by the database, quantities computed of them. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from engine.compiling.aggregates import Aggregate, said_of
from engine.compiling.drivers import Driver, slug
from engine.compiling.expressions import Writer
from engine.compiling.statement import cte_named, sources_of
from engine.products import Place, QuantityPlan, SourcePlan
from engine.sources.dialects import flavour_of
from engine.sources.schema import Schema
from runtime.parsing import parse

FRAME = "pd.DataFrame"


@dataclass(frozen=True)
class Output:
    """One column of the answer: the quantity that is its number, or the column of the table that holds it."""

    name: str
    measure: bool
    quantity: str = ""
    temporal: bool = False
    scaled: tuple[Driver, ...] = ()


@dataclass(frozen=True)
class Relation:
    """What a part of a statement became: a table, or single numbers by the name of their column."""

    table: str = ""
    numbers: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)


class Parts:
    """What is made of a statement: its sources, quantities, drivers, and names that are taken. It only grows."""

    def __init__(self, schema: Schema, place: Place) -> None:
        self.schema, self.place = schema, place
        self.flavour = flavour_of(schema.dialect)
        self.sources: list[SourcePlan] = []
        self.quantities: list[QuantityPlan] = []
        self.drivers: dict[str, Driver] = {}
        self.helpers: set[str] = set()
        self.taken: set[str] = {"groups", "table"}
        self.made: dict[int, Relation] = {}
        self.overall: dict[str, str] = {}
        self.subqueries: list[str] = []

    def query_of(self, source: exp.Expr, select: exp.Select) -> exp.Select | None:
        """The SELECT that a source in a FROM stands for; None for a table of the database."""
        query: exp.Expr | None = None
        if isinstance(source, exp.Subquery):
            query = source.this
        elif isinstance(source, exp.Table) and not source.db:
            query = cte_named(source.name, select)
        return query if isinstance(query, exp.Select) else None

    def below(self, column: exp.Column, select: exp.Select) -> tuple[exp.Select, exp.Expr] | None:
        """The SELECT that computes a column, and its expression there."""
        for source in sources_of(select):
            if source.alias_or_name == column.table and (inner := self.query_of(source, select)) is not None:
                picked = next((each for each in inner.selects if each.alias_or_name == column.name), None)
                return (inner, picked) if picked is not None else None
        return None

    def source(self, select: exp.Select, columns: Mapping[str, exp.Expr], name: str, *, whole: bool = False) -> str:
        """A source of the rows that a SELECT reads, with some expressions of each row as its columns."""
        inner = select.copy()
        kept = ("from_", "joins", "where", "with_", *(("distinct", "order", "limit", "offset") if whole else ()))
        made = exp.Select(**{key: inner.args[key] for key in kept if inner.args.get(key) is not None})
        made.set("expressions", [exp.alias_(value.copy(), key, quoted=True) for key, value in columns.items()])
        self.carry(select, made)
        source = slug(name, self.taken)
        self.taken.add(source)
        bound = _bind_texts(made)
        sql = re.sub(r"%\((\w+)\)s", r":\1", made.sql(self.flavour, pretty=True))
        plan = SourcePlan(name=source, reads=reads_of(select), sql=sql, bound=bound, place=self.place)
        self.sources.append(plan)
        return source

    def carry(self, select: exp.Select, made: exp.Select) -> None:
        """Give a part of a statement the CTEs around it that it reads."""
        wanted = {table.name for table in made.find_all(exp.Table) if not table.db}
        own = made.args.get("with_")
        have = {cte.alias_or_name for cte in own.expressions} if own is not None else set()
        more: list[exp.CTE] = []
        scope: exp.Expr | None = select.parent
        while scope is not None:
            around = scope.args.get("with_")
            found = [cte for cte in around.expressions if cte.alias_or_name not in have] if around is not None else []
            more = [*found, *more]
            scope = scope.parent
        chosen: list[exp.CTE] = []
        for cte in reversed(more):
            if cte.alias_or_name in wanted:
                chosen.insert(0, cte.copy())
                wanted |= {table.name for table in cte.find_all(exp.Table)}
        if chosen:
            made.set("with_", exp.With(expressions=[*chosen, *(own.expressions if own is not None else ())]))

    def keep(self, found: Sequence[Driver]) -> tuple[Driver, ...]:
        """The drivers, unlike each other in name where they are not the same thing."""
        kept = []
        for each in found:
            known = next((one for one in self.drivers.values() if one.source == each.source != ""), None)
            if known is None:
                name = slug(each.name, {*self.taken, *self.drivers})
                known = Driver(name, each.label, each.source)
                self.drivers[name] = known
            kept.append(known)
        return tuple(kept)

    def add_aggregate(self, each: Aggregate, source: str, name: str, outputs: Mapping[str, object]) -> str:
        """A quantity that is one aggregate over all rows of a source."""
        temporal = each.function in ("min", "max") and not each.drivers
        text = each.over(source)
        body = (
            (f"return {text}",)
            if not temporal
            else (f"value = {text}", 'return "" if pd.isna(value) else str(value)[:10]')
        )
        arguments = ((source, FRAME), *((driver.name, "float") for driver in each.drivers))
        said = said_of(each)
        returns = "str" if temporal else "float"
        self.quantities.append(
            QuantityPlan(name=name, arguments=arguments, returns=returns, definition=said, body=body)
        )
        return name

    def add_number(self, name: str, writer: Writer, value: exp.Expr, select: exp.Select) -> str:
        """A quantity that is computed of other quantities."""
        used: list[str] = []
        names = {each.name for each in self.quantities}
        text = writer.write(value)
        names = {each.name for each in self.quantities}
        for word in _words(text):
            if word in names and word not in used:
                used.append(word)
        textual = _gives_text(value)
        self.quantities.append(
            QuantityPlan(
                name=name,
                arguments=tuple((each, "float") for each in used),
                returns="str" if textual else "float",
                definition=f"{name.replace('_', ' ').capitalize()}: {value.sql(self.flavour)[:200]}.",
                body=(f"return {_outer(text)}",),
            )
        )
        self.taken.add(name)
        return name

    def add_table(
        self, name: str, arguments: Sequence[tuple[str, str]], body: Sequence[str], names: Sequence[str], said: str
    ) -> Relation:
        """A quantity that is a table."""
        made = name if name == "result" else slug(name, {each.name for each in self.quantities})
        self.taken.add(made)
        self.quantities.append(
            QuantityPlan(
                name=made,
                arguments=tuple(dict.fromkeys(arguments)),
                returns=FRAME,
                definition=f"{', '.join(each.replace('_', ' ') for each in names).capitalize()}: {said}.",
                body=tuple(body),
            )
        )
        return Relation(table=made, columns={each: each for each in names})


def _bind_texts(made: exp.Select) -> dict[str, str]:
    """Bind by name the texts that columns must equal, so that the same rows can be read for another one."""
    bound: dict[str, str] = {}
    where = made.args.get("where")
    for test in list(where.find_all(exp.EQ)) if where is not None else ():
        value = test.expression
        plain = isinstance(test.this, exp.Column) and isinstance(value, exp.Literal) and value.is_string
        if plain and test.find_ancestor(exp.Case, exp.Or, exp.Not) is None:
            name = slug(test.this.name, bound)
            bound[name] = value.name
            value.replace(exp.Placeholder(this=name))
    return bound


def reads_of(select: exp.Select) -> str:
    """What a SELECT reads, in words."""
    names = [each.name if isinstance(each, exp.Table) else each.alias_or_name for each in sources_of(select)]
    where = select.args.get("where")
    test = f" where {' '.join(where.this.sql().split())}" if where is not None else ""
    return f"rows of {', '.join(dict.fromkeys(names))}{test}"[:300]


def _outer(text: str) -> str:
    """An expression without the parentheses around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1]


def _words(text: str) -> list[str]:
    return [node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name)]


def _gives_text(value: exp.Expr) -> bool:
    """Whether an expression gives words: a CASE whose values are texts."""
    if isinstance(value, exp.Case):
        return all(each.args["true"].is_string for each in value.args["ifs"])
    if isinstance(value, exp.If):
        return bool(value.args["true"].is_string)
    return isinstance(value, exp.Paren) and _gives_text(value.this)


def sorted_lines(by: Sequence[tuple[str, bool]]) -> str:
    """The line that sorts a table by some of its columns, each upwards or downwards."""
    names = ", ".join(f'"{key}"' for key, _ in by)
    up = ", ".join(str(ascending) for _, ascending in by)
    return f'table = table.sort_values([{names}], ascending=[{up}], kind="stable")'
