"""Every product that passes between steps, frozen, and nothing else.

A step takes products and gives one; none changes what it was given. All of them turn into JSON and back
(`model_dump_json`, `model_validate_json`), which is how the store keeps a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# "both": one SELECT over datasets with tables of the database laid beside them.
Place = Literal["database", "datasets", "both"]


class Product(BaseModel):
    """A frozen value; unknown fields are refused so that a stored run is never half understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(StrEnum):
    """The seven steps, in order."""

    ANALYSE = "analyse"
    PLAN = "plan"
    GENERATE = "generate"
    VALIDATE = "validate"
    CONTAINERIZE = "containerize"
    EXECUTE = "execute"
    RESULTS = "results"


class Status(StrEnum):
    """Where a run stands. The last five are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    NEEDS_INPUT = "needs_input"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self not in (Status.QUEUED, Status.RUNNING)


class TaskKind(StrEnum):
    """What is asked for, in one word."""

    CALCULATION = "calculation"
    DATA_PROCESSING = "data_processing"
    ANALYSIS = "analysis"
    REPORT_GENERATION = "report_generation"
    WEB_APP = "web_app"


class Output(StrEnum):
    """What a request wants to have in hand."""

    ANSWER = "answer"
    DASHBOARD = "dashboard"
    SIMULATION = "simulation"
    REPORT = "report"


class Request(Product):
    """What a person typed, over which database, and what they answered when asked back."""

    text: str
    database: str = Field(description="database URL without its password; the secret stays in the settings")
    answers: Mapping[str, str] = Field(default_factory=dict, description="question key: chosen option")
    author: str = "catalogue"
    executor: str = ""
    datasets: tuple[str, ...] = Field(default=(), description="ask these datasets alone; none: the database and all")
    model: str = Field(
        default="", description="a language model's server for this request; 'none': the catalogue alone"
    )
    script: str = Field(default="", description="a script that a person edited; then steps 1 to 3 are not asked")
    edited_from: str = Field(default="", description="the run whose script was edited")
    refreshed_from: str = Field(default="", description="the run whose script is run again, over data read now")


class Option(Product):
    """One way to answer a question."""

    value: str
    label: str


class Question(Product):
    """Asked when a guess would be needed. The answer goes back in `Request.answers[key]`."""

    key: str
    text: str
    options: tuple[Option, ...] = ()


class Reading(Product):
    """What some words of the request were taken to mean, for the person to check."""

    words: str
    meaning: str


class Task(Product):
    """Step 1: what is asked."""

    kind: TaskKind
    goal: str
    actions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    period: str = ""
    outputs: frozenset[Output] = frozenset({Output.ANSWER})
    readings: tuple[Reading, ...] = ()
    intent: Mapping[str, Any] = Field(default_factory=dict, description="the author's own exact reading of the task")
    place: Place = Field(default="database", description="where the answer lies")


class SourcePlan(Product):
    """One SELECT: what it reads, in words and in SQL, with its values bound, over the database or over datasets."""

    name: str
    reads: str
    sql: str
    bound: Mapping[str, Any] = Field(default_factory=dict)
    place: Place = "database"


class ParameterPlan(Product):
    """What a scenario may change."""

    name: str
    label: str
    default: float = 0.0
    low: float = -0.5
    high: float = 0.5
    unit: str = "percent"
    step: float | None = None
    description: str = ""


class QuantityPlan(Product):
    """One quantity: its arguments, the statements of its body, what it means."""

    name: str
    arguments: tuple[tuple[str, str], ...] = Field(description="(name, annotation), e.g. ('noi', 'float')")
    returns: str
    definition: str
    body: tuple[str, ...] = Field(description="lines of Python; the last is a return")


class ViewPlan(Product):
    """One entry of the view: kind is Metric, Chart or Table; the rest are its keyword arguments."""

    kind: str
    quantity: str
    options: Mapping[str, Any] = Field(default_factory=dict)


class Scenario(Product):
    """A named set of parameter values."""

    name: str
    values: Mapping[str, float] = Field(default_factory=dict)


class Goal(Product):
    """A target for a metric; `driver` is what shall reach it, empty for each driver alone."""

    output: str
    target: float
    driver: str = ""


class WhatIf(Product):
    """What a request supposes: scenarios beside the base, and a goal to reach."""

    scenarios: tuple[Scenario, ...] = ()
    goal: Goal | None = None

    @property
    def drivers(self) -> tuple[str, ...]:
        """The parameters that it speaks of."""
        named = [name for scenario in self.scenarios for name in scenario.values]
        return tuple(dict.fromkeys([*named, *([self.goal.driver] if self.goal and self.goal.driver else [])]))


class Plan(Product):
    """Step 2: what will be read, computed, shown and assumed, in words a person can approve."""

    title: str
    summary: str
    sources: tuple[SourcePlan, ...]
    parameters: tuple[ParameterPlan, ...] = ()
    quantities: tuple[QuantityPlan, ...]
    view: tuple[ViewPlan, ...]
    assumptions: tuple[str, ...] = ()
    helpers: tuple[str, ...] = Field(default=(), description="private functions and constants, as Python")
    imports: tuple[str, ...] = Field(default=(), description="imports that the bodies need besides the usual ones")
    intent: Mapping[str, Any] = Field(default_factory=dict, description="the author's own exact reading of the plan")
    what_if: WhatIf = WhatIf()


class Script(Product):
    """Step 3: the script's text and who wrote it."""

    text: str
    author: str
    title: str
    attempt: int = 1


