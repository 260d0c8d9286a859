"""SELECTs over the shop, lifted and computed as a script would compute them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.authors.base import Ground
from engine.compiling.composing import Compiled, Show, compile_lifted
from engine.compiling.script import write_script
from engine.products import Plan
from engine.rules import check
from engine.sources.connection import Connection
from engine.sources.dialects import SQLITE
from runtime.snapshot import with_times
from tests.analytics.conftest import ground_of, shop  # noqa: F401

Compute = Callable[..., Mapping[str, Any]]


@pytest.fixture(scope="session")
def ground(shop: Connection) -> Ground:  # noqa: F811
    assert shop.door.dialect == SQLITE
    return ground_of(shop)


def lifted(sql: str, ground: Ground, shows: Mapping[str, Show] | None = None) -> Compiled:
    return compile_lifted(sql, ground.read(sql, {}), shows or {}, "", ground.schema, ground.place)


def script_of(made: Compiled) -> str:
    plan = Plan(
        title="A test",
        summary="A test",
        sources=made.sources,
        parameters=made.parameters,
        quantities=made.quantities,
        helpers=made.helpers,
        view=made.view,
    )
    return write_script(plan, request="A test", author="test")


def computed(made: Compiled, ground: Ground, **changes: float) -> dict[str, Any]:
    """The value of every quantity, computed in the order of need; the script must be one that the validator accepts."""
    verdict = check(script_of(made))
    assert verdict.accepted, verdict.refusals
    space: dict[str, Any] = {"pd": pd, "np": np}
    values: dict[str, Any] = {s.name: with_times(ground.read(s.sql, dict(s.bound))) for s in made.sources}
    values |= {parameter.name: changes.get(parameter.name, parameter.default) for parameter in made.parameters}
    for helper in made.helpers:
        exec(helper, space)
    for quantity in made.quantities:
        arguments = ", ".join(name for name, _ in quantity.arguments)
        body = "\n    ".join(quantity.body)
        exec(f"def {quantity.name}({arguments}):\n    {body}", space)

    def value(name: str) -> Any:
        if name not in values:
            found = next(each for each in made.quantities if each.name == name)
            values[name] = space[name](*(value(argument) for argument, _ in found.arguments))
        return values[name]

    return {quantity.name: value(quantity.name) for quantity in made.quantities}


def document_of(made: Compiled, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a results document shows of them."""
    if all(kind == "metric" for kind, _ in made.outputs):
        shown = [{"name": name, "value": _single(values[name])} for _, name in made.outputs]
        return {"metrics": shown, "tables": {}}
    table: pd.DataFrame = values["result"]
    rows = [[_single(cell) for cell in row] for row in table.itertuples(index=False, name=None)]
    return {"metrics": [], "tables": {"result": {"columns": list(table.columns), "rows": rows, "total": len(rows)}}}


def _single(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if isinstance(value, np.generic) else value
