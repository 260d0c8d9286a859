"""How well a language model answers with the product around it, beside the same model alone, over any questions.

A folder holds `questions.jsonl` or `questions-dev.jsonl` and, per database, NAME/NAME.sqlite. Ways: `plain` (the model
alone: tables, three rows of each, one SELECT), `product` (the whole pipeline, SELECTs believed), `interview` (the
whole pipeline, small questions), `unaided` (small questions for every request, the catalogue left out).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from engine.bench.answering import STAGES, UNAIDED, Outcome, kit_for, plain_outcome, product_outcome
from engine.bench.rows import Row, row, say
from engine.errors import UsageError
from engine.kit import Kit
from engine.language_model.choice import Ready

ROUTES = {"plain": "select", "product": "select", "interview": "interview", UNAIDED: UNAIDED}
WAYS = tuple(ROUTES)
FILES = ("questions.jsonl", "questions-dev.jsonl")
GOAL_RIGHT, GOAL_WRONG, GOAL_ASKED, GOAL_LIFTED, GOAL_OWN, GOAL_CALLS = 0.93, 0.02, 0.05, 0.70, 1.5, 2.0
REFUSED = ("asked", "declined")


def measure(
    folder: Path, url: str, most: int = 0, ways: Sequence[str] = WAYS, part: tuple[int, int] = (1, 1)
) -> list[Row]:
    """The rates over the questions of a folder, or over the first so many, each way beside the others."""
    outcomes: dict[str, list[Outcome]] = {way: [] for way in ways}
    chosen = questions_of(folder)[: most or None][part[0] - 1 :: part[1]]
    with tempfile.TemporaryDirectory() as made:
        for number, (way, question, outcome) in enumerate(_asked(chosen, folder, url, ways, Path(made)), 1):
            outcomes[way].append(outcome)
            say(f"{number}/{len(chosen) * len(ways)} {question['id']} {way}: {outcome.words}")
    return [each for way in ways for each in rows_of(outcomes[way], way)]


def _asked(
    questions: Sequence[Mapping[str, Any]], folder: Path, url: str, ways: Sequence[str], made: Path
) -> Iterator[tuple[str, Mapping[str, Any], Outcome]]:
    """Every question in every way, a database after the other."""
    for name in dict.fromkeys(question["database"] for question in questions):
        own = [question for question in questions if question["database"] == name]
        for way in ways:
            place = made / way / name
            place.mkdir(parents=True)
            kit = kit_for((folder / name / f"{name}.sqlite").resolve(), place, url, ROUTES[way])
            try:
                for question in own:
                    yield way, question, outcome_of(question, kit, way)
            finally:
                kit.close()


def outcome_of(question: Mapping[str, Any], kit: Kit, way: str) -> Outcome:
    """The outcome of one question in one way."""
    if way != "plain":
        return product_outcome(question, kit)
    ready: Ready | None = kit.models.client()
    if ready is None:
        raise UsageError("There is no language model.", "Give the address of a server.")
    return plain_outcome(question, kit, ready.client)


def questions_of(folder: Path) -> list[dict[str, Any]]:
    """The questions of a folder."""
    file = next(folder / name for name in FILES if (folder / name).is_file())
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def rows_of(outcomes: Sequence[Outcome], way: str) -> list[Row]:
    """The rates of one way: what became of the answerable questions and of the others, what it took, what it gives."""
    able = [each for each in outcomes if each.answerable]
    others = [each for each in outcomes if not each.answerable]
    goals = {"right": (GOAL_RIGHT, True), "wrong": (GOAL_WRONG, False), "asked": (GOAL_ASKED, False)}

    def share(name: str, part: int, whole: int, goal: float | None = None, *, more: bool = True) -> Row:
        value = part / whole if whole else None
        ok = None if goal is None or value is None else (value >= goal if more else value <= goal)
        rounded = None if value is None else round(value, 4)
        return Row(f"{way}: {name}", rounded, "share", f"{part} of {whole}", goal=goal, ok=ok)

    found = []
    for stage in STAGES:
        goal, more = goals.get(stage, (None, True)) if way != "plain" else (None, True)
        found.append(share(stage, sum(each.stage == stage for each in able), len(able), goal, more=more))
    found.append(share("unanswerable, not answered", len([o for o in others if o.stage in REFUSED]), len(others)))
    if way != "plain":
        numbers = [each for each in able if each.number and each.author == "model"]
        moving = [each for each in outcomes if each.stage == "right" and each.number]
        found += [
            share("numbers lifted into quantities", sum(o.lifted for o in numbers), len(numbers), GOAL_LIFTED),
            share("right numbers that a scenario changes", sum(o.moves for o in moving), len(moving), GOAL_LIFTED),
            share("wrong, with a warning", len([o for o in able if o.stage == "wrong" and o.warned]), len(able)),
        ]
    asked = [each for each in outcomes if each.calls]
    middle = {
        "calls, median": (median([o.calls for o in asked] or [0]), "calls", GOAL_CALLS),
        "tokens written, median": (median([o.tokens for o in asked] or [0]), "tokens", None),
        "seconds in the model, median": (median([o.model_seconds for o in asked] or [0.0]), "s", None),
        "seconds outside, median": (median([o.own_seconds for o in outcomes] or [0.0]), "s", GOAL_OWN),
    }
    return found + [row(f"{way}: {name}", value, unit, goal=goal) for name, (value, unit, goal) in middle.items()]


def arguments_of(argument: str) -> tuple[Path, str, int, tuple[str, ...], tuple[int, int]]:
    """Folder, server, how many questions, which ways and which part, from `FOLDER,URL[,COUNT][,WAY][,PART/PARTS]`.

    Raises:
        UsageError: one is missing or not known.
    """
    parts = [part for part in argument.split(",") if part]
    folder = Path(parts[0] if parts else os.environ.get("QUESTIONS_DIR", "."))
    url = parts[1] if len(parts) > 1 else os.environ.get("LLM_BASE_URL", "")
    ways = tuple(part for part in parts[2:] if part in WAYS)
    counts = [int(part) for part in parts[2:] if part.isdigit()]
    slices = [tuple(map(int, part.split("/"))) for part in parts[2:] if part.replace("/", "").isdigit() and "/" in part]
    known = len(ways) + len(counts) + len(slices)
    if not url or not any((folder / name).is_file() for name in FILES) or known < len(parts[2:]):
        raise UsageError(
            "A folder of questions and a language model's server are needed.",
            f"./run bench model FOLDER,http://localhost:1234/v1[,COUNT][,{'|'.join(WAYS)}][,PART/PARTS]"
            f" (with {' or '.join(FILES)} in the folder)",
        )
    part = (slices[0][0], slices[0][1]) if slices else (1, 1)
    return folder, url, counts[0] if counts else 0, ways or WAYS, part
