"""The catalogue where it is sure, a language model where it is not: one author for the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.authors.base import Author, Declined, Ground
from engine.errors import SandboxError
from engine.products import Plan, Question, Request, Script, Task, Writing


class SurestAuthor:
    """Asks the catalogue first; `model` makes the other author when it is needed, or None when there is no model."""

    def __init__(self, catalogue: Author, model: Callable[[], Author | None]) -> None:
        self._catalogue = catalogue
        self._make_model = model
        self._chosen: Author = catalogue

    @property
    def name(self) -> str:
        """The name of the author that answers."""
        return self._chosen.name

    @property
    def writing(self) -> Writing | None:
        """How a language model took part; None when it did not."""
        return self._chosen.writing

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1, by the catalogue until the model is turned to."""
        return self._chosen.analyse(request, ground)

    def turn(self) -> bool:
        """From now on the model answers, if there is one."""
        if self._chosen is not self._catalogue or (model := self._make_model()) is None:
            return False
        self._chosen = model
        return True

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2; a plan that the catalogue declines goes to the model from its beginning."""
        found = self._chosen.plan(request, task, ground)
        if not isinstance(found, Declined) or not self.turn():
            return found
        again = self._chosen.analyse(request, ground)
        return self._chosen.plan(request, again, ground) if isinstance(again, Task) else again

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script | Question:
        """Step 3."""
        return self._chosen.generate(request, plan, ground)

    def revise(
        self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground
    ) -> Script | None:
        """Step 3 again, after a run that failed."""
        return self._chosen.revise(request, plan, script, error, ground)

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> Script | None:
        """The script with what could only be said once it had run."""
        return self._chosen.finish(request, plan, document, ground)
