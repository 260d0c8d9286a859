"""Work that a page starts and follows: it goes on when the page is left, tells how far it is, and can be cancelled."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from engine.errors import CancelledError, EngineError, UsageError
from workbench.foreign import plain

log = logging.getLogger(__name__)

MOST_KEPT = 40
EVERY = 0.4
# Seconds that a page waits for an answer before it draws a bar instead.
PATIENCE = 1.5
# What a job does: it is given where to tell (done, total) and where to see whether it was cancelled.
Work = Callable[[Callable[[int, int], None], Callable[[], bool]], Any]


@dataclass
class Job:
    """One piece of work: under way until `over`, then with its result or its error."""

    done: int = 0
    total: int = 0
    result: Any = None
    error: EngineError | None = None
    over: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, done: int, total: int) -> None:
        """How far it is."""
        self.done, self.total = done, total

    def run(self, work: Work) -> None:
        """Do it, and keep how it ended."""
        try:
            self.result = work(self.tell, self.stop.is_set)
        except EngineError as error:
            self.error = error
        except Exception as error:
            log.exception("work in the background failed")
            self.error = EngineError(f"It failed: {type(error).__name__}.", "The log has the details.")
        finally:
            self.over.set()


_jobs: OrderedDict[str, Job] = OrderedDict()
_lock = threading.Lock()


def job_of(key: str) -> Job | None:
    """The job under that key, if it was started."""
    with _lock:
        return _jobs.get(key)


def start(key: str, work: Work) -> Job:
    """Start the work under that key, unless it is under way; the oldest finished jobs are forgotten."""
    with _lock:
        found = _jobs.get(key)
        if found is not None and not found.over.is_set():
            return found
        job = _jobs[key] = Job()
        _jobs.move_to_end(key)
        finished = [name for name, each in _jobs.items() if each.over.is_set()]
        for name in finished[: max(0, len(_jobs) - MOST_KEPT)]:
            del _jobs[name]
    threading.Thread(target=job.run, args=(work,), name=f"page-{key[:40]}", daemon=True).start()
    return job


def soon(key: str, work: Work, what: str) -> Job | None:
    """The job of this work once it is over; what is quick is over at once, what is not is followed by a bar.

    An answer is kept, and so is what was asked wrongly; anything else that failed is tried again.
    """
    job = job_of(key)
    if job is None or (job.error is not None and not isinstance(job.error, UsageError | CancelledError)):
        job = start(key, work)
    if job.over.wait(PATIENCE):
        return job
    _bar(key, what)
    return None


def forget(key: str) -> None:
    """Drop a job that is over."""
    with _lock:
        _jobs.pop(key, None)


def follow(key: str, what: str) -> Any:
    """The result of the job under that key; None while it is under way or when it failed, which is drawn.

    While it runs a bar and a button to cancel are drawn in a part of the page that draws itself again.
    """
    job = job_of(key)
    if job is None:
        return None
    if not job.over.is_set():
        _bar(key, what)
        return None
    if isinstance(job.error, CancelledError):
        st.info("Cancelled.", icon=":material/cancel:")
    elif job.error is not None:
        from workbench.drawing import refusal

        refusal(job.error)
    return job.result


@st.fragment(run_every=EVERY)
def _bar(key: str, what: str) -> None:
    job = job_of(key)
    if job is None or job.over.is_set():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"{plain(what)}: {job.done:,} of {job.total:,}" if job.total else f"{plain(what)} ..."
        st.progress(min(job.done / job.total, 1.0) if job.total else 0.0, told)
        if st.button("Cancel", key=f"cancel-{key}", icon=":material/cancel:", disabled=job.stop.is_set()):
            job.stop.set()
