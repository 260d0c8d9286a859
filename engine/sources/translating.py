"""SQL of the product's own, written once in PostgreSQL's flavour and put here into that of another database.

For PostgreSQL and SQLite nothing is changed: what is written for them differs where it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import sqlglot
from sqlglot import Dialect, exp
from sqlglot.errors import ErrorLevel

from engine.sources.dialects import MYSQL, OTHERS, POSTGRESQL, SQLITE, flavour_of

Change = Callable[[exp.Expr], exp.Expr]


@lru_cache(maxsize=1_024)
def own_sql(sql: str, dialect: str) -> str:
    """`sql`, one SELECT in PostgreSQL's flavour with `:name` for values, as `dialect` writes it; all names quoted."""
    if dialect in (POSTGRESQL, SQLITE):
        return sql
    tree = sqlglot.parse_one(sql, read="postgres")
    flavour = flavour_of(dialect)
    _grouping(tree)
    _ordering(tree, Dialect.get_or_raise(flavour).NULL_ORDERING)
    for change in (*_ALWAYS, *_FOR.get(dialect, ())):
        tree = tree.transform(change)
    return tree.sql(flavour, identify=True, unsupported_level=ErrorLevel.IGNORE)


def _grouping(tree: exp.Expr) -> None:
    """`GROUP BY 1` by what stands first: not everywhere may a place be named."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        for place in group.expressions if group else ():
            if isinstance(place, exp.Literal) and place.is_int:
                place.replace(select.expressions[int(place.this) - 1].unalias().copy())


def _ordering(tree: exp.Expr, habit: str) -> None:
    """`ORDER BY 1` with NULLs where the database puts them: a place can take no expression that moves them."""
    for ordered in tree.find_all(exp.Ordered):
        if isinstance(ordered.this, exp.Literal):
            down = bool(ordered.args.get("desc"))
            ordered.set("nulls_first", {"nulls_are_small": not down, "nulls_are_large": down}.get(habit, False))


def _days_between(node: exp.Expr) -> exp.Expr:
    """One day less another is a number of days in PostgreSQL and Oracle alone."""
    if isinstance(node, exp.Sub) and _is_day(node.left) and _is_day(node.right):
        return exp.DateDiff(this=node.left, expression=node.right, unit=exp.var("DAY"))
    return node


def _is_day(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and node.is_type("date")


def _exact(node: exp.Expr) -> exp.Expr:
    """A cast to a decimal of no size keeps all digits in PostgreSQL, and elsewhere none behind the point."""
    bare = isinstance(node, exp.Cast) and node.is_type("decimal") and not node.to.expressions
    value: exp.Expr = node.this if bare else node
    return value


def _value(node: exp.Expr) -> exp.Expr:
    """`:name` stays as it is in every flavour: binding turns it into what the driver takes."""
    return exp.Var(this=f":{node.name}") if isinstance(node, exp.Placeholder) and node.name else node


def _average(node: exp.Expr) -> exp.Expr:
    """The average of whole numbers, which some cut down to a whole number."""
    if isinstance(node, exp.Avg) and not isinstance(node.this, exp.Distinct):
        return exp.Avg(this=exp.Mul(this=exp.Literal.number("1.0"), expression=exp.paren(node.this)))
    return node


def _called(name: str, *arguments: exp.Expr | str) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[exp.Literal.string(a) if isinstance(a, str) else a for a in arguments])


def _first_of_month(date: exp.Expr) -> exp.Expr:
    return _called("DATE_FORMAT", date, "%Y-%m-01")


def _first_of_quarter(date: exp.Expr) -> exp.Expr:
    months = exp.Mul(this=exp.paren(_called("QUARTER", date.copy()) - 1), expression=exp.Literal.number(3))
    first = _called("MAKEDATE", _called("YEAR", date), exp.Literal.number(1))
    return exp.DateAdd(this=first, expression=exp.paren(months), unit=exp.var("MONTH"))


def _first_of_week(date: exp.Expr) -> exp.Expr:
    day = exp.cast(date.copy(), "date")
    return exp.DateSub(this=day, expression=_called("WEEKDAY", date), unit=exp.var("DAY"))


_MYSQL_BUCKETS: dict[str, Callable[[exp.Expr], exp.Expr]] = {
    "MONTH": _first_of_month,
    "QUARTER": _first_of_quarter,
    "WEEK": _first_of_week,
}


def _mysql(node: exp.Expr) -> exp.Expr:
    """The first day of a date's month, quarter or week."""
    bucket = _MYSQL_BUCKETS.get(node.text("unit").upper()) if isinstance(node, exp.TimestampTrunc) else None
    return bucket(node.this) if bucket else node


_ORACLE_BUCKETS = {"MONTH": "MM", "QUARTER": "Q", "WEEK": "IW", "YEAR": "YYYY"}


def _oracle(node: exp.Expr) -> exp.Expr:
    """The same for Oracle, whose long text cannot be grouped, and whose dates know no quarter."""
    if isinstance(node, exp.TimestampTrunc):
        unit = node.text("unit").upper()
        return _called("TRUNC", node.this, _ORACLE_BUCKETS.get(unit, unit))
    if isinstance(node, exp.Cast) and node.is_type("text"):
        return exp.cast(node.this, "varchar(4000)")
    if isinstance(node, exp.Extract) and node.name.upper() == "QUARTER":
        return _called("TO_CHAR", node.expression, "Q")
    return node


_ALWAYS: tuple[Change, ...] = (_exact, _value)
_FOR: Mapping[str, tuple[Change, ...]] = {
    **dict.fromkeys(OTHERS, (_days_between,)),
    MYSQL: (_days_between, _mysql),
    "oracle": (_oracle,),
    "mssql": (_days_between, _average),
    "redshift": (_days_between, _average),
}
