"""The author that asks a language model, for what the catalogue is not sure of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from engine.authors.analytics.gate import Asking
from engine.authors.analytics.rendering import render
from engine.authors.base import Declined, Ground
from engine.authors.metrics.reading import wanted_outputs
from engine.authors.model.clarifying import said_of
from engine.authors.model.composing import base_plan, named_metrics, ready_formulas, whole_plan, with_charts
from engine.authors.model.decisions import APPROVAL, Decisions, wants_what_if
from engine.authors.model.diagnosis import feedback_for, wants_table
from engine.authors.model.digest import LONGEST_VALUE, as_data
from engine.authors.model.filters import filters_for
from engine.authors.model.framing import Frame, frame_for
from engine.authors.model.freehand import LOOK_ROWS, frame_by_query, looked
from engine.authors.model.functions import Written
from engine.authors.model.interview import Refusing, interview, tied_part
from engine.authors.model.memory import Kept, example_for, recall, tables_print
from engine.authors.model.promises import promise_of
from engine.authors.model.prompting import functions_prompt
from engine.authors.model.returning import as_table
from engine.authors.model.session import Talk
from engine.authors.model.signatures import Known
from engine.authors.model.wording import done_in, named_columns, spellings_of, words_of
from engine.authors.model.writer import Words, Writer
from engine.authors.outputs import actions_of, kind_of
from engine.compiling.script import write_script
from engine.errors import SandboxError, SourceError
from engine.language.words import stems
from engine.meaning.senses import personal_reason
from engine.metrics.catalogue import Catalogue, load_catalogue
from engine.products import Option, Output, Plan, Question, Reading, Request, Script, Step, Task, Verdict, Writing
from engine.rules import check
from engine.sources.personal import personal_by_values

SAMPLES = 3


class ModelAuthor:
    """One run's author: it keeps its talk with the model and its attempts until the run ends."""

    name = "model"

    def __init__(
        self,
        talk: Talk,
        catalogue: Catalogue | None = None,
        *,
        approve: bool = False,
        kept: Callable[[], Sequence[tuple[str, Kept]]] = tuple,
    ) -> None:
        self.talk = talk
        self._kept = kept
        self.catalogue = catalogue or load_catalogue()
        self._approve = approve
        self._writer: Writer | None = None
        self._written: Written | None = None
        self._charted = False

    @property
    def writing(self) -> Writing | None:
        """The calls so far; None when there were none."""
        return self.talk.writing if self.talk.calls else None

    @property
    def functions(self) -> str:
        """The functions of the last script, as text; empty when none were written."""
        return "\n\n\n".join(map(_text, self._written.quantities)) if self._written else ""

    @property
    def byline(self) -> str:
        """Who wrote a script, as it says in its own first lines."""
        return f"language model {self.talk.client.endpoint.model}"

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1: small questions to the model; a plan that was approved or corrected is taken as it is."""
        if (known := self._recalled(request, ground)) is not None:
            self.talk.progress(Step.ANALYSE, "the same request was answered before: no model is asked")
            decided = Decisions.model_validate(known.plan.intent["decisions"])
            return self._task(request, decided, ground, known=known)
        notices: tuple[str, ...] = ()
        decisions = approved(request.answers.get(APPROVAL, ""), ground)
        if decisions is None:
            try:
                decisions, shown = interview(request.text, ground, self.talk, request.answers)
            except Asking as asking:
                return asking.question
            except Refusing as refusing:
                return refusing.declined
            notices = (shown.notice,) if shown.notice else ()
        return self._task(request, decisions, ground, notices)

    def _task(
        self,
        request: Request,
        decisions: Decisions,
        ground: Ground,
        notices: Sequence[str] = (),
        known: Kept | None = None,
    ) -> Task:
        outputs = wanted_outputs(request.text)
        if decisions.parameters:
            outputs = outputs | {Output.SIMULATION}
        return Task(
            kind=kind_of(outputs, calculation=decisions.kind == "single"),
            goal=request.text,
            actions=actions_of(outputs),
            entities=decisions.tables,
            outputs=outputs,
            place=ground.place,
            readings=tuple(Reading(words=word, meaning=said_of(as_)) for word, as_ in decisions.meanings.items()),
            intent={
                "decisions": decisions.model_dump(mode="json"),
                "notices": list(notices),
                "kept": known.model_dump(mode="json") if known else None,
            },
        )

    def _recalled(self, request: Request, ground: Ground) -> Kept | None:
        """The answer to this very request; none when a person has just corrected its plan."""
        if APPROVAL in request.answers:
            return None
        shelf = [each for each in self._kept() if "decisions" in each[1].plan.intent]
        valid = [print_of == tables_print(each.tables, ground.schema) for print_of, each in shelf]
        return recall(request.text, [each for _, each in shelf], valid)

    def sure(self, found: Task | Question | Declined) -> bool:
        """It has nobody else to ask."""
        return True

    def turn(self, second: Task | Question | Declined | None = None) -> bool:
        """There is no other."""
        return False

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2: filters, joins and SQL without the model; shown for approval when the settings say so."""
        if task.intent.get("kept"):
            known = Kept.model_validate(task.intent["kept"])
            word = "a person marked it as right" if known.verified else "nobody has marked it as right or wrong yet"
            summary = f"Given before for the same request over the same tables; {word}. {known.plan.summary}"
            intent = {**known.plan.intent, "kept": known.script.text}
            return known.plan.model_copy(update={"summary": summary, "intent": intent})
        decisions = Decisions.model_validate(task.intent["decisions"])
        notices: list[str] = []
        try:
            frame = _framed(request, decisions, ground)
            if isinstance(frame, Declined):
                frame = frame_by_query(request.text, decisions, ground, self.talk)
            if isinstance(frame, Declined) and not frame.by_model:
                part = tied_part(decisions.tables, request.text, ground)
                left = [table for table in decisions.tables if table not in part]
                columns = tuple(name for name in decisions.columns if ground.schema.place(name)[0] in part)
                decisions = decisions.model_copy(update={"tables": part, "columns": columns})
                frame = _framed(request, decisions, ground) if left else frame
                notices += [f"{', '.join(left)} not read: no keys tie it to {part[0]}"] if left else []
        except Asking as asking:
            return asking.question
        if isinstance(frame, Declined):
            return frame
        notes = [*notices, *task.intent.get("notices", ()), *self._doubts(request.text, decisions)]
        made = base_plan(decisions, frame, request.text, ground.place, notes)
        promise = promise_of(request.text, ground).model_dump(mode="json")
        made = made.model_copy(update={"intent": {**made.intent, "promise": promise}})
        if self._approve and APPROVAL not in request.answers:
            chosen = decisions.model_dump_json()
            return Question(key=APPROVAL, text=f"{made.summary} Go on?", options=(Option(value=chosen, label="Go on"),))
        return made

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script | Question | Declined:
        """Step 3: the functions, written by the model and put right by us."""
        if plan.intent.get("kept"):
            return Script(text=plan.intent["kept"], author=self.name, title=plan.title)
        frame = Frame.model_validate(plan.intent["frame"])
        decisions = Decisions.model_validate(plan.intent["decisions"])
        example = example_for(request.text, decisions.tables, [each for _, each in self._kept()])
        formulas = ready_formulas(named_metrics(request.text, self.catalogue))
        samples = samples_of(frame, ground)
        lines = [line for line, _ in formulas.values()]
        words, listed = words_of(request.text, ground, frame)
        self._writer = Writer(
            self.talk,
            functions_prompt(decisions, frame, samples, lines, request.text, example, words=words),
            functions_prompt(decisions, frame, {}, lines, request.text, brief=True, words=words),
            Known(
                tuple(column.name for column in frame.columns),
                tuple(parameter.name for parameter in decisions.parameters),
                tuple(formulas),
                {column.name: stems(column.source.replace(".", "_")) for column in frame.columns},
                {column.name: column.kind for column in frame.columns},
                spellings_of(request.text, ground, frame),
                done_in(frame),
                listed,
                promise_of(request.text, ground).rows if decisions.kind in ("ranking", "list") else 0,
                ground.today.isoformat(),
                named_columns(request.text, ground, frame),
            ),
            lambda written: self._verdict(request, plan, written, ground),
        )
        return self._script(request, plan, self._writer.write(), ground)

    def revise(
        self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground
    ) -> Script | None:
        """Step 3 again, after a run that failed; None when there is nothing to try.

        Raises:
            ModelError: the server failed, or no usable code came.
        """
        if self._writer is None or self._written is None:
            return None
        if wants_table(error) and (turned := _turned(self._written, script, error)):
            self.talk.fixes.append("a result shown as what it is")
            self._written = turned
            return self._rendered(request, self._whole(request, plan, turned, ground))
        frame = Frame.model_validate(plan.intent["frame"])
        found = self._writer.mend(feedback_for(error, script.text, frame))
        made = self._script(request, plan, found, ground)
        return made if isinstance(made, Script) else None

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> Script | None:
        """The script with a chart, now that the columns of its table are known; None when it is finished."""
        if self._charted or self._written is None:
            return None
        self._charted = True
        decisions = Decisions.model_validate(plan.intent["decisions"])
        charted = with_charts(self._whole(request, plan, self._written, ground), decisions.kind, document)
        return self._rendered(request, charted) if charted is not None else None

    def _doubts(self, text: str, decisions: Decisions) -> list[str]:
        if wants_what_if(text) and not decisions.parameters:
            return ["the request speaks of a change, but no parameter could be made of it"]
        return []

    def _script(
        self, request: Request, plan: Plan, found: Written | Words, ground: Ground
    ) -> Script | Question | Declined:
        if isinstance(found, Words) and found.cannot:
            return Declined(reason=found.cannot, by_model=True)
        if isinstance(found, Words):
            return Question(key="model", text=f"The model asks or says: {found.text[:600]}")
        self._written = found
        return self._rendered(request, self._whole(request, plan, found, ground))

    def _whole(self, request: Request, plan: Plan, written: Written, ground: Ground) -> Plan:
        metrics = named_metrics(request.text, self.catalogue)
        formulas = {name: text for name, (_, text) in ready_formulas(metrics).items()}
        return whole_plan(plan, written, formulas, metrics, ground.schema)

    def _rendered(self, request: Request, plan: Plan) -> Script:
        text = write_script(plan, request=request.text, author=self.byline)
        return Script(text=text, author=self.name, title=plan.title)

    def _verdict(self, request: Request, plan: Plan, written: Written, ground: Ground) -> Verdict:
        self.talk.progress(Step.GENERATE, "checks the script")
        return check(self._rendered(request, self._whole(request, plan, written, ground)).text)


