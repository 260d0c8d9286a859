"""A follow-up in the light of the question before it: its words are tied as ever, and change that question. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from engine.compiling.asking import homes
from engine.compiling.ways import Ways
from engine.language.following import Said
from engine.language.periods import add_months
from engine.question.editing import (
    Unfit,
    fields_tested,
    period_of,
    with_dimensions,
    with_function,
    with_measures,
    with_test,
)
from engine.question.model import (
    Aggregate,
    Bucket,
    Condition,
    Field,
    Having,
    Output,
    Question,
    Running,
    ShareOfTotal,
    Test,
)
from engine.reading.acts import Act
from engine.reading.asking import Ask, Wish
from engine.reading.conditions import Conditions, Valued
from engine.reading.dates import Dates, within
from engine.reading.dimensions import Dimensions
from engine.reading.measured import FUNCTIONS, Measured
from engine.reading.measures import Measures, put_together
from engine.reading.names import Names
from engine.reading.nouns import Noun
from engine.reading.ordering import Ordering, dimension_field
from engine.reading.roles import ROLES
from engine.reading.shaping import Reading
from engine.reading.states import States
from engine.reading.tying import Making, Misfit, Place, slug
from engine.reading.weights import W
from engine.semantics.model import Part

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_GROUPING = (Part.CATEGORY, Part.NAME, Part.REFERENCE, Part.CODE, Part.KEY)
# Words of command that a follow-up may hold, besides those that are followed one by one.
_READ = frozenset(
    "=AND =COMMA =LIST =ONLY =FOR =HAVE =YES =BY =SORT =DESC =ASC =SHOW =SHARE =RUN =AGG =MANY =NUMBER =DISTINCT"
    " =BOTH =OR =TREND".split()
)


class EarlierPlace(Place):
    """A place where a table that several keys lead to is reached as the question before reached it."""

    def __init__(self, names: Names, ways: Ways, today: date, earlier: Question) -> None:
        super().__init__(names, ways, today)
        fields = [*fields_tested(earlier), *(dimension_field(each) for each in earlier.dimensions)]
        self.taken = {each.via for each in fields if each.via}

    def reached(self, home: str, table: str, via: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
        """How the rows of `home` reach a table: as before where they did, else in every way."""
        found = super().reached(home, table, via)
        if via or len(found) < 2:
            return found
        return [each for each in found if any(set(each[0]) == set(way) for way in self.taken)] or found


@dataclass
class _KnownConditions(Conditions):
    """Conditions that are rather of a field that the question before speaks of."""

    known: tuple[Field, ...] = ()

    def values(self, noun: Noun, home: str) -> list[tuple[float, Valued]]:
        """What a value may be a value of."""
        options = super().values(noun, home)
        behind = [act for act in self.bare["context"] if 0 <= act.start - noun.end <= 1]
        tables = {each.table for act in behind for each in act.nouns[0].entities()}
        for good in (
            [each for _, each in options if each.field.table in tables],  # "enterprise accounts"
            [each for _, each in options if each.field in self.known],
        ):
            if good:
                return [(cost + (0.0 if each in good else W.elsewhere), each) for cost, each in options]
        return options


@dataclass
class Editor:
    """Changes one question by what one cover of a follow-up asks."""

    by: EarlierPlace
    ask: Ask
    said: Said
    earlier: Question
    roles: dict[int, str]
    beside: bool = False
    """Whether a dimension of another sort is put beside those that are there."""
    gone: tuple[Noun, ...] = ()
    """What is named as what goes: "instead of month"."""
    bare: dict[str, list[Act]] = field(init=False)

    def __post_init__(self) -> None:
        self.ask = self._without_values()
        self.made = Making(self.ask.cost)
        roles = (*ROLES, "sort")
        self.bare = {role: [a for a in self.ask.bare if self.roles.get(a.start) == role] for role in roles}
        period = period_of(self.earlier)
        steps = [dimension_field(e) for e in self.earlier.dimensions if isinstance(e.value, Bucket)]
        self.made.spoken += [*steps, *([period.field] if period else [])]
        self.made.used.add(self.earlier.subject)
        self.made.used |= {each.table for each in fields_tested(self.earlier)}
        on = (self.by, self.ask, self.made, self.bare)
        self.dates = Dates(*on)
        self.states = States(*on, self.dates)
        self.conditions = _KnownConditions(*on, self.dates, self.states, fields_tested(self.earlier))
        self.measures, self.dimensions = Measures(*on), Dimensions(*on, self.dates)
        self.ordering = Ordering(*on, self.dates, self.dimensions)

    def _without_values(self) -> Ask:
        """What is asked; "without events" leaves out a value, where it names no rows that might be missing."""
        valued = [act for act in self.ask.nones if act.nouns and act.nouns[0].values()]
        kept = tuple(act for act in self.ask.nones if act not in valued)
        onlys = tuple(replace(act, kind="only", detail="", negated=True) for act in valued)
        return replace(self.ask, nones=kept, onlys=(*self.ask.onlys, *onlys))

    def read(self) -> Reading:
        """The changed question with what it cost.

        Raises:
            Misfit: it cannot be changed so, or nothing changes.
        """
        if any(act.kind.startswith("=") and act.kind not in _READ for act in self.ask.order):
            raise Misfit
        kept = self.said.text.lower().startswith(("only ", "just "))
        if kept and any(act.kind == "grain" and act.start <= 1 for act in self.ask.groups):
            raise Misfit  # "only monthly" keeps to those that are
        try:
            question = self._changed()
        except Unfit:
            raise Misfit from None
        if question == self.earlier and not self._says_what_is:
            raise Misfit
        made = self.made
        self._pay_for_contexts(question)
        # A word of command that stands alone plays its part here.
        cost = made.cost - W.marker * sum(act.kind in ("=SHOW", "=SORT") for act in self.ask.order)
        return Reading(question, cost, tuple(made.notes), (), self.ask.left, cost - self.ask.usual)

    @property
    def _says_what_is(self) -> bool:
        """Whether the words say something that may be so already: an order, a form, a period, a value."""
        told = ("=DESC", "=ASC", "=SORT", "=SHOW", "only", "when", "rank")
        return not self.ask.bare and any(act.kind in told for act in self.ask.order)

    def _changed(self) -> Question:
        question = self._measured(self.earlier)
        question = self._grouped(question)
        question = self._kept_to(question)
        question = self._timed(question)
        question = self._bounded(question)
        return self._shaped(self.ordering.read(question, self.home(question)))

    def home(self, question: Question) -> str:
        """The table whose rows are asked about."""
        return homes(question.measures[0].measure)[0] if question.measures else question.subject

    # -- measures ---------------------------------------------------------------------------------------------------

    def _measured(self, question: Question) -> Question:
        wishes = [
            *self.ask.wishes,
            *(Wish("measure", act.nouns, "", act.start) for act in self.bare["measure"]),
            *(Wish("count", act.nouns, "", act.start) for act in self.bare["count"]),
        ]
        function = next((m.removeprefix("AGG:") for m in self.ask.marks if m.startswith("AGG:")), "")
        if not wishes:
            if function:
                self.made.followed.add(f"AGG:{function}")
                return with_function(question, FUNCTIONS[function])
            return self._counted(question) if "MANY" in self.ask.marks else question
        if self.ask.ranks:
            raise Misfit
        self.made.pay(W.small * len(self.bare["measure"]) + W.bare_count * len(self.bare["count"]) / 2)
        measured = put_together([self.measures.measure(wish) for wish in sorted(wishes, key=lambda each: each.at)])
        added = tuple(self.made.where)
        self.made.where.clear()
        if not question.measures:
            raise Misfit  # what is listed is no number
        made = with_measures(question, [_output(each) for each in measured], self.said.adds)
        made = self._rehomed(made, self.home(question))
        return made.model_copy(update={"where": (*made.where, *(each for each in added if each not in made.where))})

    def _counted(self, question: Question) -> Question:
        """ "and the number": how many rows there are."""
        if not question.measures:
            home = question.subject
            value = Aggregate(function="count", table=home)
            output = Output(name="number", label="Number", value=value, unit="count")
            changes = {"outputs": (output,), "order": (), "limit": None, "distinct": False, "ties": False}
            if question.limit:
                raise Misfit
            return question.model_copy(update=changes)
        from engine.reading.tying import many

        home = self.home(question)
        value = Aggregate(function="count", table=home)
        label = many(home)
        return with_measures(
            question, [Output(name=slug(label, ()), label=label, value=value, unit="count")], self.said.adds
        )

    def _rehomed(self, question: Question, before: str) -> Question:
        """The question with its dates and conditions tied to the rows of another table, where its measures are of one.

        Raises:
            Misfit: a condition or a dimension does not belong to those rows.
        """
        tables = {table for each in question.measures for table in homes(each.measure)}
        if tables <= {before}:
            return question
        if len(tables) > 1:
            raise Misfit
        home = tables.pop()
        defaults = {Field(table=before, column=mark.column) for mark in self.by.model.marks_of(before)}
        where: list[Condition] = []
        for each in question.where:
            if not isinstance(each, Test) or each.other is not None:
                raise Misfit
            if each.field in defaults and each.operator in ("is null", "=", "!=", "running"):
                continue  # what no longer counts is told of each table anew
            where.append(each.model_copy(update={"field": self._tied(each.field, home)}))
        outputs = []
        for output in question.outputs:
            value = output.value
            if isinstance(value, Bucket):
                value = value.model_copy(update={"field": self._tied(value.field, home)})
            elif isinstance(value, Field):
                value = self._tied(value, home)
            outputs.append(output.model_copy(update={"value": value}))
        keys = tuple(self._tied(each, home) for each in question.keys)
        kept = list(self.made.where)
        self.made.where[:] = where
        self.states.leave_out(home)
        where, self.made.where[:] = list(self.made.where), kept
        self.made.spoken.clear()
        return question.model_copy(
            update={"subject": home, "outputs": tuple(outputs), "where": tuple(where), "keys": keys}
        )

    def _tied(self, place: Field, home: str) -> Field:
        """The same field as the rows of another table reach it; a date of the rows before is theirs."""
        attribute = self.by.attribute((place.table, place.column))
        if attribute.part is Part.DATE and not place.via and place.table != home:
            return self.dates.own_date(home, "rehomed")
        ways = self.by.ways.up(home, place.table, place.via) or self.by.ways.up(home, place.table)
        if len(ways) != 1:
            raise Misfit
        via = place.via if set(place.via) <= {step.relation.name for step in ways[0]} else ()
        return place.model_copy(update={"via": via})

    # -- dimensions ---------------------------------------------------------------------------------------------------

    def _grouped(self, question: Question) -> Question:
        groups = [*self.ask.groups]
        if "TREND" in self.ask.marks and not groups:
            raise Misfit
        if not groups and not self.bare["group"]:
            return question
        if not question.measures:
            raise Misfit
        self.made.pay(W.small * len(self.bare["group"]))
        new, keys = self.dimensions.read(groups, self.home(question))
        if question.limit and self.said.adds:
            raise Misfit  # of which the first are kept is not said
        return with_dimensions(question, new, keys, lambda each: self._goes(each, new))

    def _goes(self, old: Output, new: Sequence[Output]) -> bool:
        """Whether a dimension gives way: what is named as what goes, else what is of the sort of a new one."""
        if self.gone:
            return any(self._names(noun, old) for noun in self.gone)
        if self.said.adds:
            return False
        sorts = {isinstance(each.value, Bucket) for each in new}
        own = any(isinstance(each.value, Bucket) in sorts for each in self.earlier.dimensions)
        if not own and (self.said.whole or not self.beside):
            return True
        return isinstance(old.value, Bucket) in sorts

    def _names(self, noun: Noun, output: Output) -> bool:
        """Whether words name a dimension: by its column, its table or its step of time."""
        value = output.dimension
        if isinstance(value, Bucket):
            return value.grain in noun.text.lower()
        places = {each.place for each in noun.fields()}
        return (value.table, value.column) in places or value.table in {each.table for each in noun.entities()}

    # -- conditions ---------------------------------------------------------------------------------------------------

    def _kept_to(self, question: Question) -> Question:
        home = self.home(question)
        self.conditions._only(home)
        self.states.read(home, dating=True)
        self.states.read(home, dating=False)
        for none in self.ask.nones:
            self.made.where.append(self.conditions._none(none, home))
        for act in self.ask.bounds:
            self.conditions._bound(act, home)
        self.conditions._happened(home)
        made, self.made.where[:] = list(self.made.where), []
        for each in made:
            if isinstance(each, Test):
                question = with_test(question, each, self.said.adds)
            elif each in question.where:
                raise Misfit
            else:
                question = question.model_copy(update={"where": (*question.where, each)})
        return question

    def _timed(self, question: Question) -> Question:
        if self.said.shift is not None:
            return self._shifted(question, *self.said.shift)
        home = self.home(question)
        for act in self.ask.laters:
            test = self.dates._later(act, home)
            question = question.model_copy(update={"where": (*question.where, test)})
        for act in self.ask.whens:
            earlier = period_of(question)
            own = earlier.field if earlier is not None and not act.nouns else None
            place = own or self._date_for(act, home, question)
            question = with_test(question, within(place, act))
        if len(self.ask.whens) > 1:
            raise Misfit
        return question

    def _date_for(self, act: Act, home: str, question: Question) -> Field:
        """The date of a period, where the question before is of none."""
        if not act.nouns and any(each.operator == "running" for each in question.where if isinstance(each, Test)):
            raise Misfit  # what runs today did not run then
        return self.dates.date_field(act.nouns[0] if act.nouns else None, home, f"w{act.start}")

    def _shifted(self, question: Question, count: int, unit: str) -> Question:
        """The period so much earlier or later: "and the month before?"."""
        period = period_of(question)
        if period is None:
            raise Misfit
        low, high = (date.fromisoformat(str(each)) if each else None for each in period.values)
        if low is None or high is None:
            raise Misfit
        whole = low.day == high.day == 1
        if unit in _MONTHS or (unit == "period" and whole):
            span = (high.year - low.year) * 12 + high.month - low.month
            months = count * (span if unit == "period" else _MONTHS[unit])
            if not whole or (unit != "period" and span > _MONTHS[unit] and unit != "year"):
                raise Misfit
            moved = [add_months(each, months) for each in (low, high)]
        else:
            days = (high - low) if unit == "period" else (high - low) / (high - low).days * 7
            moved = [each + count * days for each in (low, high)]
        return with_test(question, period.model_copy(update={"values": tuple(each.isoformat() for each in moved)}))

    def _bounded(self, question: Question) -> Question:
        """ "only those over 100": a bound on what is counted or added up for each."""
        left = [act for act in self.ask.bounds if not any(act is each for each in self.made.bounded)]
        if not left:
            return question
        measured = question.measures
        if len(measured) != 1 or not question.dimensions or len(left) > 1 or left[0].number is None:
            raise Misfit
        tables = {each.table for each in left[0].nouns[0].entities()} if left[0].nouns else set()
        if (left[0].nouns and not tables & set(homes(measured[0].measure))) or left[0].unit == "percent":
            raise Misfit
        bound = Having(output=measured[0].name, operator=left[0].comparison, value=left[0].number)
        return question.model_copy(update={"having": (bound,)})

    # -- form ---------------------------------------------------------------------------------------------------------

    def _shaped(self, question: Question) -> Question:
        chart = next((act.detail for act in self.ask.order if act.kind == "=SHOW"), "")
        if chart:
            if chart != "none" and not (question.measures and question.dimensions):
                raise Misfit
            question = question.model_copy(update={"chart": chart})
        shares = {mark for mark in self.ask.marks if mark.startswith("SHARE")}
        if shares:
            if "SHARE:total" not in shares and self._narrowed(question):
                raise Misfit  # of all that are there, or of those asked about: not said
            self.made.followed |= shares
            question = self._beside(question, share=True)
        if "RUN" in self.ask.marks:
            self.made.followed.add("RUN")
            question = self._beside(question, share=False)
        return question

    def _narrowed(self, question: Question) -> bool:
        """Whether only some of the rows are asked about, by more than a period and what no longer counts."""
        home = self.home(question)
        usual = {Field(table=home, column=mark.column) for mark in self.by.model.marks_of(home)}
        told = [each for each in question.where if not (isinstance(each, Test) and each.field in usual)]
        return any(not isinstance(each, Test) or each.operator != "within" for each in told)

    def _beside(self, question: Question, *, share: bool) -> Question:
        """The share of the total, or the running total, beside the measure."""
        plain = [each for each in question.measures if not isinstance(each.measure, ShareOfTotal | Running)]
        timed = any(isinstance(each.value, Bucket) for each in question.dimensions)
        if len(plain) != 1 or not question.dimensions or (not share and not timed):
            raise Misfit
        if plain[0].unit == "percent":
            raise Misfit
        if share:
            value: ShareOfTotal | Running = ShareOfTotal(of=plain[0].measure)
        else:
            value = Running(of=plain[0].measure)
        label = f"{'Share of' if share else 'Running'} {plain[0].label[:1].lower()}{plain[0].label[1:]}"
        output = Output(name="", label=label, value=value, unit="percent" if share else plain[0].unit)
        return with_measures(question, [output], adds=True)

    def _pay_for_contexts(self, question: Question) -> None:
        """Nouns that only say what the rest is about must be what the question is about."""
        places = [*fields_tested(question), *map(dimension_field, question.dimensions)]
        tables = {self.home(question), *(each.table for each in places)}
        ways = {name for each in places for name in each.via}
        for act in self.bare["context"]:
            # "same for the handling lawyers" is not about lawyers in another role.
            named = [each for each in act.nouns[0].entities() if not each.via or ways & set(each.via)]
            scores = [each.score for each in named if each.table in tables]
            self.made.pay(W.unlike * (1 - max(scores)) if scores else W.unused)
        for role in ("subject", "shown", "date"):
            if any(act.start not in self.made.placed for act in self.bare[role]):
                raise Misfit


def _output(measured: Measured) -> Output:
    return Output(name=slug(measured.label, ()), label=measured.label, value=measured.value, unit=measured.unit)


def grouping(act: Act, by: Place) -> bool:
    """Whether a noun names what things may be grouped by."""
    noun = act.nouns[0]
    return bool(noun.entities()) or any(by.attribute(each.place).part in _GROUPING for each in noun.fields())
