"""The author that believes its model: it reads the request and writes one SELECT, which is compiled into a script.

Rules give evidence and doubts: what a database says of a statement, values that a column does not hold, sums that a
join multiplies. All doubts are told once, in one message; the model's answer then stands, and what is left of them is
shown beside the answer. A statement is never changed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.authors.base import Author, Declined, Ground, Revision
from engine.authors.metrics.reading import wanted_outputs
from engine.authors.model.composing import named_metrics
from engine.authors.model.decisions import APPROVAL
from engine.authors.model.memory import Kept, recall, tables_print
from engine.authors.model.session import Talk
from engine.authors.outputs import actions_of, kind_of
from engine.authors.select.disagreeing import READINGS, disagreement, stays
from engine.authors.select.functions import functions_plan
from engine.authors.select.planning import made_plan
from engine.authors.select.prompt import (
    ANSWER_TOKENS,
    LEAST_SCHEMA,
    MOST_SCHEMA,
    THINKING_TOKENS,
    Messages,
    Second,
    order_of,
    rows_text,
    show_tables,
    told,
    write_prompt,
)
from engine.authors.select.reply import Reply, read_reply
from engine.compiling.agreement import same_rows
from engine.compiling.doubting import Doubt, doubts_of
from engine.compiling.script import write_script
from engine.compiling.statement import Unreadable, parsed, tables_in
from engine.errors import BrokenReplyError, ContextOverflowError, EngineError, SandboxError
from engine.language_model.client import Wish
from engine.language_model.tokens import tokens_of
from engine.metrics.catalogue import Catalogue, load_catalogue
from engine.products import Option, Output, Plan, Question, Reading, Request, Script, Step, Task, Writing
from engine.semantics.facts import Facts, look
from engine.sources.schema import Schema

MOST_REPAIRS = 2
ASKED = "model"
WHOSE = (
    ' If the rows of the rules are what is asked, put "right" in rules and leave sql empty; else say in rules what they'
    " miss."
)
CHOSEN = "of two readings that of the language model was chosen"
UNUSABLE = (
    "That is no answer that can be used. Reply with the one JSON object alone:"
    ' with "sql", or with "cannot", or with "question".'
)


class NoSelect(BrokenReplyError):
    """The model gave no usable answer on this route: a smaller question may get one."""


@dataclass
class Found:
    """An answer under way: what the model wrote, what its SELECT gave, and what is doubtful about it."""

    reply: Reply
    rows: pd.DataFrame
    doubts: tuple[Doubt, ...] = ()


class SelectAuthor:
    """One run's author. `second` is what the rules make of the request, for the model to judge."""

    name = "model"

    def __init__(
        self,
        talk: Talk,
        catalogue: Catalogue | None = None,
        *,
        approve: bool = False,
        kept: Callable[[], Sequence[tuple[str, Kept]]] = tuple,
        smaller: Callable[[], Author] | None = None,
    ) -> None:
        self.talk = talk
        self.catalogue = catalogue or load_catalogue()
        self.second = Second()
        self._approve = approve
        self._kept = kept
        self._smaller = smaller
        self._other: Author | None = None
        self._found: Found | None = None
        self._facts = Facts()
        self._plain = False

    @property
    def writing(self) -> Writing | None:
        """The calls so far; None when there were none."""
        return self.talk.writing if self.talk.calls else None

    @property
    def byline(self) -> str:
        """Who wrote a script, as it says in its own first lines."""
        return f"language model {self.talk.client.endpoint.model}"

    def sure(self, found: Task | Question | Declined) -> bool:
        """It has nobody else to ask."""
        return True

    def turn(self, second: Task | Question | Declined | None = None) -> bool:
        """There is no other."""
        return False

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1: one question to the model, its SELECT tried, doubts told once."""
        if (known := self._recalled(request, ground)) is not None:
            self.talk.progress(Step.ANALYSE, "the same request was answered before: no model is asked")
            return _task(request, Reply(reading=known.plan.summary), ground, (), kept=known)
        if (approved := _approved(request)) is not None:
            return _task(request, approved, ground, (CHOSEN,) if READINGS in request.answers else ())
        try:
            return self._asked(request, ground)
        except NoSelect:
            if self._smaller is None:
                raise
            self.talk.progress(Step.ANALYSE, "no SELECT came: the model is asked smaller questions")
            self._other = self._smaller()
            return self._other.analyse(request, ground)

    def _asked(self, request: Request, ground: Ground) -> Task | Question | Declined:
        messages, notice = self._prompt(request, ground)
        reply, messages = self._first(messages)
        if reply.cannot:
            return Declined(reason=reply.cannot, by_model=True)
        if reply.question:
            options = tuple(
                Option(value=f"{reply.question} The person answered: {each}", label=each) for each in reply.options
            )
            return Question(key=ASKED, text=reply.question, options=options)
        if reply.agrees or reply.choose or reply.functions:
            return _task(request, reply, ground, (notice,))
        found, messages = self._working(reply, messages, ground)
        if isinstance(found, Declined):
            return found
        made = self._doubted(found, messages, ground)
        if not isinstance(made, Found):
            return made
        self._found = made
        return _task(request, made.reply, ground, (notice,), made.doubts)

    def _prompt(self, request: Request, ground: Ground) -> tuple[Messages, str]:
        """The first message within the window, and what it leaves out."""
        order = order_of(ground.schema, request.text, ground.values)
        self._facts = look(ground, [ground.schema.by_key[key] for key in order])
        metrics = named_metrics(request.text, self.catalogue)
        definitions = [f"{each.label}: {each.formulas[0]}" for each in metrics if each.formulas]
        said = [answer for key, answer in request.answers.items() if key == ASKED]
        empty = show_tables(ground.schema, self._facts, [], 0)

        def written(budget: int) -> tuple[Messages, str]:
            shown = show_tables(ground.schema, self._facts, order, budget) if budget else empty
            last = self._facts.last_day(ground.today)
            made = write_prompt(
                request.text, shown, ground.schema, ground.today, last,
                second=self.second, definitions=definitions[:8], answered=said,
            )  # fmt: skip
            return made, shown.notice

        rest = tokens_of(written(0)[0])
        room = self.talk.window - ANSWER_TOKENS - rest
        return written(max(min(room, MOST_SCHEMA), LEAST_SCHEMA))

    def _call(self, purpose: str, messages: Messages) -> Reply:
        """One reply; its thinking has a budget of its own where the window has room for it."""
        room = self.talk.window - tokens_of(messages) - 16
        limit = max(min(ANSWER_TOKENS * 2, room), ANSWER_TOKENS // 2)
        # A server elsewhere that does not tell its window is a large one; on this machine it may be a small one.
        thinking = max(min(THINKING_TOKENS, room - limit), 0) if self.talk.client.endpoint.loopback else THINKING_TOKENS
        wish = Wish(limit=limit, temperature=0.0, thinking=thinking)
        reply = self.talk.ask(purpose, Step.ANALYSE, messages, wish)
        if not reply.text.strip() and reply.thinking:
            return read_reply(reply.thinking)
        return read_reply(reply.text)

    def _first(self, messages: Messages) -> tuple[Reply, Messages]:
        """The first answer that can be used.

        Raises:
            NoSelect: two that could not.
        """
        for purpose in ("reads the request and writes the query", "is asked again for an answer that can be used"):
            try:
                reply = self._call(purpose, messages)
            except ContextOverflowError:
                if self._smaller is not None:
                    raise NoSelect("The prompt is longer than the model's window.", "Use a larger one.") from None
                raise
            if reply.says_something:
                return reply, told(messages, self._last, "")[:-1]
            messages = told(messages, self._last, UNUSABLE)
        raise NoSelect("The model gave no answer that can be used.", "Say it in other words, or use a larger model.")

    @property
    def _last(self) -> str:
        """What the model wrote last."""
        return self.talk.calls[-1].reply if self.talk.calls else ""

    def _working(self, reply: Reply, messages: Messages, ground: Ground) -> tuple[Found | Declined, Messages]:
        """The SELECT once the database takes it: its own words go back to the model, twice at most.

        Raises:
            NoSelect: it never ran.
        """
        reason = ""
        for attempt in range(MOST_REPAIRS + 1):
            try:
                return Found(reply, ground.read(reply.sql, {})), messages
            except EngineError as error:
                reason = f"{error.message} {error.hint}".strip()
            if attempt == MOST_REPAIRS:
                break
            text = f"The database does not take it: {reason[:600]} Reply with the whole JSON object again, put right."
            messages = (*messages, {"role": "user", "content": text})
            reply = self._call(f"mends: {reason[:100]}", messages)
            messages = (*messages, {"role": "assistant", "content": self._last[:6_000]})
            if reply.cannot:
                return Declined(reason=reply.cannot, by_model=True), messages
            if not reply.sql:
                break
        raise NoSelect(f"The model's query could not be run: {reason}", "Say it in other words, or use a larger model.")

    def _doubted(self, found: Found, messages: Messages, ground: Ground) -> Found | Declined | Question:
        """The answer after all doubts were told once; where the model changes it to what fails, the first stands.

        A person is asked where the rules are as sure of another result.
        """
        doubts = list(doubts_of(found.reply.sql, found.rows, ground, self._facts))
        if (differs := self._differing(found)) is not None:
            doubts.append(differs)
        if not doubts:
            return found
        listed = "\n".join(f"- {doubt.text}" for doubt in doubts)
        text = (
            f"The SELECT runs and gives {rows_text(found.rows)}. Doubts, for you to judge:\n{listed}\nIf it is right"
            " as it is, reply with the same object; if not, with the whole object put right; if the data does not hold"
            f" what is asked, with cannot.{WHOSE if differs is not None else ''}"
        )
        again = self._call("judges doubts about its query", (*messages, {"role": "user", "content": text}))
        if again.cannot and any(doubt.kind in ("empty", "value", "period") for doubt in doubts):
            return Declined(reason=again.cannot, by_model=True)
        if differs is not None and again.agrees:
            return Found(again, found.rows)
        made = self._judged(found, again, doubts, ground)
        if differs is not None and stays(self.second, again, made.rows):
            return disagreement(self.second, made.reply, made.rows)
        return made

    def _judged(self, found: Found, again: Reply, doubts: Sequence[Doubt], ground: Ground) -> Found:
        """The answer once doubts were told: the same, with the model's reasons, or another that runs."""
        if not again.sql or _plain(again.sql) == _plain(found.reply.sql):
            reply = found.reply.model_copy(update={"rules": again.rules}) if again.sql else found.reply
            return Found(reply, found.rows, tuple(doubts))
        try:
            rows = ground.read(again.sql, {})
        except EngineError:
            return Found(found.reply, found.rows, tuple(doubts))
        left = doubts_of(again.sql, rows, ground, self._facts)
        return Found(again, rows, left)

    def _differing(self, found: Found) -> Doubt | None:
        """Another result of the rules, where the model did not say what is wrong with it."""
        second = self.second
        if second.rows is None or found.reply.rules or same_rows(second.rows, found.rows):
            return None
        text = f"The rules give {rows_text(second.rows)} instead ({second.reading[:200]})."
        return Doubt(kind="rules", text=text)

    def _recalled(self, request: Request, ground: Ground) -> Kept | None:
        """The answer to this very request; none when a person has just said more to it."""
        if request.answers.keys() & {APPROVAL, ASKED, READINGS}:
            return None
        shelf = self._kept()
        valid = [print_of == tables_print(each.tables, ground.schema) for print_of, each in shelf]
        return recall(request.text, [each for _, each in shelf], valid)

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2: the SELECT compiled, without the model."""
        if self._other is not None:
            return self._other.plan(request, task, ground)
        if task.intent.get("kept"):
            known = Kept.model_validate(task.intent["kept"])
            word = "a person marked it as right" if known.verified else "nobody has marked it as right or wrong yet"
            summary = f"Given before for the same request over the same tables; {word}. {known.plan.summary}"
            intent = {**known.plan.intent, "kept": known.script.text}
            return known.plan.model_copy(update={"summary": summary, "intent": intent})
        reply = Reply.model_validate(task.intent["reply"])
        notes = [note for note in task.intent.get("notices", ()) if note]
        if reply.functions:
            made: Plan | Declined = functions_plan(request.text, reply, ground, notes)
        else:
            rows = self._found.rows if self._found is not None else ground.read(reply.sql, {})
            tables = tables_of(reply.sql, ground.schema)
            made = made_plan(request.text, reply, rows, tables, ground, notes, plain=self._plain)
        if isinstance(made, Plan):
            made = made.model_copy(update={"intent": {**made.intent, "doubts": task.intent.get("doubts", [])}})
        if isinstance(made, Plan) and self._approve and APPROVAL not in request.answers:
            option = Option(value=reply.model_dump_json(), label="Go on")
            return Question(key=APPROVAL, text=f"{made.summary} Go on?", options=(option,))
        return made

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script | Question | Declined:
        """Step 3: the plan as text."""
        if self._other is not None:
            return self._other.generate(request, plan, ground)
        if plan.intent.get("kept"):
            return Script(text=plan.intent["kept"], author=self.name, title=plan.title)
        return self._script(request, plan)

    def _script(self, request: Request, plan: Plan) -> Script:
        text = write_script(plan, request=request.text, author=self.byline)
        return Script(text=text, author=self.name, title=plan.title)

    def revise(
        self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground
    ) -> Script | Revision | None:
        """The SELECT as it stands, where its quantities failed or gave other rows; functions go back to the model."""
        if self._other is not None:
            return self._other.revise(request, plan, script, error, ground)
        reply = Reply.model_validate(plan.intent.get("reply") or {})
        if self._plain or plan.intent.get("kept"):
            return None
        self._plain = True
        if reply.functions:
            return self._mended(request, plan, reply, error, ground)
        if not reply.sql:
            return None
        rows = ground.read(reply.sql, {})
        tables = tables_of(reply.sql, ground.schema)
        made = made_plan(request.text, reply, rows, tables, ground, (), plain=True, why=error.message)
        made = made.model_copy(update={"intent": {**made.intent, "doubts": plan.intent.get("doubts", [])}})
        return Revision(made, self._script(request, made))

    def _mended(
        self, request: Request, plan: Plan, reply: Reply, error: SandboxError, ground: Ground
    ) -> Revision | None:
        """Functions again, after the ones before failed; None when the model has no others."""
        messages, _ = self._prompt(request, ground)
        failed = f"These functions failed: {error.message[:500]} Reply with the whole JSON object again, put right."
        again = self._call("mends its functions", told(messages, self._last, failed))
        made = functions_plan(request.text, again, ground, ()) if again.functions else None
        return Revision(made, self._script(request, made)) if isinstance(made, Plan) else None

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> Script | None:
        """The script is whole, unless a smaller question gave it."""
        return self._other.finish(request, plan, document, ground) if self._other is not None else None


def tables_of(sql: str, schema: Schema) -> tuple[str, ...]:
    """The tables that a SELECT reads."""
    try:
        return tuple(sorted({table.key for table in tables_in(parsed(sql, schema.dialect), schema).values()}))
    except Unreadable:
        return ()


def _approved(request: Request) -> Reply | None:
    """The answer that a person approved, or chose before that of the rules; None when there is none."""
    for key in (APPROVAL, READINGS):
        try:
            made = Reply.model_validate_json(request.answers[key])
        except (KeyError, ValueError):
            continue
        if made.says_something:
            return made
    return None


def _task(
    request: Request,
    reply: Reply,
    ground: Ground,
    notices: Sequence[str],
    doubts: Sequence[Doubt] = (),
    kept: Kept | None = None,
) -> Task:
    outputs = wanted_outputs(request.text)
    if reply.suppose:
        outputs = outputs | {Output.SIMULATION}
    readings = (Reading(words=request.text[:200], meaning=reply.reading),) if reply.reading else ()
    return Task(
        kind=kind_of(outputs, calculation=False),
        goal=reply.reading or request.text,
        actions=actions_of(outputs),
        entities=tables_of(reply.sql, ground.schema) if reply.sql else (),
        outputs=outputs,
        place=ground.place,
        readings=readings,
        intent={
            "reply": reply.model_dump(mode="json"),
            "notices": list(notices),
            "doubts": [doubt.text for doubt in doubts],
            "kept": kept.model_dump(mode="json") if kept else None,
        },
    )


def _plain(sql: str) -> str:
    return " ".join(sql.split()).rstrip(";")