def approved(answer: str, ground: Ground) -> Decisions | None:
    """The decisions that a person approved or corrected; None when there are none, or they do not fit the schema."""
    if not answer:
        return None
    try:
        decisions = Decisions.model_validate(json.loads(answer))
    except (ValueError, ValidationError):
        return None
    known = {f"{table.key}.{column.name}" for table in ground.schema.tables for column in table.columns}
    fits = set(decisions.tables) <= set(ground.schema.by_key) and set(decisions.columns) <= known
    return decisions if fits and decisions.tables else None


def _framed(request: Request, decisions: Decisions, ground: Ground) -> Frame | Declined:
    """The frame of what was decided; declined where no keys tie its tables together.

    Raises:
        Asking: a person must say which date or which way is meant.
    """
    found = filters_for(request.text, ground, decisions.tables, decisions.columns, request.answers)
    return frame_for(decisions.tables, decisions.columns, found, ground, request.answers)


def samples_of(frame: Frame, ground: Ground) -> dict[str, list[str]]:
    """A few values of each column of the frame, as data; none of columns that identify a person."""
    if frame.query is None:
        sql, bound = looked(frame.sql), dict(frame.bound)
    else:
        sql, bound = render(frame.query.model_copy(update={"limit": LOOK_ROWS}), ground.schema)
    try:
        rows = ground.read(sql, bound)
    except SourceError:
        return {}
    found: dict[str, list[str]] = {}
    looks = dict(ground.values.personal)
    for column in frame.columns:
        names = (column.name, ground.schema.place(column.source)[1])
        if any(map(personal_reason, names)) or column.source in looks or column.name not in rows.columns:
            continue
        distinct = rows[column.name].dropna().drop_duplicates()
        if personal_by_values([str(value) for value in distinct]):
            continue
        values = distinct.head(SAMPLES)
        found[column.name] = [
            as_data(value, LONGEST_VALUE)
            if column.kind in ("text", "json", "other", "date", "time")
            else f"{value:g}"
            if isinstance(value, float)
            else str(value)[:LONGEST_VALUE]
            for value in values
        ]
    return found


def _turned(written: Written, script: Script, error: SandboxError) -> Written | None:
    """The functions with the one that failed declared as what it gives: no model is needed for that."""
    from dataclasses import replace

    failing = [quantity for quantity in written.quantities if f"{quantity.name} " in error.message]
    names = {quantity.name for quantity in failing} or {q.name for q in written.quantities if q.returns == "float"}
    changed = []
    helpers = list(written.helpers)
    for quantity in written.quantities:
        if quantity.name not in names:
            changed.append(quantity)
            continue
        kind = as_table(quantity.returns)
        body = tuple(line.replace("return _number(", f"return {kind.wrap}(") for line in quantity.body)
        changed.append(quantity.model_copy(update={"returns": kind.annotation, "body": body}))
        if kind.helper not in helpers:
            helpers.append(kind.helper)
    return replace(written, quantities=tuple(changed), helpers=tuple(helpers))


def _text(quantity: Any) -> str:
    arguments = ", ".join(f"{name}: {annotation}" for name, annotation in quantity.arguments)
    body = "\n".join(f"    {line}" for line in quantity.body)
    return f"def {quantity.name}({arguments}) -> {quantity.returns}:\n{body}"
