"""The last look at a query before it answers: does it say what was asked, and can it be?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.authors.analytics.draft import Draft
from engine.authors.analytics.gate import Unsure
from engine.authors.analytics.outputs import tables_of
from engine.authors.analytics.query import AnyCondition, ColumnRef, Condition, Query, Related
from engine.authors.analytics.synonyms import MEASURED_BY
from engine.language.words import readable


def check_answer(query: Query, draft: Draft) -> None:
    """Raises `Unsure` where the query is about something else than the request."""
    _check_which(query, draft)
    _check_counted(query, draft)
    _check_described(draft)
    _check_contradictions(query)
    _check_echo(query, draft)


def _check_which(query: Query, draft: Draft) -> None:
    """ "Which merchant" is answered by merchants, never by what merely goes with them."""
    items = [item for item in draft.items if item.kind != "stop"]
    if len(items) < 2 or items[0].text.lower() not in ("which", "what", "who") or not items[0].cued("whose"):
        return
    asked = items[1]
    if asked.is_noun and asked.entity and not asked.columns and asked.entity not in tables_of(query.outputs):
        raise Unsure(f"Not sure what is to be said of {asked.text}.", (asked.text,))


def _check_counted(query: Query, draft: Draft) -> None:
    """ "How many women work in the department" counts women, not departments."""
    for before, item in zip(draft.items, draft.items[1:], strict=False):
        if not before.cued("count") or item.kind != "value" or not item.values:
            continue
        tables = {match.table for match in item.values}
        following = draft.items[draft.items.index(item) + 1 :]
        called = bool(following) and following[0].is_noun
        if not called and query.base not in tables:
            raise Unsure(f"Not sure how {item.text} are to be counted.", (item.text,))


def _check_described(draft: Draft) -> None:
    """ "Expensive restaurants" are restaurants of a kind: how expensive is not shown for each."""
    for at in draft.shown:
        following = draft.items[at + 1] if at + 1 < len(draft.items) else None
        text = draft.items[at].text
        if text.lower() in MEASURED_BY and following is not None and following.is_noun and following.entity:
            raise Unsure(f"Not sure when something is {text}.", (text,))


def _check_contradictions(query: Query) -> None:
    """One row cannot be of two kinds at once: who has both has two rows, which is not what is read."""
    for conditions in _together(query.where):
        fixed: dict[ColumnRef, object] = {}
        equal = [c for c in conditions if isinstance(c, Condition) and c.operator == "=" and c.bucket is None]
        for each in equal:
            if fixed.setdefault(each.column, each.values) != each.values:
                raise Unsure(f"No row has two values of {readable(each.column.column)} at once.")


def _together(conditions: Sequence[AnyCondition]) -> Iterator[Sequence[AnyCondition]]:
    """Conditions that the same row must meet."""
    yield conditions
    for each in conditions:
        if isinstance(each, Related):
            yield from _together(each.where)


def _check_echo(query: Query, draft: Draft) -> None:
    """Who asks about the stage called Three Passes knows that it is called so."""
    said = {each.column for each in query.where if isinstance(each, Condition) and each.operator == "="}
    shown = [output.value for output in query.outputs if output.shown]
    if draft.items and draft.items[0].text.lower() == "who" and shown and all(value in said for value in shown):
        raise Unsure("The answer would only repeat what was said.")
