"""How well a language model answers questions over databases it has never seen: plans, scripts, right answers, tokens.

A folder holds `questions-dev.jsonl` and one SQLite file per database; the model is asked alone, without the catalogue.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from engine.authors.base import Declined, Ground
from engine.authors.model.author import ModelAuthor
from engine.authors.model.prompting import VERSION
from engine.authors.model.session import Talk
from engine.bench.questions import AS_OF, matches
from engine.bench.rows import Row, row, say
from engine.declared import declared_sources
from engine.errors import EngineError, SandboxError, UsageError
from engine.executors import choose
from engine.executors.base import Executor
from engine.executors.parcel import Parcel
from engine.language_model.client import Client
from engine.language_model.discovery import look
from engine.language_model.endpoint import Endpoint, read_address
from engine.products import Limits, Plan, Question, Request, Script
from engine.rules import check
from engine.sources.connection import Connection, open_connection
from engine.sources.snapshot import load_snapshot

GOAL_TOKENS, GOAL_RAN, GOAL_RIGHT = 500, 0.85, 0.40


@dataclass(frozen=True)
class Outcome:
    """How one question went: how far it came, tokens written, seconds in the model and outside of it."""

    id: str
    stage: str
    planned: bool
    accepted: bool
    ran: bool
    right: bool
    tokens: int
    model_seconds: float
    own_seconds: float


def measure(folder: Path, url: str, most: int = 0) -> list[Row]:
    """The rates over the questions of a folder, or over the first so many."""
    questions = [json.loads(line) for line in (folder / "questions-dev.jsonl").read_text("utf-8").splitlines()]
    questions = [question for question in questions if not isinstance(question["gold_answer"], str)]
    endpoint = look(Endpoint(read_address(url), key=os.environ.get("LLM_API_KEY", ""))).endpoint
    client = Client(endpoint)
    executor = choose("local", Limits(), "owner", "").executor
    outcomes = []
    with tempfile.TemporaryDirectory() as cache:
        connections: dict[str, Connection] = {}
        for question in questions[: most or None]:
            name = question["database"]
            if name not in connections:
                connections[name] = open_connection(f"sqlite:///{folder / name / name}.sqlite", Path(cache))
            outcomes.append(_outcome(question, connections[name], client, executor))
            say(f"{outcomes[-1].id}: {outcomes[-1].stage}, {outcomes[-1].tokens} tokens")
    executor.close()
    client.close()
    return rows_of(outcomes, endpoint.model)


def rows_of(outcomes: list[Outcome], model: str) -> list[Row]:
    """The rates as rows."""
    about = f"{model}, prompts {VERSION}, {len(outcomes)} questions"

    def share(part: str, goal: float | None = None) -> Row:
        value = sum(bool(getattr(each, part)) for each in outcomes) / max(len(outcomes), 1)
        return Row(
            f"model: {part}", round(value, 4), "share", about, goal=goal, ok=None if goal is None else value >= goal
        )

    tokens = median([each.tokens for each in outcomes] or [0])
    return [
        share("planned"),
        share("accepted"),
        share("ran", GOAL_RAN),
        share("right", GOAL_RIGHT),
        row("model: tokens written, median", tokens, "tokens", against=about, goal=GOAL_TOKENS),
        row("model: seconds in the model, median", median([o.model_seconds for o in outcomes] or [0]), against=about),
        row(
            "model: seconds outside, median", median([o.own_seconds for o in outcomes] or [0.0]), against=about, goal=1
        ),
    ]


def _outcome(question: Mapping[str, Any], connection: Connection, client: Client, executor: Executor) -> Outcome:
    ground = Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=AS_OF
    )
    author = ModelAuthor(Talk(client, lambda event: None, lambda: False))
    request = Request(text=question["question"], database=question["database"])
    began = time.monotonic()
    plan: Plan | None = None
    script: Script | None = None
    answer: list[tuple[Any, ...]] | None = None
    stage = "planned"
    try:
        task = author.analyse(request, ground)
        made = task if isinstance(task, Question | Declined) else author.plan(request, task, ground)
        if isinstance(made, Question | Declined):
            stage = "asked" if isinstance(made, Question) else f"declined: {made.reason}"
        else:
            plan = made
            found = author.generate(request, plan, ground)
            script = found if isinstance(found, Script) else None
            answer = _answered(author, request, plan, script, ground, connection, executor) if script else None
            stage = "ran" if answer is not None else "asked"
    except EngineError as error:
        stage = f"failed: {error.message}"
    writing = author.writing
    model = writing.seconds if writing else 0.0
    right = answer is not None and matches(answer, question)
    return Outcome(
        question["id"],
        "right" if right else stage,
        planned=plan is not None,
        accepted=script is not None and check(script.text).accepted,
        ran=answer is not None,
        right=right,
        tokens=writing.written_tokens if writing else 0,
        model_seconds=model,
        own_seconds=time.monotonic() - began - model,
    )


def _answered(
    author: ModelAuthor,
    request: Request,
    plan: Plan,
    script: Script,
    ground: Ground,
    connection: Connection,
    executor: Executor,
) -> list[tuple[Any, ...]]:
    """The rows a script gives in the sandbox, its author mending it where it fails."""
    while True:
        try:
            return answer_of(_document(script, connection, executor))
        except SandboxError as error:
            again = author.revise(request, plan, script, error, ground)
            if again is None:
                raise
            script = again


def _document(script: Script, connection: Connection, executor: Executor) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as made:
        files = {"script.py": Path(made) / "script.py"}
        files["script.py"].write_text(script.text, encoding="utf-8")
        for name, content in load_snapshot(connection.door, declared_sources(script.text)).files.items():
            files[name] = Path(made) / Path(name).name
            files[name].write_bytes(content)
        session = executor.open(Limits())
        try:
            document: dict[str, Any] = json.loads(session.ask({"do": "open"}, Parcel(files)).body)
        finally:
            session.close()
    return document


def answer_of(document: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The first table of a results document, else its numbers as one row."""
    for table in document["tables"].values():
        return [tuple(cells) for cells in table["rows"]]
    return [tuple(metric["value"] for metric in document["metrics"])]


def arguments_of(argument: str) -> tuple[Path, str, int]:
    """Folder, server and how many questions, from `FOLDER,URL[,COUNT]` or from the environment.

    Raises:
        UsageError: one is missing.
    """
    parts = [part for part in argument.split(",") if part]
    folder = Path(parts[0] if parts else os.environ.get("QUESTIONS_DIR", "."))
    url = parts[1] if len(parts) > 1 else os.environ.get("LLM_BASE_URL", "")
    if not url or not (folder / "questions-dev.jsonl").is_file():
        raise UsageError(
            "A folder of questions and a language model's server are needed.",
            "./run bench model FOLDER,http://localhost:1234/v1 (with questions-dev.jsonl in the folder)",
        )
    return folder, url, int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else 0
