"""The main job: the seed request to typed results, one what-if, ten thousand of them; then the workbench itself."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bench import plain, workbench
from engine.bench.rows import TIMES, Row, missing, row, say, seconds, typical
from engine.errors import EngineError, SandboxError
from engine.executors.pool import REFILL_SECONDS
from engine.kit import Kit
from engine.products import Event, ParameterValue, Request, Results, Run, Status
from engine.queue import submit, work_on
from engine.settings import read_settings

SEED = "Calculate DSCR for Orlando Fashion Square and create a website to show results with simulations"
GOALS = {"local": 2.0, "docker": 4.0}
SCENARIOS, SCENARIOS_GOAL = 10_000, 1.0
WHAT_IFS = 20


@dataclass(frozen=True)
class Bed:
    """A folder with a database, a store and a place for runs, all of it gone afterwards."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point there."""
        return {
            "DATABASE_URL": f"sqlite:///{self.folder}/sample.sqlite",
            "STORE_URL": f"sqlite:///{self.folder}/store.sqlite",
            "OUTPUT_DIR": str(self.folder / "runs"),
            "LOG_DIR": str(self.folder / "logs"),
        }

    @contextmanager
    def kit(self) -> Iterator[Kit]:
        """The engine over it."""
        kit = Kit(read_settings(self.environment))
        try:
            yield kit
        finally:
            kit.close()


@contextmanager
def made_bed() -> Iterator[Bed]:
    """A bed with the sample database."""
    from sample.load import load

    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        bed = Bed(Path(folder))
        say("building the sample database")
        load(bed.environment["DATABASE_URL"])
        yield bed


def measure(times: int = TIMES) -> list[Row]:
    """All rows of the main job."""
    with made_bed() as bed:
        return [*engine_rows(bed, times, ("local", "docker")), *workbench.measure(bed.environment, SEED, times)]


def engine_rows(bed: Bed, times: int, executors: tuple[str, ...]) -> list[Row]:
    """What is measured without the pages, executor by executor."""
    found: list[Row] = []
    with bed.kit() as kit:
        for name in executors:
            try:
                found += Job(bed, kit, name, times).rows()
            except EngineError as error:
                found += absent(name, f"{error.message} {error.hint}".strip())
    return found


def absent(executor: str, reason: str) -> list[Row]:
    """The rows of an executor that does not work here."""
    goals = (GOALS[executor], None, SCENARIOS_GOAL)
    return [missing(name, reason, goal=goal) for name, goal in zip(names(executor), goals, strict=True)]


def names(executor: str) -> tuple[str, str, str]:
    """What is measured with an executor: the request, a what-if, and many."""
    return f"seed request, {executor}", f"what-if of four drivers, {executor}", f"{SCENARIOS:,} scenarios, {executor}"


class Job:
    """The seed request with one executor, and what follows it."""

    def __init__(self, bed: Bed, kit: Kit, executor: str, times: int) -> None:
        self._bed, self._kit, self._name, self._times = bed, kit, executor, times
        self._executor = kit.executor(executor).executor
        self._executor.prepare(say)
        limits = kit.settings.limits
        # A spare comes up a moment after the last one was taken; a loaded machine takes longer.
        boot = seconds(lambda: self._executor.open(limits).close())
        self._patience = REFILL_SECONDS + 2 * boot + 0.5
        self.run = self._ask()
        self._results = typed(self.run)

    def rows(self) -> list[Row]:
        """The request, a what-if and many."""
        took = typical(names(self._name)[0], self._ask_again, self._times, self._wait)
        return [*self._request_rows(took), self._many_row()]

    def _request_rows(self, took: float) -> list[Row]:
        name, (seed, what, _) = self._name, names(self._name)
        bundle = plain.copy_bundle(Path(self.run.folder), self._bed.folder / f"plain-{name}", self._scenario(1))
        what_if = typical(what, self._what_if(), max(self._times, WHAT_IFS))
        whole: float | None
        one: float | None
        if name == "local":
            whole = typical("plain script.py run", lambda: plain.script(bundle, "run"), self._times)
            one = typical(
                "plain script.py simulate", lambda: plain.script(bundle, "simulate", plain.SCENARIOS), self._times
            )
            words = ("python script.py run of the bundle", "python script.py simulate of the bundle")
        else:
            whole, word = self._cold_container(bundle)
            one, words = whole, (word, word)
        return [
            row(seed, took, against=words[0], plain=whole, goal=GOALS[name]),
            row(what, what_if, against=words[1], plain=one),
        ]

    def _cold_container(self, bundle: Path) -> tuple[float | None, str]:
        from engine.executors import image

        tag = image.tag()
        try:
            took = typical("cold docker run", lambda: plain.container(bundle, tag), self._times)
        except SandboxError as error:
            return None, f"not measured: {error.message}"
        return took, "cold hardened docker run of the bundle's script"

    def _many_row(self) -> Row:
        _, _, name = names(self._name)
        scenarios = [self._scenario(number) for number in range(SCENARIOS)]
        sessions, loop = self._kit.sessions, plain.Loop(Path(self.run.folder))
        ours = sessions.simulate(self.run, scenarios)["scenarios"]
        theirs = loop(scenarios)
        agree(ours, theirs)
        took = typical(name, lambda: sessions.simulate(self.run, scenarios), self._times)
        looped = typical("plain loop", lambda: loop(scenarios), self._times)
        against = "a Python loop over the model's functions in this process"
        return row(name, took, against=against, plain=looped, goal=SCENARIOS_GOAL)

    def _ask(self) -> Run:
        request = Request(text=SEED, database=self._kit.remember(self._kit.settings.database), executor=self._name)
        run = work_on(submit(request, self._kit).id, self._kit, silent)
        if run.status is not Status.DONE:
            said = run.failure.message if run.failure else f"the run is {run.status}"
            raise SandboxError(f"The seed request failed with the executor {self._name}: {said}")
        return run

    def _ask_again(self) -> None:
        """A later request; the run before gives its sandbox back only then, as in the workbench."""
        self.run = self._ask()

    def _wait(self) -> None:
        self._executor.warm()
        time.sleep(self._patience)

    def _scenario(self, number: int) -> dict[str, float]:
        """Four drivers at values that differ from scenario to scenario."""
        return {
            parameter.name: place(parameter, (number * 7 + 3 * index) % 101 / 100)
            for index, parameter in enumerate(self._results.parameters[:4])
        }

    def _what_if(self) -> Any:
        numbers = iter(range(1, 1 << 30))
        return lambda: self._kit.sessions.results(self.run, self._scenario(next(numbers)))


def place(parameter: ParameterValue, share: float) -> float:
    """A value of the parameter between its default and its highest."""
    return parameter.default + share * (parameter.high - parameter.default)


def agree(ours: list[dict[str, Any]], theirs: list[dict[str, float]]) -> None:
    """A quick answer counts only when it is the same answer."""
    for one, other in zip(ours, theirs, strict=True):
        for name, value in other.items():
            mine = one["metrics"][name]
            if not math.isclose(math.nan if mine is None else mine, value, rel_tol=1e-9):
                raise SandboxError(f"The scenario {one['name']} gives {name} = {mine}, a plain loop {value}.")


def typed(run: Run) -> Results:
    """The run's results.

    Raises:
        SandboxError: it has none.
    """
    if run.results is None:
        raise SandboxError(f"Run {run.id} has no results.")
    return run.results


def silent(event: Event) -> None:
    """Progress of a step is nobody's concern here."""
