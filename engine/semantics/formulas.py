"""Formulas over the columns of a place as people write them: a value of one row, or conditions that it meets. Pure.

Only what a typed question can hold is read: columns, numbers, + - * / and the usual comparisons. Anything else is one
error that says what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.errors import UsageError
from engine.question.model import AnyOf, Condition, Elapsed, Field, Given, Number, RowArithmetic, RowValue, Scalar, Test
from engine.semantics.model import Part, SemanticModel

_SIGNS: dict[type[exp.Expr], Any] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_TESTS: dict[type[exp.Expr], Any] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "is null": "is not null"}
_MOST_NEAR = 4


def parsed(text: str) -> exp.Expr:
    """A formula as a tree.

    Raises:
        UsageError: it is none, or more than one.
    """
    try:
        trees = sqlglot.parse(text)
    except (SqlglotError, RecursionError):
        trees = []
    if len(trees) != 1 or trees[0] is None or isinstance(trees[0], exp.Query | exp.Command):
        raise UsageError(
            f"{text!r} is no formula.",
            "Write columns as table.column, joined by + - * /, or conditions such as customer.status = 'A'.",
        )
    return trees[0]


def says_condition(tree: exp.Expr) -> bool:
    """Whether a formula is true or false rather than a value."""
    kinds = (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between)
    return isinstance(tree.unnest(), kinds)


class Formulas:
    """Reads formulas over one place; columns without a table are looked for in `table` first."""

    def __init__(self, model: SemanticModel, table: str = "") -> None:
        self.model = model
        self.table = table

    def field(self, column: exp.Column) -> Field:
        """The column that is named.

        Raises:
            UsageError: there is none, or several, or it is of no such table.
        """
        named = ".".join(part.name for part in column.parts[:-1])
        tables = self.model.schema.by_key
        wanted = [key for key in tables if key.lower() == named.lower()] if named else list(tables)
        if named and not wanted:
            raise UsageError(f"There is no table {named}.", _near(named, tables))
        found = [
            Field(table=key, column=own.name)
            for key in wanted
            for own in tables[key].columns
            if own.name.lower() == column.name.lower()
        ]
        own = [each for each in found if each.table == self.table] if not named else []
        found = own or found
        if not found:
            of = f" in {wanted[0]}" if named else ""
            hint = _near(column.name, [c.name for key in wanted for c in tables[key].columns])
            raise UsageError(f"There is no column {column.name}{of}.", hint)
        if len(found) > 1:
            listed = ", ".join(f"{each.table}.{each.column}" for each in found[:_MOST_NEAR])
            raise UsageError(f"Several tables have a column {column.name}.", f"Say which: {listed}.")
        return found[0]

    def row_value(self, tree: exp.Expr) -> RowValue:
        """A value of one row.

        Raises:
            UsageError: it is not made of columns, numbers and + - * /.
        """
        tree = tree.unnest()
        if isinstance(tree, exp.Column):
            return self.field(tree)
        if isinstance(tree, exp.Literal) and not tree.is_string:
            return Number(value=float(tree.this))
        if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal):
            return Number(value=-float(tree.this.this))
        if type(tree) not in _SIGNS:
            raise UsageError(
                f"{tree.sql()} cannot be part of a formula.",
                "A formula is made of columns and numbers, joined by + - * /.",
            )
        left, right = self.row_value(tree.this), self.row_value(tree.expression)
        if type(tree) is exp.Sub and all(isinstance(each, Field) and self._dated(each) for each in (left, right)):
            assert isinstance(left, Field)
            assert isinstance(right, Field)
            return Elapsed(earlier=right, later=left)
        return RowArithmetic(operator=_SIGNS[type(tree)], left=left, right=right)

    def _dated(self, field: Field) -> bool:
        return self.model.attributes[field.table, field.column].part is Part.DATE

    def conditions(self, tree: exp.Expr, negated: bool = False) -> tuple[Condition, ...]:
        """The conditions that hold together.

        Raises:
            UsageError: it is no comparison of a column with values or another column.
        """
        tree = tree.unnest()
        if isinstance(tree, exp.Not):
            return self.conditions(tree.this, not negated)
        if isinstance(tree, exp.And | exp.Or):
            if isinstance(tree, exp.And) is not negated:
                return (*self.conditions(tree.this, negated), *self.conditions(tree.expression, negated))
            sides = [self.conditions(each, negated) for each in (tree.this, tree.expression)]
            if any(len(side) != 1 for side in sides):
                raise UsageError(f"{tree.sql()} is too much in one.", "Join by OR what is one comparison each.")
            tests = [each for side in sides for each in (side[0].tests if isinstance(side[0], AnyOf) else side)]
            return (AnyOf(tests=tuple(tests)),)
        if isinstance(tree, exp.Between):
            low, high = tree.args["low"], tree.args["high"]
            both = exp.and_(exp.GTE(this=tree.this, expression=low), exp.LTE(this=tree.this.copy(), expression=high))
            return self.conditions(both, negated)
        return (self._test(tree, negated),)

    def _test(self, tree: exp.Expr, negated: bool) -> Test:
        operator, right = _TESTS.get(type(tree), ""), tree.args.get("expression")
        values: tuple[Scalar, ...] = ()
        left: Any = tree.this
        if isinstance(tree, exp.Is) and isinstance(right, exp.Null):
            operator = "is null"
        elif isinstance(tree, exp.In) and tree.expressions:
            operator, values = "in", tuple(_value(each) for each in tree.expressions)
        elif isinstance(right, exp.Expr) and operator and not isinstance(left.unnest(), exp.Column):
            left, right, operator = right, left, _TURNED[operator]
        if not operator or not isinstance(left, exp.Column):
            raise UsageError(
                f"{tree.sql()} cannot be a condition.",
                "Compare a column with a value, such as customer.status = 'A', or use IN, BETWEEN or IS NULL.",
            )
        other = None
        if operator not in ("in", "is null"):
            if isinstance(right, exp.Column):
                other = self.field(right)
            else:
                values = (_value(right),)
        said = _OPPOSITE[operator] if negated else operator
        return Test(field=self.field(left), operator=said, values=values, other=other)


def _value(tree: Any) -> Scalar:
    if isinstance(tree, exp.Literal):
        return str(tree.this) if tree.is_string else _number(float(tree.this))
    if isinstance(tree, exp.Neg) and isinstance(tree.this, exp.Literal):
        return _number(-float(tree.this.this))
    if isinstance(tree, exp.Boolean):
        return "true" if tree.this else "false"
    raise UsageError(f"{tree.sql() if tree else 'nothing'} is no value.", "Write a number, or a text in single quotes.")


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def fields_of(found: RowValue | Condition | Sequence[Condition]) -> Iterator[Field]:
    """Every column that a value or conditions name."""
    match found:
        case Field():
            yield found
        case Given():
            yield found.field
        case RowArithmetic():
            yield from fields_of(found.left)
            yield from fields_of(found.right)
        case Elapsed():
            yield from (found.earlier, found.later)
        case Test():
            yield found.field
            yield from [found.other] if found.other is not None else []
        case AnyOf():
            yield from fields_of(found.tests)
        case tuple() | list():
            for each in found:
                yield from fields_of(each)


def _near(name: str, known: Any) -> str:
    from rapidfuzz import process

    found = [each[0] for each in process.extract(name, list(dict.fromkeys(known)), limit=_MOST_NEAR, score_cutoff=60)]
    return f"Near it: {', '.join(found)}." if found else "./run schema lists what there is."
