"""A SELECT as a syntax tree in which every column names its table and every star is written out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from engine.sources.dialects import flavour_of
from engine.sources.schema import Column, Kind, Schema, Table

_TEXT_IN_DOUBLE_QUOTES = ("sqlite", "mysql")


class Unreadable(Exception):
    """The text is not one SELECT that sqlglot understands."""


def parsed(sql: str, dialect: str) -> exp.Query:
    """The one SELECT in a text.

    Raises:
        Unreadable: it is none, or more than one.
    """
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=flavour_of(dialect)) if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise Unreadable(str(error).splitlines()[0]) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise Unreadable("it is not one SELECT")
    return trees[0]


def qualified(tree: exp.Query, schema: Schema) -> exp.Query:
    """The tree with every column's table named, aliases in place of names, and stars written out.

    Raises:
        Unreadable: a column cannot be told, or the statement has a form that sqlglot does not know.
    """
    flavour = flavour_of(schema.dialect)
    if schema.dialect in _TEXT_IN_DOUBLE_QUOTES:
        tree = _texts_quoted(tree, schema)
    try:
        made = qualify(
            tree.copy(),
            schema=_columns_of(tree, schema),
            dialect=flavour,
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
    except (SqlglotError, RecursionError, KeyError, ValueError, AttributeError) as error:
        raise Unreadable(str(error).splitlines()[0] if str(error) else type(error).__name__) from None
    if not isinstance(made, exp.Query):
        raise Unreadable("it is not one SELECT")
    return made


def _texts_quoted(tree: exp.Query, schema: Schema) -> exp.Query:
    """The tree with texts where a name in double quotes is the name of nothing, as SQLite and MySQL read them."""
    names = {column.name.lower() for table in schema.tables for column in table.columns}
    names |= {alias.alias.lower() for alias in tree.find_all(exp.Alias)}
    names |= {name.lower() for each in tree.find_all(exp.TableAlias) for name in each.alias_column_names}

    def text(node: exp.Expr) -> exp.Expr:
        quoted = isinstance(node, exp.Column) and not node.table and node.this.args.get("quoted")
        return exp.Literal.string(node.name) if quoted and node.name.lower() not in names else node

    made = tree.copy().transform(text)
    return made if isinstance(made, exp.Query) else tree


def tables_in(tree: exp.Expr, schema: Schema) -> dict[str, Table]:
    """The tables of the schema that a statement reads, by the name or alias that they have in it."""
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    found: dict[str, Table] = {}
    for node in tree.find_all(exp.Table):
        if node.name.lower() in own and not node.db:
            continue
        if (table := table_of(node, schema)) is not None:
            found[node.alias_or_name] = table
    return found


def table_of(node: exp.Table, schema: Schema) -> Table | None:
    """The table of the schema that a name in a FROM means; None when there is none."""
    for table in schema.tables:
        if table.name.lower() == node.name.lower() and (
            not node.db or node.db.lower() in (table.schema_name, "main", "public")
        ):
            return table
    return None


def columns_in(tree: exp.Expr) -> Iterator[exp.Column]:
    """The columns that stand in an expression, those of its subqueries left out."""
    for node in tree.walk(prune=lambda each: isinstance(each, exp.Subquery | exp.Query) and each is not tree):
        if isinstance(node, exp.Column):
            yield node


def origin(column: exp.Column, select: exp.Select, schema: Schema) -> tuple[Table, Column] | None:
    """The table and column that a column of a SELECT is read from; None when a subquery or CTE computes it."""
    scope: exp.Expr | None = select
    while isinstance(scope, exp.Select):
        for source in sources_of(scope):
            if source.alias_or_name == column.table and isinstance(source, exp.Table):
                return _placed(source, column, scope, schema)
        scope = scope.find_ancestor(exp.Select)
    return None


def _placed(source: exp.Table, column: exp.Column, scope: exp.Expr, schema: Schema) -> tuple[Table, Column] | None:
    inner = cte_named(source.name, scope) if not source.db else None
    if inner is not None:
        picked = next((each for each in inner.selects if each.alias_or_name == column.name), None)
        plain = picked.unalias() if picked is not None else None
        return origin(plain, inner, schema) if isinstance(plain, exp.Column) and isinstance(inner, exp.Select) else None
    table = table_of(source, schema)
    if table is None:
        return None
    found = next((each for each in table.columns if each.name.lower() == column.name.lower()), None)
    return (table, found) if found else None


def cte_named(name: str, inside: exp.Expr) -> exp.Query | None:
    """The query of the CTE of that name that a part of a statement can see."""
    scope: exp.Expr | None = inside
    while scope is not None:
        with_ = scope.args.get("with_")
        for cte in with_.expressions if with_ is not None else ():
            if cte.alias_or_name == name and isinstance(cte.this, exp.Query):
                query: exp.Query = cte.this
                return query
        scope = scope.parent
    return None


def sources_of(select: exp.Select) -> list[exp.Expr]:
    """What stands in the FROM and the JOINs of a SELECT."""
    first = select.args.get("from_")
    found: list[exp.Expr] = [first.this] if first is not None else []
    return found + [join.this for join in select.args.get("joins") or ()]


Whole = Callable[[Table, Column], bool]


def is_integer(node: exp.Expr, select: exp.Select, schema: Schema, whole: Whole | None = None) -> bool:
    """Whether a value is surely a whole number, so that some databases cut off where two of them are divided.

    `whole` tells it of a column whose type does not, such as SQLite's NUMERIC, which keeps whole numbers as such.
    """
    inner = partial(is_integer, select=select, schema=schema, whole=whole)
    match node:
        case exp.Literal():
            return not node.is_string and "." not in node.name and "e" not in node.name.lower()
        case exp.Paren() | exp.Neg() | exp.Sum() | exp.Max() | exp.Min() | exp.Abs():
            return inner(node.this)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Nullif():
            return inner(node.this) and inner(node.expression)
        case exp.Coalesce():
            return all(inner(each) for each in (node.this, *node.expressions))
        case exp.Cast():
            return bool(node.to.is_type(*exp.DataType.INTEGER_TYPES))
        case exp.Case():
            values = [*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")]
            return all(inner(each) for each in values if each is not None)
        case (
            exp.Count()
            | exp.EQ()
            | exp.NEQ()
            | exp.GT()
            | exp.GTE()
            | exp.LT()
            | exp.LTE()
            | exp.And()
            | exp.Or()
            | exp.Like()
        ):
            return True
        case exp.Column():
            found = origin(node, select, schema)
            if found is None or found[1].kind is not Kind.NUMBER:
                return False
            return "int" in found[1].type.lower() or (whole is not None and whole(*found))
    return False


def _columns_of(tree: exp.Expr, schema: Schema) -> dict[str, object]:
    """Table: column: type, of the tables that a statement reads, as sqlglot takes them."""
    plain: dict[str, object] = {}
    for node in tree.find_all(exp.Table):
        table = table_of(node, schema)
        if table is None:
            continue
        columns = {column.name: column.type or "text" for column in table.columns}
        if node.db:
            inner = plain.setdefault(node.db, {})
            if isinstance(inner, dict):
                inner[node.name] = columns
        else:
            plain[node.name] = columns
    depths = {isinstance(next(iter(each.values()), ""), dict) for each in plain.values() if isinstance(each, dict)}
    return plain if len(depths) <= 1 else {}


def spell_out_aliases(select: exp.Select) -> None:
    """Put what is computed in place of its alias where the rows are ordered by it."""
    named = {each.alias_or_name: each.unalias() for each in select.selects}
    for node in list(select.args["order"].find_all(exp.Column)) if select.args.get("order") is not None else ():
        if not node.table and node.name in named:
            node.replace(named[node.name].copy())


def called(node: exp.Expr) -> str:
    """What a function is called in SQL: GROUP_CONCAT; of any other part, its kind."""
    return node.sql_name() if isinstance(node, exp.Func) else node.key
