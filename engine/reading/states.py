"""States of rows as marks and dates tell them: running, ended, deleted, void, late, on time, new. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.words import readable, split_identifier, stem
from engine.question.model import Condition, Exists, Field, Operator, Test
from engine.reading.acts import OUT, Act
from engine.reading.dates import Dates, said_of
from engine.reading.tying import Misfit, Part, Place, many
from engine.reading.weights import W
from engine.semantics import model as meaning
from engine.semantics.model import DateRole, Mark, SemanticModel
from engine.semantics.shortening import raw_words

# States that say on which date things happened.
DATING = ("late", "ontime", "new")
_IN_TIME = ("running", "ended")
# What a column that says how its rows stand is called, in full and as is usual.
_STATUS = frozenset({"status", "stat", "state", "st", "sts", "stts"})
_BEGUN = frozenset(
    stem(word) for word in "created registration registered joined opened started signed hired since".split()
)
_SPANNING = frozenset("start starts begin begins from end ends to until".split())
_KEPT: dict[str, Operator] = {"is null": "is null", "=": "=", "!=": "!="}
_LEFT: dict[str, Operator] = {"is null": "is not null", "=": "!=", "!=": "="}


@dataclass
class States(Part):
    """The states of one reading."""

    dates: Dates

    def read(self, home: str, dating: bool) -> None:
        """The states that a request names; those that say a date first, since periods may be of it.

        Raises:
            Misfit: no table in play has such a state.
        """
        for act in self.ask.states:
            if (act.detail in DATING) is dating and not self._taken_by_none(act):
                self._read(act, home)

    def of_none(self, none: Act, table: str) -> list[Condition]:
        """The states that stand right behind "without ...": they say what those would be that are not there."""
        found: list[Condition] = []
        for act in self._behind(none):
            if (made := self._of(act, table, ())) is None:
                raise Misfit  # nothing else is meant by a state that stands there
            found += made
        return found

    def _behind(self, none: Act) -> list[Act]:
        return [
            act
            for act in self.ask.states
            if 0 <= act.start - none.end <= 3 and not act.negated and act.detail not in DATING
        ]

    def _taken_by_none(self, act: Act) -> bool:
        """Whether a state is said of what is not there."""
        return any(act in self._behind(none) for none in self.ask.nones)

    def _read(self, act: Act, home: str) -> None:
        if act.detail == "running" and not act.negated and self._told_by_status(home):
            return  # "open matters right now" are those whose status is open
        for table, via in self._tables(home):
            if table != home and act.detail in _IN_TIME and not self._beside(act, table):
                continue
            made = self._of(act, table, via)
            if made is None and self._has_status(table) and self._beside(act, table) and act.detail in _IN_TIME:
                break  # "policies in force" says nothing of the products they are of
            if made is not None:
                self.made.pay(W.elsewhere if table != home else 0.0)
                if made and made[0] not in self.made.where:
                    self.made.where += made
                    self.made.shareable += [(act.start, each) for each in made if act.unit != OUT]
                self.made.used.add(table)
                return
        raise Misfit

    def _told_by_status(self, home: str) -> bool:
        """Whether a value of a status of the rows themselves is asked for."""
        return any(
            value.table == home and value.column in self._statuses(home)
            for act in self.ask.onlys
            for value in act.nouns[0].values()[:1]
        )

    def _beside(self, act: Act, table: str) -> bool:
        """Whether a state stands beside things of a table: "running" says nothing of partners named far behind it."""
        for other in self.ask.order:
            named = {each.table for noun in other.nouns for each in noun.candidates}
            if table in named and (0 <= other.start - act.end <= 1 or 0 <= act.start - other.end <= 2):
                return True
        return False

    def _tables(self, home: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The tables in play that a row of `home` reaches, its own first."""
        for table in dict.fromkeys([home, *sorted(self.made.used)]):
            if ways := self.by.reached(home, table, ()):
                yield table, ways[0][0]

    def _of(self, act: Act, table: str, via: tuple[str, ...]) -> list[Condition] | None:
        """The conditions of a state of a table, none where it only says a date; None where it has no such state."""
        match act.detail:
            case "late" | "ontime":
                return self._late(table, via, (act.detail == "late") is not act.negated)
            case "overdue":
                return self._overdue(table, via)
            case "new":
                return self._new(table, via)
            case "running" | "ended":
                return self._running(table, via, (act.detail == "running") is not act.negated, act)
        for mark in self.by.model.marks_of(table, act.detail):
            place = Field(table=table, column=mark.column, via=via)
            return [counts(mark, place) if act.negated else _counts_not(mark, place)]
        return None

    def _late(self, table: str, via: tuple[str, ...], late: bool) -> list[Condition] | None:
        due = next((each.column for each in self.dates.of(table) if each.date_role is DateRole.DUE), "")
        if not due:
            return None
        bound = Field(table=table, column=due, via=via)
        if done := self.dates.completion(table, due):
            left = Field(table=table, column=done, via=via)
            self.made.spoken.append(left)
            self.made.pay(0.0, f"late is {readable(done)} after {readable(due)}")
            return [Test(field=left, operator=">" if late else "<=", other=bound)]
        return None

    def _overdue(self, table: str, via: tuple[str, ...]) -> list[Condition] | None:
        """Due before today and, where a table says when it was done, not done."""
        due = next((each.column for each in self.dates.of(table) if each.date_role is DateRole.DUE), "")
        if not due:
            return None
        made: list[Condition] = [
            Test(field=Field(table=table, column=due, via=via), operator="<", values=(self.today,))
        ]
        said = f"overdue is {readable(due)} before {self.today}"
        if done := self.dates.completion(table, due):
            made.append(Test(field=Field(table=table, column=done, via=via), operator="is null"))
            said += f" and no {readable(done)}"
        self.made.pay(W.small, said)
        return made

    def _new(self, table: str, via: tuple[str, ...]) -> list[Condition] | None:
        if not self.ask.whens and not any(group.kind == "grain" for group in self.ask.groups):
            return None
        for each in self.dates.of(table):
            if each.date_role is DateRole.START or _BEGUN & said_of(each):
                self.made.spoken.append(Field(table=table, column=each.column, via=via))
                self.made.pay(W.small, f"new is by {readable(each.column)}")
                return []
        return None

    def _running(self, table: str, via: tuple[str, ...], running: bool, act: Act) -> list[Condition] | None:
        if self._has_status(table):
            return None  # what a status says is not told by dates
        for mark in self.by.model.marks_of(table, "ended"):
            place = Field(table=table, column=mark.column, via=via)
            return [Test(field=place, operator="running" if running else "<", values=(self.today,))]
        if running and self.by.model.marks_of(table, "deleted"):
            self.made.pay(W.halved, f"those not marked as deleted are taken as {act.detail}")
            return []
        own_end = any(each.date_role is DateRole.END for each in self.dates.of(table))
        for relation in self.by.model.incoming[table] if not via and not own_end else ():
            place_of = running_end(relation.table, self.by.model)
            told = self._has_status(relation.table)  # a booking without an end may be a cancelled one
            # A current tenant is one with a lease that runs.
            if place_of is not None and not told and self._stand_for(relation.table, table):
                self.made.pay(W.small, f"{act.detail} are those with {many(relation.table).lower()} that run today")
                runs = Test(field=place_of, operator="running", values=(self.today,))
                return [Exists(table=relation.table, tests=(runs,), negated=not running)]
        return None

    def _stand_for(self, table: str, things: str) -> bool:
        """Whether the rows of a table may tell whether things are current: there are at least as many of them.

        A tenant has a lease; of all pets a few have a plan, and one without is no past one.
        """
        entities = self.by.model.entities
        return (entities[table].rows or 0) >= (entities[things].rows or 0)

    def _still_running(self, home: str) -> None:
        """Rows that run from a day to a day are those that run today, where no time and no state is spoken of."""
        ask = self.ask
        timed = ask.whens or ask.laters or any(act.kind in ("grain", "when") for act in ask.order)
        spans = any(wish.kind == "elapsed" for wish in ask.wishes)  # how long things last is told by those that ended
        if timed or spans or ask.happened or self.bare["date"] or self._has_status(home):
            return
        if any(act.detail in ("running", "ended", "new", "overdue") for act in ask.states):
            return
        place = running_end(home, self.by.model)
        if place is not None:
            self.made.where.append(Test(field=place, operator="running", values=(self.today,)))
            self.made.pay(W.running, f"only {many(home).lower()} that run today are taken")

    def is_status(self, place: Field) -> bool:
        """Whether a column says how the rows of its table stand."""
        return place.column in self._statuses(place.table) and not self.by.model.entities[place.table].lookup

    def _has_status(self, table: str) -> bool:
        return bool(self._statuses(table))

    def _statuses(self, table: str) -> set[str]:
        """The columns of a table that say how its rows stand."""
        return {
            each.column
            for each in self.by.model.of(table)
            for name in (*each.names, *each.called, raw_words(each.column))
            if _STATUS & set(name) and each.part is not meaning.Part.DATE
        }

    def leave_out(self, home: str) -> None:
        """Rows that were deleted or made void are left out unless the request speaks of them."""
        self._still_running(home)
        if any(isinstance(each, Exists) and not each.negated for each in self.made.where):
            return  # what things did counts whatever became of them
        spoken = {act.detail for act in self.ask.states}
        tested = {test.field.column for test in self.made.where if isinstance(test, Test)}
        for mark in self.by.model.marks_of(home):
            if mark.state == "ended" or mark.state in spoken or mark.column in tested:
                continue
            spoken.add(mark.state)
            if mark.state == "deleted" and mark.operator == "is null" and self._begun(home):
                self.made.notes.append(f"{many(home).lower()} that were deleted since are counted, too")
                continue
            self.made.where.append(counts(mark, Field(table=home, column=mark.column)))
            self.made.notes.append(f"{mark.state} {many(home).lower()} are left out")

    def _begun(self, home: str) -> bool:
        """Whether rows are asked for by when they came into being, which is not undone by what became of them."""
        places = {place.column for place in self.made.spoken if place.table == home}
        return any(_BEGUN & said_of(each) for each in self.dates.of(home) if each.column in places)


