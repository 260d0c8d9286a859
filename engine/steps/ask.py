"""Steps 1 to 3: an author analyses the request, plans it and writes its script, or stops with a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.authors.base import Author, Declined, Ground
from engine.authors.model.clarifying import likeliest
from engine.errors import UsageError
from engine.products import Option, Place, Plan, Question, Request, Script, Task

LONGEST_REQUEST = 4_000
PLACE_KEY = "place"
PLACE_LABELS: dict[Place, str] = {
    "database": "the database",
    "datasets": "the files and APIs",
    "both": "the database together with the files and APIs",
}


class Asked(Exception):
    """An author needs an answer from the person before it can go on."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.text)
        self.question = question


class NotUnderstood(Exception):
    """An author cannot do it and says so: no guess is made."""

    def __init__(self, declined: Declined) -> None:
        super().__init__(declined.reason)
        self.message = declined.reason
        near = f" Near matches: {', '.join(declined.near)}." if declined.near else ""
        self.hint = f"Say it in other words, or connect a language model on the Settings page.{near}"


def check_request(text: str) -> str:
    """The request, trimmed.

    Raises:
        UsageError: it is empty or enormous.
    """
    trimmed = text.replace("\x00", "").strip()
    if not trimmed:
        raise UsageError("The request is empty.", 'Type what you want to know, such as "DSCR for all properties".')
    if len(trimmed) > LONGEST_REQUEST:
        raise UsageError(
            f"The request has {len(trimmed):,} characters, more than {LONGEST_REQUEST:,}.", "Say it in a few sentences."
        )
    return trimmed


def analyse(
    request: Request, author: Author, *grounds: Ground, together: Callable[[], Ground | None] = lambda: None
) -> Task:
    """Step 1, over every place where the answer may lie. Raises Asked or NotUnderstood.

    What each place alone declines is asked of all of them together, and only then of another author, where there is
    one. That is asked about one place: the one that a person chose, else the one that the request's words are nearest
    to, else all together where keys connect them, else a person is asked.
    """
    found = settled({ground.place: author.analyse(request, ground) for ground in grounds}, request.answers)
    whole = together() if isinstance(found, Declined) else None
    if whole is not None:
        again = author.analyse(request, whole)
        found = found if isinstance(again, Declined) else again
    if isinstance(found, Declined) and author.turn():
        chosen = request.answers.get(PLACE_KEY, "")
        named = next((each for each in grounds if each.place == chosen), None)
        place = named or likeliest(request.text, grounds) or whole
        found = author.analyse(request, place) if place else _which_place([each.place for each in grounds])
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def settled(
    found: Mapping[Place, Task | Question | Declined], answers: Mapping[str, str]
) -> Task | Question | Declined:
    """What the places together say; where more than one understands the request, the person chooses."""
    understood = {place: each for place, each in found.items() if not isinstance(each, Declined)}
    chosen = answers.get(PLACE_KEY, "")
    if chosen in found:
        return next(each for place, each in found.items() if place == chosen)
    if len(understood) > 1:
        return _which_place(list(understood))
    return next(iter(understood.values()), next(iter(found.values())))


def _which_place(places: Sequence[Place]) -> Question:
    options = tuple(Option(value=place, label=PLACE_LABELS[place]) for place in places)
    return Question(key=PLACE_KEY, text="This can be answered from several places. Which is meant?", options=options)


def plan(request: Request, task: Task, author: Author, ground: Ground) -> Plan:
    """Step 2. Raises Asked or NotUnderstood."""
    found = author.plan(request, task, ground)
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def generate(request: Request, made: Plan, author: Author, ground: Ground) -> Script:
    """Step 3. Raises Asked."""
    found = author.generate(request, made, ground)
    if isinstance(found, Question):
        raise Asked(found)
    return found


def edited(request: Request) -> Script:
    """Step 3 for a script that a person edited: it is taken as it is, and says so."""
    return Script(text=request.script, author="edited", title=request.text)
