"""How well requests are answered without a language model, over databases that nobody prepared.

A folder holds `questions.jsonl` or `questions-dev.jsonl` (one question a line, with its gold answer) and, for each
database, NAME/NAME.sqlite, or NAME/make.py which makes it.
"""

from __future__ import annotations

import io
import json
import math
import re
import runpy
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from engine.authors.base import Declined, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.bench.scoring import matches
from engine.errors import EngineError
from engine.products import Plan, Question, Request, Task
from engine.semantics.model import Origin
from engine.sources.connection import Connection, open_connection
from engine.usecases.meaning import proposed, source

AS_OF = date(2026, 11, 22)
OUTCOMES = ("right", "wrong", "asked", "declined")
FILES = ("questions.jsonl", "questions-dev.jsonl")
_DOUBTS = (-math.inf, 0.5, 1.0, 1.5, 2.0, 2.5)
_AMBIGUOUS = re.compile(r"-a\d")


@dataclass(frozen=True)
class Verdict:
    """How one question went."""

    id: str
    database: str
    wording: str
    question: str
    outcome: str
    detail: str
    answerable: bool
    ambiguous: bool = False
    doubt: float | None = None
    """What spoke against the reading that answered; None where the older rules did."""


@dataclass(frozen=True)
class Measured:
    """How all questions went."""

    verdicts: tuple[Verdict, ...]

    def share(self, outcome: str, answerable: bool = True) -> float:
        """The share of an outcome among the (un)answerable questions, the ambiguous ones aside."""
        counts = self.count(answerable)
        return counts[outcome] / counts.total() if counts else math.nan

    def count(self, answerable: bool = True, database: str = "", wording: str = "") -> Counter[str]:
        """Outcomes of the (un)answerable questions of a database and a wording, or of all; ambiguous ones aside."""
        return Counter(
            each.outcome
            for each in self.verdicts
            if each.answerable is answerable
            and not each.ambiguous
            and database in ("", each.database)
            and wording in ("", each.wording)
        )

    @property
    def ambiguous(self) -> Counter[str]:
        """Outcomes of the ambiguous questions: right where the reading that was taken is one of the right ones."""
        return Counter(each.outcome for each in self.verdicts if each.ambiguous)


