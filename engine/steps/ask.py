"""Steps 1 to 3: an author analyses the request, plans it and writes its script, or stops with a question."""

from __future__ import annotations

from engine.authors.base import Author, Declined, Ground
from engine.errors import UsageError
from engine.products import Plan, Question, Request, Script, Task

LONGEST_REQUEST = 4_000


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


def analyse(request: Request, author: Author, ground: Ground) -> Task:
    """Step 1. Raises Asked or NotUnderstood."""
    found = author.analyse(request, ground)
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def plan(request: Request, task: Task, author: Author, ground: Ground) -> Plan:
    """Step 2. Raises Asked or NotUnderstood."""
    found = author.plan(request, task, ground)
    if isinstance(found, Question):
        raise Asked(found)
    if isinstance(found, Declined):
        raise NotUnderstood(found)
    return found


def generate(request: Request, made: Plan | None, author: Author, ground: Ground) -> Script:
    """Step 3. A script that a person edited is taken as it is, and says so. Raises Asked."""
    if request.script:
        return Script(text=request.script, author="edited", title=request.text)
    if made is None:
        raise UsageError("There is no plan to write a script from.", "Ask again.")
    found = author.generate(request, made, ground)
    if isinstance(found, Question):
        raise Asked(found)
    return found
