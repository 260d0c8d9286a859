"""The open sandboxes, by run: opened when a run executes, kept for its what-ifs and dashboard, closed when idle.

Any number of dashboards can exist; few run. One that was closed is opened again by the next request for it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import SandboxError, UsageError
from engine.executors.base import Executor, Reply, Session, TellEvent
from engine.executors.outside.payload import Payload
from engine.products import Cancelled, Limits, Run
from engine.results.document import parsed
from engine.scenarios.spreading import Loop, TellDone, counted, spread
from runtime.batch import batch, pack, unpack
from runtime.brand import FILES as BRAND_FILES
from runtime.failures import UsageFailure
from runtime.told import MOST, listed

IDLE_SECONDS = 15 * 60.0
MOST_OPEN = 8
# Seconds that a loop over scenarios may take in a run's own sandbox; longer ones are spread over several.
PATIENCE = 1.0
MOST_LOOPS = 30

# The executor of a name; of none, the one that this machine can best offer.
ExecutorOf = Callable[[str], Executor]


class Sessions:
    """One session a run, at most MOST_OPEN; the least used is closed when another is needed."""

    def __init__(self, executor: ExecutorOf, limits: Limits, idle_seconds: float = IDLE_SECONDS) -> None:
        self._executor = executor
        self._limits = limits
        self._idle_seconds = idle_seconds
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._making: dict[str, threading.Lock] = {}
        self._open: dict[str, tuple[Session, float]] = {}
        threading.Thread(target=self._stop_idle, name="sessions-idle", daemon=True).start()

    @property
    def running(self) -> tuple[str, ...]:
        """The runs whose sandbox is open."""
        with self._lock:
            return tuple(run_id for run_id, (session, _) in self._open.items() if session.alive)

    def open(
        self,
        run: Run,
        folder: Path,
        tell: TellEvent | None = None,
        cancelled: Cancelled | None = None,
        keep_log: Callable[[str], object] | None = None,
    ) -> tuple[Session, Reply]:
        """A fresh session with the run's script opened over its snapshot, and the results document.

        When it fails, `keep_log` gets what was printed up to then.
        """
        session = self._executor(run.request.executor).open(self._limits)
        try:
            reply = session.ask({"do": "open"}, job_of(folder), tell=tell, cancelled=cancelled)
        except BaseException:
            session.close()
            if keep_log is not None:
                keep_log(session.log)
            raise
        self._put(run.id, session)
        return session, reply

    def ask(self, run: Run, message: Mapping[str, Any], body: bytes = b"", **options: Any) -> Reply:
        """Ask the run's session, opened again from its folder when it was closed."""
        with self._of(run) as session:
            return session.ask(message, body, **options)

    def simulate(
        self,
        run: Run,
        scenarios: Sequence[Mapping[str, Any]],
        tell: TellDone | None = None,
        cancelled: Cancelled | None = None,
    ) -> dict[str, Any]:
        """Every metric for every scenario, as `runtime.workspace.Workspace.simulate` gives it.

        `tell(done, total)` hears of scenarios where they take a while; models that take no arrays are spread.

        Raises:
            UsageError: no scenario, too many, or a value that is no number; the sandbox refuses the rest.
            CancelledError: `cancelled()` became true.
        """
        try:
            asked = batch(list(scenarios))
        except UsageFailure as failure:
            raise UsageError(failure.message, failure.hint) from None
        drivers, body = pack(asked.columns)
        message = {"do": "simulate", "count": len(asked), "drivers": drivers}
        reply = self._spread(run, message, body, tell, cancelled)
        from engine.results import answers

        head = answers.simulated(reply.header)
        try:
            rows = asked.rows(head.defaults, unpack(head.metrics, len(asked), reply.body))
        except (KeyError, ValueError) as error:
            raise SandboxError(f"The sandbox's numbers cannot be read: {error}.", "Ask again.") from error
        return {"scenarios": rows, "computed": head.computed, "arrays": head.arrays}

    def _spread(
        self, run: Run, message: Mapping[str, Any], body: bytes, tell: TellDone | None, cancelled: Cancelled | None
    ) -> Reply:
        """The reply; every loop that is too long for the run's own sandbox is spread over several, then asked again."""
        asked = {**message, "patience": PATIENCE}
        for _ in range(MOST_LOOPS):
            reply = self.ask(run, asked, body, tell=counted(tell), cancelled=cancelled)
            wanted = reply.header.get("elsewhere")
            if wanted is None:
                return reply
            loop = Loop.read(wanted, reply.body)
            found = self.share(run, loop, tell, cancelled)
            self.ask(run, {"do": "learn", **wanted}, reply.body + found)
        raise SandboxError("The question loops again and again.", "Ask a smaller one.")

    def share(
        self,
        run: Run,
        loop: Loop,
        tell: TellDone | None = None,
        cancelled: Cancelled | None = None,
        sandboxes: int = 0,
    ) -> bytes:
        """The outputs of a loop, shared by sandboxes of their own, a core each; see `spreading.spread`."""
        return spread(lambda: self._another(run), loop, tell, cancelled, sandboxes)

    def _another(self, run: Run) -> Session:
        """One more sandbox with the run's script opened, beside its own."""
        session = self._executor(run.request.executor).open(self._limits)
        try:
            session.ask({"do": "open"}, job_of(self.folder(run)))
        except BaseException:
            session.close()
            raise
        return session

    def aside(
        self, run: Run, message: Mapping[str, Any], body: bytes, limits: Limits, cancelled: Cancelled | None = None
    ) -> Reply:
        """One question to a sandbox of its own, in which the run's script was never opened; it is ended after it."""
        session = self._executor(run.request.executor).open(limits)
        try:
            return session.ask(message, body, cancelled=cancelled)
        finally:
            session.close()

    def compared(
        self,
        run: Run,
        scenarios: Sequence[Mapping[str, Any]],
        tell: TellDone | None = None,
        cancelled: Cancelled | None = None,
    ) -> list[dict[str, Any]]:
        """The scenarios as `simulate` has them, with what stands behind each, unless they are too many for that."""
        found: list[dict[str, Any]] = self.simulate(run, scenarios, tell, cancelled)["scenarios"]
        return listed(found, self.behind(run, scenarios)) if 0 < len(found) <= MOST else found

    def behind(self, run: Run, scenarios: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What stands behind each scenario: `steps`, the quantities that moved, and `assumes`, in words."""
        reply = self.ask(run, {"do": "behind"}, json.dumps(list(scenarios)).encode())
        from engine.results import answers

        return answers.behind(reply.body, len(scenarios))

    def results(self, run: Run, values: Mapping[str, float]) -> dict[str, Any]:
        """The results document at these parameter values."""
        return parsed(self.ask(run, {"do": "results", "values": dict(values)}).body)

    def what_if(
        self,
        run: Run,
        question: Mapping[str, Any],
        tell: TellDone | None = None,
        cancelled: Cancelled | None = None,
    ) -> dict[str, Any]:
        """The answer to a what-if question, as `runtime.whatif.ask` gives it; long loops are spread and told."""
        reply = self._spread(run, {"do": "what_if"}, json.dumps(question).encode(), tell, cancelled)
        from engine.results import answers

        return answers.what_if(reply.body, str(question.get("kind")))

    def drop(self, run_id: str) -> None:
        """Close the run's session, if it has one."""
        with self._lock:
            kept = self._open.pop(run_id, None)
        if kept is not None:
            kept[0].close()

    def close(self) -> None:
        """Close all."""
        self._over.set()
        for run_id in list(self._open):
            self.drop(run_id)

    @contextmanager
    def _of(self, run: Run) -> Iterator[Session]:
        with self._lock:
            making = self._making.setdefault(run.id, threading.Lock())
        with making:
            session = self._alive(run.id)
            if session is None:
                session, _ = self.open(run, self.folder(run))
        yield session

    def folder(self, run: Run) -> Path:
        """The run's folder.

        Raises:
            UsageError: the run has none (it ended before step 6), or it was moved away.
        """
        folder = Path(run.folder) if run.folder else None
        if folder is None or not (folder / "script.py").exists():
            raise UsageError(f"Run {run.id} has no script to open.", "Ask again; its folder is gone or was never made.")
        return folder

    def _alive(self, run_id: str) -> Session | None:
        with self._lock:
            kept = self._open.get(run_id)
            if kept is None or not kept[0].alive:
                self._open.pop(run_id, None)
                return None
            self._open[run_id] = (kept[0], time.monotonic())
            return kept[0]

    def _put(self, run_id: str, session: Session) -> None:
        with self._lock:
            before = self._open.pop(run_id, None)
            self._open[run_id] = (session, time.monotonic())
            oldest = sorted(self._open, key=lambda key: self._open[key][1])
            excess = [self._open.pop(key)[0] for key in oldest[: max(0, len(oldest) - MOST_OPEN)]]
        for stale in [*excess, *([before[0]] if before else [])]:
            stale.close()

    def _stop_idle(self) -> None:
        """Close what nobody asked for long, until all is over."""
        while not self._over.wait(self._idle_seconds / 30):
            longest = time.monotonic() - self._idle_seconds
            with self._lock:
                idle = [key for key, (_, used) in self._open.items() if used < longest]
                closing = [self._open.pop(key)[0] for key in idle]
            for session in closing:
                session.close()


def job_of(folder: Path) -> Payload:
    """Return what is sent to the sandbox: script, snapshot and brand, as a tar; nothing else of the folder."""
    try:
        data = {f"data/{path.name}": path for path in sorted((folder / "data").iterdir()) if path.is_file()}
        brand = {name: folder / name for name in BRAND_FILES if (folder / name).is_file()}
        return Payload({"script.py": folder / "script.py", **data, **brand})
    except OSError as error:
        raise SandboxError(f"The run's folder cannot be read: {error}.", "Ask again.") from error
