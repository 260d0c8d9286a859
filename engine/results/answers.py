"""What a sandbox answers besides its results document, as it must be: what-ifs, and what stands behind scenarios.

Each answer is strict about what is used of it. What else is there is bounded plain JSON that nobody looks at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from engine.errors import SandboxError
from engine.results.document import (
    HINT,
    MOST_NAMES,
    Limit,
    Measured,
    Name,
    Number,
    Text,
    first_fault,
    plain_json,
)

Listed = Annotated[list[Number], Field(max_length=100_000)]
Found = Annotated[list[Number | None], Field(max_length=100_000)]
HeaderText = Annotated[str, Field(pattern=r"^[\t\x20-\x7e\xa0-\xff]*$", max_length=8_000)]
Pair = Annotated[list[Number], Field(min_length=2, max_length=2)]


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Bar(Answer):
    """One driver of a tornado."""

    driver: Name
    label: Text
    low: Number
    high: Number
    at_low: Number | None
    at_high: Number | None
    swing: Number | None
    elasticity: Number | None


class Tornado(Answer):
    """Which driver moves an output how far."""

    output: Name
    base: Number
    bars: Annotated[list[Bar], Field(max_length=MOST_NAMES)]
    without_effect: Annotated[list[Name], Field(max_length=MOST_NAMES)]


class Grid(Answer):
    """An output over the values of one or two drivers."""

    output: Name
    x: Name
    y: Name | Literal[""] | None
    x_values: Listed
    y_values: Listed
    rows: Annotated[list[Found], Field(max_length=10_000)]


class Share(Answer):
    """One driver's part of the variance."""

    driver: Name
    label: Text
    first: Number
    total: Number


class Sobol(Answer):
    """Which driver explains how much of the variance."""

    output: Name
    base: Number
    evaluations: int
    seed: int
    rows: Annotated[list[Share], Field(max_length=MOST_NAMES)]
    interaction: Number


class Nearest(Answer):
    """How near an output comes to a target, and where."""

    value: Number
    output: Number


class GoalSeek(Answer):
    """Where an output is the target."""

    output: Name
    target: Number
    driver: Name
    label: Text
    bounds: Pair
    solutions: Listed
    nearest: Nearest | None


class BreakEven(Answer):
    """The same for every driver alone."""

    output: Name
    target: Number
    rows: Annotated[list[GoalSeek], Field(max_length=MOST_NAMES)]


class Breach(Answer):
    """How likely a threshold is missed."""

    threshold: Limit
    probability: Number
    interval: Pair


class Histogram(Answer):
    """How an output spreads."""

    edges: Listed
    counts: Annotated[list[int], Field(max_length=100_000)]


class Ranked(Answer):
    """One driver's part of the spread."""

    driver: Name
    rank: Annotated[float, Field(ge=-1.0001, le=1.0001)]
    share: Number


class Settled(Answer):
    """What the first draws say."""

    draws: int
    mean: Number
    low: Number = Field(alias="5")
    high: Number = Field(alias="95")
    breach: Number | None


class Valueless(Answer):
    """An output without a value in any draw."""

    output: Name
    base: Number
    failed: Number
    breach: None


class Spread(Answer):
    """How an output spreads over the draws."""

    output: Name
    base: Number
    failed: Number
    mean: Number
    sd: Number
    percentiles: Annotated[dict[str, Number], Field(max_length=100)]
    histogram: Histogram
    breach: Breach | None
    spread: Annotated[list[Ranked], Field(max_length=MOST_NAMES)]
    convergence: Annotated[list[Settled], Field(min_length=1, max_length=100)]


class MonteCarlo(Answer):
    """Outputs over random values of the drivers."""

    draws: int
    seed: int
    outputs: Annotated[list[Spread | Valueless], Field(min_length=1, max_length=MOST_NAMES)]
    outside_bounds: Annotated[dict[Name, Number], Field(max_length=MOST_NAMES)]


class StepBehind(Measured):
    """A quantity that moved in a scenario."""

    name: Name
    label: Text
    formula: Text
    base: Number
    value: Number | None
    drivers: Annotated[list[Name], Field(max_length=MOST_NAMES)]


