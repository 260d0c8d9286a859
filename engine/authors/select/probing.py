"""Which way a model is asked: six questions over the sample database with known answers tell whether it writes SELECTs.

They are asked once for a model, behind its first answer or by `./run doctor`, and kept; a setting overrides them. Until
they were asked, the model's name decides: one of under four thousand million parameters is asked small questions.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from engine.authors.base import Ground
from engine.authors.model.session import Talk
from engine.authors.select.prompt import ANSWER_TOKENS, order_of, show_tables, write_prompt
from engine.authors.select.reply import read_reply
from engine.compiling.agreement import plain_rows
from engine.errors import EngineError, ModelError
from engine.language_model.choice import Ready
from engine.language_model.client import Wish
from engine.language_model.endpoint import Endpoint
from engine.language_model.tokens import tokens_of
from engine.products import Product, Step
from engine.semantics.facts import look
from engine.settings import ROOT
from engine.sources.connection import open_connection
from engine.store.runs import Store

if TYPE_CHECKING:
    from engine.kit import Kit

SELECT, INTERVIEW, AUTO = "select", "interview", "auto"
ENOUGH = 4
SECONDS = 120.0
LEAST_SIZE = 4.0
AS_OF = date(2026, 11, 1)
_SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)b\b", re.IGNORECASE)
QUESTIONS = (
    ("How many properties are there in each region?", "SELECT region, COUNT(*) FROM properties GROUP BY region"),
    (
        "Which five properties have the largest leasable area, and how large is it?",
        "SELECT name, leasable_area_sqft FROM properties ORDER BY leasable_area_sqft DESC LIMIT 5",
    ),
    (
        "Total operating income of 2025 for each property type",
        "SELECT property_type, SUM(amount) FROM income_lines JOIN properties USING (property_id)"
        " WHERE period >= '2025-01-01' AND period < '2026-01-01' GROUP BY property_type",
    ),
    (
        "How many properties have no loan?",
        "SELECT COUNT(*) FROM properties WHERE property_id NOT IN (SELECT property_id FROM loans)",
    ),
    (
        "Which lenders have lent more than three loans, and how many each?",
        "SELECT lender, COUNT(*) FROM loans GROUP BY lender HAVING COUNT(*) > 3",
    ),
    (
        "What is the average budget of completed capital projects, by category?",
        "SELECT category, AVG(budget) FROM capital_projects WHERE status = 'completed' GROUP BY category",
    ),
)


class Trial(Product):
    """How a model answered the six questions; `asked` are fewer where the time ran out."""

    right: int
    asked: int
    seconds: float

    @property
    def route(self) -> str:
        """The way that its answers speak for: SELECTs where four of six, or three of four of fewer, were right."""
        enough = self.right >= ENOUGH or (2 <= self.asked < len(QUESTIONS) and self.right >= 0.75 * self.asked)
        return SELECT if enough else INTERVIEW

    @property
    def decides(self) -> bool:
        """Whether it tells anything: an answer came, or none did in all the time that there was."""
        return self.asked > 0 or self.seconds >= SECONDS

    @property
    def words(self) -> str:
        """In one line."""
        if not self.asked:
            return f"is asked small questions; SELECTs: none came within {SECONDS:.0f} s"
        each = self.seconds / self.asked
        what = "writes SELECTs" if self.route == SELECT else "is asked small questions; SELECTs"
        return f"{what}: {self.right} of {self.asked} right, {each:.1f} s each"


def route_of(setting: str, endpoint: Endpoint, store: Store) -> str:
    """The way a model is asked: as set, else as tried, else as its name says."""
    if setting in (SELECT, INTERVIEW):
        return setting
    kept = kept_trial(endpoint, store)
    return kept.route if kept is not None else INTERVIEW if is_small(endpoint.model) else SELECT


def is_small(model: str) -> bool:
    """Whether a model's name says that it is small: qwen2.5-coder-1.5b is."""
    sizes = [float(size) for size in _SIZE.findall(model)]
    return bool(sizes) and max(sizes) < LEAST_SIZE


