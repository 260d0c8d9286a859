"""The seven steps in order. Each product is kept as it is made, so a run that fails keeps its earlier steps."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from engine.errors import CancelledError, EngineError, RefusedError
from engine.kit import Kit
from engine.products import Cancelled, Event, Failure, Product, Run, Status, Step, Tell, Verdict
from engine.steps import ask
from engine.steps.containerize import containerize, write_bundle
from engine.steps.execute import execute
from engine.steps.results import read_results, write_exports
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
        seconds = time.monotonic() - started
        self.run = self._kit.store.keep(self.run, **{name: product})
        self.run = self._kit.store.mark(self.run, seconds={**self.run.seconds, step.value: seconds})
        self.tell(Event(step=step, state="done", at=datetime.now(UTC), seconds=seconds))
        return product

    def end(self, status: Status, failure: Failure | None = None) -> Run:
        """Close the run with its true state."""
        if failure is not None:
            self.run = self._kit.store.keep(self.run, failure=failure)
            self.tell(Event(step=self.step, state="failed", message=failure.message, at=datetime.now(UTC)))
        self.run = self._kit.store.mark(self.run, status=status)
        return self.run


def run_request(run: Run, kit: Kit, tell: Tell, cancelled: Cancelled) -> Run:
    """Take a claimed run through the seven steps to its end, whatever that is; its own faults never raise."""
    progress = Progress(run, kit, tell, cancelled)
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
        log.exception("run %s failed unexpectedly at %s", run.id, progress.step)
        message = f"An unexpected error: {type(error).__name__}: {error}"
        return progress.end(
            Status.FAILED, Failure(step=progress.step, message=message, hint="The log has the details.")
        )


def _steps(progress: Progress, kit: Kit) -> None:
    """The pipeline: a line for each step."""
    run, request, make = progress.run, progress.run.request, progress.make
    author = kit.author(request.author)
    plan = None
    if not request.script:
        task = make(Step.ANALYSE, "task", lambda: ask.analyse(request, author, *kit.grounds(request)))
        ground = kit.ground_of(request, task)
        plan = make(Step.PLAN, "plan", lambda: ask.plan(request, task, author, ground))
        progress.run = kit.store.mark(progress.run, title=plan.title)
        script = make(Step.GENERATE, "script", lambda: ask.generate(request, plan, author, ground))
    else:
        script = make(Step.GENERATE, "script", lambda: ask.edited(request))
    verdict = make(Step.VALIDATE, "verdict", lambda: validate(script))
    if not verdict.accepted:
        raise Refused(verdict)
    bundle = make(Step.CONTAINERIZE, "bundle", lambda: containerize(run, script, plan, kit.settings.limits))
    folder = write_bundle(bundle, Path(kit.settings.output_dir))
    progress.run = kit.store.mark(progress.run, folder=str(folder))
    execution = make(
        Step.EXECUTE, "execution", lambda: execute(run, script, folder, kit, progress.tell, progress.cancelled)
    )
    make(Step.RESULTS, "results", lambda: write_exports(read_results(execution), execution.document, folder))
