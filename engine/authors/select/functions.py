"""What SQL cannot say: functions of the model over sources that its SELECTs give. They are kept as written."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from engine.authors.base import Declined, Ground
from engine.authors.select.planning import title_of
from engine.authors.select.reply import Reply
from engine.errors import EngineError
from engine.products import Plan, QuantityPlan, SourcePlan, ViewPlan
from runtime.parsing import parse
from runtime.units import label_of

_TYPES = {"float", "int", "str", "pd.DataFrame", "pd.Series"}


def functions_plan(request: str, reply: Reply, ground: Ground, notes: Sequence[str]) -> Plan | Declined:
    """The plan of functions over sources; declined where the sources cannot be read or the code is none."""
    for source in reply.sources:
        try:
            ground.read(source.sql, {})
        except EngineError as error:
            return Declined(reason=f"The rows for this could not be read: {error.message}")
    try:
        tree = parse(textwrap.dedent(reply.functions))
    except SyntaxError as error:
        return Declined(reason=f"The model's functions are no Python: {error.msg}.")
    sources = {source.name for source in reply.sources}
    parameters = {each.name for each in reply.parameters}
    made = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    quantities = tuple(_quantity(node, sources) for node in made if not node.name.startswith("_"))
    helpers = tuple(ast.unparse(node) for node in made if node.name.startswith("_"))
    if not quantities:
        return Declined(reason="The model wrote no function.")
    used = {name for quantity in quantities for name, _ in quantity.arguments}
    return Plan(
        title=title_of(request),
        summary=reply.reading or title_of(request),
        sources=tuple(
            SourcePlan(name=each.name, reads="rows that the functions take", sql=each.sql, place=ground.place)
            for each in reply.sources
            if each.name in used
        ),
        parameters=tuple(each for each in reply.parameters if each.name in used & parameters),
        quantities=quantities,
        helpers=helpers,
        imports=("import math",) if "math." in reply.functions else (),
        view=tuple(_shown(each) for each in quantities),
        assumptions=tuple(dict.fromkeys([*reply.assumptions, *notes])),
        intent={"reply": reply.model_dump(mode="json"), "tables": [], "lifted": False},
    )


def _quantity(node: ast.FunctionDef, sources: set[str]) -> QuantityPlan:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    lines = [line for statement in body for line in ast.unparse(statement).splitlines()]
    arguments = tuple((each.arg, _type(each.annotation, each.arg in sources)) for each in node.args.args)
    return QuantityPlan(
        name=node.name,
        arguments=arguments,
        returns=_type(node.returns, False),
        definition=" ".join((ast.get_docstring(node) or label_of(node.name)).split()),
        body=tuple(lines),
    )


def _type(annotation: ast.expr | None, source: bool) -> str:
    """An argument's type as written; a frame for a source, a number for what says nothing."""
    text = ast.unparse(annotation) if annotation is not None else ""
    return text if text in _TYPES else "pd.DataFrame" if source or "DataFrame" in text else "float"


def _shown(quantity: QuantityPlan) -> ViewPlan:
    if quantity.returns in ("pd.DataFrame", "pd.Series"):
        return ViewPlan(kind="Table", quantity=quantity.name, options={"label": label_of(quantity.name)})
    return ViewPlan(kind="Metric", quantity=quantity.name, options={"label": label_of(quantity.name)})
