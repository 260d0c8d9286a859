"""One question, asked in a way: of the product through its whole pipeline, or of the model alone by a plain prompt."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from engine.authors.base import Author, Ground
from engine.authors.model.author import ModelAuthor
from engine.authors.model.session import Talk
from engine.authors.select.reply import read_reply
from engine.bench.scoring import matches
from engine.errors import EngineError, UsageError
from engine.kit import Kit
from engine.language_model.client import Client, Wish
from engine.products import Cancelled, Request, Run, Status, Tell
from engine.queue import answer
from engine.settings import Settings
from engine.sources.naming import quoted_table
from engine.usecases.history import as_json

AS_OF = date(2026, 11, 22)
STAGES = ("right", "wrong", "asked", "declined", "failed")
PLAIN_TOKENS = 4_000
UNAIDED = "unaided"
_ENDS = {Status.NEEDS_INPUT: "asked", Status.REFUSED: "declined"}


@dataclass(frozen=True)
class Outcome:
    """How one question went: the way its answer took, its calls, tokens and seconds, in the model and outside."""

    id: str
    answerable: bool
    author: str = ""
    stage: str = "failed"
    detail: str = ""
    warned: bool = False
    number: bool = False
    lifted: bool = False
    moves: bool = False
    calls: int = 0
    tokens: int = 0
    model_seconds: float = 0.0
    own_seconds: float = 0.0

    @property
    def words(self) -> str:
        """One line for a person who follows."""
        detail = f": {self.detail}" if self.detail else ""
        seconds = f"{self.model_seconds:.1f} s in the model, {self.own_seconds:.1f} s outside"
        return f"{self.stage} ({self.author}, {self.calls} calls, {self.tokens} tokens, {seconds}){detail}"


class Unaided(Kit):
    """An engine that asks a model small questions of every request: how it does without the catalogue."""

    def author(self, request: Request, tell: Tell, cancelled: Cancelled) -> Author:
        """The author of the small questions.

        Raises:
            UsageError: there is no model.
        """
        ready = self.models.client(request.model)
        if ready is None:
            raise UsageError("There is no language model.", "Give the address of a server.")
        return ModelAuthor(Talk(ready.client, tell, cancelled, ready.window))


def kit_for(database: Path, folder: Path, url: str, route: str) -> Kit:
    """The engine over one SQLite file, its runs in a folder, its model behind an address and asked in one way."""
    made = Unaided if route == UNAIDED else Kit
    settings = Settings(
        database_url=f"sqlite:///{database}",
        store_url=f"sqlite:///{folder / 'store.sqlite'}",
        output_dir=folder / "runs",
        var_dir=folder,
        llm_base_url=url,
        llm_route="interview" if route == UNAIDED else route,
        executor="local",
    )
    return made(settings, today=lambda: AS_OF)


def product_outcome(question: Mapping[str, Any], kit: Kit) -> Outcome:
    """The outcome of one question asked of the product; whatever goes wrong with it is its outcome."""
    kit.executor("local").executor.warm()  # as the workbench keeps one ready while a request is read
    began = time.monotonic()
    run = answer(Request(text=question["question"], database=kit.settings.database), kit, lambda event: None)
    seconds = time.monotonic() - began
    writing = run.writing
    made = Outcome(
        id=question["id"],
        answerable=not isinstance(question["gold_answer"], str),
        author=run.script.author if run.script else "",
        stage=_stage(run, question),
        detail=_detail(run),
        warned=bool(run.results and run.results.warnings),
        lifted=bool(run.plan and run.plan.intent.get("lifted")),
        calls=len(writing.calls) if writing else 0,
        tokens=writing.written_tokens if writing else 0,
        model_seconds=writing.seconds if writing else 0.0,
        own_seconds=seconds - (writing.seconds if writing else 0.0),
    )
    if run.results is None:
        return made
    number = any(isinstance(each.value, float | int) for each in run.results.metrics)
    return replace(made, number=number, moves=number and _moves(run, kit))


def _stage(run: Run, question: Mapping[str, Any]) -> str:
    if run.status is not Status.DONE:
        return _ENDS.get(run.status, "failed")
    return "right" if not isinstance(question["gold_answer"], str) and matches(as_json(run), question) else "wrong"


def _detail(run: Run) -> str:
    if run.question is not None:
        return run.question.text
    return run.failure.message if run.failure is not None else ""


def _moves(run: Run, kit: Kit) -> bool:
    """Whether a scenario changes a number of the answer."""
    if run.results is None:
        return False
    base = [metric.value for metric in run.results.metrics]
    for parameter in run.results.parameters:
        rows = [{"name": "up", parameter.name: parameter.default + 0.1 * (parameter.high - parameter.default)}]
        try:
            moved = kit.sessions.simulate(run, rows)["scenarios"][0]["metrics"]
        except EngineError:
            continue
        if any(moved.get(m.name) not in (None, value) for m, value in zip(run.results.metrics, base, strict=True)):
            return True
    return False


def plain_outcome(question: Mapping[str, Any], kit: Kit, client: Client) -> Outcome:
    """The outcome of one question asked of the model alone: tables, three rows of each, and nothing of ours."""
    made = Outcome(question["id"], not isinstance(question["gold_answer"], str), author="model alone")
    ground = kit.ground(kit.settings.database)
    began = time.monotonic()
    try:
        reply = client.chat(plain_prompt(question["question"], ground), Wish(limit=PLAIN_TOKENS, temperature=0.0))
    except EngineError as error:
        return replace(made, detail=error.message)
    asked = time.monotonic() - began
    made = replace(made, calls=1, tokens=reply.usage.written_tokens, model_seconds=asked)
    sql = read_reply(reply.text).sql
    if not sql:
        return replace(made, stage="declined", detail=reply.text[:200])
    try:
        rows = ground.read(sql, {})
    except EngineError as error:
        return replace(made, detail=error.message)
    table = json.loads(rows.to_json(orient="split", date_format="iso"))
    document = {"tables": {"result": {"columns": table["columns"], "rows": table["data"]}}}
    return replace(made, stage="right" if made.answerable and matches(document, question) else "wrong")


def plain_prompt(text: str, ground: Ground) -> tuple[Mapping[str, str], ...]:
    """The prompt that a model is compared with: every table as DDL with three of its rows, and the question."""
    parts = []
    for table in ground.schema.tables:
        columns = ", ".join(f"{column.name} {column.type or 'TEXT'}" for column in table.columns)
        rows = ground.read(f"SELECT * FROM {quoted_table(table)} LIMIT 3", {})
        listed = "\n".join(str(tuple(row)) for row in rows.itertuples(index=False, name=None))
        parts.append(f"CREATE TABLE {table.key} ({columns});\n/* three rows:\n{listed} */")
    keys = [
        f"{key.table}({', '.join(key.columns)}) references {key.refers_table}({', '.join(key.refers_columns)})"
        for key in ground.schema.foreign_keys
        if not key.inferred
    ]
    told = "\n\n".join([*parts, *keys])
    return (
        {
            "role": "user",
            "content": f"{told}\n\nToday is {ground.today}. Question: {text}\n\nWrite one SELECT for SQLite that"
            " answers it, and nothing else; or, if the data cannot answer it, write CANNOT and why.",
        },
    )
