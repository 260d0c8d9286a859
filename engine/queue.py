"""The queue: worker threads that claim runs from the store by a lease and take them through the pipeline."""

from __future__ import annotations

import logging
import threading

from engine.errors import EngineError, StoreError
from engine.kit import Kit
from engine.log import about
from engine.products import Event, Request, Run, Tell

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
IDLE_SECONDS = 2.0


def submit(request: Request, kit: Kit, *, owner: str = "local", claimed: bool = False) -> Run:
    """Put a request in the queue; the run it became.

    Raises:
        UsageError: the request is empty or enormous, or follows what has no answer.
    """
    from engine.steps.ask import check_request
    from engine.store.threads import followed

    checked = followed(request.model_copy(update={"text": check_request(request.text)}), kit.store)
    title = checked.text if len(checked.text) <= 80 else checked.text[:77] + "..."
    return kit.store.create(checked, title=title, owner=owner, claimed=claimed)


def answer(request: Request, kit: Kit, tell: Tell) -> Run:
    """Take a request to its end in the calling thread, and write its reports."""
    return finish(answer_first(request, kit, tell), kit)


def answer_first(request: Request, kit: Kit, tell: Tell) -> Run:
    """Take a request to its answer in the calling thread; no other worker can take the run first.

    What is left to do behind the answer is for `finish`.
    """
    from engine.pipeline import run_request

    run = submit(request, kit, claimed=True)
    with Watch(run, kit) as watch:
        return run_request(run, kit, tell, watch)


def finish(run: Run, kit: Kit) -> Run:
    """What is done behind an answer that a person has already: the reports are written."""
    from engine.steps.results import write_reports

    return write_reports(run, kit.reports, kit.store)


class Watch:
    """Keeps a running run's lease alive from a thread of its own, and knows whether the run should stop."""

    def __init__(self, run: Run, kit: Kit) -> None:
        self._run = run
        self._kit = kit
        self._stop = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> Watch:
        threading.Thread(target=self._beat, name=f"watch-{self._run.id}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def __call__(self) -> bool:
        """Whether the run was cancelled or taken away."""
        return self._stop.is_set()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                if not self._kit.store.beat(self._run):
                    self._stop.set()
            except StoreError as error:
                log.warning("the lease of %s could not be renewed: %s", self._run.id, error.message)


class Workers:
    """Daemon threads, so that a running job never keeps the program from ending."""

    def __init__(self, kit: Kit, count: int = 2) -> None:
        self._kit = kit
        self._bell = threading.Condition()
        self._closed = False
        self._one_behind = threading.Lock()
        threading.Thread(target=_sweep, args=(kit,), name="sweep", daemon=True).start()
        for number in range(count):
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True).start()

    def submit(self, request: Request, *, owner: str = "local") -> Run:
        """Put a request in the queue and wake a worker."""
        run = submit(request, self._kit, owner=owner)
        with self._bell:
            self._bell.notify()
        return run

    def close(self) -> None:
        """Let the threads end after what they are doing."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()

    def _work(self) -> None:
        while not self._closed:
            try:
                run = self._kit.store.claim()
                if run is not None:
                    self._take(run)
                    continue
            except EngineError as error:
                log.error("worker: %s %s", error.message, error.hint)
            except Exception:
                log.exception("worker failed; it goes on")
            with self._bell:
                self._bell.wait(IDLE_SECONDS)

    def _take(self, run: Run) -> None:
        from engine.pipeline import run_request

        with Watch(run, self._kit) as watch:
            done = run_request(run, self._kit, _quiet, watch)
        threading.Thread(target=self._behind, args=(done,), name="behind", daemon=True).start()

    def _behind(self, run: Run) -> None:
        """What a person need not wait for; of one run at a time, so that the next answer has the processor."""
        try:
            with self._one_behind, about(run.id):
                finish(run, self._kit)
                self._kit.confirm()
        except EngineError as error:
            log.warning("behind %s: %s %s", run.id, error.message, error.hint)
        except Exception:
            log.exception("behind %s: it is left undone", run.id)
        if run.writing is not None:
            _try_model(self._kit, run.request.model)


def _sweep(kit: Kit) -> None:
    """Remove what workers that were killed left half written."""
    from engine.steps.containerize import sweep

    sweep(kit.settings.output_dir)


def _try_model(kit: Kit, wanted: str) -> None:
    """Try a model that has just given its first answer, so that the next request is asked in the way it does best."""
    from engine.authors.select.probing import try_unknown, untried

    try:
        if untried(kit, wanted):
            try_unknown(kit, wanted)
    except EngineError as error:
        log.warning("the language model could not be tried: %s", error.message)


def _quiet(event: Event) -> None:
    """Events are in the store; nobody else listens here."""
