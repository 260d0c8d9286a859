"""A memo: the answers of one service for many values, as rows of a plan of its own. Pure.

The numbers stand in the plan's one SELECT, so that the memo can be read, checked and run without anything else; which
answer each row comes from stands among what is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from engine.compiling.drivers import slug
from engine.compiling.parts import FRAME
from engine.products import Gathered, MetricValue, Plan, QuantityPlan, Results, SourcePlan, ViewPlan

ROWS = (("rows", FRAME),)
MOST_NAMED = 60


@dataclass(frozen=True)
class Column:
    """A number of each answer: how its column is called and labelled, and the metric that it is."""

    name: str
    label: str
    metric: MetricValue
    under: bool = False


def memo_of(gathered: Gathered, answers: Sequence[Results]) -> Plan:
    """The plan of a memo; `answers` are what its parts answered, in their order."""
    first = _columns_of(gathered, answers[0])
    member = slug(gathered.label, {each.name for each in first})
    sql = _values(member, first, gathered, answers)
    source = SourcePlan(
        name="rows",
        reads=f"answers of the service {gathered.service}, one for each {gathered.label.lower()}",
        sql=sql,
        place="datasets",
    )
    leading = first[0].metric if first else None
    worst = leading is not None and bool(leading.good) and leading.good.startswith("<")
    order = f'rows.sort_values("{first[0].name}", ascending={not worst}, ignore_index=True)' if first else "rows"
    table = QuantityPlan(
        name="result",
        arguments=ROWS,
        returns=FRAME,
        definition=f"{gathered.title}: one row for each {gathered.label.lower()}.",
        body=(f"return {order}",),
    )
    heads = tuple(_heads(first, gathered))
    units = {each.name: each.metric.unit for each in first if each.metric.unit}
    title = f"{gathered.title} by {gathered.label.lower()}"
    periods = {each.period for each in answers}
    return Plan(
        title=title,
        summary=f"{title}: {len(answers)} answers of the service {gathered.service}",
        sources=(source,),
        quantities=(table, *(quantity for quantity, _ in heads)),
        view=(
            *(view for _, view in heads),
            *_chart(member, first, gathered),
            ViewPlan(kind="Table", quantity="result", options={"label": title, **({"units": units} if units else {})}),
        ),
        assumptions=tuple(_said(gathered)),
        period=periods.pop() if len(periods) == 1 else "",
    )


def _columns_of(gathered: Gathered, results: Results) -> list[Column]:
    """The numbers of the first answer; those that the answer is about with themselves under a scenario, too."""
    about = [metric.name for metric in results.metrics if metric.good or metric.bad]
    about = about or [metric.name for metric in results.metrics][:1]
    taken: set[str] = set()
    found = []
    for metric in results.metrics:
        if isinstance(metric.value, str):
            continue
        for under in (False, True) if gathered.scenario and metric.name in about else (False,):
            label = f"{metric.label}, {gathered.scenario}" if under else metric.label
            name = slug(label, taken)
            taken.add(name)
            found.append(Column(name, label, metric, under))
    return found


def _values(member: str, columns: Sequence[Column], gathered: Gathered, answers: Sequence[Results]) -> str:
    """One SELECT that holds the numbers of all answers; what an answer lacks is empty."""
    rows = []
    for part, results in zip(gathered.parts, answers, strict=True):
        own = {metric.name: metric.value for metric in results.metrics}
        cells: list[exp.Expr] = [exp.Literal.string(part.value)]
        cells += [_cell(part.under.get(c.metric.name) if c.under else own.get(c.metric.name)) for c in columns]
        rows.append(exp.Tuple(expressions=cells))
    names = [exp.to_identifier(name, quoted=True) for name in (member, *(each.name for each in columns))]
    alias = exp.TableAlias(this=exp.to_identifier("answers_of_service"), columns=names)
    table = exp.CTE(this=exp.Values(expressions=rows), alias=alias)
    chosen = exp.select(*(exp.column(name.copy()) for name in names)).from_("answers_of_service")
    chosen.set("with_", exp.With(expressions=[table]))
    return chosen.sql(dialect="sqlite")


def _cell(value: object) -> exp.Expr:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return exp.Null()
    return exp.Neg(this=exp.Literal.number(repr(-value))) if value < 0 else exp.Literal.number(repr(value))


def _heads(columns: Sequence[Column], gathered: Gathered) -> Iterator[tuple[QuantityPlan, ViewPlan]]:
    """The worst of each number that a threshold judges; of none, how many answers there are."""
    judged = [each for each in columns if each.metric.good]
    for each in judged:
        lowest = not each.metric.good.startswith("<")
        word, function = ("lowest", "min") if lowest else ("highest", "max")
        quantity = QuantityPlan(
            name=f"{word}_{each.name}",
            arguments=ROWS,
            returns="float",
            definition=f"{word.capitalize()} {each.label} of all.",
            body=(f'return float(rows["{each.name}"].{function}())',),
        )
        marks = {key: value for key, value in (("good", each.metric.good), ("bad", each.metric.bad)) if value}
        options = {"label": f"{word.capitalize()} {each.label}", "unit": each.metric.unit, **marks}
        yield quantity, ViewPlan(kind="Metric", quantity=quantity.name, options=options)
    if not judged:
        quantity = QuantityPlan(
            name="answers",
            arguments=ROWS,
            returns="float",
            definition=f"How many answers there are, one for each {gathered.label.lower()}.",
            body=("return float(len(rows))",),
        )
        yield quantity, ViewPlan(kind="Metric", quantity="answers", options={"label": "Answers", "unit": "count"})


def _chart(member: str, columns: Sequence[Column], gathered: Gathered) -> Iterator[ViewPlan]:
    if columns:
        metric = columns[0].metric
        marks = {key: value for key, value in (("good", metric.good), ("bad", metric.bad)) if value}
        options = {"kind": "bar", "x": member, "y": columns[0].name, "label": metric.label, **marks}
        yield ViewPlan(kind="Chart", quantity="result", options={**options, "unit": metric.unit})


def _said(gathered: Gathered) -> Iterator[str]:
    """Which answer each row is, and what has none."""
    under = f", and under {gathered.scenario}" if gathered.scenario else ""
    yield f"each row is an answer of its own of the service {gathered.service}, over data read for it{under}"
    yield from (f"{part.value} is the answer {part.run_id}" for part in gathered.parts[:MOST_NAMED])
    if (more := len(gathered.parts) - MOST_NAMED) > 0:
        yield f"and {more} more answers, kept with the run"
    yield from gathered.missing