def kept_trial(endpoint: Endpoint, store: Store) -> Trial | None:
    """How a model did when it was tried; None when it was not, or nothing of it could be judged."""
    try:
        return Trial.model_validate(store.choice(_key(endpoint)))
    except ValidationError:
        return None


def keep_trial(trial: Trial, endpoint: Endpoint, store: Store) -> None:
    """Keep how a model did."""
    store.choose(_key(endpoint), trial.model_dump(mode="json"))


def _key(endpoint: Endpoint) -> str:
    return f"trial {endpoint.url} {endpoint.model}"[:200]


def try_out(ready: Ready, cache: Path, cancelled: Callable[[], bool] = lambda: False) -> Trial:
    """Ask a model the six questions, for two minutes at most.

    Raises:
        ModelError: the server cannot be asked.
    """
    connection = open_connection(f"sqlite:///{ROOT / 'var' / 'sample.sqlite'}", cache)
    ground = Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=AS_OF
    )
    began, right, asked = time.monotonic(), 0, 0
    over = began + SECONDS
    talk = Talk(ready.client, lambda event: None, lambda: cancelled() or time.monotonic() > over, ready.window)
    for text, known in QUESTIONS:
        if time.monotonic() > over:
            break
        try:
            right += _answers(text, known, ground, talk)
        except ModelError:
            raise
        except EngineError:
            break
        asked += 1
    return Trial(right=right, asked=asked, seconds=time.monotonic() - began)


def untried(kit: Kit, wanted: str = "") -> bool:
    """Whether a model is to be tried behind its answer: it never was, and no setting speaks against it."""
    if kit.settings.llm_trial == "no" or kit.settings.llm_route != AUTO:
        return False
    ready = kit.models.client(wanted)
    return ready is not None and kept_trial(ready.client.endpoint, kit.store) is None


def try_unknown(kit: Kit, wanted: str = "", *, again: bool = False) -> Trial | None:
    """Try the model that would be asked, unless it was tried, and keep how it did; None when there is nothing to try.

    Raises:
        ModelError: the server cannot be asked.
    """
    ready = kit.models.client(wanted)
    if ready is None or kit.settings.llm_route != AUTO:
        return None
    known = kept_trial(ready.client.endpoint, kit.store)
    if known is not None and not again:
        return known
    trial = try_out(ready, kit.settings.var / "cache")
    if trial.decides:
        keep_trial(trial, ready.client.endpoint, kit.store)
    return trial


def _answers(text: str, known: str, ground: Ground, talk: Talk) -> bool:
    """Whether the model's SELECT gives what is known."""
    order = order_of(ground.schema, text, ground.values)
    facts = look(ground, [ground.schema.by_key[key] for key in order[:6]])
    empty = write_prompt(text, show_tables(ground.schema, facts, [], 0), ground.schema, ground.today, "")
    shown = show_tables(ground.schema, facts, order, max(talk.window - ANSWER_TOKENS - tokens_of(empty), 300))
    messages = write_prompt(text, shown, ground.schema, ground.today, facts.last_day(ground.today))
    reply = read_reply(talk.ask("a trial question", Step.ANALYSE, messages, Wish(ANSWER_TOKENS, 0.0)).text)
    if not reply.sql:
        return False
    try:
        return holds(ground.read(known, {}), ground.read(reply.sql, {}))
    except EngineError:
        return False


def holds(known: pd.DataFrame, given: pd.DataFrame) -> bool:
    """Whether every known row stands in a row of its own of what was given, which has no other rows."""
    wanted, rows = plain_rows(known), plain_rows(given)
    if len(wanted) != len(rows):
        return False
    for row in wanted:
        hit = next((at for at, other in enumerate(rows) if set(row) <= set(other)), None)
        if hit is None:
            return False
        rows.pop(hit)
    return True
