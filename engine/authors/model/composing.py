"""From the model's functions to a whole plan: view, charts, ready formulas of the catalogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.authors.analytics.lexicon import lexicon_of
from engine.authors.analytics.query import ColumnRef
from engine.authors.model.decisions import Decisions
from engine.authors.model.framing import ROWS, Frame
from engine.authors.model.functions import Written
from engine.authors.model.returning import NUMBER, TABLE
from engine.language.words import readable
from engine.metrics.catalogue import Catalogue, Metric, names_in
from engine.products import Place, Plan, QuantityPlan, SourcePlan, ViewPlan
from engine.sources.schema import Schema

CHARTED = {"ranking": "bar", "breakdown": "bar", "time_series": "line", "schedule": "line"}
MOST_BARS = 60
MOST_READY = 6


def base_plan(decisions: Decisions, frame: Frame, request: str, place: Place, notes: Sequence[str]) -> Plan:
    """The plan before any code: what is read, what a scenario may change, what is assumed."""
    words = " ".join(request.split())
    title = words if len(words) <= 80 else words[:77] + "..."
    return Plan(
        title=title[:1].upper() + title[1:],
        summary=summary_of(decisions, frame),
        sources=(SourcePlan(name=ROWS, reads=frame.sentence, sql=frame.sql, bound=dict(frame.bound), place=place),),
        parameters=decisions.parameters,
        quantities=(),
        view=(),
        assumptions=(*frame.assumptions, *notes),
        intent={"decisions": decisions.model_dump(mode="json"), "frame": frame.model_dump(mode="json")},
    )


def summary_of(decisions: Decisions, frame: Frame) -> str:
    """The plan in plain words, for a person to approve."""
    read = f"Reads one table, a row for each {frame.grain}: {', '.join(readable(c.name) for c in frame.columns)}."
    filters = [text for text in frame.assumptions if text.startswith("only rows")]
    wanted = f"Computes {decisions.kind.replace('_', ' ')} results by functions that a language model writes."
    changes = (
        f"A scenario may change: {', '.join(p.label for p in decisions.parameters)}." if decisions.parameters else ""
    )
    return " ".join(part for part in (read, *(f"{text.capitalize()}." for text in filters), wanted, changes) if part)


def whole_plan(
    plan: Plan, written: Written, ready: Mapping[str, str], metrics: Sequence[Metric], schema: Schema
) -> Plan:
    """The plan with the model's functions, the formulas they use, the metrics made of them, and what is shown."""
    frame = Frame.model_validate(plan.intent["frame"])
    bodies = "\n".join(line for quantity in written.quantities for line in quantity.body) + "\n".join(written.helpers)
    used = tuple(text for name, text in ready.items() if re.search(rf"\b{name}\b", bodies))
    needed = {argument for quantity in written.quantities for argument, _ in quantity.arguments}
    made = ready_quantities(written, metrics)
    shown = [ViewPlan(kind="Metric", quantity=metric.name, options=_options(metric)) for metric in made]
    shown += [_shown(quantity, written.quantities, frame, schema) for quantity in written.quantities]
    return plan.model_copy(
        update={
            "quantities": (*written.quantities, *map(_quantity, made)),
            "view": tuple(shown),
            "helpers": (*used, *written.helpers),
            "imports": written.imports,
            "parameters": tuple(parameter for parameter in plan.parameters if parameter.name in needed),
        }
    )


