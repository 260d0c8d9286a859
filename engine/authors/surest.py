"""Who answers: the catalogue what it defines, a model that writes SELECTs all else where there is one, else the rules.

The rules' reading of what the model answers is a second opinion: it is shown to the model, which may say that it is
right. A model that cannot be asked leaves the answer to the rules where they have one, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from engine.authors.base import Author, Declined, Earlier, Ground, Revision
from engine.errors import EngineError, ModelError, SandboxError
from engine.products import Plan, Question, Request, Script, Task, Writing

# A model's author loads much that the catalogue's answers do not need.
if TYPE_CHECKING:
    from engine.authors.select.author import SelectAuthor
    from engine.authors.select.prompt import Second

Made = Task | Question | Declined
CHOSEN = "of two readings that of the rules was chosen"


class SurestAuthor:
    """Asks the catalogue first; `model` makes the other author when it is needed, or None when there is no model."""

    def __init__(self, catalogue: Author, model: Callable[[], Author | None], earlier: Earlier | None = None) -> None:
        self._catalogue = catalogue
        self._earlier = earlier
        self._make_model = model
        self._chosen: Author = catalogue
        self._model: Author | None = None
        self._second: Made | None = None
        self._notices: list[str] = []
        self._rules_chosen = False

    @property
    def name(self) -> str:
        """The name of the author that answers."""
        return self._chosen.name

    @property
    def writing(self) -> Writing | None:
        """How a language model took part; None when it did not."""
        return self._model.writing if self._model is not None else None

    def sure(self, found: Made) -> bool:
        """Whether a reading stands without a model: a metric, a change of an answer, or what a person chose."""
        return isinstance(found, Task) and (bool(found.metrics) or bool(found.edit) or self._rules_chosen)

    def analyse(self, request: Request, ground: Ground) -> Made:
        """Step 1, by the catalogue until the model is turned to."""
        self._rules_chosen = _rules_chosen(request)
        if self._model is None or self._chosen is self._catalogue:
            return self._catalogue.analyse(request, ground)
        if _selects(self._model):
            self._model.second = self._opinion(request, ground)
        try:
            found = self._model.analyse(self._told(request), ground)
        except ModelError as error:
            return self._alone(error)
        return self._settled(found, request, ground)

    def _told(self, request: Request) -> Request:
        """The request as the author that answers is given it: a model is told what it follows."""
        before = self._earlier
        if before is None or self._chosen is self._catalogue:
            return request
        text = f"{request.text}\n(This follows an earlier request: {before.text} It was read as: {before.reading})"
        return request.model_copy(update={"text": text})

    def turn(self, second: Made | None = None) -> bool:
        """From now on the model answers, if there is one; `second` is what the rules make of the request."""
        if self._model is not None:
            return False
        self._second = second
        try:
            self._model = self._make_model()
        except ModelError as error:
            if not isinstance(second, Task):
                raise
            self._alone(error)
            return False
        if self._model is None or (isinstance(second, Task) and not _selects(self._model)):
            return False  # a small model is asked only where the rules have no answer
        self._chosen = self._model
        return True

    def _alone(self, error: ModelError) -> Made:
        """The rules' reading where the model cannot be asked, with a notice; the error where they have none.

        Raises:
            ModelError: as it came, where there is nothing to fall back on.
        """
        if not isinstance(self._second, Task):
            raise error
        self._chosen = self._catalogue
        self._notices.append(f"the language model could not be asked, so the rules answered alone: {error.message}")
        return self._second

    def _opinion(self, request: Request, ground: Ground) -> Second:
        """What the rules make of the request, as the model is shown it."""
        from engine.authors.analytics.author import certain
        from engine.authors.select.prompt import Second

        second = self._second
        if isinstance(second, Question):
            return Second(question=second) if second.options else Second()
        if not isinstance(second, Task) or second.place != ground.place:
            return Second()
        try:
            plan = self._catalogue.plan(request, second, ground)
            if not isinstance(plan, Plan) or not plan.sources:
                return Second()
            written = plan.intent.get("reply") or {}
            sql, bound = (written["sql"], {}) if written else (plan.sources[0].sql, plan.sources[0].bound)
            rows = ground.read(sql, bound)
            return Second(reading=plan.summary, sql=sql, rows=rows, certain=certain(second))
        except EngineError:
            return Second()

    def _settled(self, found: Made, request: Request, ground: Ground) -> Made:
        """The model's reading; the rules' own where the model says that it is right, or answers what they would ask."""
        from engine.authors.select.reply import Reply

        reply = Reply.model_validate(found.intent.get("reply") or {}) if isinstance(found, Task) else Reply()
        if reply.agrees and isinstance(self._second, Task):
            self._chosen = self._catalogue
            self._notices.append("the language model read the request as the rules did")
            return self._second
        if reply.choose and isinstance(self._second, Question):
            answers = {**request.answers, self._second.key: _option(reply.choose, self._second)}
            self._chosen = self._catalogue
            self._notices.append(f"the language model took “{reply.choose}” from the request: {self._second.text}")
            return self._catalogue.analyse(request.model_copy(update={"answers": answers}), ground)
        if reply.agrees or reply.choose:
            return Declined(reason="The language model gave no answer of its own.")
        return found

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2; a plan that the catalogue declines goes to the model from its beginning."""
        found = self._chosen.plan(self._told(request), task, ground)
        if isinstance(found, Declined) and self._chosen is self._catalogue and self.turn(found):
            again = self.analyse(request, ground)
            found = self._chosen.plan(self._told(request), again, ground) if isinstance(again, Task) else again
        notices = [*self._notices, *([CHOSEN] if self._rules_chosen else [])]
        if isinstance(found, Plan) and notices:
            return found.model_copy(update={"assumptions": (*found.assumptions, *notices)})
        return found

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script | Question | Declined:
        """Step 3."""
        return self._chosen.generate(self._told(request), plan, ground)

    def revise(
        self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground
    ) -> Script | Revision | None:
        """Step 3 again, after a run that failed."""
        return self._chosen.revise(self._told(request), plan, script, error, ground)

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> Script | None:
        """The script with what could only be said once it had run."""
        return self._chosen.finish(self._told(request), plan, document, ground)


def _selects(author: Author | None) -> TypeGuard[SelectAuthor]:
    if author is None:
        return False
    from engine.authors.select.author import SelectAuthor

    return isinstance(author, SelectAuthor)


def _rules_chosen(request: Request) -> bool:
    if not request.answers:
        return False
    from engine.authors.select.disagreeing import rules_chosen

    return rules_chosen(request)


def _option(said: str, asked: Question) -> str:
    """The value of the option that was said, by its value or its label."""
    plain = said.strip().strip("'\"").lower()
    for option in asked.options:
        if plain in (option.value.lower(), option.label.lower()):
            return option.value
    return said
