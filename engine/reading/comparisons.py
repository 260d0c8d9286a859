"""What is made of measures: shares, two periods or values side by side, running totals, yes or no. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.question.model import (
    Aggregate,
    AnyOf,
    Bucket,
    Combined,
    Condition,
    Number,
    Order,
    Output,
    Running,
    ShareOfTotal,
    Test,
    Verdict,
)
from engine.reading.conditions import Conditions
from engine.reading.measured import Measured
from engine.reading.tying import Misfit, Part, slug


@dataclass
class Comparisons(Part):
    """What is made of the measures of one reading."""

    conditions: Conditions

    def shared(self, measures: list[Measured], grouped: bool) -> list[Measured]:
        """ "share of deliveries that were cancelled": those that meet the last condition over all; or of the total.

        Raises:
            Misfit: it is not said of what the share is.
        """
        marks = {mark for mark in self.ask.marks if mark.startswith("SHARE")}
        if not marks:
            return measures
        self.made.followed |= marks
        first = measures[0]
        label = f"Share of {first.label.lower()}"
        whole = first.wish.kind == "count" or not grouped or self._beside()
        part = self._part() if marks == {"SHARE"} and whole else None
        if part is None:
            if not grouped or len(measures) > 1:
                raise Misfit
            return [first, replace(first, value=ShareOfTotal(of=first.value), label=label, unit="percent")]
        below = first.value
        if isinstance(below, Combined) and isinstance(below.right, Number):
            below = below.left  # a share is the same in any unit
        if not isinstance(below, Aggregate):
            raise Misfit
        self.made.where.remove(part)
        top = below.model_copy(update={"where": (*below.where, part)})
        share = replace(first, value=Combined(operator="/", left=top, right=below), label=label, unit="percent")
        return [*([first] if self._both(first) else []), share, *measures[1:]]

    def _both(self, first: Measured) -> bool:
        """Whether a number and a share of it are asked for: "how many orders and what percentage was cancelled"."""
        told = [act.start for act in self.ask.order if act.kind == "=SHARE" and act.start > first.wish.at]
        tied = [act.start for act in self.ask.order if act.kind in ("=AND", "=COMMA", "=PLUS")]
        return any(first.wish.at < at < share for share in told for at in tied)

    def _part(self) -> Condition | None:
        """The condition that a share is of: "cancelled %", else the last one behind what is counted, else the last."""
        counted = [wish.at for wish in self.ask.wishes] + [act.start for act in self.bare["count"]]
        behind = counted[0] if counted else -1
        beside = self._beside()
        groups = [act.start for act in self.ask.order if act.kind in ("group", "grain") and act.start > behind >= 0]
        own = [
            (at in beside, at > behind and not any(start < at for start in groups), at > behind, at, each)
            for at, each in self.made.shareable
            if each in self.made.where
        ]
        return max(own, key=lambda each: each[:4])[4] if own else None

    def _beside(self) -> set[int]:
        """Where the words start that stand right before a share: "billable % of hours"."""
        shares = {act.start for act in self.ask.order if act.kind == "=SHARE"}
        return {act.start for act in self.ask.order if act.end in shares and act.kind in ("only", "state")}

    def two_periods(self, measures: Sequence[Measured], times: Sequence[tuple[Test, str]]) -> list[Output]:
        """The same measure in two periods, with the change from the earlier to the later."""
        ordered = sorted(times, key=lambda pair: str(pair[0].values[0]))
        self.made.as_said = ordered[0] is times[0]
        outputs = self._apart(measures, ordered)
        if "CHANGE" in self.ask.marks or self.ask.versus:
            self.made.followed.add("CHANGE")
            before, after = (each.measure for each in outputs)
            less = Combined(operator="-", left=after, right=before)
            outputs.append(
                Output(name=slug("Difference", outputs), label="Difference", value=less, unit=measures[0].unit)
            )
            change = Combined(operator="/", left=less, right=before)
            outputs.append(Output(name=slug("Change", outputs), label="Change", value=change, unit="percent"))
        self.made.where.append(AnyOf(tests=tuple(test for test, _ in ordered)))
        return outputs

    def _apart(self, measures: Sequence[Measured], parts: Sequence[tuple[Test, str]]) -> list[Output]:
        """One measure over the rows of each of some tests."""
        first, *rest = measures
        if rest or not isinstance(first.value, Aggregate):
            raise Misfit
        outputs: list[Output] = []
        for test, said in parts:
            inside = first.value.model_copy(update={"where": (*first.value.where, test)})
            label = f"{first.label}, {said}"
            outputs.append(Output(name=slug(label, outputs), label=label, value=inside, unit=first.unit))
        return outputs

    def compared_values(self, home: str) -> tuple[Test, ...]:
        """ "more no-shows in Cardiology than in Orthopaedics": the two values of one column that are compared."""
        found = []
        for act in self.ask.onlys:
            options = [] if act.negated else self.conditions.values(act.nouns[0], home)
            if options and not (best := min(options, key=lambda pair: pair[0])[1]).many:
                found.append((act, Test(field=best.field, operator="=", values=(best.value,))))
        for at, (act, test) in enumerate(found):
            for other, second in found[at + 1 :]:
                if test.field == second.field:
                    self.made.taken = (act, other)
                    return (test, second)
        return ()

    def beside(self, measures: Sequence[Measured], pair: Sequence[Test]) -> list[Output]:
        """One measure for each of two values."""
        return self._apart(measures, [(test, str(test.values[0])) for test in pair])

    def with_running(self, outputs: list[Output]) -> list[Output]:
        """The measure added up over the steps of time, where that is asked for."""
        if "RUN" not in self.ask.marks:
            return outputs
        measured = [each for each in outputs if each.measured]
        if not any(isinstance(each.value, Bucket) for each in outputs) or len(measured) != 1:
            raise Misfit
        self.made.followed.add("RUN")
        label = f"Running {measured[0].label.lower()}"
        running = Running(of=measured[0].measure)
        return [*outputs, Output(name=slug(label, outputs), label=label, value=running, unit=measured[0].unit)]

    def verdict(
        self, outputs: list[Output], order: tuple[Order, ...]
    ) -> tuple[list[Output], tuple[Order, ...], Verdict | None]:
        """A yes-or-no question compares two columns of one row."""
        if not self.ask.more:
            if self.ask.asks_yes and not self.ask.listing:
                raise Misfit
            return outputs, order, None
        measured = [each for each in outputs if each.measured and each.name not in ("change", "difference")]
        if len(measured) != 2 or any(not each.measured for each in outputs):
            raise Misfit
        first, second = measured if self.made.as_said else reversed(measured)
        operator = ">" if self.ask.more == ">" else "<"
        return measured, (), Verdict(left=first.name, operator=operator, right=second.name)