class Severity(StrEnum):
    """A refusal stops the script; advice is shown."""

    REFUSE = "refuse"
    ADVICE = "advice"


class Finding(Product):
    """One thing a rule has to say about a script."""

    rule: str
    severity: Severity
    line: int
    message: str
    fix: str


class Verdict(Product):
    """Step 4: all findings at once."""

    findings: tuple[Finding, ...] = ()

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that stop the script."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.REFUSE)

    @property
    def accepted(self) -> bool:
        """Whether nothing stops the script."""
        return not self.refusals


class Bundle(Product):
    """Step 5: the run's folder. `files` are relative path: text; `copied` are folders of ours taken as they are."""

    folder: str
    files: Mapping[str, str]
    copied: tuple[str, ...] = ("runtime",)


class SourceData(Product):
    """What one source gave: its shape, not its rows (those lie beside, as Parquet)."""

    name: str
    sql: str
    bound: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: int
    read_at: datetime
    seconds: float
    origin: str = Field(default="", description="for datasets: the files and GETs that the rows came from")


class Limits(Product):
    """What one run may use. Beyond any of them it ends with the limit named."""

    memory_mb: int = 512
    cpus: float = 1.0
    wall_seconds: float = 60.0
    processes: int = 256
    result_mb: int = 64


class Execution(Product):
    """Step 6: how the run in the sandbox went."""

    executor: str
    snapshot: tuple[SourceData, ...] = ()
    seconds: float = 0.0
    load_seconds: float = 0.0
    log: str = ""
    limits: Limits = Limits()
    usage: Mapping[str, float] = Field(
        default_factory=dict, description="seconds, cpu_seconds, peak_memory_mb, sent_bytes, result_bytes"
    )
    notice: str = ""
    document: Mapping[str, Any] = Field(default_factory=dict, description="the runtime's results document")

    @property
    def used(self) -> str:
        """What the sandbox used, in words; empty when nothing was measured."""
        words = {
            "seconds": "{:.2f} s",
            "cpu_seconds": "{:.2f} s of processor time",
            "peak_memory_mb": "at most {:,.0f} MB of memory",
        }
        said = [text.format(self.usage[name]) for name, text in words.items() if name in self.usage]
        for name, way in (("sent_bytes", "in"), ("result_bytes", "out")):
            if name in self.usage:
                said.append(f"{self.usage[name] / 1000:,.1f} kB {way}")
        return ", ".join(said)


class MetricValue(Product):
    """One headline number; ok says whether it meets its threshold, None when it has none."""

    name: str
    label: str
    value: float | str | None
    unit: str = ""
    text: str = ""
    good: str = ""
    bad: str = ""
    ok: bool | None = None
    definition: str = ""


class TableData(Product):
    """Rows as they are shown. `total` is the row count before the cap."""

    name: str
    label: str
    columns: tuple[str, ...]
    units: Mapping[str, str] = Field(default_factory=dict)
    rows: tuple[tuple[Any, ...], ...]
    total: int


class ChartSpec(Product):
    """A chart as data: which table, what on which axis."""

    name: str
    label: str
    kind: str
    table: str
    x: str
    y: tuple[str, ...]
    series: str = ""
    unit: str = ""


class Quantity(Product):
    """Lineage of one number or table."""

    name: str
    definition: str
    formula: str
    inputs: tuple[str, ...]
    arithmetic: bool
    value: float | str | None = None
    unit: str = ""


class ParameterValue(Product):
    """A parameter as a form needs it."""

    name: str
    label: str
    default: float
    low: float
    high: float
    step: float
    unit: str
    description: str = ""


class ExportedFile(Product):
    """A file of the run, relative to its folder."""

    path: str
    kind: str
    size: int


class Reached(Product):
    """The values of a driver that reach a goal, within its bounds; without any, how near the metric comes."""

    driver: str
    solutions: tuple[float, ...] = ()
    nearest: float | None = None


class Supposed(Product):
    """What a request supposes, computed. `scenarios` as `Sessions.compared` gives them."""

    scenarios: tuple[Mapping[str, Any], ...] = ()
    goal: Goal | None = None
    reached: tuple[Reached, ...] = ()


class Results(Product):
    """Step 7: typed, ready to draw."""

    title: str
    metrics: tuple[MetricValue, ...]
    tables: Mapping[str, TableData]
    charts: tuple[ChartSpec, ...]
    parameters: tuple[ParameterValue, ...]
    quantities: tuple[Quantity, ...]
    sources: tuple[SourceData, ...]
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[ExportedFile, ...] = ()
    supposed: Supposed | None = None


class ModelCall(Product):
    """One call of a language model: what for, what was sent and answered, and what it took."""

    purpose: str
    prompt: str
    reply: str
    prompt_tokens: int
    written_tokens: int
    seconds: float
    estimated: bool = False


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
