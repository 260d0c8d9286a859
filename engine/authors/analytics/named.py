"""Values in a request and the nouns beside them: "state NY", "rock genre", "both A and B"."""

from __future__ import annotations

from engine.authors.analytics.draft import Draft, Filter
from engine.authors.analytics.phrases import negated


def read_values(draft: Draft) -> None:
    """Recognise every value, alone or in a list."""
    places = [at for at, item in enumerate(draft.items) if item.kind in ("value", "quoted") and at not in draft.used]
    while places:
        run = [places.pop(0)]
        while places and _listed(draft, run[-1], places[0]):
            run.append(places.pop(0))
        _value_filter(draft, run)
        places = [at for at in places if at not in draft.used]


def _listed(draft: Draft, one: int, other: int) -> bool:
    between = draft.text_between(one, other)
    words = set(between.replace(",", " ").split())
    return words <= {"and", "or", "the", "in", "either", "nor"} and bool(words & {"and", "or", "nor"} or "," in between)


def _value_filter(draft: Draft, run: list[int]) -> None:
    first, last = run[0], run[-1]
    noun = _naming(draft, first, last)
    refusal = negated(draft, first)
    if refusal is None and noun is not None and noun < first:
        refusal = negated(draft, noun)
    if refusal is not None and draft.items[refusal].cued("without") and not draft.items[first].flag:
        end = last + 2 if last + 1 < len(draft.items) and draft.items[last + 1].is_noun else last + 1
        draft.filters.append(Filter("without", refusal, None, until=end))
        draft.take(refusal)
        refusal = None
    both = next((at for at in range(max(0, first - 3), first) if draft.items[at].cued("both")), None)
    joined = [at for at in range(first, last) if draft.items[at].cued("and", "or")]
    draft.filters.append(
        Filter("value", first, noun, "=", items=tuple(run), negated=refusal is not None, both=both is not None)
    )
    draft.take(*run, refusal, both, *joined)
    if noun is not None and _only_names_column(draft, noun, run):
        draft.take(noun)


def _naming(draft: Draft, first: int, last: int) -> int | None:
    """The noun beside a value that says where to look: "state NY", "rock genre", "city of New York"."""
    places = {(match.table, match.column) for match in draft.items[first].values}
    tables = {table for table, _ in places}
    before = draft.before(first, verbs=True, over=("eq", "not", "both"))
    near = [before, last + 1 if last + 1 < len(draft.items) else None]
    for at in near:
        if at is None or not draft.items[at].is_noun or (at in draft.used and at == before):
            continue
        item = draft.items[at]
        if at == first - 1 and item.columns and not item.entity:
            return at
        if any((each.table, name) in places for each in item.columns for name in each.columns):
            return at
    for at in near:
        if at is None or not draft.items[at].is_noun or (at in draft.used and at == before):
            continue
        item = draft.items[at]
        if any(each.is_table and each.table in tables for each in item.candidates):
            return at
        if draft.items[first].kind == "quoted" and not places and item.columns and at == before:
            return at
    return None


def _only_names_column(draft: Draft, noun: int, run: list[int]) -> bool:
    """Whether the noun does no more than name the value's column, so that it asks for nothing itself."""
    item = draft.items[noun]
    places = {(match.table, match.column) for match in draft.items[run[0]].values}
    named = any((each.table, name) in places for each in item.columns for name in each.columns)
    return (named or not item.entity) and not any(noun in (wish.noun,) for wish in draft.wishes)
