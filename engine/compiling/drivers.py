"""What a scenario may change of a number of a SELECT: the columns that it is proportional to, or itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from engine.compiling.statement import columns_in, origin
from engine.products import ParameterPlan
from engine.sources.schema import Column, Kind, Schema, Table
from runtime.units import label_of

# A condition up to so many letters can be said within a label.
LONGEST_CONDITION = 50
_YEARS = re.compile(r"(^|_)(year|yr|month|quarter|week|day)s?$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"(^|_)(id|no|nr|num|number|code|cd|key|zip|postcode|phone|year|yr)$", re.IGNORECASE)


@dataclass(frozen=True)
class Driver:
    """One thing that a scenario may change; `source` is the column that it scales, empty for a number of the answer."""

    name: str
    label: str
    source: str = ""

    def parameter(self) -> ParameterPlan:
        """The driver as a script declares it: a relative change, none by default."""
        what = self.source or self.label.removesuffix(" change")
        about = f"Relative change of {what}."
        return ParameterPlan(name=self.name, label=self.label, low=-0.5, high=0.5, unit="percent", description=about)


def drivers_of(
    value: exp.Expr, select: exp.Select, schema: Schema, otherwise: str, spoken: bool = True
) -> tuple[Driver, ...]:
    """The columns that a summed value is proportional to, each a driver; else the number itself, by its name.

    `spoken` says whether that name is one that the statement gives it.
    """
    found = []
    for column in dict.fromkeys(columns_in(value)):
        place = origin(column, select, schema)
        if place is not None and is_measure(*place, schema) and _degree(value, column) == 1:
            found.append(column_driver(*place))
    return tuple(dict.fromkeys(found)) or (own_driver(otherwise, "" if spoken else _part_named(value)),)


def column_driver(table: Table, column: Column) -> Driver:
    """The driver of a column."""
    name = slug(column.name)
    return Driver(f"{name}_change", f"{label_of(name)} change", f"{table.key}.{column.name}")


def own_driver(name: str, label: str = "") -> Driver:
    """The driver of a number that the answer itself names, or of one that only its making tells."""
    return Driver(f"{name}_change", f"{label or label_of(name)} change")


def _part_named(value: exp.Expr) -> str:
    """What a part of a column is called: 'Amount where paid_on > due_on' of CASE WHEN paid_on > due_on THEN amount."""
    cases = value.args.get("ifs") or [] if isinstance(value, exp.Case) and value.this is None else []
    if len(cases) != 1 or not isinstance(amount := cases[0].args.get("true"), exp.Column):
        return ""
    condition = cases[0].this.copy()
    for column in condition.find_all(exp.Column):
        column.set("table", None)
    said = condition.sql()
    return f"{label_of(slug(amount.name))} where {said}" if len(said) <= LONGEST_CONDITION else ""


def is_measure(table: Table, column: Column, schema: Schema) -> bool:
    """Whether a column holds amounts: numbers that name nothing, refer to nothing and are no part of a date."""
    if column.kind is not Kind.NUMBER or is_identifier(table, column, schema):
        return False
    return not _YEARS.search(column.name)


def is_identifier(table: Table, column: Column, schema: Schema) -> bool:
    """Whether a column tells rows apart or refers to others: by a key, else by its name."""
    if table.primary_key == (column.name,):
        return True
    keys = ((key.table, key.columns, key.refers_table, key.refers_columns) for key in schema.foreign_keys)
    if any(
        (table.key == at and column.name in own) or (table.key == to and column.name in its)
        for at, own, to, its in keys
    ):
        return True
    spoken = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name)
    return bool(_IDENTIFIER.search(spoken))


def slug(text: str, taken: Iterable[str] = ()) -> str:
    """A text as a name in Python, unlike those that are taken."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", text)
    plain = re.sub(r"[^0-9a-zA-Z]+", "_", plain).strip("_").lower() or "value"
    plain = plain if plain[0].isalpha() else f"n_{plain}"
    plain = f"{plain}_" if plain in _RESERVED else plain
    made, number = plain[:60], 1
    used = set(taken)
    while made in used:
        number += 1
        made = f"{plain[:56]}_{number}"
    return made


_RESERVED = frozenset(
    "and as assert async await break class continue def del elif else except finally for from global if import in is"
    " lambda none nonlocal not or pass raise return true false try while with yield match case type np pd npf main"
    " sql dataset metric chart table parameter sources parameters view abs len int float str min max sum list dict"
    " set".split()
)


def _degree(value: exp.Expr, column: exp.Column) -> float | None:
    """1 where a value doubles with a column, 0 where it does not hold it; None where it does something else."""
    match value:
        case exp.Column():
            return 1 if value == column else 0
        case exp.Paren() | exp.Neg() | exp.Round() | exp.Abs():
            return _degree(value.this, column)
        case exp.Mul():
            parts = _degree(value.this, column), _degree(value.expression, column)
            return None if None in parts else sum(part for part in parts if part is not None)
        case exp.Div():
            top, bottom = _degree(value.this, column), _degree(value.expression, column)
            return top if bottom == 0 else None
        case exp.Coalesce() if len(value.expressions) == 1 and value.expressions[0].name in ("0", "0.0"):
            return _degree(value.this, column)
        case exp.Cast():
            return _degree(value.this, column) if value.to.is_type(*exp.DataType.FLOAT_TYPES, "decimal") else None
        case exp.Add() | exp.Sub():
            both = _degree(value.this, column), _degree(value.expression, column)
            return both[0] if both[0] == both[1] and both[0] is not None else None
    return 0 if column not in set(value.find_all(exp.Column)) else None
