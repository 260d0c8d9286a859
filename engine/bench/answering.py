"""One question, asked of an author and taken to its end in the sandbox: how far it came, and whether it is right."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.authors.base import Author, Ground
from engine.bench.questions import AS_OF, matches
from engine.declared import declared_sources
from engine.errors import EngineError, SandboxError
from engine.executors.base import Executor
from engine.executors.parcel import Parcel
from engine.language_model.client import Client, Wish
from engine.language_model.reply import Reply
from engine.products import Limits, Plan, Request, Script
from engine.rules import check
from engine.sources.connection import Connection
from engine.sources.snapshot import load_snapshot
from engine.steps import ask
from engine.steps.doubt import doubtful

STAGES = ("right", "wrong", "asked", "declined", "failed")


class Recorder(Client):
    """A client that asks the same thing once: two ways of one bench share a model's answer. `waited`: seconds."""

    waited = 0.0

    def chat(self, messages: Sequence[Mapping[str, str]], wish: Wish, *others: Any, **named: Any) -> Reply:
        """The model's answer, or the one it gave before to the very same prompt."""
        known: dict[str, Reply] = self.__dict__.setdefault("_known", {})
        key = json.dumps([list(map(dict, messages)), wish.limit, wish.temperature, wish.seed])
        if key not in known:
            began = time.monotonic()
            try:
                known[key] = super().chat(messages, wish, *others, **named)
            finally:
                self.waited += time.monotonic() - began
        return known[key]


@dataclass(frozen=True)
class Outcome:
    """How one question went. `reached` is the last of planned, accepted and ran; seconds in the model and outside."""

    id: str
    answerable: bool
    author: str = ""
    stage: str = "failed"
    reached: str = ""
    detail: str = ""
    warnings: tuple[str, ...] = ()
    tokens: int = 0
    model_seconds: float = 0.0
    own_seconds: float = 0.0
    script: str = ""

    def came(self, stage: str) -> bool:
        """Whether it came as far as planned, accepted or ran."""
        order = ("planned", "accepted", "ran")
        return self.reached in order[order.index(stage) :]

    @property
    def words(self) -> str:
        """One line for a person who follows."""
        warned = f" [{len(self.warnings)} warnings]" if self.warnings else ""
        detail = f": {self.detail}" if self.detail else ""
        seconds = f"{self.model_seconds:.1f} s in the model, {self.own_seconds:.1f} s outside"
        return f"{self.stage} ({self.author}, {self.tokens} tokens, {seconds}){warned}{detail}"


def outcome_of(
    question: Mapping[str, Any], connection: Connection, author: Author, executor: Executor, client: Recorder
) -> Outcome:
    """The outcome of one question; whatever goes wrong with it is its outcome, never an exception."""
    executor.warm()  # as the workbench keeps one ready while a request is read
    began, waited = time.monotonic(), client.waited
    made = Outcome(question["id"], not isinstance(question["gold_answer"], str))
    ground = Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=AS_OF
    )
    try:
        made = _asked(made, question, author, ground, connection, executor)
    except ask.Asked as asked:
        made = replace(made, stage="asked", detail=asked.question.text)
    except ask.NotUnderstood as no:
        made = replace(made, stage="declined", detail=no.message)
    except EngineError as error:
        made = replace(made, detail=error.message)
    except Exception as error:  # a fault of one question must not end a bench of an hour
        made = replace(made, detail=f"{type(error).__name__}: {error}")
    writing = author.writing
    return replace(
        made,
        author=author.name,
        tokens=writing.written_tokens if writing else 0,
        model_seconds=writing.seconds if writing else 0.0,
        own_seconds=time.monotonic() - began - (client.waited - waited),
    )


def _asked(
    made: Outcome,
    question: Mapping[str, Any],
    author: Author,
    ground: Ground,
    connection: Connection,
    executor: Executor,
) -> Outcome:
    """The steps in their order; a failure after the plan keeps how far it came."""
    request = Request(text=question["question"], database=question["database"])
    plan = ask.plan(request, ask.analyse(request, author, ground), author, ground)
    reached = "planned"
    try:
        script = ask.generate(request, plan, author, ground)
        reached = "accepted" if check(script.text).accepted else reached
        with tempfile.TemporaryDirectory() as folder:
            script, document = _run(author, request, plan, script, ground, connection, executor, Path(folder))
            model = script.author == "model"
            said = doubtful(document, plan, Path(folder), lambda: executor.open(Limits())) if model else ()
    except EngineError as error:
        return replace(made, reached=reached, detail=error.message)
    right = made.answerable and matches(answer_of(document), question)
    return replace(made, stage="right" if right else "wrong", reached="ran", warnings=tuple(said), script=script.text)


def _run(
    author: Author,
    request: Request,
    plan: Plan,
    script: Script,
    ground: Ground,
    connection: Connection,
    executor: Executor,
    folder: Path,
) -> tuple[Script, dict[str, Any]]:
    """The script that ran at last, and its document; its author mends it where it fails and finishes it."""
    while True:
        try:
            document = _document(script, connection, executor, folder)
        except SandboxError as error:
            again = author.revise(request, plan, script, error, ground)
            if again is None:
                raise
        else:
            again = author.finish(request, plan, document, ground)
            if again is None:
                return script, document
        script = again


def _document(script: Script, connection: Connection, executor: Executor, folder: Path) -> dict[str, Any]:
    files = {"script.py": folder / "script.py"}
    files["script.py"].write_text(script.text, encoding="utf-8")
    for name, content in load_snapshot(connection.door, declared_sources(script.text)).files.items():
        files[name] = folder / name
        files[name].parent.mkdir(exist_ok=True)
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
