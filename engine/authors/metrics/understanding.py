"""Requests for known metrics, read from the lattice: an intent where the words have one meaning, else nothing. Pure
but for the names of a place, which are read once.

What this does not read the older reader is asked, which puts questions and says which words it does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from engine.authors.base import Declined, Ground
from engine.authors.metrics.grammar import MetricGrammar, extended, metric_phrases
from engine.authors.metrics.intent import TIME_GRAINS, Counting, Intent, Threshold
from engine.authors.metrics.reading import (
    additive,
    change_in,
    dimension_phrases,
    named_entries,
    rolling_months,
    with_suppositions,
)
from engine.authors.metrics.supposing import Supposition, drivers_of, said_values, suppose
from engine.authors.metrics.vocabulary import ORDERS
from engine.language.periods import PeriodMatch, add_months
from engine.metrics.catalogue import Catalogue, Driver, Metric, Report
from engine.metrics.mapping import DatabaseMapping
from engine.products import Output, Reading
from engine.reading.acts import Act
from engine.reading.covering import Cover, readings
from engine.reading.lattice import Lattice, lattice_of
from engine.reading.names import Names
from engine.reading.nouns import Noun
from engine.reading.typos import corrected, words_of
from engine.reading.weights import W
from engine.sources.values import ValueIndex

_FREE = frozenset(
    "=AND =COMMA =LIST =FOR =HAVE =BOTH =BY =ONLY =VERSUS =YES =PURPOSE =OUTPUT =DRIVER =SHOW =DISTINCT".split()
)
# Words of command that cost something where they play no part.
_FOLLOWED = frozenset("=VERSUS =SHOW =DISTINCT =DESC =ASC =SORT =TREND =SHARE =CHANGE =AGG".split())
_ORDERED = {"=DESC": "high", "=ASC": "low", "=SORT": ""}
_RANKS = {"+": "high", "-": "low"}


class Otherwise(Exception):
    """Raised where a cover is no request that the catalogue can answer."""


def understand(
    text: str, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping, names: Names
) -> Intent | None:
    """What is asked of metrics; None where no metric is named, a word is left over, or two readings are as good."""
    text, mended = corrected(text, vocabulary(catalogue, mapping, names), names.spoken)
    asked = named_entries(text, catalogue)
    plain, given = said_values(text, catalogue, asked)
    said = suppose(plain, ground, catalogue, asked)
    if isinstance(said, Declined):
        return None
    rest, change, like = change_in(said.rest)
    found: dict[str, tuple[float, Intent]] = {}
    lattice = lattice_for(rest, ground, catalogue, mapping, names, bool(said.scenarios or said.aim))
    grammar = MetricGrammar.over(lattice, names)
    for cover in readings(grammar):
        if cover.left:
            continue
        try:
            made = Taking(cover, lattice, catalogue, mapping, ground.values, said, change, like).intent()
        except Otherwise:
            continue
        # What is wanted in hand is no other answer.
        key = repr(made.model_copy(update={"readings": (), "outputs": frozenset()}))
        found.setdefault(key, (doubt_of(cover), made))
    best = sorted(found.values(), key=lambda pair: pair[0])
    if not best or best[0][0] > W.most or (len(best) > 1 and best[1][0] < best[0][0] + W.clear):
        return None
    slips = tuple(Reading(words=said, meaning=f"read as {word}") for said, word in mended)
    made = best[0][1].model_copy(update={"readings": (*slips, *best[0][1].readings)})
    return _supposed(made.model_copy(update={"given": given}), said)


def doubt_of(cover: Cover) -> float:
    """What speaks against a cover: its cost less what every act and every word of command that is followed costs."""
    return cover.cost - cover.usual - W.marker * sum(act.kind in _FOLLOWED for act in cover.acts)


def _supposed(intent: Intent, said: Supposition) -> Intent | None:
    made = with_suppositions(intent.model_copy(update={"readings": (*said.readings, *intent.readings)}), said)
    return made if isinstance(made, Intent) else None


def vocabulary(catalogue: Catalogue, mapping: DatabaseMapping, names: Names) -> set[str]:
    """The words that requests for metrics are made of, and those of the place."""
    drivers = [entry for entry in catalogue.entries.values() if isinstance(entry, Driver)]
    phrases = [*catalogue.phrases, *(said for entry in drivers for said in (entry.label, *entry.said_as))]
    return {*words_of(phrases), *(word for phrase in dimension_phrases(mapping) for word in phrase), *names.spoken}


def lattice_for(
    text: str, ground: Ground, catalogue: Catalogue, mapping: DatabaseMapping, names: Names, supposed: bool = False
) -> Lattice:
    """The lattice of a request for metrics."""
    table, _, column = mapping.dimension(mapping.entity.name).column.rpartition(".")
    labels = ground.values.of_column(table, column)
    kinds = {
        name: ground.values.of_column(*mapping.dimension(name).column.rsplit(".", 1))
        for name in mapping.dimension_names
        if name != mapping.entity.name
    }
    asked = sorted(set(metric_phrases(catalogue).values()))
    plain = lattice_of(text, names, ground.today)
    return extended(plain, catalogue, mapping, drivers_of(catalogue, asked), labels, kinds, supposed)


def _number_in(threshold: str) -> float | None:
    """The number of a threshold such as ">= 1.25"."""
    found = re.fullmatch(r"[<>]=?\s*([\d.]+)", threshold)
    return float(found[1]) if found else None


@dataclass
class Taking:
    """Takes the acts of one cover."""

    cover: Cover
    lattice: Lattice
    catalogue: Catalogue
    mapping: DatabaseMapping
    values: ValueIndex
    said: Supposition
    change: str
    like: bool
    entries: list[str] = field(default_factory=list)
    filters: dict[str, list[str]] = field(default_factory=dict)
    kept_out: dict[str, list[str]] = field(default_factory=dict)
    group: list[str] = field(default_factory=list)
    periods: list[PeriodMatch] = field(default_factory=list)
    threshold: Threshold | None = None
    bound: Act | None = None
    order: str = ""
    limit: int | None = None
    counting: Counting = ""
    outputs: set[Output] = field(default_factory=lambda: {Output.ANSWER})
    readings: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dimensions = {}
        for name in self.mapping.dimension_names:
            table, _, column = self.mapping.dimension(name).column.rpartition(".")
            self.dimensions[table, column] = name

    def intent(self) -> Intent:
        """The intent.

        Raises:
            Otherwise: the catalogue has no answer of this form.
        """
        for at, act in enumerate(self.cover.acts):
            self._take(act, at)
        if not self.entries:
            self.entries.append(self._unnamed())
        entries = list(dict.fromkeys(self.entries))
        reports = [name for name in entries if isinstance(self.catalogue.entries[name], Report)]
        metrics = [name for name in entries if name not in reports]
        marked = len(metrics) > 1 and self.bound is not None and self.bound.number is None
        if self.bound is not None and not marked:  # "flag breaches" of several is what every table does
            metrics = self._bounded(metrics)
        if self.counting and self.threshold is None:
            raise Otherwise
        return self._made(metrics, reports)

    def _unnamed(self) -> str:
        """The metric of whose threshold a number is, or the report on the things that are named, where none is named.

        Raises:
            Otherwise: nothing says which is meant.
        """
        number = self.bound.number if self.bound is not None else self.said.aim.target if self.said.aim else None
        if number is not None:
            own = [
                entry
                for entry in self.catalogue.entries.values()
                if isinstance(entry, Metric) and entry.unit == "x" and _number_in(entry.good) == number
            ]
            if not own or (self.bound is not None and self.bound.unit not in ("", "x")):
                raise Otherwise
            first = min(own, key=lambda entry: len(entry.name))
            self.readings.append(Reading(words=f"{number:g}", meaning=f"the threshold of {first.short}"))
            return first.name
        whole = [each for each in self.catalogue.entries.values() if isinstance(each, Report)]
        overview = [each for each in whole if each.shape == "overview"]
        entity = self.mapping.entity.name
        if Output.REPORT not in self.outputs or not overview or not (entity in self.filters or entity in self.group):
            raise Otherwise
        self.readings.append(Reading(words="report", meaning=overview[0].label))
        return overview[0].name

    # -- acts -----------------------------------------------------------------------------------------------------

    def _take(self, act: Act, at: int) -> None:
        if act.kind in _FREE:
            if act.kind == "=OUTPUT":
                self.outputs.add(Output(act.detail))
            return
        if act.kind in _ORDERED:
            self.order = self.order or _ORDERED[act.kind]
            return
        take = getattr(self, f"_take_{act.kind.lstrip('=').lower()}", None)
        if take is None:
            raise Otherwise
        take(act)

    def _take_metric(self, act: Act) -> None:
        entry = self.catalogue.entries[act.detail]
        meaning = f"{entry.short}: {entry.definition}" if isinstance(entry, Metric) else entry.label
        self._note(act, meaning)
        self.entries.append(act.detail)

    def _take_only(self, act: Act) -> None:
        meant = {
            (self.dimensions[each.place], str(each.value)): each.score
            for each in act.nouns[0].values()
            if each.place in self.dimensions
        }
        if len(meant) != 1:
            raise Otherwise
        (name, value), score = meant.popitem()
        if score < W.named_value:
            raise Otherwise
        (self.kept_out if act.negated else self.filters).setdefault(name, []).append(value)
        self._note(act, f"{self.mapping.dimension(name).label} {'is not' if act.negated else '='} {value}")

    def _take_group(self, act: Act) -> None:
        name = self._dimension(act.nouns[0])
        self.group.append(name)
        self._note(act, f"grouped by {self.mapping.dimension(name).label.lower()}")

    def _take_grain(self, act: Act) -> None:
        if act.nouns or act.detail not in TIME_GRAINS:
            raise Otherwise
        self.group.append(act.detail)
        self._note(act, f"by {act.detail}")

    def _take_trend(self, act: Act) -> None:
        if not any(each.kind == "grain" for each in self.cover.acts):
            self.group.append("month")
            self._note(act, "by month")

    def _take_noun(self, act: Act) -> None:
        """Things in the plural are what is asked about one by one; tables that the metrics are made of say nothing."""
        noun = act.nouns[0]
        last = noun.text.lower().removesuffix("'s").split()[-1]
        try:
            name = self._dimension(noun)
        except Otherwise:
            self._pass_table(noun)
            if last.endswith("s") and self._one_by_one(act):
                self.group.append(self.mapping.entity.name)
                self._note(act, f"by {self.mapping.entity.name}")
            return
        if self._tied(act) or (last.endswith("s") and not last.endswith("ss")):
            self.group.append(name)
            self._note(act, f"each {self.mapping.dimension(name).label.lower()}")

    def _tied(self, act: Act) -> bool:
        """Whether an "and" or a comma ties it to what is grouped by: "per year and property type"."""
        before = [each for each in self.cover.acts if each.end <= act.start][-2:]
        return len(before) == 2 and before[0].kind in ("group", "grain") and before[1].kind in ("=AND", "=COMMA")

    def _one_by_one(self, act: Act) -> bool:
        """Whether it is asked of each of some things: "which loans", "for all loans"."""
        tokens = self.lattice.tokens
        return act.start > 0 and tokens[act.start - 1].low in ("which", "all", "every", "each", "what")

    def _pass_table(self, noun: Noun) -> None:
        roles = self.catalogue.roles_in(self._named()) & self.mapping.roles.keys()
        tables = {self.mapping.roles[role].table for role in roles}
        if not {each.table for each in noun.entities()} & tables:
            raise Otherwise

    def _take_when(self, act: Act) -> None:
        if act.nouns or act.period is None:
            raise Otherwise
        if act.detail:
            self.group.append(act.detail)
        self.periods.append(act.period)

    def _take_bound(self, act: Act) -> None:
        told = self.bound
        if act.nouns or act.unit == "basis points" or (told and told.number is not None and act.number is not None):
            raise Otherwise
        # "breaches (< 1.25)": of two the one that says a number.
        self.bound = told if told is not None and act.number is None else act
        if act.unit.startswith("of "):
            self.entries.append(act.unit.removeprefix("of "))

    def _take_rank(self, act: Act) -> None:
        if self.order or act.detail not in _RANKS:
            raise Otherwise
        self.order = ORDERS.get(act.unit, _RANKS[act.detail])
        self.limit = int(act.number) if act.number else None
        self._note(act, f"{act.unit} first")
        if act.nouns:
            name = self._dimension(act.nouns[0])
            self.group.append(name)

    def _take_count(self, act: Act) -> None:
        self.counting = "number"
        self.group.append(self._dimension(act.nouns[0]))

    def _take_share(self, act: Act) -> None:
        """ "what share of the properties ..."; "occupancy %" is of a share already."""
        before = [each for each in self.cover.acts if each.end <= act.start][-1:]
        entry = self.catalogue.entries[before[0].detail] if before and before[0].kind == "metric" else None
        if isinstance(entry, Metric) and entry.unit == "percent":
            return
        self.counting = "share"

    def _take_number(self, act: Act) -> None:
        """ "ten tenants that pay the most": how many of a ranking."""
        following = [each for each in self.cover.acts if each.start >= act.end][:1]
        entry = self.catalogue.entries[following[0].detail] if following and following[0].kind == "metric" else None
        if not isinstance(entry, Report) or entry.shape != "ranking" or self.limit or not act.number:
            raise Otherwise
        self.limit, self.order = int(act.number), "high"

    def _take_change(self, act: Act) -> None:
        self.change = self.change or "year"

    def _take_moved(self, act: Act) -> None:
        """How it moved is shown month by month where neither another step of time nor two periods are named."""
        if any(each.kind == "=DRIVER" and each.end == act.start for each in self.cover.acts):
            raise Otherwise  # "revenue changes" are what is simulated
        times = [each for each in self.cover.acts if each.kind == "when"]
        if len(times) > 1 or self.change:
            return
        self._take_trend(act)

    def _take_state(self, act: Act) -> None:
        if act.detail == "new" and self.said.scenarios:
            return  # the new figure is the one that is supposed
        if act.detail != "running" or act.negated:
            raise Otherwise

    def _take_agg(self, act: Act) -> None:
        named = self._named()
        if act.detail != "sum" or len(named) != 1 or not additive(self.catalogue, named[0]):
            raise Otherwise

    def _named(self) -> list[str]:
        return [act.detail for act in self.cover.acts if act.kind == "metric"]

    # -- what acts mean ---------------------------------------------------------------------------------------------

    def _note(self, act: Act, meaning: str) -> None:
        tokens = self.lattice.tokens
        words = self.lattice.text[tokens[act.start].start : tokens[act.end - 1].end]
        self.readings.append(Reading(words=words, meaning=meaning))

    def _dimension(self, noun: Noun) -> str:
        """The dimension that a noun names."""
        ranked = sorted(noun.candidates, key=lambda each: -each.score)
        for each in ranked:
            if each.kind == "field" and each.place in self.dimensions:
                return self.dimensions[each.place]
            if each.kind == "entity" and each.table == self.mapping.entity.table:
                return self.mapping.entity.name
        raise Otherwise

    def _bounded(self, metrics: list[str]) -> list[str]:
        """The metrics with the one first that the bound is of: the one named last before it, else the first behind."""
        assert self.bound is not None
        acts = self.cover.acts
        at = acts.index(self.bound)
        before = [act.detail for act in acts[:at] if act.kind == "metric"]
        behind = [act.detail for act in acts[at:] if act.kind == "metric"]
        own = [self.bound.unit.removeprefix("of ")]
        name = next((each for each in (*own, *reversed(before), *behind, *self.entries) if each in metrics), None)
        entry = self.catalogue.entries[name] if name else None
        if not isinstance(entry, Metric) or name is None:
            raise Otherwise
        comparison, value = self.bound.detail, self.bound.number
        if comparison == "miss":
            comparison = "<" if entry.direction == "higher" else ">"
        if value is None:
            value = _number_in(entry.good)
            if value is None:
                raise Otherwise
        elif self.bound.unit == "percent":
            value /= 100
        self.threshold = Threshold(comparison=comparison, value=value)
        self._note(self.bound, f"{entry.short} {comparison} {value:g}")
        return [name, *(each for each in metrics if each != name)]

    def _when(self) -> tuple[PeriodMatch | None, str]:
        """The period, and the grain by which it is compared where several that follow each other are asked for."""
        found = sorted(self.periods, key=lambda each: each.start or each.end or date.min)
        if len(found) < 2:
            return (found[0] if found else None), ""
        grains = {each.grain for each in found}
        chained = all(one.end is not None and one.end == other.start for one, other in pairwise(found))
        apart = [name for name in self.group if name not in TIME_GRAINS]
        if len(found) == 2 and len(grains) == 1 and chained and apart and found[0].grain in TIME_GRAINS:
            # "this year vs last year by region": the two side by side, of the same months.
            self.change = self.change or found[0].grain
            return found[-1], ""
        if len(grains) == 1 and chained and found[0].grain in TIME_GRAINS:
            label = " and ".join(each.label for each in found)
            return PeriodMatch(found[0].start, found[-1].end, label, found[0].span, found[0].grain), found[0].grain
        earlier, later = found[0], found[-1]
        bounds = (earlier.start, earlier.end, later.start, later.end)
        if len(found) == 2 and not self.group and all(each is not None for each in bounds):
            assert earlier.start
            assert earlier.end
            assert later.start
            assert later.end
            if add_months(earlier.start, 12) == later.start and add_months(earlier.end, 12) == later.end:
                self.change = self.change or "year"
                return later, ""
        raise Otherwise

    def _made(self, metrics: list[str], reports: list[str]) -> Intent:
        period, compared = self._when()
        entity = self.mapping.entity.name
        several = [name for name, values in self.filters.items() if len(set(values)) > 1]
        group = [name for name in self.group if name != entity or entity not in self.filters]
        if not group and (self.order or self.limit or self.threshold) and not reports:
            group = [entity]
        grains = [name for name in group if name in TIME_GRAINS][-1:] or ([compared] if compared else [])
        group = [*several, *(name for name in group if name not in TIME_GRAINS), *grains]
        filters = {**self.filters, **self._others()}
        versus = any(act.kind == "=VERSUS" for act in self.cover.acts)
        return Intent(
            metrics=tuple(metrics),
            report=reports[0] if reports and not metrics else "",
            filters={name: tuple(dict.fromkeys(values)) for name, values in filters.items()},
            group=tuple(dict.fromkeys(group)),
            order=self.order,
            limit=self.limit,
            threshold=self.threshold,
            counting=self.counting,
            start=period.start.isoformat() if period and period.start else "",
            end=period.end.isoformat() if period and period.end else "",
            period=period.label if period else "",
            rolling=rolling_months(period, self.lattice.text) if period else 0,
            beside=len(self.filters) > 1 and versus,
            compares=bool(compared) and grains == [compared],
            change=self.change if not compared else "",
            like=self.like,
            outputs=frozenset(self.outputs),
            readings=tuple(self.readings),
        )

    def _others(self) -> dict[str, list[str]]:
        """Of each dimension of which values are left out the others."""
        found = {}
        for name, left_out in self.kept_out.items():
            table, _, column = self.mapping.dimension(name).column.rpartition(".")
            others = [each for each in self.values.of_column(table, column) if each not in left_out]
            if name in self.filters or not others or len(others) > W.most_others:
                raise Otherwise
            found[name] = others
        return found
