"""Restrictions as conditions of a query: resolved to columns, then placed where they cannot multiply rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from engine.authors.analytics.draft import Filter
from engine.authors.analytics.flags import stored
from engine.authors.analytics.gate import Unsure, settle
from engine.authors.analytics.query import AnyCondition, ColumnRef, Condition, Either, Related, Value
from engine.authors.analytics.resolving import ANY, DATES, LIVES, NUMBERS, Resolver
from engine.authors.analytics.synonyms import DATED_BY, MONEY_TABLES
from engine.language.periods import PeriodMatch
from engine.language.words import readable, stem, stems
from engine.sources.schema import Kind

_NEGATED = {
    "=": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "like": "not like", "in": "not in",
    "is null": "is not null", "is not null": "is null",
}  # fmt: skip


_SPEAKS_OF_MONEY = frozenset(stem(word) for word in "earn pay paid cost worth charge spend receive make price".split())


@dataclass(frozen=True)
class Local:
    """A condition on one table, not yet placed; `alone` ones are never merged with others on the same table."""

    table: str
    condition: Condition
    at: int
    alone: bool = False


class Conditions:
    """Turns the filters of a draft into conditions on a base table."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.draft = resolver.draft
        self.lexicon = resolver.lexicon

    def local(self, each: Filter, base: str) -> list[Local]:
        """The conditions of one filter on the tables they belong to."""
        if each.kind == "value":
            return self._values(each, base)
        if each.kind == "period":
            return [self._period(each, base)]
        ref = self._column_of(each, base)
        if each.kind == "columns":
            return [self._pair(each, ref)]
        if each.kind == "text":
            operator: Any = "not like" if each.negated else "like"
            self._say(each, ref, operator.replace("like", "contains") + f" “{str(each.values[0]).strip('%')}”")
            return [Local(ref.table, Condition(column=ref, operator=operator, values=each.values), each.at)]
        if each.kind == "truth":
            value = not each.negated
            self._say(each, ref, "is true" if value else "is false")
            return [Local(ref.table, Condition(column=ref, operator="=", values=(value,)), each.at)]
        if each.kind == "null" and ref.table != base and ref.table not in self.resolver.mentioned:
            raise Unsure(f"Not sure what “{self.draft.items[each.at].text}” denies.", (self.draft.items[each.at].text,))
        if each.kind in ("average", "null"):
            self._say(each, ref, each.operator)
            condition = Condition(column=ref, operator=each.operator)
            return [Local(ref.table, condition, each.at)]
        return [self._comparison(each, ref)]

    def _say(self, each: Filter, ref: ColumnRef, meaning: str) -> None:
        words = self.draft.items[each.items[0] if each.items else each.at].text
        self.resolver.say(words, f"{readable(ref.column)} of {readable(ref.table)} {meaning}")

    def _column_of(self, each: Filter, base: str) -> ColumnRef:
        wanted = ANY if each.kind in ("text", "null", "truth") else NUMBERS
        if each.kind == "compare" and each.operator in ("=", "in"):
            wanted = frozenset({Kind.NUMBER, Kind.TEXT})
        if each.noun is not None:
            self._check_worth(each)
            ref = self.resolver.column(each.noun, wanted)
            if (
                each.kind == "compare"
                and ref.table not in (base, *self.resolver.mentioned)
                and self._has_many(base, ref)
            ):
                words = self.draft.items[each.noun].text
                raise Unsure(f"Only {readable(ref.table)} have a {words}, several for each.", (words,))
            return ref
        if each.kind == "null":
            return self._dated_by(each, base)
        if each.adjective:
            near = [self.resolver.table_at(at) for at in range(each.at, -1, -1)]
            table = next((name for name in near if name), base)
            ref, turned = self.resolver.measured(each.adjective, table, self.draft.items[each.at].text)
            if turned or self.lexicon.kind(ref) is not Kind.NUMBER:
                raise Unsure(
                    f"“{self.draft.items[each.at].text}” is not a number here.", (self.draft.items[each.at].text,)
                )
            return ref
        words = self.draft.items[each.at].text
        raise Unsure(f"Not sure what “{words}” restricts.", (words,))

    def _has_many(self, base: str, ref: ColumnRef) -> bool:
        path = self.resolver.path(base, ref.table) or ()
        return any(join.many for join in path)

    def _check_worth(self, each: Filter) -> None:
        """ "Doctors with more than 20" says not of what: their money only where something speaks of money."""
        item = self.draft.items[each.noun or 0]
        if each.kind != "compare" or not item.entity or any(c.kind is Kind.NUMBER for c in item.columns):
            return
        low, high = sorted((each.noun or 0, each.at))
        said = {stem(word) for between in self.draft.items[low:high] for word in between.text.split()}
        money = set(self.lexicon.table_words[item.entity]) & MONEY_TABLES or said & _SPEAKS_OF_MONEY
        if not money and each.unit in ("", "percent"):
            words = self.draft.items[each.at].text
            raise Unsure(f"Not sure what “{words}” restricts.", (words,))

    def _dated_by(self, each: Filter, base: str) -> ColumnRef:
        """The date that says when a thing was done, where it is asked for what it was not done to."""
        wanted = {each.adjective, *map(stem, DATED_BY.get(each.adjective, "").split())}
        columns = [c for c in self.lexicon.tables[base].columns if c.kind in DATES and wanted & set(stems(c.name))]
        if len(columns) != 1:
            words = self.draft.items[each.at].text
            raise Unsure(f"Not sure what “{words}” denies.", (words,))
        return ColumnRef(table=base, column=columns[0].name)

    def _pair(self, each: Filter, ref: ColumnRef) -> Local:
        """A column against the one that is named before, or against the other amount of the same table."""
        words = self.draft.items[each.noun or 0].text
        if each.items:
            other = self.resolver.column(each.items[0], NUMBERS, ref.table)
        else:
            names = [name for name in self.lexicon.money(ref.table) if name != ref.column]
            if not names or ref.column not in self.lexicon.money(ref.table):
                raise Unsure(f"Not sure what is compared with {words}.", (words,))
            options = {name: readable(name) for name in names}
            key = f"against:{ref.table}.{ref.column}"
            name = settle(key, f"What is to be compared with {words}?", options, self.resolver.answers)
            other = ColumnRef(table=ref.table, column=name)
        if other.table != ref.table:
            raise Unsure(f"Not sure what is compared with {words}.", (words,))
        operator: Any = each.operator
        self._say(each, other, f"{operator[0]} {readable(ref.column)}")
        return Local(ref.table, Condition(column=other, operator=operator, other=ref), each.at)

    def _comparison(self, each: Filter, ref: ColumnRef) -> Local:
        values = tuple(self._scaled(value, each.unit, ref) for value in each.values)
        if self.lexicon.kind(ref) is Kind.TEXT:
            values = tuple(self.draft.items[at].text for at in each.items) or tuple(str(value) for value in values)
        operator: Any = _NEGATED.get(each.operator, each.operator) if each.negated else each.operator
        if each.negated and each.operator == "between":
            raise Unsure("A range that is excluded is not understood.", (self.draft.items[each.at].text,))
        self._say(each, ref, f"{operator} {' and '.join(str(value) for value in values)}")
        return Local(ref.table, Condition(column=ref, operator=operator, values=values), each.at)

    def _scaled(self, value: Value, unit: str, ref: ColumnRef) -> Value:
        """A percentage as the column stores it."""
        if unit not in ("percent", "basis points") or isinstance(value, str):
            return value
        number = value / 100 if unit == "basis points" else value
        options = {"percent": f"{number:g}", "fraction": f"{number / 100:g}"}
        key = f"scale:{ref.table}.{ref.column}"
        text = f"How does {readable(ref.column)} of {readable(ref.table)} store {number:g} %?"
        chosen = settle(key, text, options, self.resolver.answers)
        return number if chosen == "percent" else number / 100

    def _values(self, each: Filter, base: str) -> list[Local]:
        items = [self.draft.items[at] for at in each.items]
        places = self._places(each, base)
        table, column = places
        if table == base and column in self.lexicon.naming(base) and self._names_another(each, base):
            raise Unsure(f"Not sure how {items[0].text} is related to {readable(base)}.", (items[0].text,))
        ref = ColumnRef(table=table, column=column)
        found: list[Value] = []
        for item in items:
            held = [match.value for match in item.values if (match.table, match.column) == places]
            found += [stored(value, *places, self.lexicon) for value in held] or [item.text]
        joined = ", ".join(str(value) for value in dict.fromkeys(found))
        words = " ".join(item.text for item in items)
        self.resolver.say(words, f"{readable(column)} of {readable(table)} is {'not ' if each.negated else ''}{joined}")
        if len(items) > 1 and (each.both or self._all_of(each, base, ref)):
            return [
                Local(table, Condition(column=ref, operator="=", values=(value,)), each.at, alone=True)
                for value in found
            ]
        operator: Any = "=" if len(found) == 1 else "in"
        if each.negated:
            operator = _NEGATED[operator]
        return [Local(table, Condition(column=ref, operator=operator, values=tuple(dict.fromkeys(found))), each.at)]

    def _all_of(self, each: Filter, base: str, ref: ColumnRef) -> bool:
        """ "About graphs and privacy", where one thing may have several: of both, or of either, is asked."""
        joined = any(self.draft.items[at].cued("and") for at in range(each.items[0], each.items[-1]))
        if not joined or each.negated or ref.table == base or not self._has_many(base, ref):
            return False
        said = " and ".join(self.draft.items[at].text for at in each.items)
        options = {"all": f"with all of {said}", "any": f"with any of {said}"}
        chosen = settle(f"all:{said.lower()}", f"How is “{said}” meant?", options, self.resolver.answers)
        return chosen == "all"

    def _names_another(self, each: Filter, base: str) -> bool:
        """ "agents who report to Ann": the name is of another agent than those that are sought."""
        kin = any(table == base for table, _ in self.lexicon.self_references)
        word = self.draft.word_before(each.at)
        return each.noun is None and (word in ("to", "under", "than") or (kin and word in ("by", "with", "for", "of")))

    def _places(self, each: Filter, base: str) -> tuple[str, str]:
        """The column in which the values of a filter are looked for."""
        first, *others = [self.draft.items[at] for at in each.items]
        places = list(dict.fromkeys((match.table, match.column) for match in first.values))
        for other in others:
            places = [place for place in places if place in {(m.table, m.column) for m in other.values}]
        if each.noun is not None:
            named = self._named_places(each.noun, places)
            places = named if named or each.noun == each.at - 1 else places
        if not places and each.noun is not None:
            raise Unsure(f"“{first.text}” does not occur in {self.draft.items[each.noun].text}.", (first.text,))
        if not places:
            raise Unsure(f"“{first.text}” was not found in the data.", (first.text,))
        scored = {place: self._nearness(place, base, each) for place in places}
        best = max(scored.values())
        if best < -50:
            raise Unsure(f"“{first.text}” was only found in data that is not related to the rest.", (first.text,))
        close = [place for place in places if scored[place] >= best - 0.5]
        options = {f"{t}.{c}": f"{readable(c)} of {readable(t)}" for t, c in close}
        if all(self._far(place, base, each) for place in close):
            options["other"] = "none of these"
        chosen = settle(
            f"value:{first.text.lower()}", f"Where is “{first.text}” to be looked for?", options, self.resolver.answers
        )
        if chosen == "other":
            raise Unsure(f"“{first.text}” was not found where it is meant.", (first.text,))
        return next(place for place in close if f"{place[0]}.{place[1]}" == chosen)

    def _far(self, place: tuple[str, str], base: str, each: Filter) -> bool:
        """Whether "in London" was only found in a table that the request does not speak of."""
        table, _ = place
        if each.noun is not None or table in self.resolver.mentioned or self.resolver.graph.distance(base, table) < 2:
            return False
        return self.draft.word_before(each.at) in ("in", "from", "at", "on")

    def _named_places(self, noun: int, places: list[tuple[str, str]]) -> list[tuple[str, str]]:
        item = self.draft.items[noun]
        named = [
            (best.score, (best.table, name))
            for best in item.columns
            for name in best.columns
            if (best.table, name) in places
        ]
        if named:
            top = max(score for score, _ in named)
            return [place for score, place in named if score > top - 0.15]
        return [place for place in places if any(each.is_table and each.table == place[0] for each in item.candidates)]

    def _nearness(self, place: tuple[str, str], base: str, each: Filter) -> float:
        """How near a column is to what is asked about: the base, then mentioned tables, then by joins."""
        table, column = place
        distance = self.resolver.graph.distance(base, table)
        if distance >= 99:
            return -99.0
        word = self.draft.word_before(each.at)
        itself = table == base and (column,) == self.lexicon.naming(base) and word in ("in", "from", "at")
        score = -1.0 * distance + (0.8 if table in self.resolver.mentioned else 0.0)
        if (table, column) in self.lexicon.foreign_columns and distance == 0:
            score -= 0.2
        if (column,) == self.lexicon.naming(table) and distance > 0:
            score += 0.6
        return score - (3 if itself else 0)

    def _period(self, each: Filter, base: str) -> Local:
        item = self.draft.items[each.at]
        assert item.period is not None
        if each.noun is not None:
            ref = self.resolver.column(each.noun, frozenset({*DATES, Kind.NUMBER}))
        else:
            ref = self.resolver.date_column(*self._dated(each, base))
        start, end = self._ends(item.text, item.period)
        bounds: list[tuple[str, Value]] = []
        if self.lexicon.kind(ref) in DATES:
            bounds = [(op, day.isoformat()) for op, day in ((">=", start), ("<", end)) if day]
        elif item.period.whole_years and "year" in stems(ref.column):
            years = [(op, day.year) for op, day in ((">=", start), ("<", end)) if day]
            bounds = [(op, str(year) if self.lexicon.kind(ref) is Kind.TEXT else year) for op, year in years]
        if not bounds or each.negated:
            raise Unsure(f"“{item.text}” cannot be applied to {readable(ref.column)}.", (item.text,))
        self.resolver.say(item.text, f"{readable(ref.column)} of {readable(ref.table)}: {item.period.label}")
        conditions = [Condition(column=ref, operator=op, values=(value,)) for op, value in bounds]
        if len(conditions) == 1:
            return Local(ref.table, conditions[0], each.at)
        if bounds[0][1].__class__ is int and end and start and end.year - start.year == 1:
            return Local(ref.table, Condition(column=ref, operator="=", values=(start.year,)), each.at)
        low, high = bounds[0][1], bounds[1][1]
        return Local(ref.table, Condition(column=ref, operator="within", values=(low, high)), each.at)

    def _ends(self, words: str, period: PeriodMatch) -> tuple[date | None, date | None]:
        """From when until when; asked where some would say whole months and others the days until today."""
        if period.until_today is None or self.draft.grain:
            return period.start, period.end
        start, end = period.until_today
        options = {
            "whole": f"whole ones: {period.label}",
            "today": f"until today: {start} to {end - timedelta(days=1)}",
        }
        said = re.sub(r"^(in|over|during|for|within|of) ", "", words)
        chosen = settle(f"period:{said}", f"Which days are “{said}”?", options, self.resolver.answers)
        return (start, end) if chosen == "today" else (period.start, period.end)

    def _dated(self, each: Filter, base: str) -> tuple[list[str], list[str]]:
        """The tables whose dates a period may mean, nearest first, and the verbs before it."""
        hints = []
        for at in range(each.at - 1, -1, -1):
            if self.draft.ends(at):
                break
            item = self.draft.items[at]
            if item.is_deed and self.lexicon.dates(item.entity):
                return [item.entity], []
            if item.kind == "verb" or (item.is_noun and not item.entity):
                hints.append(stem(item.text))
            if table := self.resolver.table_at(at):
                direct = all(self.draft.quiet(p, verbs=True) for p in range(at + 1, each.at))
                if direct and not hints and self._may_be_dated(base, table):
                    return [self._dated_between(base, table)], []
                break
        parents = [
            t.key for t in self.lexicon.schema.tables if t.key != base and self.resolver.graph.looks_up(base, t.key)
        ]
        parents.sort(key=lambda table: self.resolver.graph.distance(base, table))
        mentioned = [table for table in self.resolver.mentioned if table != base]
        return list(dict.fromkeys([base, *mentioned, *parents])), hints[:2]

    def _may_be_dated(self, base: str, table: str) -> bool:
        """ "Loans by students in 2025" are loans of that year, not by students who joined then."""
        dates = [*self.lexicon.dates(table), *self.lexicon.years(table)]
        own = [name for name in dates if not LIVES & set(stems(name))]
        return bool(own if table != base and self.lexicon.dates(base) else dates)

    def _dated_between(self, base: str, table: str) -> str:
        """ "used a coupon in 2026": the date may be that of the use, which lies between, or the coupon's own: asked."""
        path = self.resolver.path(base, table) or ()
        between = [join.right for join in path[:-1] if join.many and self.lexicon.dates(join.right)]
        options = {each: f"that of {readable(each)}" for each in dict.fromkeys((*between, table))}
        return settle(f"when:{base}:{table}", "Which date is meant?", options, self.resolver.answers)

    def placed(self, base: str, filters: Sequence[Filter]) -> tuple[AnyCondition, ...]:
        """All conditions, seen from a base table."""
        withouts = [each for each in filters if each.kind == "without"]
        counts = [each for each in filters if each.kind == "count"]
        locals_ = [
            (each, one) for each in filters if each.kind not in ("without", "count") for one in self.local(each, base)
        ]
        placed: list[AnyCondition] = []
        for without in withouts:
            inside = [one for each, one in locals_ if without.at < each.at < without.until and one.table != base]
            locals_ = [(each, one) for each, one in locals_ if one not in inside]
            placed.append(self._without(base, without, inside))
        placed += [self._counted(base, each) for each in counts if not each.either]
        for number in sorted({each.either for each in filters if each.either}):
            options: list[AnyCondition] = [self._counted(base, each) for each in counts if each.either == number]
            for chosen in [each for each in filters if each.either == number and each not in counts]:
                options += self.attached(base, [one for each, one in locals_ if each is chosen])
            placed.append(Either(any_of=tuple(options)))
        return (*placed, *self.attached(base, [one for each, one in locals_ if not each.either]))

    def _without(self, base: str, without: Filter, inside: list[Local]) -> AnyCondition:
        if without.noun is None and not inside:
            return self._denied(base, without)
        tables = [one.table for one in inside]
        table = self.draft.items[without.noun].entity if without.noun is not None else (tables[0] if tables else "")
        if not table or table == base:
            words = self.draft.items[without.at].text
            raise Unsure(f"Not sure what “{words}” denies.", (words,))
        path = self.resolver.path(base, table)
        if not path:
            raise Unsure(f"{readable(base)} and {readable(table)} are not related by keys.", (table,))
        self.resolver.say(self.draft.items[without.at].text, f"no {readable(table)} rows")
        own = [one.condition for one in inside if one.table == table]
        far = [one for one in inside if one.table != table]
        return Related(path=path, where=(*own, *self.attached(table, far)), operator="none")

    def _denied(self, base: str, without: Filter) -> AnyCondition:
        """A denied condition on the base itself."""
        words = self.draft.items[without.at].text
        raise Unsure(f"Not sure what “{words}” denies.", (words,))

    def _counted(self, base: str, each: Filter) -> AnyCondition:
        assert each.noun is not None
        table = self.draft.items[each.noun].entity
        path = self.resolver.path(base, table)
        if not path or not any(join.many for join in path):
            words = self.draft.items[each.noun].text
            raise Unsure(f"{readable(base)} has no several {words}.", (words,))
        self.resolver.say(self.draft.items[each.at].text, f"{each.operator} {each.values[0]} {readable(table)} rows")
        distinct = len(path) > 1 and not path[-1].many and self._met_once(base, table, path[-1].left)
        return Related(path=path, operator=each.operator, count=int(each.values[0]), distinct=distinct)

    def _met_once(self, base: str, table: str, event: str) -> bool:
        """Who saw one patient ten times has one patient: asked where the visits are things of their own."""
        options = {"different": f"different {readable(table)}"}
        if len(self.lexicon.row_key(event)) == 1 or self.lexicon.dates(event):
            options["every"] = f"each of {readable(event)}, the same {readable(table)} several times too"
        text = f"What number of {readable(table)} is meant?"
        return settle(f"met:{base}:{table}", text, options, self.resolver.answers) == "different"

    def attached(self, base: str, conditions: Sequence[Local]) -> list[AnyCondition]:
        """Conditions on the base as they are; those on another table as an existence along the way there."""
        placed: list[AnyCondition] = []
        merged: dict[str, list[Condition]] = {}
        for one in conditions:
            if one.table == base:
                placed.append(one.condition)
            elif one.alone:
                placed.append(Related(path=self._way(base, one.table), where=(one.condition,)))
            else:
                merged.setdefault(one.table, []).append(one.condition)
        ways = {table: self._way(base, table) for table in merged}
        for table in sorted(ways, key=lambda each: -len(ways[each])):
            if table not in merged:
                continue
            inner = merged.pop(table)
            placed.append(self._nested(ways[table], inner, merged, ways))
        return placed

    def _nested(self, way: Any, inner: list[Condition], merged: dict[str, list[Condition]], ways: Any) -> Related:
        """Conditions on tables along the same way hold for the same rows."""
        for join in way[:-1]:
            if join.right in merged and ways[join.right] == way[: len(ways[join.right])]:
                inner = [*merged.pop(join.right), *inner]
        return Related(path=way, where=tuple(inner))

    def _way(self, base: str, table: str) -> Any:
        path = self.resolver.path(base, table)
        if not path:
            raise Unsure(f"{readable(base)} and {readable(table)} are not related by keys.", (readable(table),))
        return path
