"""Answers that list rows: things with what is to be shown of them, ranked, or bound by how many they have. Pure."""

from __future__ import annotations

from engine.compiling.asking import homes
from engine.language.words import readable, stem
from engine.question.model import Field, Having, Order, Output, Question, Test
from engine.reading.acts import Act
from engine.reading.shaping import Reading, Shape
from engine.reading.tying import Misfit, slug
from engine.reading.weights import W
from engine.semantics.model import Adds, Attribute, Part

_NO_LIST = frozenset({"SHARE", "SHARE:total", "RUN"})
# What the size of a thing itself is told by.
_AMOUNTS = frozenset(map(stem, "amount total price cost value fee sum size revenue worth area weight length".split()))
_RANKING = (Part.MEASURE, Part.ORDINAL, Part.DATE)


class Lists(Shape):
    """The form of an answer that lists rows."""

    def read(self) -> Reading:
        """The reading.

        Raises:
            Misfit: the parts do not go together.
        """
        subject = self._things()
        self._check()
        if counted := [act for act in self.ask.bounds if self._counts_others(act, subject)]:
            return self._counted(subject, counted[0])
        shown: list[Output] = []
        for act in self.bare["shown"]:
            options = self.by.fields(act.nouns[0], subject, lambda a: a.part is not Part.OTHER)
            cost, place = self.by.choose(f"s{act.start}", options)
            self.made.pay(cost)
            self.made.used.add(place.table)
            shown += self.dimensions.shown(place, shown)
        self.states.read(subject, dating=True)
        self.dates.times(subject)
        self.conditions.read(subject)
        ranked = self._ranked_field(self.rank, subject) if self.rank is not None else None
        if ranked is not None and all(output.value != ranked for output in shown):
            shown += self.dimensions.shown(ranked, shown)
        outputs = self._with_label(subject, shown)
        self.finish(subject, False)
        return self.reading(self._question(subject, outputs, shown, ranked))

    def _things(self) -> str:
        """The table whose rows are listed: named, said for the rest, or that of what is to be shown."""
        subject = self.subject()
        if subject:
            if self.bare["subject"] and self.bare["subject"][0].detail == "have":
                raise Misfit  # what things have is not what is listed
            first = min(self.bare["shown"], key=lambda act: act.start, default=None)
            if first is not None and first.nouns[0].owned and self.bare["subject"]:
                own = first.nouns[0].fields()
                if first.start < self.bare["subject"][0].start and all(c.table != subject and not c.via for c in own):
                    raise Misfit  # "the first names of customers that have an invoice" lists customers
            return subject
        tables = {c.table for act in self.bare["context"] for c in act.nouns[0].entities()}
        tables = tables or {c.table for act in self.bare["shown"] for c in act.nouns[0].fields()}
        if len(tables) != 1:
            raise Misfit
        self.made.used |= tables
        return tables.pop()

    def _check(self) -> None:
        """That nothing is asked for that a list does not give; what a list without a word of listing costs."""
        ask = self.ask
        if ask.wishes or ask.groups or self.bare["group"] or ask.more or ask.versus or ask.marks & _NO_LIST:
            raise Misfit
        if "MANY" in ask.marks and not any(act.nouns for act in ask.bounds):
            raise Misfit
        if not ask.listing and any(act.detail == "new" for act in ask.states):
            raise Misfit  # "new accounts in June" asks how many
        if not ask.listing and not ask.nones and not ask.ranks:
            self.made.pay(W.bare_list)
        if self.bare["shown"] and not self.bare["subject"] and not ask.ranks:
            first = [self.by.attribute(c.place).part for act in self.bare["shown"] for c in act.nouns[0].fields()[:1]]
            self.made.pay(W.amounts_listed if all(part is Part.MEASURE for part in first) else 0.0)

    def _counts_others(self, act: Act, subject: str) -> bool:
        return bool(act.nouns) and any(c.table != subject for c in act.nouns[0].entities())

    def _with_label(self, subject: str, shown: list[Output]) -> list[Output]:
        """What is shown, what names a row before it unless only columns were asked for."""
        outputs: list[Output] = []
        for place in self.by.label(subject):
            if all(output.value != place for output in shown):
                label = self.by.said(place).capitalize()
                outputs.append(Output(name=slug(label, [*shown, *outputs]), label=label, value=place))
        keyed = all(self.by.attribute((f.table, f.column)).part is Part.KEY for f in self.by.label(subject))
        acts = [*self.bare["subject"], *self.bare["context"]]
        whole = any(c.table == subject and c.score > W.whole for act in acts for c in act.nouns[0].entities())
        if not shown and keyed and not (self.ask.listing or self.rank or whole):
            raise Misfit  # "billed last month" asks for an amount, not for the numbers of invoices
        if not shown and keyed:
            outputs += self._told_apart(subject, outputs)
        named = not shown or self.rank is not None or bool(self.bare["subject"])
        return [*outputs, *shown] if named else shown

    def _told_apart(self, subject: str, before: list[Output]) -> list[Output]:
        """What rows without a name are told apart by: what they belong to, dates asked about, an amount."""
        places: list[Field] = []
        for relation in self.by.model.outgoing[subject]:
            other = self.by.model.entities[relation.refers_table]
            if other.label and other.label != other.key:
                places += self.by.label(relation.refers_table, (relation.name,))
                break
        tested = [each.field for each in self.made.where if isinstance(each, Test)]
        places += [field for field in tested if self.by.attribute((field.table, field.column)).part is Part.DATE]
        amounts = [a for a in self.by.model.of(subject) if a.part is Part.MEASURE and a.adds is not Adds.RATE]
        balances = [a for a in amounts if a.adds is Adds.BALANCE]
        places += [Field(table=subject, column=a.column) for a in (balances or amounts)[:1]]
        found: list[Output] = []
        for place in dict.fromkeys(places):
            found += self.dimensions.shown(place, [*before, *found])
        return found

    def _question(self, subject: str, outputs: list[Output], shown: list[Output], ranked: Field | None) -> Question:
        ask, rank = self.ask, self.rank
        order: tuple[Order, ...] = ()
        limit = ask.limit
        if rank is not None and ranked is not None:
            by = next(each.name for each in outputs if each.value == ranked)
            order = (Order(by=by, descending=rank.detail.partition(":")[0] in ("+", "late")),)
            limit = int(rank.number) if rank.number else ask.limit or 1
        parts = {self.by.attribute((o.value.table, o.value.column)).part for o in shown if isinstance(o.value, Field)}
        distinct = bool(shown) and outputs == shown and not parts & {Part.KEY, Part.NAME} and not order
        return Question(
            subject=subject,
            outputs=tuple(outputs),
            where=tuple(self.made.where),
            order=order,
            limit=limit,
            ties=rank is not None,
            distinct=distinct,
        )

    def _ranked_field(self, rank: Act, subject: str) -> Field:
        """The column of the listed rows that a superlative speaks of."""
        if rank.detail in ("late", "early") and not rank.nouns:
            self.made.pay(W.default_order)
            return self.dates.own_date(subject, "rank")
        if not rank.nouns or ":" in rank.detail or rank.kind == "frequent":
            raise Misfit
        if any(c.table == subject for c in rank.nouns[0].entities()):
            own = [
                a for a in self.by.model.of(subject) if a.part is Part.MEASURE and a.adds in (Adds.FLOW, Adds.BALANCE)
            ]
            if len(own) != 1 or rank.detail not in "+-" or not _is_amount(own[0]):
                raise Misfit  # what makes a client the biggest is not said by its payment terms
            self.made.pay(W.bare_measure, f"{rank.unit} is by {readable(own[0].column)}")
            return Field(table=subject, column=own[0].column)
        found = self.by.fields(rank.nouns[0], subject, lambda a: a.part in _RANKING)
        cost, place = self.by.choose("rank", [each for each in found if each[1].table == subject])
        self.made.pay(cost)
        return place

    def _counted(self, subject: str, act: Act) -> Reading:
        """ "sales reps with more than 30 accounts": with how many each has."""
        measure = self.measures.count(act.nouns[0], False, "having")
        home = homes(measure.value)[0]
        dimensions, keys = self.dimensions.of_entity(subject, home)
        self.states.read(home, dating=True)
        self.dates.times(home)
        self.made.bounded.append(act)
        self.conditions.read(home)
        name = slug(measure.label, dimensions)
        self.made.followed.add("MANY")
        self.finish(home, True)
        assert act.number is not None
        return self.reading(
            Question(
                subject=home,
                outputs=(*dimensions, Output(name=name, label=measure.label, value=measure.value, unit=measure.unit)),
                where=tuple(self.made.where),
                keys=tuple(keys),
                having=(Having(output=name, operator=act.comparison, value=act.number),),
                order=(Order(by=name, descending=True),),
            )
        )


def _is_amount(attribute: Attribute) -> bool:
    """Whether a column says how big its row is: the amount of an invoice, not the payment terms of a client."""
    return any(set(name) & _AMOUNTS for name in attribute.names)