def running_end(table: str, model: SemanticModel) -> Field | None:
    """The day up to which rows run that begin on a day: the end of a lease. None for those that were only closed.

    A ticket that was closed counts as much as an open one, so the two names have to be those of one span.
    """
    begun = {_core(a.column) for a in model.of(table) if a.date_role is DateRole.START} - {None}
    ends = [mark.column for mark in model.marks_of(table, "ended") if _core(mark.column) in begun]
    return Field(table=table, column=ends[0]) if ends else None


def still_running(begun: Field, by: Place) -> Test | None:
    """Who is enrolled has not left: what began on a day has not ended, where the same rows end on another."""
    end, attribute = running_end(begun.table, by.model), by.attribute((begun.table, begun.column))
    if end is None or attribute.date_role is not DateRole.START:
        return None
    still = end.model_copy(update={"via": begun.via})
    return Test(field=still, operator="running", values=(by.today.isoformat(),))


def _core(column: str) -> tuple[str, ...] | None:
    """What a column is a beginning or an end of: ("lease",) for lease_start; None where its name says neither."""
    words = split_identifier(column)
    core = tuple(word for word in words if word not in _SPANNING and word not in ("date", "on", "day"))
    return core if len(core) < len(words) and set(words) & _SPANNING else None


def counts(mark: Mark, place: Field) -> Test:
    """That a row still counts."""
    return Test(field=place, operator=_KEPT[mark.operator], values=() if mark.operator == "is null" else (mark.value,))


def _counts_not(mark: Mark, place: Field) -> Test:
    return Test(field=place, operator=_LEFT[mark.operator], values=() if mark.operator == "is null" else (mark.value,))
