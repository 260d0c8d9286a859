"""Roles of the packs of metrics, looked for in a schema by the words of tables and columns, with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from engine.language.words import stems
from engine.metrics.mapping import Role, RoleKind
from engine.metrics.packs import RoleHint, role_hints
from engine.sources.schema import Column, Kind, Table

# With fewer roles than these a pack is not meant: one word alone tells little.
FEWEST = 2
Named = Callable[[Table], str]


def pack_roles(tables: Sequence[Table], tenant: Named, known: Collection[str]) -> dict[str, tuple[Role, str]]:
    """The role of each pack that the schema speaks of, and why; `known` are those that are found already."""
    found: dict[str, tuple[Role, str]] = {}
    for name, pack in role_hints().items():
        if set(pack.unless) & set(known):
            continue
        of_pack: dict[str, tuple[Role, str]] = {}
        for hint in pack.hints:
            candidates = [made for table in tables if (made := _role(hint, table, tenant)) is not None]
            spans = {*known, *of_pack}
            if len(candidates) == 1 and {hint.held_by, hint.free_of} - {""} <= spans:
                of_pack[hint.role] = candidates[0]
        if len(of_pack) >= FEWEST or not name:
            found.update(of_pack)
    return found


def _role(hint: RoleHint, table: Table, tenant: Named) -> tuple[Role, str] | None:
    said = set(stems(table.name))
    if not any(_fits(word, said) for word in hint.tables) or any(_fits(word, said) for word in hint.against):
        return None
    found = _columns(hint, table)
    asked = {name: getattr(hint, name) for name in found}
    if any(asked[name] and not column for name, column in found.items()):
        return None
    span = hint.kind is RoleKind.SPAN
    value = "1" if hint.count else found["values"]
    if not span and not value:
        return None
    role = Role(
        kind=hint.kind,
        table=table.key,
        value=value if hint.times == 1 else f"{value} * {hint.times}",
        weight=found["weights"],
        date=found["dates"],
        start=found["starts"],
        end=found["ends"],
        rent=found["rents"],
        tenant=tenant(table) if span else "",
        **_counted(hint, found),
    )
    return role, _evidence(role, hint, table)


def _columns(hint: RoleHint, table: Table) -> dict[str, str]:
    """The column of each part of a role, by the words of the hint; empty where none is called so."""
    numbers = [column for column in table.columns if column.kind is Kind.NUMBER]
    days = [column for column in table.columns if column.kind in (Kind.DATE, Kind.TIME)]
    of_numbers = {name: _column(numbers, getattr(hint, name)) for name in ("values", "weights", "rents")}
    return of_numbers | {name: _column(days, getattr(hint, name)) for name in ("dates", "starts", "ends", "empties")}


def _counted(hint: RoleHint, found: Mapping[str, str]) -> dict[str, str]:
    """Which rows of a role count."""
    filled = (found["empties"] or found["dates"]) if hint.filled else ""
    return {
        "filled": filled,
        "empty": "" if filled else found["empties"],
        "held_by": hint.held_by,
        "free_of": hint.free_of,
    }


def _evidence(role: Role, hint: RoleHint, table: Table) -> str:
    named = ["its rows are counted"] if hint.count else [f"{role.value} is its amount"] if role.value else []
    named += [f"{name} is its {what}" for name, what in ((role.weight, "weight"), (role.date, "date")) if name]
    if role.start:
        named.append(f"it runs from {role.start} to {role.end}" if role.end else f"it counts from {role.start}")
    return "; ".join([f"the table {table.key} is called so", *named])


def _fits(words: str, said: set[str]) -> bool:
    return set(stems(words)) <= said


def _column(columns: Sequence[Column], names: Sequence[str]) -> str:
    """The column called by the first of the words that names one alone."""
    for name in names:
        fitting = [column.name for column in columns if _fits(name, set(stems(column.name)))]
        if len(fitting) == 1:
            return fitting[0]
    return ""
