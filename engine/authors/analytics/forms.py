"""Values that a request says in another form than the data: by a code, a nationality, or another ending of the word."""

from __future__ import annotations

from collections.abc import Sequence

from engine.authors.analytics.lexicon import Lexicon
from engine.authors.analytics.places import other_names
from engine.language.words import plural, stem, stems
from engine.sources.schema import ValueMatch
from engine.sources.values import ValueIndex, normal

# A column with more values than this names things; those of fewer say of what kind or in which state they are.
_FEW = 60
_SHORTEST = 5


def by_another_name(said: str, values: ValueIndex) -> tuple[ValueMatch, ...]:
    """Values of fitting columns that mean the same: the state "Texas" held as TX, women held as F."""
    matches = [
        match
        for forms, wanted in other_names(said)
        for form in sorted(forms)
        for match in values.find(form)
        if wanted & set(stems(match.column))
    ]
    return tuple(dict.fromkeys(matches))


def kind_of_thing(word: str, found: Sequence[ValueMatch], lexicon: Lexicon, values: ValueIndex) -> str:
    """The table whose rows a plural names by their kind; none where the values name the rows one by one."""
    places = {(match.table, match.column) for match in found}
    if len(places) != 1 or word == word.upper() or word.lower() not in {plural(match.value.lower()) for match in found}:
        return ""
    ((table, column),) = places
    rows, known = lexicon.tables[table].rows or 0, values.of_column(table, column)
    return table if len(known) < rows and all(match.value.lower() != word.lower() for match in found) else ""


def by_another_ending(word: str, values: ValueIndex) -> tuple[ValueMatch, ...]:
    """Kinds and states that differ from a word by its ending only: "successful" payments are a success."""
    if len(word) < _SHORTEST or not word.isalpha():
        return ()
    wanted, first = stem(word), word[:3].lower()
    return tuple(
        ValueMatch(table=table, column=column, value=value)
        for table, column, value in values.of_kinds(_FEW)
        if value[:3].lower() == first and stem(normal(value)) == wanted
    )
