"""The seven steps in order. Each product is kept as it is made, so a run that fails keeps its earlier steps."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.authors.base import Author, Ground, Revision
from engine.compiling.filling import filled, script_of
from engine.errors import CancelledError, EngineError, LimitError, RefusedError, SandboxError, ScriptError, UsageError
from engine.executors.base import BASE_IMAGE
from engine.foundation.files import put_files
from engine.kit import Kit
from engine.log import about
from engine.products import (
    Cancelled,
    Event,
    Execution,
    Failure,
    Gathered,
    Plan,
    Product,
    Request,
    Results,
    Run,
    Script,
    Status,
    Step,
    Task,
    Tell,
    Verdict,
    Writing,
)
from engine.steps import ask
from engine.steps.containerize import containerize, write_bundle
from engine.steps.execute import execute
from engine.steps.results import read_results, write_data
from engine.steps.suppose import keep_scenarios, suppose
from engine.steps.validate import validate

log = logging.getLogger(__name__)
Made = TypeVar("Made", bound=Product)


class Refused(Exception):
    """The validator refused the script; its verdict is kept."""

    def __init__(self, verdict: Verdict) -> None:
        first = verdict.refusals[0]
        super().__init__(first.message)
        self.message = f"The script was refused: line {first.line}: {first.message}"
        self.hint = first.fix


class Progress:
    """One run under way: times each step, keeps each product, tells each event, stops when cancelled."""

    def __init__(self, run: Run, kit: Kit, tell: Tell, cancelled: Cancelled) -> None:
        self.run = run
        self.step = Step.ANALYSE
        self.cancelled = cancelled
        self._kit = kit
        self._tell = tell

    def tell(self, event: Event) -> None:
        """Keep an event and pass it on."""
        self._kit.store.tell(self.run, event)
        self._tell(event)

    def make(self, step: Step, name: str, work: Callable[[], Made]) -> Made:
        """Do one step: its product is kept under `name`."""
        self.step = step
        if self.cancelled():
            raise CancelledError("The run was cancelled.", "Ask again to start anew.")
        self.tell(Event(step=step, state="started", at=datetime.now(UTC)))
        started = time.monotonic()
        product = work()
        seconds = self.took(step, time.monotonic() - started)
        self.run = self._kit.store.keep(self.run, **{name: product})
        self.tell(Event(step=step, state="done", at=datetime.now(UTC), seconds=seconds))
        return product

    def took(self, step: Step, seconds: float) -> float:
        """Add seconds to a step's; a step that is done again takes as long as all its turns."""
        whole = self.run.seconds.get(step.value, 0.0) + seconds
        self.run = self._kit.store.mark(self.run, seconds={**self.run.seconds, step.value: whole})
        return whole

    def keep_writing(self, writing: Writing | None) -> None:
        """Keep how a language model took part, and its log in the run's folder."""
        if writing is None:
            return
        self.run = self._kit.store.keep(self.run, writing=writing)
        if self.run.folder:
            put_files(Path(self.run.folder), {"logs/model.json": writing.model_dump_json(indent=1).encode()})

    def end(self, status: Status, failure: Failure | None = None) -> Run:
        """Close the run with its true state."""
        if failure is not None:
            self.run = self._kit.store.keep(self.run, failure=failure)
            self.tell(Event(step=self.step, state="failed", message=failure.message, at=datetime.now(UTC)))
        self.run = self._kit.store.mark(self.run, status=status)
        return self.run


def run_request(run: Run, kit: Kit, tell: Tell, cancelled: Cancelled) -> Run:
    """Take a claimed run through the seven steps to its end, whatever that is; its own faults never raise."""
    with about(run.id):
        return _ended(Progress(run, kit, tell, cancelled), kit)


def _ended(progress: Progress, kit: Kit) -> Run:
    try:
        _steps(progress, kit)
        return progress.end(Status.DONE)
    except ask.Asked as asked:
        progress.run = kit.store.keep(progress.run, question=asked.question)
        return progress.end(Status.NEEDS_INPUT)
    except (ask.NotUnderstood, Refused) as no:
        return progress.end(Status.REFUSED, Failure(step=progress.step, message=no.message, hint=no.hint))
    except CancelledError as error:
        return progress.end(Status.CANCELLED, Failure(step=progress.step, message=error.message, hint=error.hint))
    except EngineError as error:
        status = Status.REFUSED if isinstance(error, RefusedError) else Status.FAILED
        return progress.end(status, Failure(step=progress.step, message=error.message, hint=error.hint))
    except KeyboardInterrupt:
        progress.end(
            Status.CANCELLED,
            Failure(step=progress.step, message="The run was interrupted.", hint="Ask again to start anew."),
        )
        raise
    except Exception as error:
        log.exception("run %s failed unexpectedly at %s", progress.run.id, progress.step)
        message = f"An unexpected error: {type(error).__name__}: {error}"
        return progress.end(
            Status.FAILED, Failure(step=progress.step, message=message, hint="The log has the details.")
        )


