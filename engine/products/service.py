"""A service: an answer that comes again, with its versions, its times, its alerts, and who is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from engine.products.base import Product


class Schedule(Product):
    """When an answer comes again: at the times of a cron line, or after a dataset was renewed."""

    cron: str = Field(default="", description="five fields, such as '0 7 * * 1' for Mondays at seven")
    zone: str = Field(default="UTC", description="time zone of the cron line, such as 'Europe/Berlin'")
    dataset: str = Field(default="", description="a dataset: the answer comes after each renewal of it")

    def __str__(self) -> str:
        return f"after {self.dataset} is renewed" if self.dataset else f"{self.cron} ({self.zone})"


class AlertKind(StrEnum):
    """What is watched for."""

    THRESHOLD = "threshold"
    CHANGE = "change"
    MISSING = "missing"
    FAILED = "failed"


class Alert(Product):
    """Something that is told when it begins, and not again while it stays so."""

    kind: AlertKind
    metric: str = Field(default="", description="one metric of the answer; none: every one")
    bound: str = Field(default="", description="of a threshold: such as '>= 1.25'; none: the metric's own")
    percent: float = Field(
        default=10.0, gt=0, le=1e6, allow_inf_nan=False, description="of a change: larger than so many percent"
    )


class Mail(Product):
    """E-mail with the PDF."""

    kind: Literal["mail"] = "mail"
    to: tuple[str, ...]

    def __str__(self) -> str:
        return f"mail to {', '.join(self.to)}"


class Hook(Product):
    """A message to Slack or Teams. The address is a secret of the environment; its name is kept, never itself."""

    kind: Literal["slack", "teams"]
    secret: str

    def __str__(self) -> str:
        return f"{self.kind} at SECRET_{self.secret}"


class Callback(Product):
    """The whole answer as JSON by POST, signed with a secret of the environment."""

    kind: Literal["callback"] = "callback"
    url: str
    secret: str

    def __str__(self) -> str:
        # What stands behind the path may be a secret.
        return f"callback to {self.url.partition('?')[0]}"


class Drop(Product):
    """The PDF and the answer as JSON, into a folder below DELIVERY_DIR."""

    kind: Literal["folder"] = "folder"
    folder: str

    def __str__(self) -> str:
        return f"folder {self.folder}"


Channel = Annotated[Mail | Hook | Callback | Drop, Field(discriminator="kind")]


class Told(StrEnum):
    """When channels hear of an answer."""

    ALWAYS = "always"
    CHANGES = "changes"
    ALERTS = "alerts"


class Blank(Product):
    """A value of the answer that whoever calls the service may choose: "DSCR for {property}"."""

    name: str
    label: str
    value: str = Field(description="the value that the answer has, which stands where none is given")


class Version(Product):
    """What a service stands on: the run whose script it runs, with its scenarios."""

    number: int
    run_id: str
    made_at: datetime
    note: str = ""
    meaning: str = Field(default="", description="a short sum of the schema and what was said of it")
    limits: str = Field(default="", description="how much time and memory its script had, such as '60 s, 512 MB'")


class Service(Product):
    """A named service with its versions, of which one is in force."""

    id: str
    name: str = Field(description="short, of letters, digits and '-': it stands in addresses")
    title: str
    on: bool = True
    number: int = Field(default=1, description="the version in force")
    versions: tuple[Version, ...] = ()
    revision: int = Field(
        default=0, description="how often it was changed: a change of one that changed meanwhile is refused"
    )
    moves: bool = Field(
        default=True, description="whether the period moves on with time, where the version in force can"
    )
    schedule: Schedule | None = None
    since: datetime = Field(description="times before this are none of the schedule's")
    alerts: tuple[Alert, ...] = ()
    channels: tuple[Channel, ...] = ()
    told: Told = Told.ALWAYS
    blanks: tuple[Blank, ...] = ()
    made_at: datetime

    @property
    def version(self) -> Version:
        """The version in force."""
        return next(each for each in self.versions if each.number == self.number)


class TickState(StrEnum):
    """How far an answer of a service is."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Shift(Product):
    """A number of the answer, then and now, with its verdicts."""

    name: str
    label: str
    unit: str = ""
    before: float | None = None
    after: float | None = None
    verdict_before: str = ""
    verdict_after: str = ""


class Report(Product):
    """What one answer of a service came to, and what changed since the one before."""

    headline: str = ""
    shifts: tuple[Shift, ...] = ()
    members: tuple[Shift, ...] = Field(
        default=(), description="of a chart with a threshold: each member that it judges"
    )
    rows: tuple[str, ...] = Field(default=(), description="what changed in the rows, a sentence a source")
    why: tuple[str, ...] = Field(default=(), description="what moved the first number, largest first")
    compared: str = Field(default="", description="the run it is compared with; empty for a first one")
    compared_at: datetime | None = None
    fired: tuple[str, ...] = Field(default=(), description="alerts that began, a sentence each")
    over: tuple[str, ...] = Field(default=(), description="alerts that ended, a sentence each")
    standing: tuple[str, ...] = Field(default=(), description="keys of the alerts that hold now")
    notes: tuple[str, ...] = ()
    failure: str = ""

    @property
    def same(self) -> bool:
        """Whether no number moved and nothing failed."""
        return not self.failure and all(each.before == each.after for each in (*self.shifts, *self.members))


class Tick(Product):
    """One answer of a service: when it was due, what made it due, and what it came to."""

    id: str
    service_id: str
    version: int
    due_at: datetime
    cause: Literal["schedule", "dataset", "asked"] = "schedule"
    state: TickState = TickState.DUE
    attempt: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    missed: int = Field(default=0, description="times before it that were missed, which it stands for")
    run_id: str = ""
    report: Report | None = None


class DeliveryState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Delivery(Product):
    """A message about one answer to one channel; `doubtful` once it may have arrived although nobody said so."""

    id: str
    service_id: str
    tick_id: str
    channel: Channel
    state: DeliveryState = DeliveryState.WAITING
    attempt: int = 0
    next_at: datetime
    doubtful: bool = False
    error: str = ""
    sent_at: datetime | None = None


def version_of(service: Service, number: int) -> Version | None:
    """The version of that number, if there is one."""
    return next((each for each in service.versions if each.number == number), None)


def said(channels: Sequence[Channel]) -> str:
    """Channels in one line."""
    return "; ".join(map(str, channels)) or "nobody"
