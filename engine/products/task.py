"""Step 1: what a request was understood as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.products.base import Place, Product
from engine.products.request import Output, TaskKind


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
    edit: str = Field(default="", description="what a follow-up changes of the answer before it, as one sentence")
    intent: Mapping[str, Any] = Field(default_factory=dict, description="the author's own exact reading of the task")
    place: Place = Field(default="database", description="where the answer lies")
