"""What thresholds say of the rows of a table: good, short or breach in each, how many, and all of it in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.authors.metrics.study import Study, quantity_of
from engine.metrics.catalogue import Metric
from engine.products import QuantityPlan, ViewPlan
from runtime.units import write

# So near a bound, by rounding alone, a value is on it.
PLACES = 9


def rated(study: Study, name: str) -> Metric | None:
    """The metric, where it has thresholds."""
    entry = study.catalogue.entries[name]
    return entry if isinstance(entry, Metric) and (entry.good or entry.bad) else None


def rating_lines(study: Study, columns: dict[str, str]) -> list[str]:
    """The lines that add what thresholds say of each row, beside the number that it is said of.

    `columns` gives the metric of each column that may be rated.
    """
    found = [(column, metric) for column, name in columns.items() if (metric := rated(study, name))]
    return [_rating(column, metric, "Rating" if len(found) == 1 else f"{column} rating") for column, metric in found]


def _rating(column: str, metric: Metric, label: str) -> str:
    value = f'table["{column}"].round({PLACES})'
    tests, words = [f"{value}.isna()"], [""]
    if metric.bad:
        tests, words = [*tests, f"{value} {metric.bad}"], [*words, "breach"]
    if metric.good:
        tests, words = [*tests, f"{value} {metric.good}"], [*words, "good"]
    rest = "short" if metric.good else ""
    listed = ", ".join(f'"{word}"' for word in words)
    chosen = f'np.select([{", ".join(tests)}], [{listed}], default="{rest}")'
    return f'table.insert(table.columns.get_loc("{column}") + 1, "{label}", {chosen})'


def ratings(study: Study, series: Mapping[str, str], under: str) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    """How many rows miss the threshold of the first metric, or the one asked for; a sentence for each metric.

    `series` gives the quantity of each metric by row; `under` is the scenario that the first of them is of.
    """
    intent = study.intent
    if intent.grain:
        return [], []
    quantities, views = _counts(study, series[intent.metrics[0]], under)
    for name in intent.metrics if not intent.threshold else ():
        entry = rated(study, name)
        if entry is not None and entry.good:
            told = "standing" if name == intent.metrics[0] else f"standing_{name}"
            said = under if name == intent.metrics[0] else ""
            quantities.append(_standing(study, entry, told, series[name], said))
            views.append(ViewPlan(kind="Metric", quantity=told, options={"label": f"{entry.short} in short"}))
    return quantities, views


def _counts(study: Study, series: str, under: str) -> tuple[list[QuantityPlan], list[ViewPlan]]:
    intent, entry = study.intent, study.catalogue.entries[study.intent.metrics[0]]
    if not isinstance(entry, Metric) or not (entry.good or intent.threshold):
        return [], []
    asked = intent.threshold
    test = f"{asked.comparison} {asked.value!r}" if asked else opposite(entry.good)
    where = f" ({under})" if under else ""
    label = f"{_noun(study).capitalize()} with {entry.short} {_in_words(test, entry.unit)}{where}"
    quantities = [_counted(study, f"{_noun(study)}_in_question", series, test)]
    views = [_count(quantities[0].name, label)]
    if intent.counting == "share":
        quantities.append(_share(quantities[0]))
        options = {"label": f"Share of {label[:1].lower()}{label[1:]}", "unit": "percent"}
        views.append(ViewPlan(kind="Metric", quantity=quantities[-1].name, options=options))
    if entry.good and entry.bad and not asked:
        words = f"{_noun(study).capitalize()} in breach: {entry.short} {_in_words(entry.bad, entry.unit)}{where}"
        quantities.append(_counted(study, f"{_noun(study)}_in_breach", series, entry.bad))
        views.append(_count(quantities[-1].name, words))
    return quantities, views


def _noun(study: Study) -> str:
    entity = study.mapping.entity
    return entity.plural.replace(" ", "_") if study.intent.group == (entity.name,) else "groups"


def _count(name: str, label: str) -> ViewPlan:
    return ViewPlan(kind="Metric", quantity=name, options={"label": label, "unit": "count"})


def _counted(study: Study, name: str, series: str, test: str) -> QuantityPlan:
    short = study.short(study.intent.metrics[0])
    return QuantityPlan(
        name=name,
        arguments=((series, "pd.Series"),),
        returns="float",
        definition=f"Number of {_noun(study)} with {short} {test}.",
        body=(f"return float(({series}.round({PLACES}) {test}).sum())",),
    )


def _share(counted: QuantityPlan) -> QuantityPlan:
    """The same as a share of all groups for which the metric can be computed."""
    ((series, kind),) = counted.arguments
    return QuantityPlan(
        name=f"{counted.name}_share",
        arguments=((counted.name, "float"), (series, kind)),
        returns="float",
        definition=f"{counted.definition.removesuffix('.')}, as a share of all for which it can be computed.",
        body=(f"return {counted.name} / float({series}.count())",),
    )


def _standing(study: Study, entry: Metric, name: str, series: str, under: str) -> QuantityPlan:
    """How the rows stand to the thresholds, and the whole: '14 of 46 are below 1.25x, 4 below 1.0x; all is 1.40x'."""
    short, whole = opposite(entry.good), quantity_of(study, entry.name)
    opening = f"{under}: " if under else ""
    said = f"{opening}{{missed}} of {{known.count()}} {_noun(study)} are {_in_words(short, entry.unit)}"
    lines = [f"known = {series}.round({PLACES})", f"missed = int((known {short}).sum())"]
    if entry.bad:
        lines.append(f"breached = int((known {entry.bad}).sum())")
        said += f", {{breached}} {_in_words(entry.bad, entry.unit)}"
    now = " as it is" if under else ""
    written = {"x": ":.2f}x", "percent": ":.2%}"}.get(entry.unit, ":,.0f}")
    lines.append(f'return f"{said}; {entry.short} of the whole{now} is {{{whole}{written}"')
    return QuantityPlan(
        name=name,
        arguments=((series, "pd.Series"), (whole, "float")),
        returns="str",
        definition=f"How many {_noun(study)} miss the thresholds of {entry.short}.",
        body=tuple(lines),
    )


def plain(text: str) -> str:
    """A person's words as they may stand in a text of the script."""
    return re.sub(r'[\\"{}\n]', " ", text)


def opposite(good: str) -> str:
    """What misses a threshold: '>= 1.25' is missed by '< 1.25'."""
    comparison, _, bound = good.partition(" ")
    return f"{ {'>=': '<', '>': '<=', '<=': '>', '<': '>='}[comparison] } {bound}"


WORDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}


def _in_words(test: str, unit: str) -> str:
    comparison, _, bound = test.partition(" ")
    return f"{WORDS.get(comparison, comparison)} {write(float(bound), unit)}"


def sorted_views(counting: str, views: Sequence[ViewPlan]) -> tuple[ViewPlan, ...]:
    """The count first when it is asked how many."""
    if not counting:
        return tuple(views)
    wanted = f"_in_question{'_share' if counting == 'share' else ''}"
    return tuple(sorted(views, key=lambda view: not view.quantity.endswith(wanted)))
