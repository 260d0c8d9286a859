"""The author that needs no model: known metrics by the catalogue, plain questions by analytics over the schema."""

from __future__ import annotations

from engine.authors.analytics import author as analytics
from engine.authors.base import Declined, Ground
from engine.authors.metrics import planning, reading
from engine.authors.metrics.intent import Intent
from engine.catalogue import Catalogue, load_catalogue
from engine.products import Output, Plan, Question, Request, Script, Task, TaskKind
from engine.script import write_script

BYLINE = "catalogue (no model)"


class CatalogueAuthor:
    """Answers when it is sure, asks when it is not, and says what it does not understand."""

    name = "catalogue"

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or load_catalogue()

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1."""
        if ground.mapping is not None:
            found = reading.read(request.text, ground, self.catalogue, ground.mapping, request.answers)
            if isinstance(found, Intent):
                return self._metric_task(found)
            if found is not None:
                return found
        return self._analytic_task(request, ground)

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2."""
        if "metrics" in task.intent and ground.mapping is not None:
            return planning.plan(Intent.model_validate(task.intent), ground, self.catalogue, ground.mapping)
        return analytics.plan(analytics.Analysis.model_validate(task.intent), ground)

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script:
        """Step 3."""
        text = write_script(plan, request=request.text, author=BYLINE)
        return Script(text=text, author=self.name, title=plan.title)

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

    def _analytic_task(self, request: Request, ground: Ground) -> Task | Question | Declined:
        found = analytics.analyse(request.text, ground, request.answers)
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


def kind_of(outputs: frozenset[Output], *, calculation: bool) -> TaskKind:
    """The kind of task by what it wants in hand."""
    if Output.DASHBOARD in outputs:
        return TaskKind.WEB_APP
    if Output.REPORT in outputs:
        return TaskKind.REPORT_GENERATION
    return TaskKind.CALCULATION if calculation else TaskKind.ANALYSIS


def actions_of(outputs: frozenset[Output]) -> tuple[str, ...]:
    """What the run will do, in order."""
    more = {Output.SIMULATION: "simulation", Output.DASHBOARD: "dashboard", Output.REPORT: "report"}
    return ("database_query", "calculation", *(name for output, name in more.items() if output in outputs))
