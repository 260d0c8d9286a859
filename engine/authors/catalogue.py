"""The author that needs no model: known metrics by the catalogue, plain questions by analytics over the schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.authors.base import Declined, Earlier, Ground
from engine.authors.metrics import flat, planning, reading
from engine.authors.metrics.intent import Intent
from engine.authors.metrics.quantities import available_inputs
from engine.authors.metrics.window import LAST_ON_RECORD, last_instead
from engine.authors.outputs import actions_of, kind_of
from engine.compiling.script import write_script
from engine.errors import SandboxError
from engine.metrics.catalogue import Catalogue, load_catalogue, usable
from engine.metrics.mapping import DatabaseMapping
from engine.products import Output, Plan, Question, Request, Script, Task

if TYPE_CHECKING:
    from engine.authors.asking import Understood

# What the older rules would leave out: of what is both they look for one row, of where something is they say nothing.
_BEYOND = re.compile(r"\bboth\b|\bwhere (?:is|are|was|were|do|does)\b", re.IGNORECASE)
BYLINE = "catalogue (no model)"


class CatalogueAuthor:
    """Answers when it is sure, asks when it is not, and says what it does not understand."""

    name = "catalogue"
    writing = None

    def __init__(self, catalogue: Catalogue | None = None, earlier: Earlier | None = None) -> None:
        self.catalogue = catalogue or load_catalogue()
        self.earlier = earlier

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1; of a request that follows an answer what it changes there, unless it is one of its own."""
        if self.earlier is None:
            return self._alone(request, ground)
        return self._after(request, ground, self.earlier)

    def _after(self, request: Request, ground: Ground, earlier: Earlier) -> Task | Question | Declined:
        from engine.authors.following import NEW, understand_after
        from engine.language.following import heard

        if ground.place != earlier.task.place:
            return Declined(reason=f"The answer before was not over the {ground.place}.")
        if ground.mapping is not None and not heard(request.text).points:
            known = usable(self.catalogue, available_inputs(self.catalogue, ground.mapping, ""))
            named = self._known(request, ground, ground.mapping, known)
            # Of metrics a name alone is another measure of the same: "NOI"; with a scope it is a request.
            told = isinstance(named, Intent) and bool(reading.named_entries(request.text, known))
            whole = isinstance(named, Intent) and bool(named.filters or named.group or named.report)
            if isinstance(named, Intent) and told and (whole or "metrics" not in earlier.task.intent):
                edit = f"“{request.text}” is {NEW}"
                return self._metric_task(named).model_copy(update={"edit": edit})
        if "metrics" in earlier.task.intent and ground.mapping is not None:
            return self._metrics_after(request, ground, ground.mapping, Intent.model_validate(earlier.task.intent))
        read = understand_after(request.text, earlier, ground, request.answers)
        if isinstance(read, Question | Declined):
            return read
        task = self._asked_task(read, request, ground)
        return task.model_copy(update={"edit": read.edit, "outputs": task.outputs | earlier.task.outputs})

    def _metrics_after(
        self, request: Request, ground: Ground, mapping: DatabaseMapping, earlier: Intent
    ) -> Task | Question | Declined:
        """A follow-up of an answer about metrics; what it does not change is read as a request of its own."""
        from engine.authors.asking import names_of
        from engine.authors.following import NEW
        from engine.authors.metrics.following import Changed, follow
        from engine.language.following import heard

        known = usable(self.catalogue, available_inputs(self.catalogue, mapping, ""))
        found = follow(request.text, earlier, ground, known, mapping, names_of(ground), request.answers)
        if isinstance(found, Changed):
            return self._metric_task(found.intent).model_copy(update={"edit": found.said})
        if isinstance(found, Declined) and not heard(request.text).points:
            alone = self._alone(request, ground)
            if isinstance(alone, Task):
                return alone.model_copy(update={"edit": f"“{request.text}” is {NEW}"})
        return found

    def _alone(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """A request by itself: the metrics first; what they decline is asked of the tables, whose reason tells less."""
        if (whole := self._whole(request, ground)) is not None:
            return whole
        if (taught := self._taught(request, ground)) is not None:
            return taught
        found = None
        if ground.mapping is not None:
            known = usable(self.catalogue, available_inputs(self.catalogue, ground.mapping, ""))
            found = self._known(request, ground, ground.mapping, known)
        if isinstance(found, Intent):
            return self._metric_task(found)
        if isinstance(found, Question):
            return found
        if ground.place == "datasets":
            sheet = flat.read(request.text, ground, self.catalogue)
            if isinstance(sheet, flat.Sheet):
                return self._flat_task(sheet)
            found = sheet
        plain = self._analytic_task(request, ground)
        return plain if found is None or not isinstance(plain, Declined) else found

    def _whole(self, request: Request, ground: Ground) -> Task | Question | Declined | None:
        """What a request asks of an API as a whole; None where it asks for anything else."""
        from engine.authors import trends

        read = trends.understand(request.text, ground, request.answers)
        if read is None or isinstance(read, Question | Declined):
            return read
        task = self._asked_task(read, request, ground)
        return task.model_copy(update={"outputs": task.outputs | {Output.DASHBOARD}})

    def _taught(self, request: Request, ground: Ground) -> Task | Question | Declined | None:
        """What a request asks in words that a person taught: they go before the metrics, and nothing else reads them.

        None where there is no such word, or a metric is asked for beside it and the tables alone do not answer.
        """
        from engine.authors import asking

        if not ground.said.words or not asking.names_of(ground).taught_in(request.text):
            return None
        read = asking.understand(request.text, ground, request.answers)
        if isinstance(read, asking.Understood):
            return self._asked_task(read, request, ground)
        if isinstance(read, Question):
            return read
        return (asking.suggestion(request.text, ground) or read) if ground.mapping is None else None

    def _known(
        self, request: Request, ground: Ground, mapping: DatabaseMapping, known: Catalogue
    ) -> Intent | Question | Declined | None:
        """The metrics asked for, as their reading or, where it is not sure, the older reader has them."""
        from engine.authors.asking import names_of
        from engine.authors.metrics.understanding import understand

        found = understand(request.text, ground, known, mapping, names_of(ground)) or reading.read(
            request.text, ground, known, mapping, request.answers
        )
        if isinstance(found, Intent) and found.report and found.end > ground.today.isoformat():
            return None  # what ends in times to come is listed from the tables
        return found

    def sure(self, found: Task | Question | Declined) -> bool:
        """It has nobody else to ask."""
        return True

    def turn(self, second: Task | Question | Declined | None = None) -> bool:
        """There is no other."""
        return False

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2; what a follow-up changes stands before all that is assumed."""
        made = self._planned(request, task, ground)
        if isinstance(made, Plan) and task.edit:
            from engine.authors.select.planning import title_of

            title = title_of(task.goal) if "asked" in task.intent else made.title
            assumptions = (said_of(task.edit), *made.assumptions)
            return made.model_copy(update={"title": title, "assumptions": assumptions})
        return made

    def _planned(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        if "sheet" in task.intent:
            return flat.plan(flat.Sheet.model_validate(task.intent["sheet"]), ground, self.catalogue)
        if "metrics" in task.intent and ground.mapping is not None:
            intent = Intent.model_validate(task.intent)
            if (chosen := request.answers.get(LAST_ON_RECORD)) and len(chosen.split()) == 2:
                start, end = chosen.split()
                intent = intent.model_copy(update={"start": start, "end": end, "period": f"{start} up to {end}"})
            if (asked := last_instead(intent, ground, ground.mapping)) is not None:
                return asked
            return planning.plan(intent, ground, self.catalogue, ground.mapping)
        # Loaded here: they bring what no metric needs.
        from engine.authors import asking
        from engine.authors.analytics import author as analytics

        if "asked" in task.intent:
            from engine.authors.supposing import with_scenarios

            read = asking.Understood.model_validate(task.intent)
            made = asking.make_plan(request.text, read, ground)
            return with_scenarios(made, read.what_if) if isinstance(made, Plan) and read.what_if.scenarios else made
        return analytics.plan(analytics.Analysis.model_validate(task.intent), ground)

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script:
        """Step 3."""
        text = write_script(plan, request=request.text, author=BYLINE)
        return Script(text=text, author=self.name, title=plan.title)

    def revise(self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground) -> None:
        """Nothing: the same plan gives the same script."""

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> None:
        """Nothing: the plan was whole."""

    def _flat_task(self, sheet: flat.Sheet) -> Task:
        return Task(
            kind=kind_of(sheet.outputs, calculation=True),
            goal=", ".join(self.catalogue.entries[name].label for name in sheet.metrics),
            actions=actions_of(sheet.outputs),
            metrics=sheet.metrics,
            outputs=sheet.outputs,
            readings=sheet.readings,
            intent={"sheet": sheet.model_dump(mode="json")},
            place="datasets",
        )

    def _metric_task(self, intent: Intent) -> Task:
        names = intent.metrics or (intent.report,)
        labels = [self.catalogue.entries[name].label for name in names]
        scope = f" for {intent.scope}" if intent.scope else ""
        return Task(
            kind=kind_of(intent.outputs, calculation=bool(intent.metrics)),
            goal=", ".join(labels) + scope,
            actions=actions_of(intent.outputs),
            metrics=names,
            entities=tuple(value for values in intent.filters.values() for value in values),
            group_by=intent.group,
            period=intent.period,
            outputs=intent.outputs,
            readings=intent.readings,
            intent=intent.model_dump(mode="json"),
        )

    def _asked_task(self, read: Understood, request: Request, ground: Ground) -> Task:
        outputs = reading.wanted_outputs(request.text)
        return Task(
            kind=kind_of(outputs, calculation=False),
            goal=read.sentence,
            actions=actions_of(outputs),
            outputs=outputs | ({Output.SIMULATION} if read.what_if.scenarios else set()),
            intent=read.model_dump(mode="json"),
            place=ground.place,
        )

    def _analytic_task(self, request: Request, ground: Ground) -> Task | Question | Declined:
        from engine.authors import asking
        from engine.authors.analytics import author as analytics

        read = asking.understand(request.text, ground, request.answers)
        if not isinstance(read, Declined):
            return read if isinstance(read, Question) else self._asked_task(read, request, ground)
        if _BEYOND.search(request.text):
            return read
        found = analytics.analyse(request.text, ground, request.answers)
        if isinstance(found, Declined):
            return asking.suggestion(request.text, ground) or _told(read, found)
        if not isinstance(found, analytics.Analysis):
            return found
        outputs = reading.wanted_outputs(request.text)
        return Task(
            kind=kind_of(outputs, calculation=False),
            goal=found.title,
            actions=actions_of(outputs),
            outputs=outputs,
            readings=found.readings,
            intent=found.model_dump(mode="json"),
            place=ground.place,
        )


def said_of(edit: str) -> str:
    """What a follow-up changes, as a line among what is assumed."""
    return edit if edit.startswith("“") else f"changed from the answer before: {edit[:1].lower()}{edit[1:]}"


def _told(read: Declined, older: Declined) -> Declined:
    """Of two reasons why nothing is answered that of the reading, which knows more words, with what is near them."""
    if not older.reason.startswith(("Not understood", "Not sure what is meant by")):
        return older
    return read.model_copy(update={"near": older.near})