class Behind(Answer):
    """What stands behind a scenario."""

    steps: Annotated[list[StepBehind], Field(max_length=MOST_NAMES)]
    assumes: Annotated[list[Text], Field(max_length=MOST_NAMES)]


class Simulated(Answer):
    """What goes before the numbers of scenarios."""

    metrics: Annotated[list[Name], Field(max_length=MOST_NAMES)]
    defaults: Annotated[dict[Name, Number], Field(max_length=MOST_NAMES)]
    computed: Annotated[list[Name], Field(max_length=MOST_NAMES)]
    arrays: bool


class FigurePart(Measured):
    """A metric as every member has it."""

    name: Name
    label: Text
    good: Limit
    bad: Limit


class WithValues(Answer):
    """A member that was computed."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    values: Annotated[dict[Name, Found], Field(max_length=MOST_NAMES)]


class WithoutValues(Answer):
    """A member that could not be computed, and why."""

    model_config = ConfigDict(strict=True, extra="forbid")
    reason: Text
    hint: Text


class Members(Answer):
    """The same model over many members."""

    figures: Annotated[list[FigurePart], Field(max_length=MOST_NAMES)]
    members: Annotated[list[WithValues | WithoutValues], Field(max_length=100_000)]


class Carried(Answer):
    """What goes before the body of a page: HTTP's status and headers, each one line of Latin text."""

    status: Annotated[int, Field(ge=200, le=599)]
    headers: Annotated[list[Annotated[list[HeaderText], Field(min_length=2, max_length=2)]], Field(max_length=100)]


KINDS: Mapping[str, type[Answer]] = {
    "tornado": Tornado,
    "grid": Grid,
    "sobol": Sobol,
    "goal_seek": GoalSeek,
    "break_even": BreakEven,
    "monte_carlo": MonteCarlo,
}
BEHIND = TypeAdapter(list[Behind])


def what_if(body: bytes, kind: str) -> dict[str, Any]:
    """The answer to a what-if question of that kind.

    Raises:
        SandboxError: it is none.
    """
    found = plain_json(body)
    try:
        # A kind that is not known was refused by the sandbox itself, so an answer to it is none.
        KINDS[kind].model_validate(found)
    except KeyError:
        raise SandboxError("The sandbox answered a question that there is not.", HINT) from None
    except ValidationError as error:
        raise first_fault(error, "The sandbox's answer") from None
    return dict(found)


def simulated(header: Mapping[str, Any]) -> Simulated:
    """The head of the numbers of scenarios.

    Raises:
        SandboxError: it is none.
    """
    try:
        return Simulated.model_validate(header)
    except ValidationError as error:
        raise first_fault(error, "The sandbox's answer") from None


def members(body: bytes, names: Sequence[str]) -> Members:
    """The answer for each of these members.

    Raises:
        SandboxError: it is none.
    """
    try:
        found = Members.model_validate(plain_json(body))
    except ValidationError as error:
        raise first_fault(error, "The sandbox's answer") from None
    wanted = {figure.name for figure in found.figures}
    told = [member.values.keys() for member in found.members if isinstance(member, WithValues)]
    if len(found.members) != len(names) or not all(wanted <= each for each in told):
        raise SandboxError("The sandbox's answer is not one for each member.", HINT)
    return found


def carried(header: Mapping[str, Any]) -> tuple[int, list[tuple[str, str]]]:
    """HTTP's status and headers as a sandbox gave them.

    Raises:
        SandboxError: they are none.
    """
    try:
        found = Carried.model_validate(header)
    except ValidationError as error:
        raise first_fault(error, "The dashboard's answer") from None
    return found.status, [(name, value) for name, value in found.headers]


def behind(body: bytes, scenarios: int) -> list[dict[str, Any]]:
    """What stands behind each of so many scenarios.

    Raises:
        SandboxError: it is no such answer.
    """
    found = plain_json(body)
    try:
        BEHIND.validate_python(found)
    except ValidationError as error:
        raise first_fault(error, "The sandbox's answer") from None
    if len(found) != scenarios:
        raise SandboxError(f"The sandbox answered {len(found)} scenarios, and {scenarios} were asked.", HINT)
    return list(found)
