"""The author that needs no model: known metrics by the catalogue, plain questions by analytics over the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.authors.analytics import author as analytics
from engine.authors.base import Declined, Ground
from engine.authors.metrics import planning, reading
from engine.authors.metrics.intent import Intent
from engine.authors.outputs import actions_of, kind_of
from engine.catalogue import Catalogue, load_catalogue
from engine.errors import SandboxError
from engine.products import Plan, Question, Request, Script, Task
from engine.script import write_script

BYLINE = "catalogue (no model)"


class CatalogueAuthor:
    """Answers when it is sure, asks when it is not, and says what it does not understand."""

    name = "catalogue"
    writing = None

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.catalogue = catalogue or load_catalogue()

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1: the metrics first; what they decline is asked of the tables, whose reason is less telling."""
        found = None
        if ground.mapping is not None:
            found = reading.read(request.text, ground, self.catalogue, ground.mapping, request.answers)
        if isinstance(found, Intent):
            return self._metric_task(found)
        if isinstance(found, Question):
            return found
        plain = self._analytic_task(request, ground)
        return plain if found is None or not isinstance(plain, Declined) else found

    def turn(self) -> bool:
        """There is no other."""
        return False

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2."""
        if "metrics" in task.intent and ground.mapping is not None:
            return planning.plan(Intent.model_validate(task.intent), ground, self.catalogue, ground.mapping)
        return analytics.plan(analytics.Analysis.model_validate(task.intent), ground)

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script:
        """Step 3."""
        text = write_script(plan, request=request.text, author=BYLINE)
        return Script(text=text, author=self.name, title=plan.title)

    def revise(self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground) -> None:
        """Nothing: the same plan gives the same script."""

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> None:
        """Nothing: the plan was whole."""

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
