"""What a dashboard's link or a token lets its holder ask of the workbench: nothing, unless who made it said so."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """Something that reads other data than the run's own snapshot, or brings some in."""

    PORTFOLIO = "portfolio"
    REFRESH = "refresh"
    DATASETS = "datasets"
    ASK = "ask"
    SERVICES = "services"


Rights = frozenset[Right]
NONE: Rights = frozenset()
# What a link to a dashboard may carry; the others are for programs alone.
OF_LINKS = (Right.PORTFOLIO, Right.REFRESH)
ALL: Rights = frozenset(OF_LINKS)
SAID = {
    Right.PORTFOLIO: "May compute the same for every property, region or other member",
    Right.REFRESH: "May read the data again",
    Right.DATASETS: "May add files",
    Right.ASK: "May ask, and read answers",
    Right.SERVICES: "May read services, and compute what-ifs of them",
}
MEANING = {
    Right.PORTFOLIO: "Reads the rows of every member from the source and shows their numbers, which are not seen here.",
    Right.REFRESH: "Reads the source as it is at that moment, and keeps the answer as a new run in your history.",
    Right.DATASETS: "Adds a file to those that are asked, or replaces the one of its name.",
    Right.ASK: "Asks the database and the files as a person does, and reads every answer whose run it knows.",
    Right.SERVICES: "Reads the newest answer of every service and computes its scenarios; a new answer needs refresh.",
}


def written(rights: Iterable[Right]) -> str:
    """The rights as a link names them, always in one order; empty for none."""
    held = frozenset(rights)
    return "-".join(right for right in Right if right in held)


def read(text: str) -> Rights | None:
    """The rights that `written` made of; None for what it never writes."""
    try:
        found = frozenset(Right(name) for name in text.split("-")) if text else NONE
    except ValueError:
        return None
    return found if written(found) == text else None
