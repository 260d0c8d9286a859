"""Every number that decides how a request is read. Nothing else in this package compares with a number of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """Costs: the less the better. A word that nothing explains costs more than all small words of a request."""

    small: float = 0.05
    """A small word (of, the, please) that is left out."""
    meant: float = 0.5
    """A small word that is left out though it is wholly the name of something here."""
    whole: float = 0.9
    cut: float = 1.0
    """A name of several words that is cut in two."""
    act: float = 0.25
    """An act: fewer, longer ones explain a request better."""
    marker: float = 0.6
    """A word of command that stands alone; it is given back when it plays a part."""
    mark: float = 0.05
    verb: float = 0.5
    """A verb that says no more than that things have to do with each other: "venues that hosted courses"."""
    adverb: float = 0.2
    unknown: float = 4.0
    """A word that nothing explains."""
    unlike: float = 1.4
    """A name that is wholly unlike; 0.1 of it where the words are 0.95 alike."""
    far: float = 0.25
    """Candidates that fit so much worse than the best are not kept."""
    better: float = 0.05
    """What a candidate gains whose table or column is named beside it."""
    swapped: float = 0.1
    halved: float = 0.3
    """A comparison or a span of which one half is not said."""
    hop: float = 0.25
    """A key on the way from the rows of a measure to a field."""
    one_measure: float = 1.0
    """Things whose one column of amounts is added up, though only the things were named."""
    by_role: float = 0.2
    """A date that is only named as a beginning, an end or a deadline."""
    happened: float = 0.3
    """A date without a period: that it is there, or not."""
    kinds: float = 0.5
    """The part of a key's cost that one to a table of kinds, or to what is grouped by, has."""
    named: float = 0.3
    """What a column of a table that the request names is cheaper by."""
    exists: float = 1.5
    """A condition on rows that are several to a row."""
    no_money: float = 1.0
    """Rows that are counted where it is asked what was spent or earned."""
    of_things: float = 1.0
    """The greatest of a number where things are named that have it."""
    least_letters: int = 5
    """A shorter word is never read as another."""
    long_word: int = 8
    """A word of so many letters may have two wrong ones."""
    running: float = 0.05
    """Where rows run from a day to a day, and none is said: those that run today."""
    whole_or_part: float = 0.1
    """All things on record, where some of them may be over."""
    subject_value: float = 0.3
    """A value whose rows are added up though only the value was named: "property taxes in 2025"."""
    belonging: float = 0.3
    """That there are rows that belong to a thing, of which something is said."""
    unused: float = 2.5
    """A noun that plays no part."""
    elsewhere: float = 0.4
    """A state, or a date told by its role alone, that is not of the rows themselves but of what they belong to."""
    elsewhere_too: float = 1.3
    """A value of another table where a column of the rows themselves is called so."""
    as_today: float = 0.5
    """The day itself as the date of something: "today" is mostly as of when."""
    guessed_date: float = 0.6
    """A period for which no date was said."""
    named_date: float = 0.2
    """A period for which no date was said, where one is called like the things themselves."""
    bare_measure: float = 0.3
    bare_count: float = 0.9
    """Things that are counted without a word of counting, and not by anything."""
    bare_list: float = 0.8
    """Rows that are listed without a word of listing."""
    amounts_listed: float = 0.8
    """A column of amounts that is listed alone."""
    next_date: float = 0.4
    """A later date of the same table, where the first was as possible."""
    """A measure whose function was not said."""
    default_order: float = 0.4
    mixed_tables: float = 0.5
    unit_alone: float = 0.2
    """Amounts that are named by a unit of time alone: "hours by office"."""
    owed: float = 0.3
    """That what is outstanding is what was charged less what was paid."""
    term_word: float = 0.05
    """Each word of the name of what a formula of the request gives."""
    most_parts: int = 6
    """A word that so many measures have in their names tells none of them apart."""
    most: float = 2.0
    """A reading that costs more is not an answer."""
    worth_asking: float = 4.0
    """A reading that explains every word, but costs more than this, is not even put as a question."""
    most_in_part: float = 2.0
    """Nor is one that leaves a word aside and costs more than this besides."""
    named_value: float = 0.7
    """How sure it must be that some words name a value that metrics are kept to."""
    most_others: int = 60
    """A column of more values is not kept to all but some of them."""
    beyond: float = 1.5
    """Ways to cover a request that cost so much more than the best reading are not read."""
    clear: float = 0.35
    """How much better the best reading must be than another that gives other rows."""


W = Weights()

# How sure a name is by what speaks for it; 1 is the thing's own whole name. What stands alone is the last factor.
EVIDENCE: dict[str, float] = {
    "exact": 1.0,
    "value": 1.0,
    "flag": 0.97,
    "word": 0.95,
    "form": 0.95,
    "joined": 0.9,
    "role": 0.9,
    "opposite": 0.9,
    "around": 0.89,
    "turned": 0.88,
    "initials of": 0.88,
    "part": 0.85,
    "unit": 0.85,
    "root": 0.85,
    "audit": 0.7,
    "kind of": 0.85,
    "synonym": 0.82,
    "thesaurus": 0.72,
    "initials": 0.8,
    "cut": 0.8,
    "reference": 0.8,
    "abbreviation": 0.85,
    "one of many": 0.3,
    "same": 0.75,
    "a word of": 0.75,
    "verb": 0.7,
    "key": 0.7,
    "code": 0.5,
    "bridge": 0.48,
    "copy": 0.2,
    # What each further name of a column is less, what its table's name before it adds, and what needs no guessing.
    "less": 0.04,
    "owned": 0.03,
    "enough": 0.8,
}
