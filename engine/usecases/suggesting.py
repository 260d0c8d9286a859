"""Questions that a file can answer: made of what its columns are, kept where the rules are sure of an answer."""

from __future__ import annotations

from collections.abc import Iterator

from engine.authors.analytics.author import Analysis, analyse
from engine.intake.told import ToldTable
from engine.kit import Kit
from engine.products import Request

MOST_TRIED, MOST = 16, 8


def questions_of(kit: Kit, name: str) -> tuple[str, ...]:
    """Up to eight requests that the tables of a dataset answer, in plain words."""
    dataset = kit.shelf.get(name)
    ground = kit.grounds(Request(text="", database="", datasets=(name,)))[0]
    tried = [text for told in dataset.read.values() for text in _candidates(told)][:MOST_TRIED]
    return tuple(text for text in dict.fromkeys(tried) if isinstance(analyse(text, ground, {}), Analysis))[:MOST]


def _candidates(told: ToldTable) -> Iterator[str]:
    measures = [column.name for column in told.columns if column.role == "measure"]
    groups = [column.name for column in told.columns if column.role == "category"]
    dates = [column.name for column in told.columns if column.role == "date"]
    for at, measure in enumerate(measures[:3]):
        how = "average" if _is_rate(told, measure) else "total"
        yield f"{how} {measure}"
        if groups:
            yield f"{how} {measure} by {groups[at % len(groups)]}"
        if dates:
            yield f"{how} {measure} by month"
        if groups:
            yield f"{groups[0]} with the highest {measure}"
    for group in groups[:2]:
        yield f"number of rows by {group}"


def _is_rate(told: ToldTable, name: str) -> bool:
    """Whether values of a column are averaged rather than added up."""
    column = next(each for each in told.columns if each.name == name)
    words = set(name.lower().replace("_", " ").split())
    return column.unit in ("percent", "x") or bool(
        words & {"rate", "ratio", "price", "score", "age", "occupancy", "yield"}
    )
