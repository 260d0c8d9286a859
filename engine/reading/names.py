"""What a place's tables, columns, keys and values may be called, and how sure each way of calling them is. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.authors.analytics.synonyms import synonyms
from engine.language.words import WHOLE, shortens, split_identifier, stem
from engine.question.model import TAUGHT
from engine.reading.candidates import (
    HAPPENED,
    NOT_HAPPENED,
    Candidate,
    Index,
    Phrase,
    best,
    numbered,
    one_root,
    rate_of_time,
    run_together,
    same,
    same_form,
    shortens_any,
    told,
    told_by,
    weaker,
)
from engine.reading.vocabulary import closed_words, happening, said_otherwise, same_states
from engine.reading.weights import EVIDENCE, W
from engine.semantics.deriving import is_quantity
from engine.semantics.inferring import SPOKEN_UNITS
from engine.semantics.inforce import spoken
from engine.semantics.model import Adds, Attribute, DateRole, Origin, Part, SemanticModel, Word
from engine.semantics.statements import NOTHING_SAID, Statements
from engine.sources.values import ValueIndex, normal

MOST_WORDS, MOST_KINDS = 5, 60
_MOST_PHRASES = 16
_OPPOSITE = {"closed": "open", "inactive": "active", "invalid": "valid", "incomplete": "complete"}
_KINDS_OF = frozenset(map(stem, "type kind category class".split()))
_SMALL = frozenset("FILLER OF AND OR BY FOR NOT".split())
# A ticket is open before it was opened.
_ADJECTIVES = frozenset("open complete live".split())
# Words that say something only here and there are names as well.
_OPEN = frozenset("SAME VERB ADVERB AUDIENCE ASIDE OUTPUT MISS MOVED CASE".split())
VERBAL = re.compile(
    r"(?:ed|ing)$|^(?:sold|bought|paid|sent|spent|made|won|lost|begun|written|given|taken|built|driven)$"
)
_CODE = re.compile(r"[A-Z]{2,4}")
_TIMES = ("seconds", "minutes", "hours")
_NOT_VALUES = (Part.MEASURE, Part.ORDINAL, Part.DATE, Part.OTHER)


def _index() -> Index:
    return defaultdict(list)


@dataclass
class Names:
    """The phrases (stems) that a place's tables, columns, keys and values are called by. Made once a place."""

    model: SemanticModel
    values: ValueIndex
    said: Statements = NOTHING_SAID
    phrases: Index = field(default_factory=_index)
    roles: Index = field(default_factory=_index)
    kinds: Index = field(default_factory=_index)
    _shorts: dict[str, set[str]] = field(default_factory=dict)
    _known: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for entity in self.model.entities.values():
            for at, name in enumerate(entity.names):
                weight = EVIDENCE["exact" if at == 0 else "part"] * self._weight(entity.table)
                self._add(self.phrases, name, Candidate("entity", entity.table, score=weight))
            for name in entity.called:
                self._put(self.phrases, name, Candidate("entity", entity.table, score=self._weight(entity.table)))
        for attribute in self.model.attributes.values():
            self._columns(attribute)
        for relation in self.model.relations:
            role = relation.role[:-1] if relation.role[-1:] == ("by",) else relation.role  # who packed, of packed_by
            if role and not self.model.entities[relation.table].copy_of:
                self._add(self.roles, role, Candidate("role", relation.refers_table, via=(relation.name,)))
                # "by lawyer" is by whom handling_lawyer_id refers to.
                one = Candidate(
                    "entity", relation.refers_table, via=(relation.name,), score=EVIDENCE["part"], how="role"
                )
                for said in dict.fromkeys((relation.role, role, role[-1:])):
                    self._add(self.phrases, said, one)
        for table, column, value in self.values.of_kinds(MOST_KINDS):
            words = tuple(stem(word) for word in told(value).split())
            if len(words) <= MOST_WORDS and self._says(table, column):
                self._add(
                    self.kinds, words, Candidate("value", table, column, value, score=EVIDENCE["word"], how="word")
                )
        self._same()
        self._things()
        self._said()
        self._words = {word for phrase in (*self.phrases, *self.roles) for word in phrase}

    def _add(self, index: Index, phrase: Phrase, candidate: Candidate) -> None:
        """Add a candidate to a phrase that does not have it yet."""
        key = (id(index), phrase, same(candidate))
        if phrase and key not in self._known:
            self._known.add(key)
            index[phrase].append(candidate)

    def _put(self, index: Index, phrase: Phrase, candidate: Candidate) -> None:
        """Add a candidate to a phrase in the place of one that is less sure."""
        if phrase and (id(index), phrase, same(candidate)) in self._known:
            index[phrase] = [each for each in index[phrase] if same(each) != same(candidate)]
            self._known.discard((id(index), phrase, same(candidate)))
        self._add(index, phrase, candidate)

    def call(self, table: str, said: Sequence[str]) -> None:
        """Let a table be called by further words."""
        for text in said:
            words = tuple(stem(word) for word in text.lower().split())
            self._add(self.phrases, words, Candidate("entity", table, score=EVIDENCE["word"], how="word"))

    def _said(self) -> None:
        """The words that people gave to things, and the texts of codes."""
        for attribute in self.model.attributes.values():
            for code, text in attribute.codes.items():
                words = tuple(stem(word) for word in normal(text).split())
                if words and len(words) <= MOST_WORDS:
                    found = Candidate("value", *attribute.place, code, score=EVIDENCE["word"], how="coded")
                    self._put(self.kinds, words, found)
        for word in self.model.words:
            words = tuple(stem(each) for each in word.text.lower().replace("-", " ").split())
            if word.value:
                found = Candidate("value", word.table, word.column, word.value, how="taught")
                self._put(self.kinds, words, found)
            else:
                kind = "field" if word.column else "entity"
                how = "taught" if word.origin is Origin.TAUGHT else "exact"
                self._put(self.phrases, words, Candidate(kind, word.table, word.column, how=how))

    def _same(self) -> None:
        """A word for a state that the rows of a table have by another: completed where a delivery is "delivered"."""
        kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
        for table, column, value in self.values.of_kinds(MOST_KINDS):
            if self._says(table, column):
                kinds[table, column].append(value)
        for (table, column), values in kinds.items():
            for words in same_states().values():
                meant = [value for value in values if told(value) in words]
                meant = meant or [v for v in self.codes.get((table, column), ()) if shortens_any(v, words)]
                if len(meant) != 1 or len(values) < 2:
                    continue
                for said in words - {told(meant[0])}:
                    found = Candidate("value", table, column, meant[0], score=EVIDENCE["same"], how="same")
                    self._add(self.kinds, tuple(stem(word) for word in said.split()), found)

    def _things(self) -> None:
        """Things of which only the kinds have a table: tickets are how many lines say, where there are ticket types."""
        known = {name for entity in self.model.entities.values() for name in (*entity.names, *entity.called)}
        for entity in self.model.entities.values():
            for name in (*entity.names, *entity.called):
                if not entity.lookup or len(name) < 2 or name[-1] not in _KINDS_OF or name[:-1] in known:
                    continue
                for table in dict.fromkeys(each.table for each in self.model.incoming[entity.table]):
                    self._thing(table, name[:-1])

    def _thing(self, table: str, thing: Phrase) -> None:
        """Let the rows of a table be called by what they are of: their quantity, what they come to, or themselves."""
        own = [each for each in self.model.attributes.values() if each.table == table and each.part is Part.MEASURE]
        counted = [each for each in own if is_quantity(each)]
        if len(counted) == 1:
            found = Candidate("field", *counted[0].place, score=EVIDENCE["kind of"], how="kind of")
        else:
            found = Candidate("entity", table, score=EVIDENCE["kind of"], how="kind of")
        self._add(self.phrases, thing, found)
        for each in own:
            for name in each.names if each.formula is not None else ():
                owned = Candidate("field", *each.place, score=EVIDENCE["exact"], how="owned")
                self._add(self.phrases, (*thing, *name), owned)

    def _weight(self, table: str) -> float:
        return EVIDENCE["copy"] if self.model.entities[table].copy_of else 1.0

    def _says(self, table: str, column: str) -> bool:
        """Whether the values of a column may be meant by words: no dates, no numbers, no left-over copy."""
        attribute = self.model.attributes.get((table, column))
        return attribute is not None and attribute.part not in _NOT_VALUES and not self.model.entities[table].copy_of

    def _columns(self, attribute: Attribute) -> None:
        """Every name of a column: its own, behind its table's, run together, its unit, what it says yes to."""
        table, column = attribute.place
        entity = self.model.entities[table]
        weight = self._weight(table)
        if attribute.part is Part.REFERENCE:
            weight *= EVIDENCE["bridge" if entity.bridge else "reference"]
        for at, name in enumerate(attribute.names):
            score = weight * (1.0 - EVIDENCE["less"] * at)
            if attribute.part is Part.KEY and at > 0:
                score *= EVIDENCE["key"]
            self._add(self.phrases, name, Candidate("field", table, column, score=score))
            for other in numbered(name):
                self._add(self.phrases, other, Candidate("field", table, column, score=score * EVIDENCE["word"]))
            owned = Candidate("field", table, column, score=min(score + EVIDENCE["owned"], 1.0), how="owned")
            for own in (*entity.names, *entity.called):
                if name[: len(own)] != own:
                    self._add(self.phrases, (*own, *name), owned)
        self._called(attribute, weight)
        for said, how in self._further(attribute):
            self._add(
                self.phrases, (stem(said),), Candidate("field", table, column, score=weight * EVIDENCE[how], how=how)
            )
        if attribute.part is Part.FLAG and attribute.truth:
            self._flag(attribute, attribute.truth, weight)

    def _called(self, attribute: Attribute, weight: float) -> None:
        """The further names that a column is said to have, also behind its table's."""
        entity = self.model.entities[attribute.table]
        for name in attribute.called:
            own_name = attribute.part is Part.KEY and name in (*entity.called, *entity.names)
            called = Candidate("field", *attribute.place, score=weight * EVIDENCE["key"] if own_name else weight)
            self._put(self.phrases, name, called)
            for own in (*entity.called, *entity.names):
                if name[: len(own)] != own:
                    self._add(self.phrases, (*own, *name), replace(called, how="owned"))

    def _further(self, attribute: Attribute) -> Iterator[tuple[str, str]]:
        yield from ((word, "joined") for word in run_together(attribute.column))
        if attribute.part is Part.MEASURE:
            yield from ((word, "unit") for word in SPOKEN_UNITS.get(attribute.unit, ()))

    def _flag(self, attribute: Attribute, truth: tuple[str, str], weight: float) -> None:
        yes, no = (Candidate("value", *attribute.place, value, score=weight * EVIDENCE["flag"]) for value in truth)
        for name in (*attribute.called, *attribute.names):
            self._add(self.phrases, name, yes)
            for denied in ("un", "non") if len(name) == 1 else ():
                self._add(self.phrases, (denied + name[0],), no)

    # -- views ----------------------------------------------------------------------------------------------------

    @cached_property
    def dates(self) -> frozenset[tuple[str, str]]:
        """The columns that hold dates."""
        return frozenset(each.place for each in self.model.attributes.values() if each.part is Part.DATE)

    @cached_property
    def flags(self) -> frozenset[tuple[str, str]]:
        """The columns that only say yes or no."""
        return frozenset(each.place for each in self.model.attributes.values() if each.part is Part.FLAG)

    @cached_property
    def timed(self) -> tuple[Candidate, ...]:
        """The measures that are kept in a unit of time."""
        held = [each for each in self.model.attributes.values() if each.part is Part.MEASURE and each.unit in _TIMES]
        return tuple(Candidate("field", *each.place, score=EVIDENCE["unit"], how="unit") for each in held)

    @cached_property
    def labels(self) -> frozenset[tuple[str, str]]:
        """The columns that name things."""
        return frozenset(each.place for each in self.model.attributes.values() if each.part is Part.NAME)

    @cached_property
    def by_role(self) -> dict[str, tuple[Candidate, ...]]:
        """The dates of a role, such as all ends."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for each in self.model.attributes.values():
            if each.date_role is not None and not self.model.entities[each.table].copy_of:
                found[each.date_role.value].append(Candidate("field", *each.place, score=EVIDENCE["role"], how="role"))
        return {role: tuple(dates) for role, dates in found.items()}

    @cached_property
    def undated(self) -> dict[str, tuple[Candidate, ...]]:
        """The participle of a date: paid for PaidDate and paid_on."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for place in self.dates:
            for word in split_identifier(place[1]):
                if len(word) > 3 and word not in ("date", "time"):
                    found[word].append(Candidate("field", *place, score=EVIDENCE["word"]))
        return {word: tuple(dates) for word, dates in found.items()}

    @cached_property
    def measures(self) -> frozenset[tuple[str, str]]:
        """The columns that hold measures."""
        return frozenset(each.place for each in self.model.attributes.values() if each.part is Part.MEASURE)

    @cached_property
    def rates(self) -> frozenset[tuple[str, str]]:
        """The measures that are per something: rates, prices, fees."""
        priced = {stem(word) for word in ("price", "fee", "rate", "cost")}
        held = [each for each in self.model.attributes.values() if each.part is Part.MEASURE]
        return frozenset(
            e.place for e in held if e.adds is Adds.RATE or priced & {word for name in e.names for word in name}
        )

    def with_part(self, word: str) -> tuple[Candidate, ...]:
        """The measures that have a word in their names, or what it is shortened to: "good" for QTY_GOOD."""
        own = stem(word)
        return next((found for each in (own, *sorted(self.short_for(own))) if (found := self._parts.get(each))), ())

    @cached_property
    def _parts(self) -> dict[str, tuple[Candidate, ...]]:
        found: dict[str, dict[tuple[str, str], Candidate]] = defaultdict(dict)
        for place in self.measures:
            attribute = self.model.attributes[place]
            for word in {word for name in attribute.names for word in name}:
                found[word][place] = Candidate("field", *place, score=EVIDENCE["a word of"], how="a word of")
        return {word: tuple(own.values()) for word, own in found.items() if len(own) <= W.most_parts}

    @cached_property
    def initials(self) -> dict[str, list[Candidate]]:
        """The initials of names of things: OFS for Orlando Fashion Square."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for table, column, value in self.values.entries:
            attribute = self.model.attributes.get((table, column))
            words = [word for word in re.split(r"[^A-Za-z0-9]+", value) if word]
            if attribute and attribute.part is Part.NAME and 3 <= len(words) <= 5:
                found["".join(word[0].upper() for word in words)].append(
                    Candidate("value", table, column, value, score=EVIDENCE["initials"], how="initials")
                )
        return {short: values for short, values in found.items() if len(values) == 1}

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The words of all names and values, as they are written: what a slip of the pen may be meant for."""
        named = [table.name for table in self.model.schema.tables]
        named += [column.name for table in self.model.schema.tables for column in table.columns]
        words = {word for name in named for word in split_identifier(name)} | spoken(self.model)
        return frozenset(words | {word for _, _, value in self.values.entries for word in normal(value).split()})

    @cached_property
    def happened_on(self) -> dict[str, Candidate]:
        """Table: the one date that is called like its rows, on which they happened: the start of a visit."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for attribute in self.model.attributes.values():
            things = {word for name in self.model.entities[attribute.table].names for word in name[-1:]}
            said = set(map(stem, split_identifier(attribute.column)))
            if attribute.date_role in HAPPENED and things & said and not NOT_HAPPENED & said:
                found[attribute.table].append(Candidate("field", *attribute.place, score=EVIDENCE["role"], how="role"))
        return {table: dates[0] for table, dates in found.items() if len(dates) == 1}

    def dated_by(self, word: str) -> list[Candidate]:
        """The date columns that a noun or verb made of the same root names: delivery for `delivered_on`."""
        found = []
        for place in self.dates:
            attribute = self.model.attributes[place]
            for name in attribute.names:
                core = [each for each in name if len(each) > 3 and each not in ("date", "time", "valid")]
                if len(core) == 1 and core[0] != word and one_root(core[0], word):
                    found.append(Candidate("field", *place, score=EVIDENCE["root"], how="root"))
        return found

    def short_for(self, word: str) -> set[str]:
        """The words of names that shorten a word, `pat` for patients, or that it shortens: `subs` for subscriptions."""
        if word not in self._shorts:
            self._shorts[word] = set(self._short_for(word)) - {word}
        return self._shorts[word]

    def _short_for(self, word: str) -> Iterator[str]:
        full = (split_identifier(word)[-1:] or (word,))[0]
        full = full.removesuffix("s") if len(full) > 4 else full
        begun = word.removesuffix("s")
        shortening = 3 <= len(begun) <= 5 and begun not in WHOLE
        for name in self._words:
            if shortening and len(name) > len(begun) + 1 and name.startswith(begun):
                yield name
            elif 2 <= len(name) <= 5 and name not in WHOLE:
                done = f"{stem(full)}ed"
                short = len(full) > len(name) + 1 and shortens(name, full)
                consonants = not set(name) & set("aeiou")
                if short or (consonants and len(done) > len(name) + 1 and shortens(name, done)):
                    yield name

    def taught_in(self, text: str) -> tuple[Word, ...]:
        """The taught words that stand in a request."""
        said = f" {' '.join(stem(word) for word in normal(text).split())} "
        return tuple(w for w in self.model.words if f" {' '.join(stem(e) for e in normal(w.text).split())} " in said)

    # -- meanings of a stretch of words -------------------------------------------------------------------------------

    def meanings(self, words: Sequence[str]) -> list[Candidate]:
        """Everything that a stretch of words may name, each with how sure that is."""
        stems = tuple(stem(word.lower().removesuffix("'s")) for word in words)
        text = " ".join(words)
        last = words[-1].lower()
        found = [*self._exact(stems, words), *self._valued(stems, text), *self._alike(stems, last)]
        parted = tuple(stem(word) for word in split_identifier("_".join(words)))
        if parted != stems:
            found += self._alike(parted, last)
        if len(words) == 1:
            found += self._single(words[0], stems[0])
        if len(words) <= 3 and not any(each.score > EVIDENCE["enough"] for each in found):
            found += self._shortened(words, stems)
        found = [each for each in found if not rate_of_time(last, each)]
        # What a person said that words mean goes before all else that they might.
        taught = [each for each in found if each.how == "taught" and each.kind != "value"]
        return taught or best(found)

    def _exact(self, stems: Phrase, words: Sequence[str]) -> Iterator[Candidate]:
        last = words[-1].lower()
        for each in (*self.phrases.get(stems, ()), *self.roles.get(stems, ())):
            verbal = VERBAL.search(last) and each.how != "taught" and self._is_noun(each, last)
            if verbal and each.column.startswith(TAUGHT):
                continue  # who sold something is no revenue
            yield weaker(each, "verb") if verbal else each
        parted = tuple(stem(word) for word in split_identifier("_".join(words)))
        if parted != stems:
            yield from (*self.phrases.get(parted, ()), *self.kinds.get(parted, ()))

    def _is_noun(self, candidate: Candidate, word: str) -> bool:
        """Whether something is called by a noun of which a word is only the verb: located is no location."""
        if candidate.kind not in ("entity", "field") or candidate.place in self.dates:
            return False
        name = candidate.column or self.model.schema.by_key[candidate.table].name
        return not {word, f"{word}s"} & set(split_identifier(name))

    def _valued(self, stems: Phrase, text: str) -> Iterator[Candidate]:
        said = closed_words().get(tuple(text.lower().split()), ())
        closed = [each for each in said if each[0] not in _OPEN]
        small = len(text) < W.least_letters and any(category in _SMALL for category, _ in closed)
        for each in self.kinds.get(stems, ()):
            if small and text != str(each.value):
                continue  # "of" is no OF, short for office
            exact = each.how == "coded" or same_form(text, str(each.value))
            yield each if exact else weaker(each, "form")
        for match in self.values.find(text):
            typed = match.value == text
            filler = any(category == "FILLER" for category, _ in closed)
            if (filler and not typed) or not self._says(match.table, match.column):
                continue
            how = "value" if typed or (len(text) > 3 and not closed) else "code"
            yield Candidate("value", match.table, match.column, match.value, score=EVIDENCE[how], how=how)

    def _alike(self, stems: Phrase, last: str) -> Iterator[Candidate]:
        """Other words, another order, the table's name among the words, the initials of them all."""
        yield from self._otherwise(stems, last)
        yield from self._happening(stems, last)
        if len(stems) == 2 and stems[0] != stems[1]:
            turned = (stems[1], stems[0])
            yield from (weaker(each, "turned") for each in self._fields(turned))
            for others, how in ((synonyms(turned), "synonym"), (said_otherwise(turned), "thesaurus")):
                yield from (weaker(each, how) for other in sorted(others) for each in self._fields(other))
        for at, word in enumerate(stems[1:], 1):
            tables = {each.table for each in self.phrases.get((word,), ()) if each.kind == "entity"}
            rest = self._fields(stems[:at] + stems[at + 1 :]) if tables else ()
            yield from (weaker(each, "around") for each in rest if each.table in tables)
        initials = "".join(word[0] for word in stems)
        if 3 <= len(initials) <= 4:
            yield from (weaker(each, "initials of") for each in self.phrases.get((initials,), ()))

    def _otherwise(self, stems: Phrase, last: str) -> Iterator[Candidate]:
        """What other words for the same name; the thesaurus of things names no dates."""
        verbal = VERBAL.search(last) is not None
        ways = [
            *((each, True) for each in sorted(synonyms(stems))),
            *((each, False) for each in sorted(said_otherwise(stems))),
        ]
        for other, dated in ways:
            for each in self.phrases.get(other, ()):
                if each.kind == "value" or (each.place in self.dates and not dated):
                    continue
                if not (verbal and each.column.startswith(TAUGHT)):
                    said = "synonym" if dated else "thesaurus"
                    yield weaker(weaker(each, "verb") if verbal and each.kind == "entity" else each, said)

    def _happening(self, stems: Phrase, last: str) -> Iterator[Candidate]:
        """The dates of what is said by another verb: shipped, of dispatched."""
        things = any(each.kind == "entity" for each in self.phrases.get(stems, ()))
        if last in _ADJECTIVES or (things and last.endswith("s")):
            return
        for other in sorted(happening(stems)):
            for each in self.phrases.get(other, ()):
                if each.place in self.dates:
                    kept = self.model.attributes[each.place].date_role is DateRole.AUDIT
                    yield weaker(weaker(each, "audit") if kept else each, "thesaurus")

    def _fields(self, phrase: Phrase) -> list[Candidate]:
        """The columns of a name, but dates and those that say yes or no: "deleted accounts" is no name turned round."""
        found = self.phrases.get(phrase, ())
        return [each for each in found if each.kind == "field" and each.place not in self.dates | self.flags]

    def _single(self, word: str, stemmed: str) -> Iterator[Candidate]:
        yield from self.dated_by(stemmed)
        yield from self._coded(word.lower())
        if word.isupper() and len(word) >= 3:
            yield from self.initials.get(word, ())
        if denied := _OPPOSITE.get(word.lower()):
            for each in self.phrases.get((stem(denied),), ()):
                truth = self.model.attributes[each.place].truth if each.kind == "value" else None
                if truth:
                    yield replace(each, value=truth[1], score=EVIDENCE["opposite"], how="opposite")

    def _coded(self, word: str) -> Iterator[Candidate]:
        """The codes that shorten a word, where a column has but one that does: CAN for cancelled."""
        for (table, column), codes in self.codes.items():
            meant = [code for code in codes if len(word) > len(code) + 1 and shortens(code.lower(), word)]
            if len(meant) == 1:
                yield Candidate("value", table, column, meant[0], score=EVIDENCE["same"], how="same")

    @cached_property
    def codes(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The columns whose every value is a code of two to four capitals, with them."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for table, column, value in self.values.of_kinds(MOST_KINDS):
            if self._says(table, column):
                found[table, column].append(value)
        coded = {p: v for p, v in found.items() if all(_CODE.fullmatch(each) for each in v)}
        return {place: tuple(each for each in values if len(each) > 2) for place, values in coded.items()}

    def _shortened(self, words: Sequence[str], stems: Phrase) -> Iterator[Candidate]:
        """The names in which a word is shortened."""
        phrases: list[Phrase] = [()]
        for word, stemmed in zip(words, stems, strict=True):
            options = sorted({stemmed, *self.short_for(word.lower().removesuffix("'s"))})
            phrases = [(*phrase, option) for phrase in phrases for option in options][:_MOST_PHRASES]
        for phrase in (each for each in phrases if each != stems):
            pairs = [pair for pair in zip(phrase, stems, strict=True) if pair[0] != pair[1]]
            how = min((told_by(*pair, self._words) for pair in pairs), key=EVIDENCE.__getitem__)
            for each in (*self.phrases.get(phrase, ()), *self.roles.get(phrase, ())):
                yield weaker(each, how)
