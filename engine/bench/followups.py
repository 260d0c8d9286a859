"""How well requests that follow an answer are read without a language model.

A folder holds `followups.jsonl` (a pair a line: `first`, `then`, and the gold answer of `then` in the light of `first`)
and the databases as `questions` has them. Where `first` is not read, the same in plainer words is (`first_plain`), and
such pairs are counted apart.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.authors.base import Declined, Earlier, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.bench.questions import AS_OF, OUTCOMES, database_of, rows_of
from engine.bench.scoring import matches
from engine.errors import EngineError
from engine.products import Question, Request, Task
from engine.sources.connection import Connection, open_connection

FILE = "followups.jsonl"
NOT_READ = "first not read"


@dataclass(frozen=True)
class Followed:
    """How one follow-up went: its outcome, by the first request in which words, and whether that was answered right."""

    id: str
    outcome: str
    detail: str
    plain: bool = False
    first_right: bool = True


def measure(folder: Path) -> tuple[Followed, ...]:
    """How the follow-ups of a folder go."""
    found = []
    with tempfile.TemporaryDirectory() as made:

        @cache
        def connection(name: str) -> Connection:
            return open_connection(f"sqlite:///{database_of(folder, name, Path(made))}", Path(made))

        for line in (folder / FILE).read_text(encoding="utf-8").splitlines():
            pair = json.loads(line)
            known = connection(pair["database"])
            ground = Ground(schema=known.schema, values=known.values, mapping=None, read=known.door.read, today=AS_OF)
            found.append(_followed(pair, ground))
    return tuple(found)


def _followed(pair: Mapping[str, Any], ground: Ground) -> Followed:
    author = CatalogueAuthor()
    for name in ("first", "first_plain"):
        text = pair.get(name) or ""
        task = author.analyse(Request(text=text, database=""), ground) if text else None
        if isinstance(task, Task) and "asked" in task.intent:
            gold = {"question": text, "gold_answer": pair["first_gold_answer"]}
            right = _outcome(Request(text=text, database=""), task, author, ground, gold)[0] == "right"
            outcome, detail = _after(pair, text, task, ground)
            return Followed(pair["id"], outcome, detail, name != "first", right)
    return Followed(pair["id"], NOT_READ, pair["first"])


def _after(pair: Mapping[str, Any], text: str, first: Task, ground: Ground) -> tuple[str, str]:
    author = CatalogueAuthor(earlier=Earlier(text, first, first.goal))
    request = Request(text=pair["then"], database="", after="first")
    found = author.analyse(request, ground)
    return _outcome(request, found, author, ground, {**pair, "question": f"{text} {pair['then']}"})


def _outcome(
    request: Request,
    found: Task | Question | Declined,
    author: CatalogueAuthor,
    ground: Ground,
    gold: Mapping[str, Any],
) -> tuple[str, str]:
    made = author.plan(request, found, ground) if isinstance(found, Task) else found
    if isinstance(made, Declined):
        return "declined", made.reason
    if isinstance(made, Question):
        return "asked", f"{made.text} {[option.label for option in made.options]}"
    try:
        rows = rows_of(made, ground)
    except EngineError as error:
        return "declined", error.message
    table = {"columns": [], "rows": [list(row) for row in rows]}
    right = matches({"tables": {"answer": table}}, gold)
    edit = found.edit if isinstance(found, Task) else ""
    return "right" if right else "wrong", f"{edit} | {made.summary} | {rows[:3]}"


def scorecard(found: tuple[Followed, ...]) -> str:
    """The outcomes as a table: where the first request was answered right, wrong, or only read in plainer words."""
    rows = {
        "first answered right": [each for each in found if not each.plain and each.first_right],
        "first answered otherwise": [each for each in found if not each.plain and not each.first_right],
        "first in plainer words": [each for each in found if each.plain],
        "all": list(found),
    }
    lines = [f"| follow-ups | {' | '.join(OUTCOMES)} | {NOT_READ} | of |", f"| --- |{' --- |' * (len(OUTCOMES) + 2)}"]
    for name, own in rows.items():
        if name == "first answered right":
            own = [each for each in own if each.outcome != NOT_READ]
        counts = Counter(each.outcome for each in own)
        lines.append(f"| {name} | {' | '.join(str(counts[o]) for o in (*OUTCOMES, NOT_READ))} | {len(own)} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure the folder that is named; `-v` tells each pair."""
    named = [argument for argument in arguments if not argument.startswith("-")]
    if not named:
        print("usage: python -m engine.bench.followups FOLDER [-v]", file=sys.stderr)
        return 2
    found = measure(Path(named[0]))
    for each in found if "-v" in arguments else ():
        print(f"{each.outcome.upper():9} {each.id}{' (plainer first)' if each.plain else ''}\n    {each.detail}")
    print(scorecard(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
