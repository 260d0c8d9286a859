"""What is asked, and what is asked back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from engine.products.base import Product


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


class Part(Product):
    """One answer that a memo is made of: for which value, its run, and its numbers under a scenario."""

    value: str
    run_id: str
    under: Mapping[str, float | None] = Field(default_factory=dict)


class Gathered(Product):
    """What a memo is made of: a service's answers, one for each value of one of its blanks."""

    service: str
    title: str
    blank: str
    label: str = Field(description="what the blank is called, such as 'Property'")
    values: tuple[str, ...] = Field(default=(), description="the values that were chosen; none: every one")
    scenario: str = ""
    parts: tuple[Part, ...] = ()
    missing: tuple[str, ...] = Field(default=(), description="values without an answer, and why")


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
    after: str = Field(default="", description="the run that the request follows: it changes what was asked there")
    as_of: str = Field(default="", description="the day that counts as today here, such as 2026-10-31")
    refreshed_from: str = Field(default="", description="the run whose script is run again, over data read now")
    gathered: Gathered | None = Field(default=None, description="the answers that it is made of, read in their place")
    filled: Mapping[str, str] = Field(
        default_factory=dict, description="with refreshed_from: new values by the bound values that they replace"
    )


class Option(Product):
    """One way to answer a question."""

    value: str
    label: str


class Question(Product):
    """Asked when a guess would be needed. The answer goes back in `Request.answers[key]`."""

    key: str
    text: str
    options: tuple[Option, ...] = ()
