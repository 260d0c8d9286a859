"""Two intents put together: what was asked before, and what a follow-up says of it; and the change in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.authors.metrics.intent import TIME_GRAINS, Intent
from engine.language.following import Said
from engine.metrics.catalogue import Catalogue, Metric
from engine.metrics.mapping import DatabaseMapping
from engine.products import WhatIf
from engine.question.sentence import listed


def merged(
    earlier: Intent, new: Intent, said: Said, mapping: DatabaseMapping, kept_out: Mapping[str, Sequence[str]]
) -> Iterator[Intent]:
    """Every intent that a follow-up may make of the one before: the new in its place, all else as it was."""
    update: dict[str, object] = {"readings": new.readings, "outputs": earlier.outputs | new.outputs}
    update |= _measured(earlier, new, said)
    filters = _filters(earlier, new, said, mapping, kept_out)
    if filters is None:
        return
    update["filters"] = filters
    if new.period or new.start or new.end:
        update |= {name: getattr(new, name) for name in ("start", "end", "period", "rolling")}
        update["compares"] = new.compares
    for name in ("order", "limit", "threshold", "counting", "change", "like", "beside"):
        if getattr(new, name):
            update[name] = getattr(new, name)
    made = earlier.model_copy(update=update)
    for group in _groups(earlier, new, said):
        yield _grouped(made, group, {name: each for name, each in filters.items() if name not in kept_out}, mapping)


def _measured(earlier: Intent, new: Intent, said: Said) -> dict[str, object]:
    """The metrics, or the listing, that are asked for now."""
    if new.report:
        return {"report": new.report, "metrics": (), "what_if": WhatIf()}
    if not new.metrics:
        return {}
    metrics = tuple(dict.fromkeys((*earlier.metrics, *new.metrics))) if said.adds else new.metrics
    kept: dict[str, object] = {"metrics": metrics, "report": ""}
    if metrics[:1] != earlier.metrics[:1]:
        kept |= {"threshold": None, "counting": ""}  # what was bound is another number
        if earlier.what_if.goal is not None:
            kept["what_if"] = earlier.what_if.model_copy(update={"goal": None})
    return kept


def _filters(
    earlier: Intent, new: Intent, said: Said, mapping: DatabaseMapping, kept_out: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]] | None:
    """What is asked about now; None where nothing would be left."""
    found = {name: tuple(values) for name, values in earlier.filters.items()}
    plain = {name: values for name, values in new.filters.items() if name not in kept_out}
    entity = mapping.entity.name
    if plain and not said.adds:
        if said.scope:
            found = {}
        elif entity in plain:
            found = {name: values for name, values in found.items() if name == entity}
        else:
            found.pop(entity, None)  # one thing has one city: another scope takes its place
    if entity in new.group and entity not in plain:
        found.pop(entity, None)  # "for all properties"
    for name, values in plain.items():
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *values))) if said.adds else values
    for name, out in kept_out.items():
        base = found.get(name) or tuple(new.filters.get(name, ()))
        rest = tuple(each for each in base if each not in out)
        if not rest or (name in found and len(rest) == len(base)):
            return None
        found[name] = rest
    return found


def _groups(earlier: Intent, new: Intent, said: Said) -> list[tuple[str, ...]]:
    """By what is grouped now: each sort in the place of its own, all in the place of all, or beside."""
    if not new.group:
        return [earlier.group]
    timed = [name for name in earlier.group if name in TIME_GRAINS]
    named = [name for name in earlier.group if name not in TIME_GRAINS]
    own_time = [name for name in new.group if name in TIME_GRAINS]
    own_names = [name for name in new.group if name not in TIME_GRAINS]
    if said.instead:
        gone = {name for name in earlier.group if name.replace("_", " ") in said.instead.lower()}
        kept = [name for name in earlier.group if name not in gone]
        return [_ordered([*kept, *new.group])]
    if said.adds:
        return [_ordered([*named, *own_names, *(own_time or timed)])]
    if not earlier.group:
        return [new.group]
    by_sort = _ordered([*(own_names or named), *(own_time or timed)])
    if (own_names and named) or (own_time and timed):
        return [by_sort]
    return [new.group] if said.whole else [new.group, by_sort]


def _ordered(names: Sequence[str]) -> tuple[str, ...]:
    unlike = tuple(dict.fromkeys(names))
    grains = [name for name in unlike if name in TIME_GRAINS]
    return (*(name for name in unlike if name not in TIME_GRAINS), *grains[-1:])


def _grouped(
    intent: Intent, group: tuple[str, ...], filters: Mapping[str, tuple[str, ...]], mapping: DatabaseMapping
) -> Intent:
    """The intent by that, with those that are compared told apart, and what is ranked one by one."""
    entity = mapping.entity.name
    several = [name for name, values in filters.items() if len(values) > 1]
    names = [name for name in (*several, *group) if name != entity or len(filters.get(entity, ("", ""))) > 1]
    if not names and (intent.order or intent.limit or intent.threshold) and not intent.report:
        names = [entity]
    return intent.model_copy(update={"group": _ordered(names)})


# -- in words ---------------------------------------------------------------------------------------------------------


def change_said(before: Intent, after: Intent, catalogue: Catalogue, mapping: DatabaseMapping) -> str:
    """What is asked otherwise, in words."""
    parts = [
        *_differing(_entries(before, catalogue), _entries(after, catalogue), "also {}", "without {}", ""),
        *_differing(
            _by(before, mapping),
            _by(after, mapping),
            "by {}" if not before.group else "also by {}",
            "no longer by {}",
            "by ",
        ),
        *_differing(_scope(before), _scope(after), "only {}", "no longer only {}", "for "),
        *_differing(
            [before.period] if before.period else [],
            [after.period] if after.period else [],
            "for {}",
            "for the usual period instead of {}",
            "for ",
        ),
        *_ranked(before, after),
        *_supposed(before, after),
    ]
    if after.change != before.change and after.change:
        parts.append("growth a year" if after.change == "compound" else f"with the change on the {after.change} before")
    if len(after.outputs) > len(before.outputs) and not parts:
        parts.append(f"with a {listed(sorted(after.outputs - before.outputs))}")
    text = "; ".join(parts) or "read in the same way"
    return text[:1].upper() + text[1:]


def _differing(one: Sequence[str], other: Sequence[str], come: str, gone: str, lead: str) -> Iterator[str]:
    old = [each for each in one if each not in other]
    new = [each for each in other if each not in one]
    if old and new:
        yield f"{lead}{listed(new)} instead of {lead}{listed(old)}"
    elif new:
        yield come.format(listed(new))
    elif old:
        yield gone.format(listed(old))


def _entries(intent: Intent, catalogue: Catalogue) -> list[str]:
    names = intent.metrics or ((intent.report,) if intent.report else ())
    entries = [catalogue.entries[name] for name in names]
    return [each.short if isinstance(each, Metric) else each.label for each in entries]


def _by(intent: Intent, mapping: DatabaseMapping) -> list[str]:
    return [name if name in TIME_GRAINS else mapping.dimension(name).label.lower() for name in intent.group]


def _scope(intent: Intent) -> list[str]:
    """What is asked about, a list for each dimension."""
    return [listed(list(values)) for values in intent.filters.values()]


def _ranked(before: Intent, after: Intent) -> Iterator[str]:
    if (after.order, after.limit) != (before.order, before.limit):
        said = {"high": "highest first", "low": "lowest first", "worst": "worst first", "best": "best first"}
        many = f"the first {after.limit}" if after.limit else ""
        yield ", ".join(filter(None, (many, said.get(after.order, "")))) or "not ranked"
    if after.threshold != before.threshold:
        bound = after.threshold
        yield f"only those {bound.comparison} {bound.value:g}" if bound else "without the bound before"


def _low(names: Sequence[str]) -> list[str]:
    return [each[:1].lower() + each[1:] for each in names]


def _supposed(before: Intent, after: Intent) -> Iterator[str]:
    old, new = ([each.name for each in intent.what_if.scenarios] for intent in (before, after))
    come, gone = [each for each in new if each not in old], [each for each in old if each not in new]
    if come and gone:
        yield f"supposing {listed(_low(come))} instead of {listed(_low(gone))}"
    elif come:
        kept = "also supposing" if old and not gone else "supposing"
        yield f"{kept} {listed(_low(come))}"
    elif gone:
        yield f"without {listed(gone)}"
    if after.what_if.goal is not None and after.what_if.goal != before.what_if.goal:
        yield f"aiming at {after.what_if.goal.target:g}"
