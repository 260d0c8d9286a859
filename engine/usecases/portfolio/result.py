"""What a portfolio run gives: each member under the base and every scenario, its rank, its breaches, the total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from engine.errors import UsageError
from engine.products import Product, Scenario, SourceData
from runtime.units import meets, verdict

BASE = "Base"


class Figure(Product):
    """A metric as every member has it."""

    name: str
    label: str
    unit: str = ""
    good: str = ""
    bad: str = ""

    @property
    def higher_is_better(self) -> bool:
        """Which way its thresholds point; without any the largest is first."""
        if self.good:
            return not self.good.lstrip().startswith("<")
        return not self.bad.lstrip().startswith(">")


class Member(Product):
    """One member, or all together: per metric its value in the base, then in each scenario; None where it has none."""

    name: str
    values: Mapping[str, tuple[float | None, ...]]


class Uncomputed(Product):
    """A member that could not be computed, and why."""

    name: str
    reason: str
    hint: str = ""


class Portfolio(Product):
    """The members of a dimension side by side."""

    dimension: str
    label: str
    scenarios: tuple[Scenario, ...] = ()
    figures: tuple[Figure, ...]
    members: tuple[Member, ...]
    uncomputed: tuple[Uncomputed, ...] = ()
    total: Member | None = Field(default=None, description="the same formulas over the rows of all members together")
    total_problem: str = ""
    read_at: datetime
    sources: tuple[SourceData, ...] = Field(default=(), description="of the total: what was read for all together")

    @property
    def columns(self) -> tuple[str, ...]:
        """The base, then each scenario, as each member's values are ordered."""
        return (BASE, *(scenario.name for scenario in self.scenarios))

    def figure(self, name: str) -> Figure:
        """The metric of that name, by default the first.

        Raises:
            UsageError: members have no such metric.
        """
        found = next((figure for figure in self.figures if not name or figure.name == name), None)
        if found is None:
            known = ", ".join(figure.name for figure in self.figures)
            raise UsageError(f"metric: there is none named {name!r}.", f"Choose one of: {known}.")
        return found


class Ranked(Product):
    """A member in its place by a metric; rank is None without a value, ok None without a threshold."""

    rank: int | None
    name: str
    value: float | None
    ok: bool | None


def ranked(portfolio: Portfolio, figure: Figure, column: int = 0) -> tuple[Ranked, ...]:
    """The members by a metric in the base (column 0) or a scenario, the best first, equals sharing a rank."""
    sign = -1 if figure.higher_is_better else 1
    values = {member.name: member.values[figure.name][column] for member in portfolio.members}
    known = sorted((value for value in values.values() if value is not None), key=lambda value: sign * value)
    place = {value: known.index(value) + 1 for value in dict.fromkeys(known)}
    rows = [
        Ranked(
            rank=None if value is None else place[value],
            name=name,
            value=value,
            ok=meets(value, figure.good, figure.bad),
        )
        for name, value in values.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.name)))


def breaches(portfolio: Portfolio, figure: Figure, column: int = 0) -> tuple[str, ...]:
    """The members that miss the metric's thresholds, the worst first."""
    return tuple(row.name for row in reversed(ranked(portfolio, figure, column)) if row.ok is False)


def in_words(portfolio: Portfolio, figure: Figure) -> str:
    """How many members there are, how many miss the threshold where."""
    told = [f"{len(portfolio.members)} computed"]
    if portfolio.uncomputed:
        told.append(f"{len(portfolio.uncomputed)} could not be")
    if figure.good or figure.bad:
        counts = [f"{_missed(portfolio, figure, column)} in {name}" for column, name in enumerate(portfolio.columns)]
        told.append(f"{figure.label} {figure.good or f'(breach: {figure.bad})'}: {', '.join(counts)}")
    return "; ".join(told) + "."


def _missed(portfolio: Portfolio, figure: Figure, column: int) -> str:
    """How many are short of the threshold, and how many in breach of the hard line."""
    said = [verdict(row.value, figure.good, figure.bad) for row in ranked(portfolio, figure, column)]
    short = [f"{said.count('short')} short"] if figure.good else []
    return " and ".join([*short, *([f"{said.count('breach')} in breach"] if figure.bad else [])])


def rows(portfolio: Portfolio, figure: Figure, column: int = 0) -> list[dict[str, Any]]:
    """A row a member in its rank, then the total: rank, member, the metric in the base and in each scenario."""
    by_name = {member.name: member for member in portfolio.members}
    found = [
        {"rank": row.rank, "member": row.name, **_cells(portfolio, by_name[row.name], figure)}
        for row in ranked(portfolio, figure, column)
    ]
    if portfolio.total is not None:
        found.append({"rank": None, "member": "Total", **_cells(portfolio, portfolio.total, figure)})
    return found


def _cells(portfolio: Portfolio, member: Member, figure: Figure) -> dict[str, float | None]:
    return dict(zip(portfolio.columns, member.values[figure.name], strict=True))


def as_document(portfolio: Portfolio, figure: Figure) -> dict[str, Any]:
    """The portfolio as programs get it, its members ranked by the metric in the base."""
    ranks = [{row.name: row for row in ranked(portfolio, figure, place)} for place in range(len(portfolio.columns))]
    by_name = {member.name: member for member in portfolio.members}
    return {
        "by": portfolio.dimension,
        "ranked_by": figure.name,
        "scenarios": [{"name": BASE, "parameters": {}}]
        + [{"name": scenario.name, "parameters": dict(scenario.values)} for scenario in portfolio.scenarios],
        "metrics": [figure.model_dump() for figure in portfolio.figures],
        "members": [
            {"member": name, "scenarios": _told(portfolio, by_name[name], [rank[name].rank for rank in ranks])}
            for name in ranks[0]
        ],
        "total": _told(portfolio, portfolio.total) if portfolio.total else None,
        "total_problem": portfolio.total_problem,
        "not_computed": [
            {"member": each.name, "reason": each.reason, "hint": each.hint} for each in portfolio.uncomputed
        ],
        "read_at": portfolio.read_at.isoformat(timespec="seconds"),
        "sources": [{"name": source.name, "sql": source.sql, "rows": source.rows} for source in portfolio.sources],
    }


def _told(portfolio: Portfolio, member: Member, ranks: Sequence[int | None] = ()) -> list[dict[str, Any]]:
    """A member's metrics in the base and each scenario, with those that miss their threshold."""
    told = []
    for place, name in enumerate(portfolio.columns):
        values = {figure.name: member.values[figure.name][place] for figure in portfolio.figures}
        missed = [f.name for f in portfolio.figures if meets(values[f.name], f.good, f.bad) is False]
        rank = {"rank": ranks[place]} if ranks else {}
        told.append({"name": name, **rank, "metrics": values, "breaches": missed})
    return told
