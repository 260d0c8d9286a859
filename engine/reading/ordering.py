"""How a follow-up sorts and cuts the answer before it: "top 5", "lowest first", "sorted by name". Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.question.editing import with_dimensions
from engine.question.model import Bucket, Field, Order, Output, Question
from engine.reading.acts import Act
from engine.reading.dates import Dates, is_date
from engine.reading.dimensions import Dimensions
from engine.reading.nouns import Noun
from engine.reading.tying import Misfit, Part
from engine.reading.weights import W


def dimension_field(output: Output) -> Field:
    """The field that rows are told apart by."""
    value = output.dimension
    return value.field if isinstance(value, Bucket) else value


@dataclass
class Ordering(Part):
    """The order and the limit that a follow-up asks for."""

    dates: Dates
    dimensions: Dimensions
    home: str = ""

    def read(self, question: Question, home: str) -> Question:
        """The question in that order, with so many rows.

        Raises:
            Misfit: it cannot be sorted or cut so.
        """
        self.home = home
        return self._sorted(self._ranked(question))

    def _ranked(self, question: Question) -> Question:
        ranks = list(self.ask.ranks)
        first = [act for act in ranks if act.unit == "first" and not act.nouns]
        if len(ranks) == 2 and len(first) == 1:
            return self._first(question, next(act for act in ranks if act is not first[0]))
        if not ranks:
            if self.ask.limit is None:
                return question
            if not (question.dimensions and question.order):
                raise Misfit
            return question.model_copy(update={"limit": self.ask.limit})
        if len(ranks) > 1 or ranks[0].kind != "rank" or ":" in ranks[0].detail:
            raise Misfit
        rank = ranks[0]
        limit = int(rank.number) if rank.number else self.ask.limit or (1 if rank.nouns else question.limit or 1)
        if rank.nouns:
            question = self._of_things(question, rank)
        return self._top(question, rank, limit)

    def _of_things(self, question: Question, rank: Act) -> Question:
        """ "top 5 machines": of the things that are named, by which is grouped then."""
        entities = rank.nouns[0].entities()
        if not entities or not question.measures:
            raise Misfit
        if any(dimension_field(each).table == entities[0].table for each in question.dimensions):
            return question
        self.made.pay(W.unlike * (1 - entities[0].score))
        new, keys = self.dimensions.of_entity(entities[0].table, self.home)
        return with_dimensions(question, new, keys, lambda each: True)

    def _top(self, question: Question, rank: Act, limit: int) -> Question:
        if not question.dimensions:
            raise Misfit
        if rank.unit in ("first", "last") or not question.measures:
            if not question.order or rank.unit != "first":
                return self._listed_top(question, rank, limit)
            return question.model_copy(update={"limit": limit, "ties": bool(question.measures)})
        if rank.detail not in ("+", "-"):
            raise Misfit
        names = [each.name for each in question.measures]
        kept = question.order[0].by if question.order else ""
        by = kept if kept in names and question.limit else names[0]
        order = (Order(by=by, descending=rank.detail == "+"),)
        return question.model_copy(update={"order": order, "limit": limit, "ties": True})

    def _listed_top(self, question: Question, rank: Act, limit: int) -> Question:
        """The latest or earliest of what is listed, or the top of its own order."""
        if question.measures:
            raise Misfit
        if rank.unit == "top" and question.order:
            return question.model_copy(update={"limit": limit})
        if rank.detail not in ("late", "early"):
            raise Misfit
        place = self.dates.own_date(question.subject, "rank")
        return question.model_copy(
            update={"order": (Order(by=place, descending=rank.detail == "late"),), "limit": limit, "ties": True}
        )

    def _first(self, question: Question, rank: Act) -> Question:
        """ "newest hires first", "lowest first": sorted so, and all are kept."""
        down = rank.detail in ("+", "late")
        if rank.detail in ("late", "early"):
            dated = [each for each in question.dimensions if self._is_date(dimension_field(each))]
            by: str | Field = dated[0].name if dated else self.dates.own_date(question.subject, "rank")
        elif question.measures:
            by = question.measures[0].name
        else:
            raise Misfit
        return question.model_copy(update={"order": (Order(by=by, descending=down),)})

    def _is_date(self, place: Field) -> bool:
        return is_date(self.by.attribute((place.table, place.column)))

    def _sorted(self, question: Question) -> Question:
        """ "sorted by name", "lowest first"."""
        acts = [act for act in self.ask.order if act.kind in ("=SORT", "=DESC", "=ASC")]
        if not acts:
            return question
        down = any(act.kind == "=DESC" for act in acts)
        said = next((act.detail for act in acts if act.detail in ("newest first", "oldest first")), "")
        named = self.bare["sort"]
        if said:
            return self._first(question, replace(acts[0], detail="late" if said == "newest first" else "early"))
        if named:
            by = self._column(question, named[0].nouns[0])
            number = next(each for each in question.outputs if each.name == by).measured
            down = down or (number and not any(act.kind == "=ASC" for act in acts))
        elif any(act.kind in ("=DESC", "=ASC") for act in acts) and question.order:
            return question.model_copy(
                update={"order": tuple(each.model_copy(update={"descending": down}) for each in question.order)}
            )
        else:
            raise Misfit
        if question.limit and question.order and question.order[0].by != by:
            raise Misfit  # which are kept and how they are sorted would be one
        return question.model_copy(update={"order": (Order(by=by, descending=down),)})

    def _column(self, question: Question, noun: Noun) -> str:
        """The column of the answer that words name."""
        places = {each.place for each in noun.candidates if each.kind == "field"}
        tables = {each.table for each in noun.entities()}
        for output in question.dimensions:
            place = dimension_field(output)
            if (place.table, place.column) in places or place.table in tables:
                return output.name
        low = noun.text.lower()
        for output in question.outputs:
            if low in output.label.lower():
                return output.name
        raise Misfit
