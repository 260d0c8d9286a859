"""Columns and tables as a SELECT of ours writes them: aliases, joins along keys, dates kept as text, literals."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from engine.compiling.ways import Step, Way, Ways
from engine.errors import UsageError
from engine.question.model import Bucket, Field, Scalar
from engine.semantics.model import Attribute, SemanticModel
from engine.sources.dialects import SQLITE
from engine.sources.schema import Kind

_PARTS = {
    "dmy": ((7, 4), (4, 2), (1, 2)), "mdy": ((7, 4), (1, 2), (4, 2)), "ymd": ((1, 4), (6, 2), (9, 2)),
    "": ((1, 4), (5, 2), (7, 2)),
}  # fmt: skip


class Unreachable(UsageError):
    """A field that no key ties to the rows of a measure."""


@dataclass
class Rows:
    """One SELECT under way over the rows of `home`: its joins, each way once."""

    home: str
    writer: Columns
    joins: dict[Way, str] = field(default_factory=dict)
    alias: str = ""
    inner: set[Way] = field(default_factory=set)
    """The ways to what rows are grouped by: a row that leads nowhere is in no group."""

    def table(self, way: Way) -> str:
        """The alias of the table at the end of a way."""
        if not way:
            return self.alias
        if way not in self.joins:
            self.table(way[:-1])
            self.joins[way] = self.writer.fresh(way[-1].end)
        return self.joins[way]

    def joined(self, tree: exp.Select) -> exp.Select:
        """The SELECT with its joins."""
        for way, alias in self.joins.items():
            tree = tree.join(
                self.writer.source(way[-1].end, alias),
                on=self.writer.tied(way[-1], self.table(way[:-1]), alias),
                join_type="" if way in self.inner else "left",
            )
        return tree


class Columns:
    """Writes the columns and tables of one statement."""

    def __init__(self, model: SemanticModel) -> None:
        self.model = model
        self.ways = Ways(model)
        self.sqlite = model.schema.dialect == SQLITE
        self._named: dict[str, int] = {}

    def rows(self, home: str) -> Rows:
        """A new SELECT over a table."""
        return Rows(home, self, alias=self.fresh(home))

    def fresh(self, table: str) -> str:
        """A name for a table that no other in the statement has."""
        name = self.model.schema.parts(table)[1]
        self._named[name] = self._named.get(name, 0) + 1
        return name if self._named[name] == 1 else f"{name}_{self._named[name]}"

    def source(self, table: str, alias: str) -> exp.Table:
        """A table under its alias."""
        schema, name = self.model.schema.parts(table)
        return exp.table_(name, db=schema or None, quoted=True, alias=alias if alias != name or schema else None)

    def tied(self, step: Step, start: str, end: str) -> exp.Expr:
        """That two rows belong together by a key."""
        relation = step.relation
        own, other = (end, start) if step.back else (start, end)
        pairs = zip(relation.columns, relation.refers_columns, strict=True)
        return exp.and_(*(exp.EQ(this=column_of(own, a), expression=column_of(other, b)) for a, b in pairs))

    def place(self, field: Field, rows: Rows) -> exp.Expr:
        """A field as the rows reach it; dates that are kept as text are put in order."""
        found = self.ways.up(rows.home, field.table, field.via)
        if not found:
            raise Unreachable(f"{field.table}.{field.column} is not tied to the rows of {rows.home}.")
        attribute = self.model.attributes[field.table, field.column]
        if attribute.formula is not None or attribute.holds:
            return self.derived(attribute, field, rows)
        column: exp.Expr = column_of(rows.table(found[0]), field.column)
        return self._dated(column, attribute) if attribute.pattern else column

    def _dated(self, column: exp.Expr, attribute: Attribute) -> exp.Expr:
        """A date that is kept as text, or as a number, in the order of time; nothing where none is written."""
        if attribute.never:
            none = attribute.never
            never = number_of(int(none)) if attribute.kind is Kind.NUMBER else exp.Literal.string(none)
            column = exp.Nullif(this=column, expression=never)
        if attribute.pattern == "ymd-":
            return column
        order, apart = attribute.pattern[:3], attribute.pattern[3:]
        if attribute.kind is Kind.NUMBER:
            column = exp.cast(column, "text")
        year, month, day = (
            exp.Substring(this=column.copy(), start=number_of(a), length=number_of(n))
            for a, n in _PARTS[order if apart else ""]
        )
        dash = exp.Literal.string("-")
        text: exp.Expr = year
        for piece in (dash, month, dash.copy(), day):
            text = exp.DPipe(this=text, expression=piece)
        return (
            exp.paren(text)
            if self.sqlite
            else exp.cast(exp.Nullif(this=exp.paren(text), expression=exp.Literal.string("--")), "date")
        )

    def derived(self, attribute: Attribute, field: Field, rows: Rows) -> exp.Expr:
        """What a taught word stands for, where the rows reach its table."""
        raise NotImplementedError

    def dimension(self, value: Field | Bucket, rows: Rows) -> exp.Expr:
        """What rows are told apart by."""
        if isinstance(value, Field):
            return self._told(self.place(value, rows), value)
        column = self.place(value.field, rows)
        return self._bucket(column, value.grain)

    def _told(self, column: exp.Expr, field: Field) -> exp.Expr:
        """A code as the text that it stands for; any other column as it is."""
        attribute = self.model.attributes[field.table, field.column]
        codes = attribute.codes
        if not codes:
            return column
        case = exp.Case()
        for code, text in codes.items():
            case = case.when(exp.EQ(this=column.copy(), expression=self.literal(code, field)), exp.Literal.string(text))
        return case.else_(column if attribute.kind is Kind.TEXT else exp.cast(column, "text"))

    def _bucket(self, column: exp.Expr, grain: str) -> exp.Expr:
        text = exp.Literal.string
        if not self.sqlite:
            if grain == "year":
                return exp.cast(exp.Extract(this=exp.var("YEAR"), expression=column), "int")
            cut = column if grain == "day" else exp.Anonymous(this="DATE_TRUNC", expressions=[text(grain), column])
            return exp.cast(cut, "date")
        if grain == "year":
            return exp.cast(exp.Anonymous(this="strftime", expressions=[text("%Y"), column]), "int")
        if grain == "month":
            return exp.Anonymous(this="strftime", expressions=[text("%Y-%m"), column])
        if grain == "quarter":
            year = exp.Anonymous(this="strftime", expressions=[text("%Y"), column])
            month = exp.cast(exp.Anonymous(this="strftime", expressions=[text("%m"), column.copy()]), "int")
            later = exp.paren(exp.Add(this=month, expression=number_of(2)))
            third = exp.cast(exp.Div(this=later, expression=exp.Literal.number("3.0")), "int")
            return exp.DPipe(this=exp.DPipe(this=year, expression=text("-Q")), expression=exp.paren(third))
        steps = [] if grain == "day" else [text("-6 days"), text("weekday 1")]
        return exp.Anonymous(this="date", expressions=[column, *steps])

    def literal(self, value: Scalar | None, field: Field) -> exp.Expr:
        """A value as the column holds it."""
        attribute = self.model.attributes[field.table, field.column]
        if value is None:
            return exp.Null()
        if attribute.kind is Kind.BOOLEAN and str(value).lower() in ("true", "false"):
            return exp.true() if str(value).lower() == "true" else exp.false()
        if isinstance(value, bool | int | float):
            return number_of(value)
        if not self.sqlite and (attribute.kind in (Kind.DATE, Kind.TIME) or attribute.pattern):
            return exp.cast(exp.Literal.string(value), "date")
        return exp.Literal.string(value)


def column_of(table: str, name: str) -> exp.Column:
    """A column of a table under its alias."""
    return exp.column(name, table=table, quoted=True)


def number_of(value: float) -> exp.Expr:
    """A number as a literal."""
    return exp.convert(int(value) if float(value).is_integer() else value)


def named(value: exp.Expr, name: str) -> exp.Expr:
    """A value under the name of its output."""
    return exp.alias_(value, name, quoted=True)