def ready_quantities(written: Written, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics whose every input the model wrote as a number, or that stand on such a metric; inputs first.

    They are quantities of the script like any other: with lineage, recomputed in a scenario, a formula in Excel.
    """
    known = {quantity.name for quantity in written.quantities if quantity.returns == NUMBER}
    taken = {quantity.name for quantity in written.quantities}
    made: list[Metric] = []
    waiting = [metric for metric in metrics if metric.name not in taken]
    while ready := [each for each in waiting if set(names_in(each.formulas[0])) <= known]:
        made += ready
        known |= {each.name for each in ready}
        waiting = [each for each in waiting if each not in ready]
    return tuple(made)


def _quantity(metric: Metric) -> QuantityPlan:
    formula = metric.formulas[0]
    arguments = tuple((name, NUMBER) for name in names_in(formula))
    definition = f"{metric.definition} (catalogue)"
    return QuantityPlan(
        name=metric.name, arguments=arguments, returns=NUMBER, definition=definition, body=(f"return {formula}",)
    )


def _options(metric: Metric) -> dict[str, str]:
    """How a metric of the catalogue is shown."""
    marks = {"unit": metric.unit, "good": metric.good, "bad": metric.bad}
    return {"label": metric.label, **{name: text for name, text in marks.items() if text}}


def _shown(quantity: QuantityPlan, quantities: Sequence[QuantityPlan], frame: Frame, schema: Schema) -> ViewPlan:
    label = readable(quantity.name).capitalize()
    if quantity.returns == TABLE:
        units = _units(frame, schema)
        return ViewPlan(
            kind="Table", quantity=quantity.name, options={"label": label, **({"units": units} if units else {})}
        )
    unit = _unit_of(quantity, frame, schema)
    return ViewPlan(kind="Metric", quantity=quantity.name, options={"label": label, **({"unit": unit} if unit else {})})


def _units(frame: Frame, schema: Schema) -> dict[str, str]:
    """The units of the frame's columns that are known; a result's columns of the same name have them too."""
    lexicon = lexicon_of(schema)
    known = {}
    for column in frame.columns:
        table, name = schema.place(column.source)
        if (
            table in lexicon.tables
            and name in lexicon.tables[table].by_name
            and not column.name.startswith("number_of_")
        ):
            known[column.name] = lexicon.unit(ColumnRef(table=table, column=name))
    return {name: unit for name, unit in known.items() if unit}


def _unit_of(quantity: QuantityPlan, frame: Frame, schema: Schema) -> str:
    """The unit of a number: that of the one column it adds up or averages."""
    body = "\n".join(quantity.body)
    if quantity.returns != NUMBER or re.search(r"nunique|count\(|len\(|/|\*|shape", body):
        return ""
    units = {unit for name, unit in _units(frame, schema).items() if f"'{name}'" in body}
    return units.pop() if len(units) == 1 else ""


def with_charts(plan: Plan, kind: str, document: Mapping[str, Any]) -> Plan | None:
    """The plan with a chart for its first table, once its columns are known; None when nothing is worth drawing."""
    drawn = CHARTED.get(kind)
    table = next((entry for entry in plan.view if entry.kind == "Table"), None)
    shown = document.get("tables", {}).get(table.quantity) if table else None
    if not drawn or table is None or not shown or not 2 <= shown["total"] <= (MOST_BARS if drawn == "bar" else 5_000):
        return None
    first = shown["rows"][:50]
    numbers = [n for i, n in enumerate(shown["columns"]) if all(isinstance(r[i], int | float) for r in first)]
    labels = [n for n in shown["columns"] if n not in numbers]
    x = (labels or numbers[:1] or [""])[0]
    y = [name for name in numbers if name != x and not re.search(r"(^|_)(id|year)$", name)]
    if not x or not y or (len({row[shown["columns"].index(x)] for row in first}) < len(first)):
        return None
    options: dict[str, Any] = {
        "kind": drawn,
        "x": x,
        "y": y[0],
        "label": f"{readable(y[0]).capitalize()} by {readable(x)}",
    }
    if unit := dict(table.options.get("units", {})).get(y[0]):
        options["unit"] = unit
    chart = ViewPlan(kind="Chart", quantity=table.quantity, options=options)
    at = plan.view.index(table)
    return plan.model_copy(update={"view": (*plan.view[:at], chart, *plan.view[at:])})


def named_metrics(request: str, catalogue: Catalogue) -> tuple[Metric, ...]:
    """The metrics of the catalogue that a request names, each with those that it is made of directly."""
    plain = f" {' '.join(re.findall(r'[a-z0-9]+', request.lower()))} "
    named = [
        name for phrase, name in catalogue.phrases.items() if f" {' '.join(re.findall(r'[a-z0-9]+', phrase))} " in plain
    ]
    found = {metric.name: metric for name in dict.fromkeys(named) for metric in _with_inputs(name, catalogue)}
    return tuple(found.values())[:MOST_READY]


def ready_formulas(metrics: Sequence[Metric]) -> dict[str, tuple[str, str]]:
    """The formulas of metrics as functions: private name to (its line for the prompt, its text)."""
    found: dict[str, tuple[str, str]] = {}
    for metric in metrics:
        formula = metric.formulas[0]
        arguments = ", ".join(names_in(formula))
        line = f"_{metric.name}({arguments})  # {metric.definition}"
        text = f'def _{metric.name}({arguments}):\n    """{metric.definition}"""\n    return {formula}'
        found[f"_{metric.name}"] = (line, text)
    return found


def _with_inputs(name: str, catalogue: Catalogue) -> list[Metric]:
    """A metric and the metrics that it is made of directly."""
    entry = catalogue.entries[name]
    if not isinstance(entry, Metric):
        return []
    inner = [catalogue.entries[used] for used in names_in(entry.formulas[0])]
    return [entry, *(each for each in inner if isinstance(each, Metric))]