def _steps(progress: Progress, kit: Kit) -> None:
    """The pipeline: a line for each step."""
    request, make = progress.run.request, progress.make
    author = kit.author(request, progress.tell, progress.cancelled)
    try:
        plan, ground = None, None
        if request.refreshed_from:
            plan, script = _as_before(progress, kit)
        elif request.gathered is not None:
            plan, script = _gathered(request.gathered, progress, kit)
        elif not request.script:
            task = make(Step.ANALYSE, "task", partial(_task, request, author, kit))
            ground = kit.ground_of(request, task)
            plan = make(Step.PLAN, "plan", partial(_plan, request, task, author, ground, kit))
            progress.run = kit.store.mark(progress.run, title=plan.title)
            script = make(Step.GENERATE, "script", partial(ask.generate, request, plan, author, ground))
        else:
            script = make(Step.GENERATE, "script", partial(ask.edited, request))
        plan, script, folder, execution = _tried(progress, kit, author, plan, ground, script)
    finally:
        progress.keep_writing(author.writing)
    results = make(Step.RESULTS, "results", lambda: _results(progress, plan, script, execution, folder, kit))
    keep_scenarios(progress.run, kit.store)
    if plan is not None and ground is not None and script.author == "model":
        from engine.authors.model.remembering import keep_answer

        keep_answer(kit.store, progress.run, plan, script, results, ground.schema)


def _task(request: Request, author: Author, kit: Kit) -> Task:
    if request.answers:
        from engine.datasets.provenance import settle_files

        settle_files(kit.shelf, request)
    try:
        return ask.analyse(request, author, *kit.grounds(request), together=partial(kit.together, request))
    except ask.NotUnderstood as no:
        from engine.datasets.provenance import asked_of_files, hint_of_files

        # A column that nothing decides is text, which may be all that stands in the way.
        if (question := asked_of_files(kit.shelf, request)) is not None:
            raise ask.Asked(question) from None
        no.hint = f"{no.hint} {hint_of_files(kit.shelf, request.datasets)}".strip()
        raise


def _plan(request: Request, task: Task, author: Author, ground: Ground, kit: Kit) -> Plan:
    plan = ask.plan(request, task, author, ground)
    if task.place == "database":
        return plan
    from engine.datasets.provenance import asked_of_files, said_of_files

    statements = [source.sql for source in plan.sources]
    if (question := asked_of_files(kit.shelf, request, statements)) is not None:
        raise ask.Asked(question)
    return plan.model_copy(update={"assumptions": (*plan.assumptions, *said_of_files(kit.shelf, statements))})


def _as_before(progress: Progress, kit: Kit) -> tuple[Plan | None, Script]:
    """Steps 1 to 3 of a run that is refreshed: those of the run before, as they were."""
    before = kit.store.load(progress.run.request.refreshed_from)
    if before.script is None:
        raise UsageError(f"Run {before.id} has no script to run again.", "Ask again.")
    plan, script, title, request = before.plan, before.script, before.title, progress.run.request
    if request.filled and plan is not None:
        plan = filled(plan, request.filled)
        script, title = script_of(plan, script, request.text), plan.title
    progress.run = kit.store.keep(progress.run, task=before.task, plan=plan, writing=before.writing)
    progress.run = kit.store.mark(progress.run, title=title)
    return plan, progress.make(Step.GENERATE, "script", partial(_same, script))


def _gathered(gathered: Gathered, progress: Progress, kit: Kit) -> tuple[Plan, Script]:
    """Steps 1 to 3 of a memo: its plan holds the answers that it is made of, and nobody is asked."""
    from engine.compiling.gathering import memo_of  # with the writer of scripts: few runs are memos
    from engine.compiling.script import write_script
    from engine.scenarios.whatif import require_results

    answers = [require_results(kit.store.load(part.run_id)) for part in gathered.parts]
    plan = progress.make(Step.PLAN, "plan", partial(memo_of, gathered, answers))
    progress.run = kit.store.mark(progress.run, title=plan.title)
    text = write_script(plan, request=progress.run.request.text, author=f"the service {gathered.service}")
    script = Script(text=text, author="catalogue", title=plan.title)
    return plan, progress.make(Step.GENERATE, "script", partial(_same, script))


