"""The time between two dates of a row, and how long things last. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.words import readable, split_identifier, stem
from engine.question.model import Aggregate, Elapsed, Field
from engine.reading.asking import Wish
from engine.reading.candidates import Candidate
from engine.reading.dates import said_of
from engine.reading.measured import CALLED, FUNCTIONS, Measured
from engine.reading.tying import Misfit, Part
from engine.reading.weights import W
from engine.semantics import model as meaning
from engine.semantics.model import DateRole

# The dialects in which the time between two timestamps is computed, and the endings of columns that hold them.
_WITH_HOURS = ("sqlite", "postgresql", "duckdb")
_TIMES_OF_DAY = ("at", "time", "timestamp", "ts", "dttm", "datetime")
# What begins the time that something waits for its answer or its end.
_RAISED = frozenset(map(stem, "reported opened raised logged registered received submitted requested created".split()))


class Spans(Part):
    """The spans of time of one reading."""

    def elapsed(self, wish: Wish) -> Measured:
        """From the first moment to the second, or as long as a thing lasts.

        Raises:
            Misfit: no row has both dates.
        """
        first, *second = wish.nouns
        whole = [] if second else [pair for each in first.entities() for pair in self._whole(each)]
        pairs: list[tuple[float, tuple[Candidate, Candidate]]] = list(whole)
        for one in first.fields():
            cost = W.unlike * (1 - one.score)
            if not second and (begun := self._begun(one)):
                pairs.append((cost + begun[0] + W.guessed_date, (begun[1], one)))
            for other in second[0].fields() if second else ():
                if one.table == other.table and one.column != other.column:
                    pairs.append((cost + W.unlike * (1 - other.score), (one, other)))
        cost, (earlier, later) = self.by.choose(f"e{wish.at}", pairs)
        self.made.pay(cost)
        self.made.used.add(later.table)
        function = FUNCTIONS.get(wish.function, "avg")
        ends = [Field(table=each.table, column=each.column) for each in (earlier, later)]
        timed = all(self._timed(each) for each in (earlier, later))
        if wish.unit not in ("", "days") and not timed:
            raise Misfit  # dates without a time of day tell no hours
        unit = wish.unit or ("hours" if timed else "days")
        time = Elapsed.model_validate({"earlier": ends[0], "later": ends[1], "unit": unit})
        value = Aggregate(function=function, table=later.table, value=time)
        label = f"{CALLED[function]} {time.unit} from {readable(earlier.column)} to {readable(later.column)}"
        return Measured(wish, value, label, time.unit)

    def _timed(self, date: Candidate) -> bool:
        """Whether a date column holds times of day, as its type or its name tells."""
        schema = self.by.model.schema
        column = schema.by_key[date.table].by_name[date.column]
        named = split_identifier(date.column)[-1] in _TIMES_OF_DAY or "time" in column.type.lower()
        return schema.dialect in _WITH_HOURS and named

    def _whole(self, things: Candidate) -> Iterator[tuple[float, tuple[Candidate, Candidate]]]:
        """From when things begin to when they end, where they have one date of each: the length of a contract."""
        own = {
            role: [each for each in self.by.model.of(things.table) if each.date_role is role]
            for role in (DateRole.START, DateRole.END)
        }
        if all(len(found) == 1 for found in own.values()):
            begun, ended = (Candidate("field", *found[0].place) for found in own.values())
            yield W.unlike * (1 - things.score), (begun, ended)

    def _begun(self, end: Candidate) -> tuple[float, Candidate] | None:
        """The date from which time runs to another: when it was reported, else the first; less sure beside others."""
        own = [
            each
            for each in self.by.model.of(end.table)
            if each.part is meaning.Part.DATE and each.date_role in (DateRole.START, DateRole.EVENT)
        ]
        before = own[: next((at for at, each in enumerate(own) if each.column == end.column), len(own))]
        raised = [each for each in before if _RAISED & said_of(each)]
        if not before:
            return None
        first = raised[0] if len(raised) == 1 else before[0]
        unsure = 0.0 if len(before) == 1 or len(raised) == 1 else W.guessed_date
        return unsure, Candidate("field", *first.place)
