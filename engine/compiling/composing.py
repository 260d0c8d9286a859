"""From a SELECT to the parts of a plan: lifted where it can be, else its rows as the database gives them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from engine.compiling.drivers import slug
from engine.compiling.expressions import NotLifted
from engine.compiling.lifting import Lifted, lift
from engine.compiling.parts import FRAME, Output
from engine.compiling.statement import Unreadable, parsed, qualified
from engine.products import ParameterPlan, Place, Product, QuantityPlan, SourcePlan, ViewPlan
from engine.sources.schema import Schema
from runtime.units import label_of

MOST_BARS, MOST_POINTS = 40, 400
_PERIOD = re.compile(r"\d{4}(-\d{2}(-\d{2})?([ T].*)?|[ -]?Q[1-4]|-W\d{2})?|Q[1-4]([ -]?\d{4})?")


class Show(Product):
    """How an output column is to be written: a unit of the contract, empty for a plain number or a text."""

    unit: str = ""
    label: str = ""


class Compiled(Product):
    """The parts of a plan, and for each output of the SELECT what shows it: a metric, or a column of the table.

    `left` says why the SELECT was not lifted; empty where it was.
    """

    sources: tuple[SourcePlan, ...]
    parameters: tuple[ParameterPlan, ...] = ()
    quantities: tuple[QuantityPlan, ...]
    helpers: tuple[str, ...] = ()
    view: tuple[ViewPlan, ...]
    outputs: tuple[tuple[str, str], ...]
    left: str = ""


def compile_lifted(
    sql: str, rows: pd.DataFrame, shows: Mapping[str, Show], chart: str, schema: Schema, place: Place
) -> Compiled:
    """A SELECT as quantities over rows; `rows` are what it gives now, which tells texts, times and numbers apart.

    Raises:
        NotLifted: a part of it has no counterpart.
        Unreadable: it is not understood as one SELECT.
    """
    names = [str(name) for name in rows.columns]
    lifted = lift(qualified(parsed(sql, schema.dialect), schema), names, schema, place)
    if not lifted.table and (len(rows) != 1 or rows.iloc[0].isna().any()):
        raise NotLifted("there is nothing to compute it from")
    parameters = tuple(driver.parameter() for driver in lifted.drivers)
    parts = _numbers(lifted, names, shows) if not lifted.table else _table(lifted, names, rows, shows, chart)
    quantities, view, outputs = parts
    return Compiled(
        sources=lifted.sources,
        parameters=parameters,
        quantities=quantities,
        helpers=lifted.helpers,
        view=view,
        outputs=outputs,
    )


def compile_lifted_or_not(
    sql: str, rows: pd.DataFrame, shows: Mapping[str, Show], chart: str, schema: Schema, place: Place
) -> Compiled:
    """The SELECT lifted, or, with the reason, as it is."""
    try:
        return compile_lifted(sql, rows, shows, chart, schema, place)
    except (NotLifted, Unreadable) as left:
        return compile_plain(sql, rows, shows, chart, place, str(left))


def compile_plain(
    sql: str, rows: pd.DataFrame, shows: Mapping[str, Show], chart: str, place: Place, left: str
) -> Compiled:
    """A SELECT whose rows are the answer; `left` says why it was not lifted."""
    names = [str(name) for name in rows.columns]
    slugs: list[str] = []
    for name in names:
        slugs.append(slug(name, slugs))
    source = SourcePlan(name="rows", reads="the answer, as the database computes it", sql=sql, place=place)
    if len(rows) == 1 and not rows.iloc[0].isna().any():
        quantities = tuple(_cell(name, key, rows[name]) for name, key in zip(names, slugs, strict=True))
        view = tuple(_metric(key, name, shows) for name, key in zip(names, slugs, strict=True))
        outputs = tuple(("metric", key) for key in slugs)
    else:
        renamed = ", ".join(f'"{name}": "{key}"' for name, key in zip(names, slugs, strict=True) if name != key)
        body = f"return rows.rename(columns={{{renamed}}})" if renamed else "return rows"
        arguments = (("rows", FRAME),)
        said = f"{', '.join(names)}: as the database gives them."
        quantities = (QuantityPlan(name="result", arguments=arguments, returns=FRAME, definition=said, body=(body,)),)
        shown = [Output(key, pd.api.types.is_numeric_dtype(rows[name])) for name, key in zip(names, slugs, strict=True)]
        view = (*_charted(shown, names, rows, shows, chart), _tabled(slugs, names, shows))
        outputs = tuple(("column", key) for key in slugs)
    return Compiled(sources=(source,), quantities=quantities, view=view, outputs=outputs, left=left)


def _numbers(
    lifted: Lifted, names: Sequence[str], shows: Mapping[str, Show]
) -> tuple[tuple[QuantityPlan, ...], tuple[ViewPlan, ...], tuple[tuple[str, str], ...]]:
    """Each output a headline number."""
    view = tuple(_metric(each.quantity, name, shows) for each, name in zip(lifted.outputs, names, strict=True))
    return lifted.quantities, view, tuple(("metric", each.quantity) for each in lifted.outputs)


def _table(
    lifted: Lifted, names: Sequence[str], rows: pd.DataFrame, shows: Mapping[str, Show], chart: str
) -> tuple[tuple[QuantityPlan, ...], tuple[ViewPlan, ...], tuple[tuple[str, str], ...]]:
    """The rows as a table, with a headline for each measure that has a sensible one, and a chart."""
    quantities, view = list(lifted.quantities), []
    for output, name in zip(lifted.outputs, names, strict=True):
        if not _is_number(rows[name]) or not (output.measure or _changes(output.name, lifted)):
            continue
        quantity, words = _headline(output, name, lifted, rows)
        if quantity.name not in {each.name for each in quantities}:
            quantities.append(quantity)
        label = f"{_label(name, shows)}, {words}"
        unit = _unit(name, shows)
        options = {"label": label, **({"unit": unit} if unit else {})}
        view.append(ViewPlan(kind="Metric", quantity=quantity.name, options=options))
    slugs = [each.name for each in lifted.outputs]
    outputs = [Output(each.name, each.measure or _changes(each.name, lifted)) for each in lifted.outputs]
    view += [*_charted(outputs, names, rows, shows, chart), _tabled(slugs, names, shows, lifted.table)]
    used = _needed(quantities, [each.quantity for each in view])
    return used, tuple(view), tuple(("column", key) for key in slugs)


def _changes(name: str, lifted: Lifted) -> bool:
    """Whether a scenario changes a column of single rows."""
    table = next(each for each in lifted.quantities if each.name == lifted.table)
    return any(line.startswith(f'table["{name}"] = ') for line in table.body)


def _headline(output: Output, name: str, lifted: Lifted, rows: pd.DataFrame) -> tuple[QuantityPlan, str]:
    """The number that stands for a column: over time its last, of a ranking its first, else of all rows together."""
    keys = [str(rows.columns[at]) for at, each in enumerate(lifted.outputs) if not each.measure]
    times = [key for key in keys if _is_time(rows[key])]
    whole = lifted.overall.get(output.name, "")
    table = lifted.table
    if len(rows) == 1:
        return _picked(
            f"the_{output.name}", table, f'{table}["{output.name}"].iloc[0]', name, "of its one row"
        ), "one row"
    if times and len(keys) == 1:
        at = lifted.outputs[[str(each) for each in rows.columns].index(times[0])].name
        taken = f'{table}.sort_values("{at}")["{output.name}"].iloc[-1]'
        return _picked(f"last_{output.name}", table, taken, name, "of the last period"), "last period"
    if whole and not times:
        quantity = next(each for each in lifted.quantities if each.name == whole)
        return quantity, "all together"
    if lifted.limited and lifted.ordered:
        return _picked(
            f"first_{output.name}", table, f'{table}["{output.name}"].iloc[0]', name, "of the first row"
        ), "first row"
    return _picked(
        f"highest_{output.name}", table, f'{table}["{output.name}"].max()', name, "at its highest"
    ), "highest"


def _picked(quantity: str, table: str, taken: str, name: str, words: str) -> QuantityPlan:
    return QuantityPlan(
        name=quantity,
        arguments=((table, FRAME),),
        returns="float",
        definition=f"{label_of(name)} {words}.",
        body=(f'return float({taken}) if len({table}) else float("nan")',),
    )


def _needed(quantities: Sequence[QuantityPlan], wanted: Sequence[str]) -> tuple[QuantityPlan, ...]:
    """The quantities that are shown, and what they are computed of."""
    by_name = {each.name: each for each in quantities}
    kept: set[str] = set()
    left = list(wanted)
    while left:
        name = left.pop()
        if name in by_name and name not in kept:
            kept.add(name)
            left += [argument for argument, _ in by_name[name].arguments]
    return tuple(each for each in quantities if each.name in kept)


def _metric(quantity: str, name: str, shows: Mapping[str, Show]) -> ViewPlan:
    unit = _unit(name, shows)
    options = {"label": _label(name, shows), **({"unit": unit} if unit else {})}
    return ViewPlan(kind="Metric", quantity=quantity, options=options)


def _tabled(slugs: Sequence[str], names: Sequence[str], shows: Mapping[str, Show], table: str = "result") -> ViewPlan:
    units = {key: unit for key, name in zip(slugs, names, strict=True) if (unit := _unit(name, shows))}
    options = {"label": "Result", **({"units": units} if units else {})}
    return ViewPlan(kind="Table", quantity=table, options=options)


def _charted(
    outputs: Sequence[Output], names: Sequence[str], rows: pd.DataFrame, shows: Mapping[str, Show], chart: str
) -> list[ViewPlan]:
    """A line over time, bars over groups; nothing where a picture would not tell the rows apart."""
    columns = list(zip(outputs, names, strict=True))
    measures = [(each, name) for each, name in columns if each.measure and _is_number(rows[name])]
    keys = [(each, name) for each, name in columns if not each.measure and not _is_number(rows[name])]
    times = [(each, name) for each, name in columns if not each.measure and _is_time(rows[name])]
    if chart == "none" or not measures or len(rows) < 2 or not (keys or times):
        return []
    x, x_name = times[0] if times else keys[0]
    others = [each for each, name in keys if each is not x and rows[name].nunique() <= 12]
    apart = [x_name, *[name for each, name in keys if each in others[:1]]]
    if rows.duplicated(apart).any() or len(rows) > (MOST_POINTS if times else MOST_BARS):
        return []
    if others and not times:
        return []
    y, y_name = measures[0]
    kind = chart if chart in ("line", "bar", "area", "pie", "scatter") else "line" if times else "bar"
    options: dict[str, object] = {
        "kind": kind, "x": x.name, "y": y.name, "label": f"{_label(y_name, shows)} by {_label(x_name, shows).lower()}",
    }  # fmt: skip
    if others:
        options["series"] = others[0].name
    if unit := _unit(y_name, shows):
        options["unit"] = unit
    return [ViewPlan(kind="Chart", quantity="result", options=options)]


def _cell(name: str, key: str, values: pd.Series) -> QuantityPlan:
    """The one value of a column as a quantity."""
    number = _is_number(values)
    taken = f'rows["{name}"].iloc[0]'
    return QuantityPlan(
        name=key,
        arguments=(("rows", FRAME),),
        returns="float" if number else "str",
        definition=f"{label_of(key)}, as the database gives it.",
        body=(f"return float({taken})" if number else f"return str({taken}){'[:10]' if _is_time(values) else ''}",),
    )


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values)) and not pd.api.types.is_bool_dtype(values)


def _is_time(values: pd.Series) -> bool:
    """Whether a column holds days or periods: 2026-01, 2026-Q1, Q1 2026, 2026-01-31; or whole years."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    known = values.dropna()
    if known.empty:
        return False
    if _is_number(known):
        return bool(((known >= 1900) & (known <= 2100) & (known == known.round())).all()) and known.is_unique
    return all(_PERIOD.fullmatch(str(value)) is not None for value in known.unique()[:500])


def _unit(name: str, shows: Mapping[str, Show]) -> str:
    return shows[name].unit if name in shows else ""


def _label(name: str, shows: Mapping[str, Show]) -> str:
    return (shows[name].label if name in shows else "") or label_of(slug(name))
