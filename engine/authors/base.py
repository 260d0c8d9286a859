"""What an author is: it turns a request into a task, a plan and a script, or says why it cannot.

Two questions are never answered by guessing. What is ambiguous comes back as a `Question`, what is not
understood as `Declined`, with the words that stood in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import SandboxError
from engine.products import Place, Plan, Product, Question, Request, Script, Task, Writing
from engine.semantics.statements import NOTHING_SAID, Statements
from engine.sources.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.metrics.mapping import DatabaseMapping
    from engine.sources.values import ValueIndex


# The key of the question that says that no API is declared: an answer from elsewhere goes before it.
NO_API = "no api"


class Declined(Product):
    """The author cannot do it: why, which words it did not understand, and what it could do instead."""

    reason: str
    words: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    by_model: bool = False


@dataclass(frozen=True)
class Revision:
    """Another plan and its script, after a script failed."""

    plan: Plan
    script: Script


@dataclass(frozen=True)
class Ground:
    """What an author stands on: the schema, values and mapping of a place, what is said of it, a read, the date."""

    schema: Schema
    values: ValueIndex
    mapping: DatabaseMapping | None
    read: Callable[[str, Mapping[str, Any]], pd.DataFrame]
    today: date
    place: Place = "database"
    said: Statements = NOTHING_SAID


@dataclass(frozen=True)
class Earlier:
    """The answer that a request follows: what was asked, as what it was read, and by whom it was answered."""

    text: str
    task: Task
    reading: str = ""


class Author(Protocol):
    """One way to write scripts."""

    @property
    def name(self) -> str:
        """Which author it is."""
        ...

    @property
    def writing(self) -> Writing | None:
        """How a language model took part so far; None when none did."""
        ...

    def analyse(self, request: Request, ground: Ground) -> Task | Question | Declined:
        """Step 1: what is asked."""
        ...

    def sure(self, found: Task | Question | Declined) -> bool:
        """Whether a reading of this author stands without asking another one."""
        ...

    def turn(self, second: Task | Question | Declined | None = None) -> bool:
        """Turn to another author, which is shown what this one makes of the request; whether there is one."""
        ...

    def plan(self, request: Request, task: Task, ground: Ground) -> Plan | Question | Declined:
        """Step 2: what will be read, computed, shown and assumed."""
        ...

    def generate(self, request: Request, plan: Plan, ground: Ground) -> Script | Question | Declined:
        """Step 3: the script."""
        ...

    def revise(
        self, request: Request, plan: Plan, script: Script, error: SandboxError, ground: Ground
    ) -> Script | Revision | None:
        """Step 3 again, after a run of the script failed; None when the author has nothing else to offer."""
        ...

    def finish(self, request: Request, plan: Plan, document: Mapping[str, Any], ground: Ground) -> Script | None:
        """The script with what can be said only once it has run (a chart of its columns); None when it is whole."""
        ...
