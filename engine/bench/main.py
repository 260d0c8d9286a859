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

from engine.bench import plain, start, workbench
from engine.bench.rows import TIMES, Row, Work, missing, row, say, seconds, turns
from engine.errors import EngineError, SandboxError
from engine.executors.outside.pool import REFILL_SECONDS
from engine.kit import Kit
from engine.products import Event, ParameterValue, Request, Results, Run, Status
from engine.queue import answer
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
        return [
            *start.measure(bed.environment, times),
            *engine_rows(bed, times, ("local", "docker")),
            *workbench.measure(bed.environment, SEED, times),
        ]


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
        """The request, a what-if and many; each in turns with the plain way."""
        bundle = plain.copy_bundle(Path(self.run.folder), self._bed.folder / f"plain-{self._name}", self._scenario(1))
        return [*self._local(bundle), self._many()] if self._name == "local" else [*self._docker(bundle), self._many()]

    def _local(self, bundle: Path) -> list[Row]:
        seed, what, _ = names("local")
        took, whole = turns(seed, [self._ask_again, lambda: plain.script(bundle, "run")], self._times, self._wait)
        alone = [self._what_if(), lambda: plain.script(bundle, "simulate", plain.SCENARIOS)]
        what_if, one = turns(what, alone, self._times)
        return [
            row(seed, took, against="python script.py run of the bundle", plain=whole, goal=GOALS["local"]),
            row(what, what_if, against="python script.py simulate of the bundle", plain=one),
        ]

    def _docker(self, bundle: Path) -> list[Row]:
        from engine.executors.docker import image

        seed, what, _ = names("docker")
        tag, whole, against = image.tag(), None, "cold hardened docker run of the bundle's script"
        try:
            plain.container(bundle, tag)
            cold = [self._ask_again, lambda: plain.container(bundle, tag)]
            took, whole = turns(seed, cold, self._times, self._wait)
        except SandboxError as error:
            against = f"not measured: {error.message}"
            (took,) = turns(seed, [self._ask_again], self._times, self._wait)
        (what_if,) = turns(what, [self._what_if()], max(self._times, WHAT_IFS))
        return [
            row(seed, took, against=against, plain=whole, goal=GOALS["docker"]),
            row(what, what_if, against=against, plain=whole),
        ]

    def _many(self) -> Row:
        _, _, name = names(self._name)
        scenarios = [self._scenario(number) for number in range(SCENARIOS)]
        sessions, loop = self._kit.sessions, plain.Loop(Path(self.run.folder))
        agree(sessions.simulate(self.run, scenarios)["scenarios"], loop(scenarios))
        ways = [lambda: sessions.simulate(self.run, scenarios), lambda: loop(scenarios)]
        took, looped = turns(name, ways, self._times)
        against = "a Python loop over the model's functions in this process"
        return row(name, took, against=against, plain=looped, goal=SCENARIOS_GOAL)

    def _ask(self) -> Run:
        request = Request(text=SEED, database=self._kit.remember(self._kit.settings.database), executor=self._name)
        run = answer(request, self._kit, silent)
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

    def _what_if(self) -> Work:
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
