"""A run with its products, how a language model took part, and what is told while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import Field

from engine.products.base import Product, Status, Step
from engine.products.execution import Bundle, Execution
from engine.products.plan import Plan
from engine.products.request import Question, Request
from engine.products.results import Results
from engine.products.script import Script, Verdict
from engine.products.task import Task


class ModelCall(Product):
    """One call of a language model: what for, what was sent and answered, and what it took."""

    purpose: str
    prompt: str
    reply: str
    prompt_tokens: int
    written_tokens: int
    seconds: float
    estimated: bool = False
    thinking: str = Field(default="", description="what the model thought before it answered")


class Writing(Product):
    """How a language model took part in a run: which one, every call, what was put right, what it cost."""

    server: str
    model: str
    calls: tuple[ModelCall, ...] = ()
    fixes: tuple[str, ...] = ()
    cost: float | None = Field(default=None, description="USD, where LLM_PRICE says what tokens cost")

    @property
    def seconds(self) -> float:
        """Seconds in the model."""
        return sum(call.seconds for call in self.calls)

    @property
    def prompt_tokens(self) -> int:
        """Tokens sent."""
        return sum(call.prompt_tokens for call in self.calls)

    @property
    def written_tokens(self) -> int:
        """Tokens written."""
        return sum(call.written_tokens for call in self.calls)

    @property
    def words(self) -> str:
        """In one line."""
        calls = f"{len(self.calls)} call{'' if len(self.calls) == 1 else 's'}"
        cost = f", {self.cost:.4f} USD" if self.cost is not None else ""
        return (
            f"{self.model}: {calls}, {self.prompt_tokens:,} tokens read, {self.written_tokens:,} written,"
            f" {self.seconds:.1f} s{cost}"
        )


class Failure(Product):
    """Why a run ended without results: where, what happened, what to do."""

    step: Step
    message: str
    hint: str


class Event(Product):
    """Something happened in a run. state: started, progress, log, written (by a model), done or failed."""

    step: Step
    state: str
    message: str = ""
    at: datetime
    seconds: float | None = None


Tell = Callable[[Event], None]


Cancelled = Callable[[], bool]


class Run(Product):
    """A request and every product made of it so far."""

    id: str
    title: str
    status: Status
    created_at: datetime
    attempt: int = 0
    archived: bool = False
    owner: str = "local"
    folder: str = ""
    request: Request
    task: Task | None = None
    plan: Plan | None = None
    script: Script | None = None
    verdict: Verdict | None = None
    bundle: Bundle | None = None
    execution: Execution | None = None
    results: Results | None = None
    writing: Writing | None = None
    question: Question | None = None
    failure: Failure | None = None
    seconds: Mapping[str, float] = Field(default_factory=dict, description="step: seconds it took")