def _results(
    progress: Progress, plan: Plan | None, script: Script, execution: Execution, folder: Path, kit: Kit
) -> Results:
    """Step 7, with what is supposed; what a model wrote is doubted, and what is found is shown beside the answer."""
    run, results = progress.run, read_results(execution)
    if plan is not None:
        results = results.model_copy(update={"supposed": suppose(run, plan, kit.sessions, progress.cancelled)})
    if script.author == "model":
        from engine.steps.doubt import doubtful, kept_doubts

        selected = plan is not None and "reply" in plan.intent
        if plan is not None and selected:
            said = kept_doubts(plan)
        else:
            executor = kit.executor(run.request.executor).executor
            said = doubtful(execution.document, plan, folder, lambda: executor.open(kit.settings.limits))
        warnings = (*results.warnings, *said)
        results = results.model_copy(update={"warnings": tuple(dict.fromkeys(warnings))})
    return write_data(results, execution.document, folder)


def _tried(
    progress: Progress, kit: Kit, author: Author, plan: Plan | None, ground: Ground | None, script: Script
) -> tuple[Plan | None, Script, Path, Execution]:
    """Validate, containerize and execute; what fails in the sandbox goes back to its author while it has an answer."""
    request = progress.run.request
    while True:
        try:
            folder, execution = _executed(progress, kit, plan, script)
        except (Refused, ScriptError, LimitError) as error:
            revised = _again(progress, author, plan, ground, script, error)
            if revised is None:
                raise
            again = revised.script if isinstance(revised, Revision) else revised
            if isinstance(revised, Revision):
                plan = progress.make(Step.PLAN, "plan", partial(_same_plan, revised.plan))
        else:
            finished = author.finish(request, plan, execution.document, ground) if plan and ground else None
            if finished is None:
                return plan, script, folder, execution
            again = finished
        made = again.model_copy(update={"attempt": script.attempt + 1})
        script = progress.make(Step.GENERATE, "script", partial(_same, made))


def _same(script: Script) -> Script:
    return script


def _same_plan(plan: Plan) -> Plan:
    return plan


def _again(
    progress: Progress,
    author: Author,
    plan: Plan | None,
    ground: Ground | None,
    script: Script,
    error: Refused | ScriptError | LimitError,
) -> Script | Revision | None:
    """The author's next script after a failure, timed as its step; none for a refused one of a model's own code."""
    if plan is None or ground is None or (isinstance(error, Refused) and "reply" not in plan.intent):
        return None
    failed = ScriptError(error.message, error.hint) if isinstance(error, Refused) else error
    progress.step = Step.GENERATE
    progress.tell(Event(step=Step.GENERATE, state="started", at=datetime.now(UTC)))
    started = time.monotonic()
    made = author.revise(progress.run.request, plan, script, failed, ground)
    progress.took(Step.GENERATE, time.monotonic() - started)
    if made is None:
        progress.step = Step.EXECUTE
    return made


def _base_image(kit: Kit, run: Run) -> str:
    """What the bundle's image is built from; an executor that cannot be had is step 6's to tell."""
    try:
        return kit.executor(run.request.executor).executor.base_image()
    except (SandboxError, UsageError):
        return BASE_IMAGE


def _executed(progress: Progress, kit: Kit, plan: Plan | None, script: Script) -> tuple[Path, Execution]:
    """Steps 4 to 6 of one script."""
    run, make = progress.run, progress.make
    verdict = make(Step.VALIDATE, "verdict", lambda: validate(script))
    if not verdict.accepted:
        raise Refused(verdict)
    brand = kit.brands.current().brand
    base = _base_image(kit, run)
    bundle = make(
        Step.CONTAINERIZE, "bundle", lambda: containerize(run, script, plan, kit.settings.limits, brand, base)
    )
    # Named before it is there: whatever ends this process, the run knows its folder.
    output = Path(kit.settings.output_dir)
    progress.run = kit.store.mark(progress.run, folder=str(output / bundle.folder))
    folder = write_bundle(bundle, output, brand.logo)
    execution = make(
        Step.EXECUTE, "execution", lambda: execute(run, script, plan, folder, kit, progress.tell, progress.cancelled)
    )
    return folder, execution
