"""What every product has in common, the seven steps and where a run stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

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
