"""Steps 1 to 3: an author analyses the request, plans it and writes its script, or stops with a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine.authors.base import NO_API, Author, Declined, Ground
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
        connect = "" if declined.by_model else ", or connect a language model on the Settings page"
        unknown = declined.words[0] if declined.reason.startswith("Not understood: ") and declined.words else ""
        teach = f', or teach it: ./run schema --teach "{unknown} means ..."' if unknown.isalpha() else ""
        known = declined.reason.startswith("Every word is known")
        again = (
            "Say it plainly, what by what and when, as in “rent by city in 2026”" if known else "Say it in other words"
        )
        self.hint = f"{again}{teach}{connect}.{near}"


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

    What each place alone declines is asked of all of them together. What the author is not sure of is then asked of
    another one, where there is one, about one place: the one that a person chose, else the one where the first author
    found an answer, else the one that the request's words are nearest to, else all together, else a person is asked.
    """
    found = settled({ground.place: author.analyse(request, ground) for ground in grounds}, request.answers)
    whole = together() if isinstance(found, Declined) else None
    if whole is not None:
        again = author.analyse(request, whole)
        found = found if isinstance(again, Declined) else again
    if not author.sure(found) and author.turn(found):
        chosen = request.answers.get(PLACE_KEY, "") or (found.place if isinstance(found, Task) else "")
        known = [*grounds, *([whole] if whole is not None else [])]
        named = next((each for each in known if each.place == chosen), None)
        place = named or _likeliest(request.text, grounds) or whole
        found = author.analyse(request, place) if place else _which_place([each.place for each in grounds])
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def _likeliest(text: str, grounds: Sequence[Ground]) -> Ground | None:
    from engine.authors.model.clarifying import likeliest  # loads what only a model's author needs

    return likeliest(text, grounds)


def settled(
    found: Mapping[Place, Task | Question | Declined], answers: Mapping[str, str]
) -> Task | Question | Declined:
    """What the places together say; where more than one understands the request, the person chooses."""
    understood = {place: each for place, each in found.items() if not isinstance(each, Declined)}
    chosen = answers.get(PLACE_KEY, "")
    if chosen in found:
        return next(each for place, each in found.items() if place == chosen)
    if len(understood) > 1:
        # That no API is declared says the database, where another place has one.
        understood = {at: each for at, each in understood.items() if not _says_nothing_is_there(each)}
    if len(understood) > 1:
        return _which_place(list(understood))
    return next(iter(understood.values()), next(iter(found.values())))


def _says_nothing_is_there(found: Task | Question) -> bool:
    return isinstance(found, Question) and found.key == NO_API


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
    """Step 3. Raises Asked or NotUnderstood."""
    found = author.generate(request, made, ground)
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def edited(request: Request) -> Script:
    """Step 3 for a script that a person edited: it is taken as it is, and says so."""
    return Script(text=request.script, author="edited", title=request.text)
