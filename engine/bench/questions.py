"""How well plain analytics answers questions over databases it has never seen.

A folder holds `questions-dev.jsonl` (one question a line, with its gold answer) and one SQLite file per database.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd

from engine.authors.analytics.author import analyse, plan
from engine.authors.base import Declined, Ground
from engine.products import Plan, Question
from engine.sources.connection import Connection, open_connection

AS_OF = date(2026, 11, 22)
OUTCOMES = ("right", "wrong", "asked", "declined")


@dataclass(frozen=True)
class Verdict:
    """How one question went."""

    id: str
    question: str
    outcome: str
    detail: str
    answerable: bool


@dataclass(frozen=True)
class Measured:
    """How all questions went."""

    verdicts: tuple[Verdict, ...]

    def share(self, outcome: str, answerable: bool = True) -> float:
        """The share of an outcome among the (un)answerable questions."""
        outcomes = [each.outcome for each in self.verdicts if each.answerable is answerable]
        return outcomes.count(outcome) / len(outcomes) if outcomes else math.nan

    def count(self, answerable: bool = True) -> Counter[str]:
        """Outcomes of the (un)answerable questions."""
        return Counter(each.outcome for each in self.verdicts if each.answerable is answerable)


def measure(folder: Path) -> Measured:
    """Every question of a folder, asked as it stands."""
    lines = (folder / "questions-dev.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = []
    with tempfile.TemporaryDirectory() as cache:
        connections: dict[str, Connection] = {}
        for line in lines:
            question = json.loads(line)
            name = question["database"]
            if name not in connections:
                address = f"sqlite:///{folder / name / name}.sqlite"
                connections[name] = open_connection(address, Path(cache))
            verdicts += [_verdict(question, text, connections[name]) for text in (question["question"],)]
    return Measured(tuple(verdicts))


def _verdict(question: Mapping[str, Any], text: str, connection: Connection) -> Verdict:
    ground = Ground(
        schema=connection.schema, values=connection.values, mapping=None, read=connection.door.read, today=AS_OF
    )
    gold = question["gold_answer"]
    answerable = not isinstance(gold, str)
    outcome, detail = _outcome(text, ground, question if answerable else None)
    return Verdict(question["id"], text, outcome, detail, answerable)


def _outcome(text: str, ground: Ground, question: Mapping[str, Any] | None) -> tuple[str, str]:
    reading = analyse(text, ground, {})
    if isinstance(reading, Declined):
        return "declined", f"{reading.reason} {list(reading.words)}"
    if isinstance(reading, Question):
        return "asked", f"{reading.text} {[option.value for option in reading.options]}"
    made = plan(reading, ground)
    source = made.sources[0]
    rows = ground.read(source.sql, source.bound)
    answer = answer_of(made, rows)
    detail = f"{reading.sentence} | {source.sql} {dict(source.bound)} | {answer[:3]}"
    right = question is not None and matches(answer, question)
    return "right" if right else "wrong", detail


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


def matches(answer: list[tuple[Any, ...]], question: Mapping[str, Any]) -> bool:
    """Whether rows equal the gold answer as a set (in order where that is asked), whatever the order of columns."""
    gold = question["gold_answer"]
    columns: list[str] = gold["columns"]
    rows = [tuple(row) for row in gold["rows"]]
    ordered = bool(question["ordered"])
    for subset in _column_sets(columns, question.get("any_of_columns")):
        wanted = [tuple(row[at] for at in subset) for row in rows]
        if _same(answer, wanted, ordered, gold["n_rows"]):
            return True
    return False


def _column_sets(columns: list[str], optional: list[str] | None) -> Iterable[list[int]]:
    if not optional:
        return [list(range(len(columns)))]
    fixed = [at for at, name in enumerate(columns) if name not in optional]
    free = [at for at, name in enumerate(columns) if name in optional]
    subsets = [[at for bit, at in enumerate(free) if mask >> bit & 1] for mask in range(1, 2 ** len(free))]
    return [sorted([*chosen, *rest]) for chosen in subsets for rest in ([], fixed)]


def _same(answer: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]], ordered: bool, total: int) -> bool:
    if not answer or not wanted:
        return not answer and not wanted
    width = len(wanted[0])
    if len(answer[0]) != width:
        return False
    plain = [tuple(_plain(value) for value in row) for row in answer]
    gold = [tuple(_plain(value) for value in row) for row in wanted]
    if total > len(gold):
        plain = plain[: len(gold)] if ordered else plain
    for order in permutations(range(width)) if width <= 6 else [tuple(range(width))]:
        turned = [tuple(row[at] for at in order) for row in plain]
        if turned == gold or (set(turned) == set(gold) and (not ordered or _tied(turned, gold))):
            return True
    return False


def _tied(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> bool:
    """Whether two orders differ only among rows that share the value of some column, by which both are sorted."""
    if len(one) != len(other):
        return False
    return any([row[at] for row in one] == [row[at] for row in other] for at in range(len(one[0])))


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
        return None
    if isinstance(value, bool):
        return float(value)
    with suppress(TypeError, ValueError):
        return round(float(value), 3) if not isinstance(value, str) else _text(value)
    return _text(str(value))


def _text(value: str) -> str:
    return value.removesuffix(" 00:00:00").removesuffix("T00:00:00").strip()


def report(measured: Measured, verbose: bool = False) -> str:
    """The rates, and each question when asked for."""
    lines = []
    for each in measured.verdicts:
        if verbose:
            mark = "" if each.answerable else " (unanswerable)"
            lines.append(f"{each.outcome.upper():9}{mark} {each.id}: {each.question}\n    {each.detail}")
    for answerable, label in ((True, "answerable"), (False, "unanswerable")):
        counts = measured.count(answerable)
        total = sum(counts.values())
        rates = ", ".join(f"{name} {counts[name]} ({counts[name] / max(total, 1):.0%})" for name in OUTCOMES)
        lines.append(f"{total} {label}: {rates}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure the folder that is named, or that QUESTIONS_DIR names."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    folder = named[0] if named else os.environ.get("QUESTIONS_DIR", "")
    if not folder:
        print("usage: python -m engine.bench.questions FOLDER [-v]", file=sys.stderr)
        return 2
    print(report(measure(Path(folder)), verbose="-v" in arguments))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
