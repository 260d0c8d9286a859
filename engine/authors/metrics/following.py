"""A request that follows an answer about metrics: the intent of that answer, changed in what the request says. Pure
but for the names of a place, which are read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from engine.authors.base import Declined, Ground
from engine.authors.metrics.edits import change_said, merged
from engine.authors.metrics.grammar import MetricGrammar
from engine.authors.metrics.intent import TIME_GRAINS, Intent
from engine.authors.metrics.reading import change_in, named_entries, rolling_months, with_suppositions
from engine.authors.metrics.supposing import CASE, NAME_CAP, Supposition, drivers_of, said_values, suppose
from engine.authors.metrics.understanding import Otherwise, Taking, doubt_of, lattice_for, vocabulary
from engine.errors import UsageError
from engine.language.amounts import find_amounts
from engine.language.following import Said, heard, in_its_year
from engine.language.periods import PeriodMatch, add_months
from engine.metrics.catalogue import Catalogue, Metric, Report
from engine.metrics.mapping import DatabaseMapping
from engine.products import Option, Output, Question, Reading, Scenario, WhatIf
from engine.reading.acts import Act
from engine.reading.covering import readings
from engine.reading.names import Names
from engine.reading.typos import corrected
from engine.reading.weights import W
from engine.scenarios.sentence import scenario_of

CASE_KEY = "scenario"
MEANT = "meaning"
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_BETTER = frozenset("optimistic upside best bull favourable favorable upturn".split())
_DOWN = ("revenue falls 10 % and opex rises 5 %", "revenue falls 20 %", "rates rise 2 points")
_UP = ("revenue rises 10 % and opex falls 5 %", "revenue rises 5 %", "rates fall 1 point")


@dataclass(frozen=True)
class Changed:
    """An intent after a follow-up, and what is changed in words."""

    intent: Intent
    said: str


def follow(
    text: str,
    earlier: Intent,
    ground: Ground,
    catalogue: Catalogue,
    mapping: DatabaseMapping,
    names: Names,
    answers: Mapping[str, str],
) -> Changed | Question | Declined:
    """What a follow-up of an answer about metrics asks; declined where it changes nothing that is understood."""
    said = heard(text)
    if said.kind in ("why", "rows"):
        return Declined(reason="A metric is made of several queries: how it is computed tells each, with its rows.")
    plain, mended = corrected(said.text, vocabulary(catalogue, mapping, names), names.spoken)
    named = [*named_entries(plain, catalogue), *earlier.metrics]
    plain, given = said_values(plain, catalogue, named)
    supposed = suppose(plain, ground, catalogue, named)
    if isinstance(supposed, Declined):
        return supposed
    if (case := _unsaid_case(plain, supposed)) is not None:
        if (chosen := answers.get(CASE_KEY)) is None:
            return _which_case(case, catalogue, named)
        supposed = _as_chosen(plain, case, chosen, catalogue, named)
    changes = _Changes(said, earlier, ground, catalogue, mapping, names, supposed, given)
    found = changes.all()
    if not found:
        return _declined(text, earlier, catalogue)
    slips = tuple(Reading(words=one, meaning=f"read as {other}") for one, other in mended)
    made = {change_said(earlier, each, catalogue, mapping): each for each in found}
    if (chosen := answers.get(MEANT, "")) in made:
        made = {chosen: made[chosen]}
    if len(made) > 1:
        options = tuple(Option(value=each, label=each) for each in made)
        asked = "This can change the answer before in more than one way. Which is meant?"
        return Question(key=MEANT, text=asked, options=options)
    words, intent = next(iter(made.items()))
    return Changed(intent.model_copy(update={"readings": (*slips, *intent.readings)}), words)


def _declined(text: str, earlier: Intent, catalogue: Catalogue) -> Declined:
    names = earlier.metrics or (earlier.report,)
    labels = ", ".join(catalogue.entries[name].label for name in names if name in catalogue.entries)
    return Declined(reason=f"It is not clear what “{text.strip()}” changes. The answer before is: {labels}.")


# -- what is supposed -------------------------------------------------------------------------------------------------


def _unsaid_case(text: str, supposed: Supposition) -> str | None:
    """The name of a scenario of which it is not said what happens in it: "add a recession scenario"."""
    found = CASE.search(text)
    if found is None or supposed.scenarios or supposed.aim or find_amounts(text):
        return None
    name = found["name"] or found["quoted"]
    return name.lower() if name and name.lower() != "base" and "scenario" in text.lower() else None


def _which_case(name: str, catalogue: Catalogue, named: Sequence[str]) -> Question:
    options = []
    for each in _UP if name in _BETTER else _DOWN:
        try:
            scenario_of(each, drivers_of(catalogue, named))
        except UsageError:
            continue
        options.append(Option(value=each, label=each[:1].upper() + each[1:]))
    return Question(key=CASE_KEY, text=f"What happens in the {name} scenario?", options=tuple(options))


def _as_chosen(text: str, name: str, chosen: str, catalogue: Catalogue, named: Sequence[str]) -> Supposition:
    """The supposition that a person chose for a name."""
    scenario = scenario_of(chosen, drivers_of(catalogue, named))
    called = f"{name.capitalize()}: {chosen}"[:NAME_CAP]
    found = CASE.search(text)
    assert found is not None
    rest = text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]
    return Supposition(
        rest=rest.replace("scenario", " " * len("scenario")),
        scenarios=(Scenario(name=called, values=scenario.values),),
        readings=(Reading(words=name, meaning=chosen),),
    )


# -- what is changed --------------------------------------------------------------------------------------------------


@dataclass
class _Following(Taking):
    """Takes the acts of a cover that follows an intent."""

    earlier: Intent = field(default_factory=Intent)
    cut: bool = False
    """Whether only the first of the ranking before are asked for."""

    def intent(self) -> Intent:
        """What the words alone ask.

        Raises:
            Otherwise: there is no such change.
        """
        for at, act in enumerate(self.cover.acts):
            if act.kind == "=SHOW":
                raise Otherwise  # how metrics are drawn follows from them
            self._take(act, at)
        entries = list(dict.fromkeys(self.entries))
        reports = [name for name in entries if isinstance(self.catalogue.entries[name], Report)]
        metrics = [name for name in entries if name not in reports]
        if self.bound is not None:
            self.entries = [*metrics, *self.earlier.metrics]
            own = [name for name in self.entries if isinstance(self.catalogue.entries[name], Metric)]
            first = self._bounded(own)
            metrics = first if metrics else metrics
        return self._made(metrics, reports)

    def _take_rank(self, act: Act) -> None:
        if act.unit == "first" and not act.nouns and act.number:
            self.limit, self.cut = int(act.number), True
            return
        if act.unit == "first" and not act.nouns and self.order:
            return  # "best first"
        super()._take_rank(act)

    def _take_none(self, act: Act) -> None:
        """ "without hotels" leaves them out."""
        if not act.nouns or not act.nouns[0].values():
            raise Otherwise
        self._take_only(replace(act, kind="only", negated=True))

    def _named(self) -> list[str]:
        return super()._named() or list(self.earlier.metrics)


@dataclass
class _Changes:
    """Everything that a follow-up may make of an intent."""

    said: Said
    earlier: Intent
    ground: Ground
    catalogue: Catalogue
    mapping: DatabaseMapping
    names: Names
    supposed: Supposition
    given: Mapping[str, float]

    def all(self) -> list[Intent]:
        """The intents, those that are about as good as the best; none where nothing is understood."""
        if self.said.shift is not None:
            moved = shifted(self.earlier, *self.said.shift)
            return [moved] if moved is not None else []
        low, high = self.earlier.start, self.earlier.end
        rest, change, like = change_in(in_its_year(self.supposed.rest, low, high, self.ground.today))
        if not rest.strip(" ,.;:?!") or not any(each.isalnum() for each in rest):
            made = self._supposed(self._told(self.earlier, change, like))
            return [made] if made is not None and made != self.earlier else []
        found = self._read(rest, change, like)
        best = min((doubt for doubt, _ in found), default=W.most)
        if best >= W.most:
            return []
        unlike = {repr(_plain(intent)): intent for doubt, intent in found if doubt < best + W.clear}
        return [each for each in unlike.values() if _plain(each) != _plain(self.earlier)]

    def _read(self, rest: str, change: str, like: bool) -> list[tuple[float, Intent]]:
        scenarios = bool(self.supposed.scenarios or self.supposed.aim)
        lattice = lattice_for(rest, self.ground, self.catalogue, self.mapping, self.names, scenarios)
        names = self.names
        grammar = MetricGrammar.over(lattice, names)
        found: list[tuple[float, Intent]] = []
        for cover in readings(grammar):
            if cover.left:
                continue
            base = (cover, lattice, self.catalogue, self.mapping, self.ground.values, self.supposed, change, like)
            taking = _Following(*base, earlier=self.earlier)
            try:
                said = taking.intent()
            except Otherwise:
                continue
            said, aimed = self._aimed(self._own_group(said, taking))
            if not self._listed_so(said):
                continue
            for made in merged(self.earlier, said, self.said, self.mapping, taking.kept_out):
                changed = self._supposed(made.model_copy(update={"what_if": aimed}) if aimed else made)
                if changed is not None:
                    found.append((doubt_of(cover), changed))
        return found

    def _aimed(self, said: Intent) -> tuple[Intent, WhatIf | None]:
        """ "and below 1.0?" after what it takes to get below 1.25 aims at another number."""
        goal, bound = self.earlier.what_if.goal, said.threshold
        if goal is None or bound is None or said.metrics:
            return said, None
        what_if = self.earlier.what_if.model_copy(
            update={"goal": goal.model_copy(update={"target": bound.value}), "scenarios": ()}
        )
        return said.model_copy(update={"threshold": None}), what_if

    def _listed_so(self, said: Intent) -> bool:
        """Whether a listing, whose form is fixed, can be changed so; of anything else everything can."""
        entry = self.catalogue.entries.get(said.report or ("" if said.metrics else self.earlier.report))
        if not isinstance(entry, Report):
            return True
        ranked = entry.shape == "ranking" and said.order in ("", "high")
        timed = bool(said.start or said.end or said.period)
        fixed = bool(said.group or said.threshold or said.counting or said.change)
        told = bool(said.limit or said.order)
        return not fixed and (ranked or not told) and (entry.shape == "overview" or not timed)

    def _own_group(self, said: Intent, taking: _Following) -> Intent:
        """What the words alone ask, without a group that was only taken for the sake of a ranking."""
        told = tuple(name for name in said.group if name in taking.group or name in TIME_GRAINS)
        period = taking.periods[0] if len(taking.periods) == 1 else None
        if period is not None:
            said = said.model_copy(update={"rolling": rolling_months(period, taking.lattice.text)})
        return said.model_copy(update={"group": told})

    def _told(self, intent: Intent, change: str, like: bool) -> Intent:
        return intent.model_copy(update={"change": change or intent.change, "like": like or intent.like})

    def _supposed(self, intent: Intent) -> Intent | None:
        """The intent with what is supposed now; what was supposed before stays where it is added to, or nothing is."""
        kept = self.earlier.what_if
        intent = intent.model_copy(update={"given": {**self.earlier.given, **self.given}})
        made = with_suppositions(intent, self.supposed)
        if isinstance(made, Declined):
            return None
        if not self.supposed.scenarios and self.supposed.aim is None:
            return made
        scenarios = made.what_if.scenarios
        if self.said.adds:
            scenarios = (*kept.scenarios, *(each for each in scenarios if each not in kept.scenarios))
        goal = made.what_if.goal or (kept.goal if self.said.adds else None)
        readings = (*self.supposed.readings, *made.readings)
        what_if = made.what_if.model_copy(update={"scenarios": scenarios, "goal": goal})
        return made.model_copy(
            update={"what_if": what_if, "readings": readings, "outputs": made.outputs | {Output.SIMULATION}}
        )


def _plain(intent: Intent) -> Intent:
    return intent.model_copy(update={"readings": ()})


def shifted(intent: Intent, count: int, unit: str) -> Intent | None:
    """The intent of the period so much earlier or later; None where it is of none that begins and ends."""
    if not (intent.start and intent.end) or (unit not in _MONTHS and unit != "period"):
        return None
    low, high = date.fromisoformat(intent.start), date.fromisoformat(intent.end)
    if low.day != 1 or high.day != 1:
        return None
    span = (high.year - low.year) * 12 + high.month - low.month
    months = count * (span if unit == "period" else _MONTHS[unit])
    if unit in ("month", "quarter") and span != _MONTHS[unit]:
        return None
    first, last = add_months(low, months), add_months(high, months)
    period = PeriodMatch(first, last, "", (0, 0), "")
    label = f"{first:%b %Y}" if span == 1 else f"{first:%b %Y} to {add_months(last, -1):%b %Y}"
    label = f"{first.year}" if period.whole_years and span == 12 else label
    changes = {"start": first.isoformat(), "end": last.isoformat(), "period": label, "rolling": 0}
    return intent.model_copy(update=changes)
