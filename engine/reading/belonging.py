"""Rows that belong to the things asked about: "customers with open orders", "patients seen in both departments". Pure.

What is said of such rows is read as if they were asked about alone, and becomes one condition on the things: that there
are such rows. Two things said of them with "both" are two conditions, since one row need not be both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.question.model import Condition, Exists
from engine.reading.acts import Act
from engine.reading.asking import Ask
from engine.reading.conditions import Conditions
from engine.reading.dates import Dates
from engine.reading.roles import ROLES
from engine.reading.states import States
from engine.reading.tying import Making, Place
from engine.reading.weights import W

_SAID = ("only", "state")
_OF_ROWS = ("only", "state", "when", "bound", "happened", "later", "=BOTH", "=AND", "=COMMA", "=OR", "=HAVE", "=FOR")
_SLOTS = ("onlys", "states", "whens", "bounds", "againsts", "happened", "laters")


@dataclass(frozen=True)
class Zone:
    """A table whose rows belong to the things asked about, and what is said of them."""

    table: str
    ask: Ask
    both: bool = False


def apart(ask: Ask, by: Place) -> tuple[Ask, tuple[Zone, ...]] | None:
    """What is asked without what is said of rows that belong to the things, and that; None where nothing is."""
    head = _head(ask)
    if head is None:
        return None
    tables = {each.table for each in head[1].nouns[0].entities()}
    things = [(act, below) for act in ask.order if act.start >= head[0] and (below := _below(act, tables, by))]
    if not things:
        return None
    zones: list[Zone] = []
    taken: list[Act] = []
    for at, (thing, table) in enumerate(things):
        until = things[at + 1][0] if at + 1 < len(things) else None
        acts = _around(thing, until, ask, head[0])
        if thing.kind == "when":
            acts = [thing, *acts]
        elif thing.detail != "have" and not any(
            act.kind not in ("=AND", "=COMMA", "=HAVE", "=FOR", "=BOTH", "=OR") for act in acts
        ):
            return None
        slots: dict[str, Any] = {name: tuple(act for act in getattr(ask, name) if act in acts) for name in _SLOTS}
        lower = replace(_bare(ask), **slots, order=tuple(acts), marks=frozenset({"OR"} & ask.marks))
        zones.append(Zone(table, lower, any(act.kind == "=BOTH" for act in acts)))
        taken += [thing, *acts]
    upper: dict[str, Any] = {
        name: tuple(act for act in getattr(ask, name) if act not in taken) for name in (*_SLOTS, "bare")
    }
    order = tuple(act for act in ask.order if act not in taken and act.kind != "=BOTH")
    return replace(ask, **upper, order=order, marks=ask.marks - {"OR"}), tuple(zones)


def conditions_of(zones: tuple[Zone, ...], by: Place, made: Making) -> list[Condition]:
    """The conditions on the things, one for each zone, or one for each of two values of which both are asked for.

    Raises:
        Misfit: something that is said cannot be said of such rows.
    """
    found: list[Condition] = []
    for zone in zones:
        made.pay(W.belonging)
        costs = []
        for ask in _each(zone):
            inner = Making(0.0)
            none: dict[str, list[Act]] = {role: [] for role in ROLES}
            dates = Dates(by, ask, inner, none)
            states = States(by, ask, inner, none, dates)
            states.read(zone.table, dating=True)
            dates.times(zone.table)
            Conditions(by, ask, inner, none, dates, states).read(zone.table)
            costs.append(inner.cost)
            made.notes += [note for note in inner.notes if note not in made.notes]
            found.append(Exists(table=zone.table, tests=tuple(inner.where)))
        made.pay(max(costs))
    return found


def _head(ask: Ask) -> tuple[int, Act] | None:
    """The act that says what is counted or listed, and where it starts."""
    nouns = [act for act in ask.order if act.kind in ("count", "noun", "rank") and act.nouns]
    first = next((act for act in nouns if act.nouns[0].entities()), None)
    return (first.start, first) if first else None


def _below(act: Act, tables: set[str], by: Place) -> str:
    """The table of what an act names, where several of its rows belong to one of the things; else nothing."""
    if act.kind == "noun":
        candidates = act.nouns[0].entities()
    elif act.kind == "when" and act.nouns:
        candidates = tuple(each for each in act.nouns[0].fields() if each.score > W.whole)
    else:
        return ""
    for each in candidates[:1]:
        for table in tables:
            if table == each.table or by.ways.up(table, each.table):
                return ""
            ways = by.ways.across(table, each.table)
            if ways and len(ways[0]) == 1 and ways[0][0].many:
                return each.table
    return ""


def _around(thing: Act, until: Act | None, ask: Ask, head: int) -> list[Act]:
    """The acts that are said of some rows: values and states right before them, and what follows up to the next."""
    acts = list(ask.order)
    at = acts.index(thing)
    found: list[Act] = []
    for before in reversed(acts[:at]):
        if before.start <= head or before.kind not in (*_SAID, "=BOTH", "=HAVE"):
            break
        found.insert(0, before)
    for after in acts[at + 1 :]:
        if after is until or after.kind not in _OF_ROWS:
            break
        found.append(after)
    if until is not None:
        # What stands right before the next rows is said of those.
        while found and found[-1].kind in (*_SAID, "=BOTH", "=HAVE", "=AND"):
            found.pop()
    return found


def _each(zone: Zone) -> list[Ask]:
    """What is said of the rows; of two values that both are asked for, each with the rest."""
    own = zone.ask
    if not zone.both or len(own.onlys) < 2:
        return [own]
    behind = next(act for act in own.order if act.kind == "=BOTH").start
    two = [act for act in own.onlys if act.start > behind][:2]
    if len(two) < 2:
        return [own]
    order = tuple(act for act in own.order if act.kind != "=BOTH")
    return [
        replace(own, onlys=tuple(act for act in own.onlys if act is not other), order=order) for other in reversed(two)
    ]


def _bare(ask: Ask) -> Ask:
    """An ask that asks nothing."""
    return Ask(cost=0.0, usual=0.0, left=ask.left)
