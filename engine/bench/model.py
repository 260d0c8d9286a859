"""How well questions are answered over databases never seen before: by a language model alone, and as the product does.

A folder holds `questions-dev.jsonl` and one SQLite file per database. `alone` asks the model every question; `product`
asks the catalogue first and the model what the catalogue declines. Both share the model's answers to equal prompts.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from engine.authors.base import Author
from engine.authors.catalogue import CatalogueAuthor
from engine.authors.model.author import ModelAuthor
from engine.authors.model.prompting import VERSION
from engine.authors.model.session import Talk
from engine.authors.surest import SurestAuthor
from engine.bench.answering import STAGES, Outcome, Recorder, outcome_of
from engine.bench.rows import Row, row, say
from engine.errors import UsageError
from engine.executors import choose
from engine.language_model.discovery import look
from engine.language_model.endpoint import Endpoint, read_address
from engine.products import Limits
from engine.sources.connection import Connection, open_connection

GOAL_TOKENS, GOAL_RAN, GOAL_RIGHT, GOAL_OWN = 500, 0.85, 0.40, 1.0
REFUSED = ("asked", "declined")
# No question may take longer than this, in seconds; what the model is doing then is cancelled.
LIMIT = 300.0


def _alone(talk: Talk) -> Author:
    return ModelAuthor(talk)


def _product(talk: Talk) -> Author:
    return SurestAuthor(CatalogueAuthor(), lambda: ModelAuthor(talk))


WAYS: dict[str, Callable[[Talk], Author]] = {"alone": _alone, "product": _product}


def measure(folder: Path, url: str, most: int = 0, ways: Sequence[str] = tuple(WAYS)) -> list[Row]:
    """The rates over the questions of a folder, or over the first so many, one way beside the other."""
    questions = [json.loads(line) for line in (folder / "questions-dev.jsonl").read_text("utf-8").splitlines()]
    chosen = questions[: most or None]
    endpoint = look(Endpoint(read_address(url), key=os.environ.get("LLM_API_KEY", ""))).endpoint
    client = Recorder(endpoint)
    executor = choose("local", Limits(), "owner", "").executor
    outcomes: dict[str, list[Outcome]] = {way: [] for way in ways}
    try:
        with tempfile.TemporaryDirectory() as cache:
            connections: dict[str, Connection] = {}
            for number, question in enumerate(chosen, 1):
                name = question["database"]
                if name not in connections:
                    connections[name] = open_connection(f"sqlite:///{folder / name / name}.sqlite", Path(cache))
                for way in ways:
                    author = WAYS[way](_talk(client))
                    found = outcome_of(question, connections[name], author, executor, client)
                    outcomes[way].append(found)
                    say(f"{number}/{len(chosen)} {found.id} {way}: {found.words}")
    finally:
        executor.close()
        client.close()
    return [each for way in ways for each in rows_of(outcomes[way], way, endpoint.model)]


def _talk(client: Recorder) -> Talk:
    until = time.monotonic() + LIMIT
    return Talk(client, lambda event: None, lambda: time.monotonic() > until)


def rows_of(outcomes: Sequence[Outcome], way: str, model: str) -> list[Row]:
    """The rates of one way: stages of the answerable questions, what became of the others, warnings, tokens, time."""
    able = [each for each in outcomes if each.answerable]
    others = [each for each in outcomes if not each.answerable]
    wrong = [each for each in outcomes if each.stage == "wrong"]
    right = [each for each in outcomes if each.stage == "right"]
    about = f"{model}, prompts {VERSION}"

    def share(name: str, part: int, whole: int, goal: float | None = None) -> Row:
        value = part / whole if whole else None
        ok = None if goal is None or value is None else value >= goal
        return Row(
            f"{way}: {name}", None if value is None else round(value, 4), "share", f"{part} of {whole}; {about}",
            goal=goal, ok=ok,
        )  # fmt: skip

    found = [
        share("planned", sum(each.came("planned") for each in able), len(able)),
        share("accepted", sum(each.came("accepted") for each in able), len(able)),
        share("ran", sum(each.came("ran") for each in able), len(able), GOAL_RAN),
    ]
    for stage in STAGES:
        count = sum(each.stage == stage for each in able)
        found.append(share(stage, count, len(able), GOAL_RIGHT if stage == "right" else None))
    found += [
        share("unanswerable, asked or declined", len([o for o in others if o.stage in REFUSED]), len(others)),
        share("wrong, with a warning", len([o for o in wrong if o.warnings]), len(wrong)),
        share("right, with a warning", len([o for o in right if o.warnings]), len(right)),
    ]
    asked = [each for each in outcomes if each.tokens]
    middle = {
        "tokens written, median": (median([o.tokens for o in asked] or [0]), "tokens", GOAL_TOKENS),
        "seconds in the model, median": (median([o.model_seconds for o in asked] or [0.0]), "s", None),
        "seconds outside, median": (median([o.own_seconds for o in outcomes] or [0.0]), "s", GOAL_OWN),
    }
    return found + [
        row(f"{way}: {name}", value, unit, against=about, goal=goal) for name, (value, unit, goal) in middle.items()
    ]


def arguments_of(argument: str) -> tuple[Path, str, int, tuple[str, ...]]:
    """Folder, server, how many questions and which ways, from `FOLDER,URL[,COUNT][,WAY]` or from the environment.

    Raises:
        UsageError: one is missing or not known.
    """
    parts = [part for part in argument.split(",") if part]
    folder = Path(parts[0] if parts else os.environ.get("QUESTIONS_DIR", "."))
    url = parts[1] if len(parts) > 1 else os.environ.get("LLM_BASE_URL", "")
    further = parts[2:]
    ways = tuple(part for part in further if part in WAYS)
    counts = [int(part) for part in further if part.isdigit()]
    if not url or not (folder / "questions-dev.jsonl").is_file() or len(ways) + len(counts) < len(further):
        raise UsageError(
            "A folder of questions and a language model's server are needed.",
            f"./run bench model FOLDER,http://localhost:1234/v1[,COUNT][,{'|'.join(WAYS)}]"
            " (with questions-dev.jsonl in the folder)",
        )
    return folder, url, counts[0] if counts else 0, ways or tuple(WAYS)
