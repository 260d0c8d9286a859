"""Items that belong together, or apart, by what stands beside them: a population density, high priority tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.authors.analytics.forms import kind_of_thing
from engine.authors.analytics.items import Item
from engine.authors.analytics.lexicon import Candidate, Lexicon
from engine.authors.analytics.synonyms import GENERIC_MONEY
from engine.language.words import plural, stem
from engine.sources.schema import Kind
from engine.sources.values import ValueIndex


def things(items: Sequence[Item], lexicon: Lexicon, values: ValueIndex) -> tuple[Item, ...]:
    """ "journals" are rows of the table whose kind is journal: the thing is put behind its kind."""
    kept: list[Item] = []
    for at, item in enumerate(items):
        kept += _apart(items[at - 1], item, lexicon) if at else [item]
        table = kind_of_thing(item.text, item.values, lexicon, values) if item.kind == "value" else ""
        if table and not (at + 1 < len(items) and items[at + 1].is_noun):
            kept.append(Item("noun", item.text, item.end, item.end, candidates=(Candidate(table),)))
    return tuple(kept)


def _apart(before: Item, item: Item, lexicon: Lexicon) -> list[Item]:
    """ "high priority tickets": tickets, and the column that says what is high."""
    head, _, last = item.text.rpartition(" ")
    places = {(match.table, (match.column,)) for match in before.values}
    told = [each for each in item.columns if (each.table, each.columns) in places]
    things = [
        each for each in lexicon.exact.get((stem(last),), ()) if each.is_table and each.table in {c.table for c in told}
    ]
    if before.kind != "value" or not item.is_noun or not head or not told or not things:
        return [item]
    middle = item.end - len(last)
    column = replace(item, text=head, end=middle - 1, candidates=tuple(told))
    return [column, Item("noun", last, middle, item.end, candidates=tuple(things))]


def compounds(items: list[Item], lexicon: Lexicon) -> tuple[Item, ...]:
    """Two numeric nouns side by side are one: a population density is a density."""
    kept: list[Item] = []
    for item in items:
        before = kept[-1] if kept else None
        if before and before.end + 1 == item.start and (values := _values_of(before, item, lexicon)):
            kept[-1] = Item("noun", f"{before.text} {item.text}", before.start, item.end, candidates=values)
            continue
        if before and before.end + 1 == item.start and before.entity and _says_amount(before.entity, item, lexicon):
            kept[-1] = replace(before, text=f"{before.text} {item.text}", end=item.end)
            continue
        if before and before.end + 1 == item.start and (own := _attribute(before, item)):
            kept[-1] = replace(item, text=f"{before.text} {item.text}", start=before.start, candidates=own)
            continue
        if before and before.end + 1 == item.start and _numeric(before) and _numeric(item):
            # A star rating may be the stars of a shop or the rating of a review: which, its place in the request says.
            tables = {each.table for each in item.columns}
            others = tuple(each for each in before.columns if each.table not in tables)
            both = (*item.candidates, *others)
            kept[-1] = replace(item, text=f"{before.text} {item.text}", start=before.start, candidates=both)
        else:
            kept.append(item)
    return tuple(kept)


def _attribute(owner: Item, item: Item) -> tuple[Candidate, ...]:
    """ "transaction fee": the columns that a part of a name means in the table that is named just before it."""
    one = owner.is_noun and owner.entity and owner.text.lower() != plural(owner.text.lower())
    if not one or not item.is_noun or item.entity:
        return ()
    return tuple(replace(each, score=1.05) for each in item.columns if each.table == owner.entity)


def _values_of(owner: Item, item: Item, lexicon: Lexicon) -> tuple[Candidate, ...]:
    """ "property value": no price of the property where another table holds its values by that very name."""
    word = stem(item.text)
    if word != stem("value") or not owner.entity:
        return ()
    referring = {key.table for key in lexicon.schema.foreign_keys if key.refers_table == owner.entity}
    named = [each for each in lexicon.exact.get((word,), ()) if each.kind is Kind.NUMBER]
    return tuple(each for each in named if each.table in referring)


def _says_amount(table: str, item: Item, lexicon: Lexicon) -> bool:
    """ "sales amount": a general word for money after a table that has money under another name."""
    named = item.is_noun and any(each.table == table for each in item.candidates)
    return stem(item.text) in GENERIC_MONEY and not named and bool(lexicon.money(table))


def _numeric(item: Item) -> bool:
    kinds = {each.kind for each in item.columns if each.score >= 0.85}
    return item.is_noun and not item.entity and kinds == {Kind.NUMBER}
