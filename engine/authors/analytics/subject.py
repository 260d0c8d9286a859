"""The table that a request is about."""

from __future__ import annotations

from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.resolving import Resolver
from engine.language.words import readable


def subject_of(resolver: Resolver) -> str:
    """What is counted, else what is sought, else the first table named, else the one table that has all the columns."""
    draft = resolver.draft
    sought = [extreme.named for extreme in draft.extremes if extreme.named is not None]
    owners = [table for at in (*sought, *draft.groups) if (table := resolver.table_at(at))]
    resolver.owner = owners[0] if owners else ""
    for at in sought:
        if table := resolver.table_at(at):
            return table
    for wish in draft.wishes:
        if wish.function == "count" and wish.noun is not None and draft.items[wish.noun].entity:
            return draft.items[wish.noun].entity
    for at in draft.entities:
        if table := resolver.table_at(at):
            resolver.owner = resolver.owner or table
            return table
    if mentioned := resolver.mentioned:
        return mentioned[0]
    return _by_columns(resolver)


def _by_columns(resolver: Resolver) -> str:
    """No table is named: the one whose columns and values fit every word."""
    draft = resolver.draft
    nouns = [item for item in draft.items if item.is_noun and item.columns]
    values = [item for item in draft.items if item.kind == "value"]
    fitting: dict[str, float] = {}
    for table in resolver.lexicon.tables:
        scores = [max((c.score for c in item.columns if c.table == table), default=0.0) for item in nouns]
        holds = all(any(match.table == table for match in item.values) for item in values)
        if scores and all(scores) and holds:
            fitting[table] = sum(scores)
    if not fitting:
        if not nouns:
            raise Unsure("No table or column of this database is named.")
        return ""
    best = max(fitting.values())
    options = {table: readable(table) for table, score in fitting.items() if score > best - 0.05}
    return settle("table", "Which table is meant?", options, resolver.answers)
