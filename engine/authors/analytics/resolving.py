"""Which column a noun means where it stands: of the table it hangs on, of another that is named, or a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.authors.analytics.draft import Draft
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.items import Item
from engine.authors.analytics.joins import KeyGraph, Path, Tie, described
from engine.authors.analytics.lexicon import Candidate, Lexicon, keeps_books
from engine.authors.analytics.phrases import sentence_of
from engine.authors.analytics.query import ColumnRef
from engine.authors.analytics.synonyms import DATED_BY, GENERAL_MONEY, MEASURED_BY, TELLING, TURNED_BY_DATES
from engine.language.words import readable, stem, stems
from engine.products import Reading
from engine.sources.schema import Kind

_GIVING = frozenset("give gives gave giving".split())
_OF = frozenset("of for in from among by on within to".split())
# Adjectives that may mean any number of a table.
# What a date can tell of a thing; it is not good, high or expensive by one.
_TOLD_BY_DATES = frozenset({"old", "young", "late", "early", "new"})
_VAGUE = frozenset({"large", "small", "high", "good", "bad"})
_BIRTHS = frozenset(stem(word) for word in "birth birthday birthdate dob death".split())
LIVES = _BIRTHS | {
    stem(word)
    for word in "join joined signup registered registration hire hired since founded opened built member".split()
}
_MERELY_WHEN = frozenset({"date", "year"})
Wanted = frozenset[Kind]
NUMBERS: Wanted = frozenset({Kind.NUMBER})
DATES: Wanted = frozenset({Kind.DATE, Kind.TIME})
ANY: Wanted = frozenset(Kind) - {Kind.BINARY}


@dataclass
class Resolver:
    """Resolves the nouns of one draft; asks through `settle` where two columns are as good."""

    draft: Draft
    lexicon: Lexicon
    graph: KeyGraph
    answers: Mapping[str, str]
    subject: str = ""
    owner: str = ""
    readings: list[Reading] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    @property
    def mentioned(self) -> list[str]:
        """The tables that the request names, in order."""
        found = [self.table_at(at) for at in range(len(self.draft.items))]
        return list(dict.fromkeys(table for table in found if table))

    def table_at(self, at: int | None) -> str:
        """The table that an item names, or that the owner in "customer name" names."""
        if at is None or not self.draft.items[at].is_noun:
            return ""
        item = self.draft.items[at]
        owners = {each.table for each in item.columns if each.score > 1} if item.owned else set()
        return owners.pop() if len(owners) == 1 else item.entity

    def say(self, words: str, meaning: str) -> None:
        """Note what words were taken to mean."""
        reading = Reading(words=words, meaning=meaning)
        if reading not in self.readings:
            self.readings.append(reading)

    def anchor(self, at: int) -> str:
        """The table that a noun hangs on by its place in the sentence."""
        draft = self.draft
        if sentence_of(draft, at) > 0 and self.owner:
            return self.owner
        if at > 0 and (table := self._whole_table(at - 1)):
            return table
        place = at + 1
        while place < len(draft.items) and not draft.ends(place):
            item = draft.items[place]
            if item.text.lower() in _OF and (owner := self._next_table(place)):
                return owner
            passes = draft.quiet(place) or item.cued("and") or (item.is_noun and not item.entity)
            if not passes or item.text.lower() in ("that", "who", "which", "whose", "where"):
                break
            place += 1
        for earlier in range(at - 1, -1, -1):
            if table := self._whole_table(earlier) or self._kind_of_thing(earlier):
                return table
        following = [self._whole_table(later) for later in range(at + 1, len(draft.items))]
        return next((table for table in following if table), self.subject)

    def _kind_of_thing(self, at: int) -> str:
        """The table of "a cat": a value after an article stands for a row that has it."""
        item = self.draft.items[at]
        tables = {match.table for match in item.values}
        return (
            tables.pop()
            if item.kind == "value" and len(tables) == 1 and self.draft.word_before(at) in ("a", "an")
            else ""
        )

    def _whole_table(self, at: int) -> str:
        item = self.draft.items[at]
        return self.table_at(at) if item.is_noun else ""

    def _next_table(self, at: int) -> str:
        place = self.draft.after(at, verbs=True, over=("distinct", "group", "highest", "lowest", "both"))
        if place is not None and self.draft.items[place].kind in ("value", "amount"):
            place = place + 1
        if place is None or place >= len(self.draft.items):
            return ""
        return self._whole_table(place)

    def _unfitting(self, item: Item, wanted: Wanted) -> str:
        """Why no column fits: the one that is called so may be kept as text, which cannot be computed with."""
        named = next(((c.table, c.columns[0]) for c in item.columns if c.score >= 0.9), None)
        if named is None or self.lexicon.column(*named).kind is not Kind.TEXT or Kind.TEXT in wanted:
            return f"No fitting column for: {item.text}."
        what = "numbers" if Kind.NUMBER in wanted else "dates"
        return f"{readable(named[1]).capitalize()} of {readable(named[0])} is kept as text, not as {what}."

    def columns(self, at: int, wanted: Wanted = ANY, anchor: str = "") -> tuple[ColumnRef, ...]:
        """The columns a noun means (several for the parts of a person's name)."""
        item = self.draft.items[at]
        fitting = [c for c in item.columns if all(self.lexicon.column(c.table, n).kind in wanted for n in c.columns)]
        if not fitting:
            fitting = self._of_entity(item.entity, wanted)
        if not fitting:
            raise Unsure(self._unfitting(item, wanted), (item.text,))
        at_hand = anchor or self.anchor(at)
        ranked = sorted(((self._score(each, at_hand), each) for each in fitting), key=lambda pair: -pair[0])
        best = ranked[0][0]
        close = [each for score, each in ranked if score > best - 0.07]
        close = self._one_of_equals(close, at_hand)
        if all(each.how == "synonym" for each in close):
            close = [*close, *self._called_so_beside([each for _, each in ranked], close[0].table)]
        chosen = self._choose(item.text, close)
        if chosen.table != self.subject and self._given(at):
            raise Unsure(f"{readable(self.subject)} has no {item.text} to give.", (item.text,))
        refs = tuple(ColumnRef(table=chosen.table, column=name) for name in chosen.columns)
        self.say(item.text, ", ".join(f"{readable(ref.column)} of {readable(ref.table)}" for ref in refs))
        return refs

    def _given(self, at: int) -> bool:
        """Whether a noun is what the subject gives: the stars of a review, not those of the shop."""
        before = at - 1
        while before > 0 and self.draft.items[before].kind == "amount":
            before -= 1
        return before > 0 and self.draft.items[before].text.lower() in _GIVING

    def _called_so_beside(self, fitting: list[Candidate], table: str) -> list[Candidate]:
        """Columns in the next tables that are called as was said, beside one of the table that only means the same."""
        return [
            each
            for each in fitting
            if each.how != "synonym" and each.score >= 0.8 and self.graph.distance(table, each.table) == 1
        ]

    def column(self, at: int, wanted: Wanted = ANY, anchor: str = "") -> ColumnRef:
        """The one column a noun means."""
        found = self.columns(at, wanted, anchor)
        if len(found) != 1:
            raise Unsure(f"{self.draft.items[at].text} is held in several columns.", (self.draft.items[at].text,))
        return found[0]

    def _of_entity(self, table: str, wanted: Wanted) -> list[Candidate]:
        if not table:
            return []
        if wanted == NUMBERS:
            return [Candidate(table, (name,), 0.8, "money") for name in self._worth(table)]
        return [Candidate(table, self.lexicon.naming(table), 0.9)] if wanted == ANY else []

    def _worth(self, table: str) -> tuple[str, ...]:
        """The money of a table; where only a particular kind is there, such as freight, it is asked whether that is it.

        Raises:
            Unsure: it is not.
        """
        names = self.lexicon.money(table)
        general = GENERAL_MONEY | set(stems(self.lexicon.tables[table].name))
        if not names or any(set(stems(name)) & general for name in names):
            return names
        text = f"What is the value of {readable(table)}?"
        options = {name: f"its {readable(name)}" for name in names} | {"other": "something else"}
        chosen = settle(f"worth:{table}", text, options, self.answers)
        if chosen == "other":
            raise Unsure(f"{readable(table)} has no such value.", (readable(table),))
        return (chosen,)

    def _score(self, candidate: Candidate, anchor: str) -> float:
        score = min(candidate.score, 1.0)
        if candidate.score > 1:
            return score + 0.6
        if candidate.table == anchor:
            return score + 0.5
        if candidate.table in self.mentioned or candidate.table == self.subject:
            return score + 0.25
        near = anchor or self.subject
        if near:
            distance = self.graph.distance(near, candidate.table)
            if distance < 99:
                return (
                    score
                    + max(0.0, 0.2 - 0.08 * distance)
                    - (0.04 if (candidate.table, candidate.columns[0]) in self.lexicon.foreign_columns else 0)
                )
            return score - 0.3
        return score

    def _one_of_equals(self, close: list[Candidate], anchor: str) -> list[Candidate]:
        """Columns joined by a key hold the same thing: one of them is enough."""
        if len(close) < 2:
            return close
        kept: list[Candidate] = []
        home_first = [anchor, self.subject, *self.mentioned]
        for each in sorted(close, key=lambda c: home_first.index(c.table) if c.table in home_first else 99):
            if not any(self._same(each, other) for other in kept):
                kept.append(each)
        home = [each for each in kept if each.table == anchor]
        return home if len(home) == 1 and len({each.table for each in kept}) == len(kept) else kept

    def _same(self, one: Candidate, other: Candidate) -> bool:
        ends = {(one.table, one.columns), (other.table, other.columns)}
        return any(
            {(key.table, key.columns), (key.refers_table, key.refers_columns)} == ends
            for key in self.graph.schema.foreign_keys
        )

    def _choose(self, words: str, close: list[Candidate]) -> Candidate:
        options = {}
        for each in close:
            names = " and ".join(readable(name) for name in each.columns)
            options[f"{each.table}.{'+'.join(each.columns)}"] = f"{names} of {readable(each.table)}"
        key = settle(f"column:{words.lower()}", f"Which column is meant by “{words}”?", options, self.answers)
        return next(each for each in close if f"{each.table}.{'+'.join(each.columns)}" == key)

    def measured(self, adjective: str, table: str, words: str) -> tuple[ColumnRef, bool]:
        """The column that an adjective measures in a table, and whether its direction turns round."""
        plain = adjective
        by_words: list[str] = MEASURED_BY.get(plain, "").split()
        names = {
            name: set(stems(name))
            for name in self.lexicon.tables[table].by_name
            if self._measurable(table, name)
            and (plain in _TOLD_BY_DATES or self.lexicon.column(table, name).kind is Kind.NUMBER)
        }
        for word in by_words:
            found = [name for name, held in names.items() if stem(word) in held]
            if (
                found
                and plain in ("large", "small")
                and len({n for n in names if set(map(stem, by_words)) & names[n]}) > 1
            ):
                found = [name for name in names if set(map(stem, by_words)) & names[name]]
            if found:
                options = {name: readable(name) for name in found}
                name = settle(
                    f"measure:{table}:{plain}", f"What makes {readable(table)} “{words}”?", options, self.answers
                )
                ref = ColumnRef(table=table, column=name)
                kind = self.lexicon.kind(ref)
                dated = kind in DATES or "year" in stems(name)
                turned = dated and plain in TURNED_BY_DATES
                self.say(words, f"by {readable(name)} of {readable(table)}")
                return ref, turned
        elsewhere = self._measured_elsewhere(plain, table, words) if plain not in _VAGUE else None
        if elsewhere is not None:
            return elsewhere
        numbers = self.lexicon.measures(table)
        if not numbers or plain in TELLING:
            raise Unsure(f"Nothing in {readable(table)} measures “{words}”.", (words,))
        options = {name: readable(name) for name in numbers}
        if len(options) == 1:
            options = {**options, "other": "something else"}
        name = settle(f"measure:{table}:{plain}", f"What makes {readable(table)} “{words}”?", options, self.answers)
        if name == "other":
            raise Unsure(f"Nothing in {readable(table)} measures “{words}”.", (words,))
        return ColumnRef(table=table, column=name), False

    def _measured_elsewhere(self, adjective: str, table: str, words: str) -> tuple[ColumnRef, bool] | None:
        """The height of a player may be kept with the person: the one looked-up table that has such a column."""
        wanted = {stem(word) for word in MEASURED_BY.get(adjective, "").split()[:3]}
        found = [
            (other.key, column.name)
            for other in self.lexicon.schema.tables
            if other.key != table and self.graph.looks_up(table, other.key)
            for column in other.columns
            if wanted & set(stems(column.name)) and self._measurable(other.key, column.name)
        ]
        if len(found) != 1:
            return None
        ref = ColumnRef(table=found[0][0], column=found[0][1])
        self.say(words, f"by {readable(ref.column)} of {readable(ref.table)}")
        return ref, self.lexicon.kind(ref) in DATES and adjective in TURNED_BY_DATES

    def _measurable(self, table: str, name: str) -> bool:
        kind = self.lexicon.column(table, name).kind
        return kind in (Kind.NUMBER, Kind.DATE, Kind.TIME) and (table, name) not in self.lexicon.keys

    def date_column(self, tables: Iterable[str], hints: Iterable[str] = ()) -> ColumnRef:
        """The date column that a period or a month means: the one a verb points to, or the only one."""
        places = list(dict.fromkeys(tables))
        for hint in [hint for hint in hints if hint in DATED_BY]:
            wanted = {stem(word) for word in DATED_BY[hint].split()}
            hinted = [
                ref for table in places for ref in self._dates(table, every=True) if wanted & set(stems(ref.column))
            ]
            if hinted:
                return self._one_date([ref for ref in hinted if ref.table == hinted[0].table])
            if (only := self._only_date(places[:1])) is not None:
                return only
            if not any(hint in self.lexicon.table_words[table] for table in places[:1]):
                raise Unsure(f"No date column says when ({hint}).", (hint,))
        for table in places:
            of_other = table != places[0] and table not in self.mentioned
            if found := [ref for ref in self._dates(table) if self._may_say_when(ref, of_other)]:
                own = [ref for ref in found if set(stems(ref.column)) & set(self.lexicon.table_words[table])]
                plain = [ref for ref in found if stems(ref.column) in (("date",), ("year",))]
                return self._one_date(found if len(found) == 1 else own if len(own) == 1 else plain or found)
        raise Unsure("No date column says when.", ())

    def _may_say_when(self, ref: ColumnRef, of_other: bool) -> bool:
        """Whether things may be dated by a column: not by a birth, nor by when somebody they belong to came or went."""
        words = set(stems(ref.column))
        return not words & (LIVES if of_other else _BIRTHS)

    def _only_date(self, tables: list[str]) -> ColumnRef | None:
        """The one date of a table where it says no more than that it is one: when, whatever is said to happen."""
        found = [ref for table in tables for ref in self._dates(table)]
        plain = [ref for ref in found if set(self.lexicon.bare(ref.table, ref.column)) <= _MERELY_WHEN]
        return plain[0] if len(found) == len(plain) == 1 else None

    def _dates(self, table: str, every: bool = False) -> list[ColumnRef]:
        dates, years = self.lexicon.dates(table), self.lexicon.years(table)
        # When a row was written is no answer where the thing itself has a year.
        names = years if years and all(map(keeps_books, dates)) else dates
        if every:
            names = tuple(dict.fromkeys((*names, *years)))
        return [ColumnRef(table=table, column=name) for name in names]

    def _one_date(self, found: list[ColumnRef]) -> ColumnRef:
        options = {ref.column: readable(ref.column) for ref in found}
        table = found[0].table
        name = settle(f"date:{table}", f"Which date of {readable(table)} is meant?", options, self.answers)
        return ColumnRef(table=table, column=name)

    def path(self, start: str, goal: str) -> Path | None:
        """How two tables hang together; a question when there are two ways."""
        try:
            return self.graph.path(start, goal, self._hints())
        except Tie as tie:
            options = {str(number): described(path) for number, path in enumerate(tie.paths, 1)}
            key = f"path:{start}:{goal}"
            text = f"{readable(start)} and {readable(goal)} are related in several ways. Which is meant?"
            chosen = settle(key, text, options, self.answers)
            return tie.paths[int(chosen) - 1]

    def _hints(self) -> set[str]:
        said = {stem(word) for item in self.draft.items for word in item.text.split()}
        hints = set(self.mentioned)
        for key in self.graph.schema.foreign_keys:
            parent = set(self.lexicon.table_words.get(key.refers_table, ()))
            for name in key.columns:
                telling = set(stems(name)) - parent - {"id", "code", "key"}
                if telling & said:
                    hints.add(f"{key.table}.{name}")
        return hints