def questions_in(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The questions of a folder; none where it has no file of them."""
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is not None:
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def measure(folder: Path, accepted: bool = False) -> Measured:
    """Every question of a folder, asked as it stands; `accepted`: once what is proposed of its database is kept."""
    verdicts = []
    with tempfile.TemporaryDirectory() as made:

        @cache
        def connection(name: str) -> Connection:
            return open_connection(f"sqlite:///{database_of(folder, name, Path(made))}", Path(made))

        @cache
        def ground(name: str) -> Ground:
            return _ground(connection(name), accepted)

        for question in questions_in(folder):
            verdicts.append(_verdict(question, ground(question["database"])))
    return Measured(tuple(verdicts))


def database_of(folder: Path, name: str, made: Path) -> Path:
    """The database of a name, made by its program where only that is there."""
    path = folder / name / f"{name}.sqlite"
    if path.is_file():
        return path
    program = made / name / "make.py"
    program.parent.mkdir()
    program.write_bytes((folder / name / "make.py").read_bytes())
    with redirect_stdout(io.StringIO()):  # what a program that makes a database prints is not ours
        runpy.run_path(str(program), run_name="__main__")
    return program.with_name(f"{name}.sqlite")


def _ground(connection: Connection, accepted: bool) -> Ground:
    """What is stood on over a database that nobody prepared, or of which a proposal was accepted unedited."""
    made = Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=AS_OF
    )
    return replace(made, said=proposed(made, partial(source, Origin.ACCEPTED, ""))) if accepted else made


def _verdict(question: Mapping[str, Any], ground: Ground) -> Verdict:
    answerable = not isinstance(question["gold_answer"], str)
    outcome, detail, doubt = _outcome(question, ground, answerable)
    return Verdict(
        id=question["id"],
        database=question["database"],
        wording=question.get("wording", ""),
        question=question["question"],
        outcome=outcome,
        detail=detail,
        answerable=answerable,
        ambiguous=bool(_AMBIGUOUS.search(question["id"])),
        doubt=doubt,
    )


def _outcome(question: Mapping[str, Any], ground: Ground, answerable: bool) -> tuple[str, str, float | None]:
    author = CatalogueAuthor()
    request = Request(text=question["question"], database="")
    task = author.analyse(request, ground)
    made = task if isinstance(task, Question | Declined) else author.plan(request, task, ground)
    if isinstance(made, Declined):
        return "declined", f"{made.reason} {list(made.words)}", None
    if isinstance(made, Question):
        return "asked", f"{made.text} {[option.label for option in made.options]}", None
    try:
        rows = rows_of(made, ground)
    except EngineError as error:
        return "declined", error.message, None
    table = {"columns": [], "rows": [list(row) for row in rows]}
    right = answerable and matches({"tables": {"answer": table}}, question)
    doubt = task.intent.get("doubt") if isinstance(task, Task) else None
    return "right" if right else "wrong", f"{made.summary} | {_sql(made)} | {rows[:3]}", doubt


def _sql(made: Plan) -> str:
    reply = made.intent.get("reply") or {}
    return str(reply.get("sql") or made.sources[0].sql)


def rows_of(made: Plan, ground: Ground) -> list[tuple[Any, ...]]:
    """What a plan answers: the rows of its SELECT, or what its quantities give over the rows of its one source."""
    if made.intent.get("reply"):
        return [tuple(row) for row in ground.read(_sql(made), {}).itertuples(index=False)]
    source = made.sources[0]
    return answer_of(made, ground.read(source.sql, source.bound))


def answer_of(made: Plan, rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """What the plan's quantities give over the rows that were read: the table, or the numbers in one row."""
    space: dict[str, Any] = {"pd": pd}
    for quantity in made.quantities:
        arguments = ", ".join(name for name, _ in quantity.arguments)
        body = "\n    ".join(quantity.body)
        exec(f"def {quantity.name}({arguments}):\n    {body}", space)  # noqa: S102 (the text is the author's own)
    table = next((view.quantity for view in made.view if view.kind == "Table"), None)
    if table is None:
        return [tuple(space[view.quantity](rows) for view in made.view)]
    frame = space[table](rows)
    return [tuple(row) for row in frame.itertuples(index=False)]


def report(measured: Measured, verbose: bool = False) -> str:
    """The scorecard, and each question when asked for."""
    lines = []
    for each in measured.verdicts if verbose else ():
        mark = "" if each.answerable else " (unanswerable)"
        lines.append(f"{each.outcome.upper():9}{mark} {each.id}: {each.question}\n    {each.detail}")
    lines += [scorecard(measured), "", reliability(measured), ""]
    for answerable, label in ((True, "answerable"), (False, "unanswerable")):
        counts = measured.count(answerable)
        rates = ", ".join(f"{name} {counts[name]} ({counts[name] / max(counts.total(), 1):.0%})" for name in OUTCOMES)
        lines.append(f"{counts.total()} {label}: {rates}")
    if counts := measured.ambiguous:
        lines.append(f"{counts.total()} ambiguous: {', '.join(f'{name} {counts[name]}' for name in OUTCOMES)}")
    return "\n".join(lines)


def scorecard(measured: Measured) -> str:
    """Outcomes of the answerable questions by database, then by wording, as a table."""
    databases = dict.fromkeys(each.database for each in measured.verdicts)
    wordings = [name for name in dict.fromkeys(each.wording for each in measured.verdicts) if name]
    rows = [(name, measured.count(database=name)) for name in databases]
    rows += [(f"wording: {name}", counts) for name in wordings if (counts := measured.count(wording=name))]
    rows.append(("all", measured.count()))
    lines = [f"| questions | {' | '.join(OUTCOMES)} | of |", f"| --- |{' --- |' * len(OUTCOMES)} --- |"]
    for name, counts in rows:
        lines.append(f"| {name} | {' | '.join(str(counts[outcome]) for outcome in OUTCOMES)} | {counts.total()} |")
    return "\n".join(lines)


def beside(bare: Measured, accepted: Measured) -> str:
    """What is right and wrong by database, with nothing confirmed and once the proposal is accepted, as a table."""
    lines = [
        "| questions | right | wrong | right, proposal accepted | wrong, proposal accepted | of |",
        f"| --- |{' --- |' * 5}",
    ]
    for name in (*dict.fromkeys(each.database for each in bare.verdicts), "all"):
        database = "" if name == "all" else name
        counts = [each.count(database=database) for each in (bare, accepted)]
        cells = [count[outcome] for count in counts for outcome in ("right", "wrong")]
        lines.append(f"| {name} | {' | '.join(map(str, cells))} | {counts[0].total()} |")
    return "\n".join(lines)


def reliability(measured: Measured) -> str:
    """How often answers were right by how much spoke against their reading, as a table."""
    lines = ["| doubt | right | of |", "| --- | --- | --- |"]
    for low, high in pairwise(_DOUBTS):
        within = [v for v in measured.verdicts if v.doubt is not None and low <= v.doubt < high and not v.ambiguous]
        right = sum(each.outcome == "right" for each in within)
        lines.append(f"| {max(low, 0):g} to {high:g} | {right} | {len(within)} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure the folder that is named."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    if not named:
        print("usage: python -m engine.bench.questions FOLDER [-v]", file=sys.stderr)
        return 2
    with suppress(BrokenPipeError):
        folder = Path(named[0])
        bare, accepted = measure(folder), measure(folder, accepted=True)
        print(report(bare if "--accepted" not in arguments else accepted, verbose="-v" in arguments))
        print(f"\n{beside(bare, accepted)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
