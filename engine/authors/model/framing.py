"""One flat frame for what was decided: joins along the keys, children added up first, SQL by the analytics renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.authors.analytics.gate import settle
from engine.authors.analytics.joins import KeyGraph, Path, Tie, ancestors, described, merged
from engine.authors.analytics.lexicon import Lexicon, lexicon_of
from engine.authors.analytics.query import ColumnRef, Condition, Function, Measure, Output, Query, Related, Separate
from engine.authors.analytics.rendering import render
from engine.authors.analytics.wording import describe, thing
from engine.authors.base import Declined, Ground
from engine.authors.model.digest import WORDS, readable_columns
from engine.authors.model.filters import Found
from engine.language.words import plural, readable, stems
from engine.products import Product
from engine.sources.schema import Kind, Schema

ROWS = "rows"
# Numbers that are levels rather than amounts: over several rows their average says something, their sum nothing.
_LEVELS = frozenset(
    "rate ratio percent percentag pct averag price age year score rank temperatur latitud longitud margin yield"
    " densiti level index grade rating gpa height weight".split()
)
_OF_NUMBERS = {"sum": "sum", "avg": "average", "max": "highest", "min": "lowest", "count": "number"}
_OF_DATES = {"max": "latest", "min": "earliest", "count": "number"}


class FrameColumn(Product):
    """A column of the frame: where it comes from, what it holds, what it is in words."""

    name: str
    source: str
    kind: str
    means: str = ""


class Frame(Product):
    """One source: its query, what a row of it is, its columns, and what was assumed in making it."""

    query: Query | None
    sql: str
    bound: Mapping[str, str | int | float | bool]
    grain: str
    columns: tuple[FrameColumn, ...]
    assumptions: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True)
class Reach:
    """How the tables that are read hang on one base: looked up, or added up for each of its rows."""

    base: str
    lookups: Mapping[str, Path]
    children: Mapping[str, Path]


def frame_for(
    tables: Sequence[str], columns: Sequence[str], found: Found, ground: Ground, answers: Mapping[str, str]
) -> Frame | Declined:
    """The frame of the columns, a row for each `found.subject` where that table must keep all its rows.

    Raises:
        Asking: several ways lead from one table to another.
    """
    lexicon = lexicon_of(ground.schema)
    refs = wanted_columns(tables, columns, found, ground.schema)
    needed = tuple(dict.fromkeys([*(ref.table for ref in refs), *(each.column.table for each in found.conditions)]))
    needed = tuple(dict.fromkeys([*needed, *([found.subject] if found.subject else [])]))
    whole = reach_for((found.subject,), needed, ground.schema, answers) if found.subject else None
    reach = whole or reach_for(tuple(dict.fromkeys([*tables, *needed])), needed, ground.schema, answers)
    if reach is None:
        return Declined(
            reason=f"No keys tie {', '.join(map(thing, needed))} together, so they cannot be read as one table.",
            words=tuple(needed),
        )
    outputs, described_columns, notes = _outputs(refs, reach, lexicon, found.taken)
    where = [_placed(condition, reach) for condition in found.conditions]
    joins = tuple(join.model_copy(update={"outer": True}) for join in merged(list(reach.lookups.values())))
    query = Query(base=reach.base, joins=joins, outputs=tuple(outputs), where=tuple(where))
    sql, bound = render(query, ground.schema)
    filters = [describe(condition) for condition in found.conditions]
    sentence = f"{plural(thing(reach.base)).capitalize()}: {', '.join(readable(c.name) for c in described_columns)}"
    if filters:
        sentence += f", where {' and '.join(filters)}"
    return Frame(
        query=query,
        sql=sql,
        bound=bound,
        grain=thing(reach.base),
        columns=tuple(described_columns),
        assumptions=(*(f"only rows where {text} are read" for text in filters), *notes),
        sentence=sentence + ".",
    )


def wanted_columns(
    tables: Sequence[str], columns: Sequence[str], found: Found, schema: Schema
) -> tuple[ColumnRef, ...]:
    """The columns to read: those chosen, those the filters speak of, and what names each thing."""
    lexicon = lexicon_of(schema)
    refs = [ColumnRef(table=table, column=column) for table, column in map(schema.place, columns)]
    refs += list(found.mentioned)
    for table in dict.fromkeys([*(ref.table for ref in refs), *tables]):
        if not any(ref.table == table for ref in refs):
            names = lexicon.naming(table) or tuple(c.name for c in readable_columns(lexicon.tables[table])[:1])
            refs += [ColumnRef(table=table, column=name) for name in names]
    return tuple(dict.fromkeys(refs))


def reach_for(tables: Sequence[str], needed: Sequence[str], schema: Schema, answers: Mapping[str, str]) -> Reach | None:
    """The base from which all is reached, with as little added up as can be; None when keys do not tie them."""
    graph = KeyGraph(schema)
    best: tuple[int, int, int, Reach] | None = None
    parents = ancestors(schema, tables) if len(tables) > 1 else ()
    for place, base in enumerate([*tables, *parents]):
        paths = {other: _path(graph, base, other, answers) for other in needed if other != base}
        if any(path is None for path in paths.values()):
            continue
        known = {other: path for other, path in paths.items() if path is not None}
        children = {other: path for other, path in known.items() if any(join.many for join in path)}
        if any(not path[0].many for path in children.values()):
            continue  # up to a parent and down again would give every row its siblings' sum
        reach = Reach(base, {o: p for o, p in known.items() if o not in children}, children)
        cost = (len(children), place >= len(tables), sum(map(len, known.values())))
        if best is None or cost < best[:3]:
            best = (*cost, reach)
        if place + 1 == len(tables) and best is not None:
            break
    return best[3] if best else None


def _path(graph: KeyGraph, base: str, other: str, answers: Mapping[str, str]) -> Path | None:
    try:
        return graph.path(base, other)
    except Tie as tie:
        options = {described(path): described(path) for path in tie.paths}
        text = f"{thing(base).capitalize()} and {thing(other)} are tied in several ways. Which is meant?"
        chosen = settle(f"path {base} {other}", text, options, answers)
        return next(path for path in tie.paths if described(path) == chosen)


def _outputs(
    refs: Sequence[ColumnRef], reach: Reach, lexicon: Lexicon, taken: Mapping[ColumnRef, Function]
) -> tuple[list[Output], list[FrameColumn], list[str]]:
    outputs: list[Output] = []
    columns: list[FrameColumn] = []
    notes: list[str] = []
    counted: set[str] = set()
    for ref in refs:
        column = lexicon.column(ref.table, ref.column)
        kind = WORDS.get(column.kind, "other")
        shared = sum(other.column == ref.column for other in refs) > 1
        name = _name(ref, [output.name for output in outputs], reach.base, shared=shared)
        if ref.table not in reach.children:
            outputs.append(Output(name=name, label=readable(name), value=ref, unit=lexicon.unit(ref)))
            columns.append(FrameColumn(name=name, source=f"{ref.table}.{ref.column}", kind=kind, means=column.comment))
            continue
        function = _added(ref, lexicon, taken)
        if function == "count":
            if ref.table in counted:
                continue
            counted.add(ref.table)
            name = _fresh(f"number_of_{plural(ref.table.rpartition('.')[2].lower())}", [o.name for o in outputs])
        value = Separate(
            measure=Measure(function=function, column=None if function == "count" else ref),
            path=reach.children[ref.table],
        )
        words = (_OF_DATES if kind != "num" else _OF_NUMBERS)[function]
        means = f"{words} over the {plural(thing(ref.table))} of each {thing(reach.base)}"
        outputs.append(Output(name=name, label=readable(name), value=value))
        columns.append(
            FrameColumn(
                name=name,
                source=f"{ref.table}.{ref.column}",
                kind=kind if function in ("max", "min") else "num",
                means=means,
            )
        )
        notes.append(f"{readable(name)} is the {means}")
    return outputs, columns, notes


def _added(ref: ColumnRef, lexicon: Lexicon, taken: Mapping[ColumnRef, Function]) -> Function:
    """How a column of child rows becomes one value for each base row: as the request says, else as fits its kind."""
    if lexicon.kind(ref) in (Kind.DATE, Kind.TIME):
        return "min" if taken.get(ref) == "min" else "max"
    if lexicon.kind(ref) is not Kind.NUMBER or (ref.table, ref.column) in lexicon.keys:
        return "count"
    if ref in taken:
        return taken[ref]
    return "avg" if _LEVELS & set(stems(ref.column)) else "sum"


def _placed(condition: Condition, reach: Reach) -> Condition | Related:
    """A condition on a child is one on whether such a child exists."""
    path = reach.children.get(condition.column.table)
    return Related(path=path, where=(condition,)) if path else condition


def _name(ref: ColumnRef, taken: Sequence[str], base: str, *, shared: bool) -> str:
    """The column's own name; with its table's before it when that name is taken."""
    vague = shared or ref.column.lower() in ("name", "id", "type", "status")
    if ref.column not in taken and (ref.table == base or not vague):
        return ref.column
    return _fresh(f"{ref.table.rpartition('.')[2]}_{ref.column}", taken)


def _fresh(name: str, taken: Sequence[str]) -> str:
    number = 2
    fresh = name
    while fresh in taken:
        fresh, number = f"{name}_{number}", number + 1
    return fresh
