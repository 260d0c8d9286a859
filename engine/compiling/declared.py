"""The sources that a script declares, read from its text. Nothing of the script is run."""

from __future__ import annotations

import ast
import textwrap

from engine.errors import RefusedError
from engine.products import Place, SourcePlan
from runtime.parsing import parse

PLACES: dict[str, Place] = {"sql": "database", "dataset": "datasets"}


def declared_sources(text: str) -> tuple[SourcePlan, ...]:
    """Every `sql(...)` and `dataset(...)` of SOURCES, with its bound values.

    Raises:
        RefusedError: SOURCES is not a dictionary of such calls, written out.
    """
    for statement in parse(text).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="SOURCES")], value=ast.Dict(keys=keys, values=values)):
                return tuple(_source(key, value) for key, value in zip(keys, values, strict=True))
    return ()


def _source(key: ast.expr | None, value: ast.expr) -> SourcePlan:
    match key, value:
        case ast.Constant(value=str(name)), ast.Call(
            func=ast.Name(id="sql" | "dataset" as kind), args=[query], keywords=bound
        ):
            try:
                sql = textwrap.dedent(str(ast.literal_eval(query))).strip()
                values = {str(item.arg): ast.literal_eval(item.value) for item in bound}
            except ValueError:
                pass
            else:
                return SourcePlan(name=name, reads=name, sql=sql, bound=values, place=PLACES[kind])
    line = value.lineno
    raise RefusedError(
        f"The source at line {line} is no literal sql(...) or dataset(...).", "Write it as the contract shows."
    )
