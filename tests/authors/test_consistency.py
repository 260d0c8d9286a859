"""One figure is one figure: asked alone, with others, as a row, for a portfolio, simulated, and in every document.

Over every metric that the sample can give, for one property, a group and all, and for a month, a quarter, a part of a
year, a year and the last twelve months. All of it in this process, from the same reads.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest

from engine.authors.base import Declined, Ground
from engine.authors.metrics import planning
from engine.authors.metrics.intent import ANY_MEMBER, Intent
from engine.authors.metrics.quantities import available_inputs
from engine.compiling.script import write_script
from engine.metrics.catalogue import Metric, load_catalogue
from engine.products import Plan
from engine.usecases.portfolio.filters import for_values
from runtime.evaluate import Evaluator, scalar
from runtime.failures import RuntimeFailure
from runtime.model import load
from runtime.reports import exports
from runtime.results import document
from runtime.units import write

ONE, KIND = "Orlando Fashion Square", "Retail"
WHO: dict[str, dict[str, tuple[str, ...]]] = {
    "one": {"property": (ONE,)},
    "group": {"property_type": (KIND,)},
    "all": {},
}
WHEN = {
    "month": ("2026-10-01", "2026-11-01"),
    "quarter": ("2026-07-01", "2026-10-01"),
    "part year": ("2026-01-01", "2026-11-01"),
    "year": ("2025-01-01", "2026-01-01"),
    "twelve months": ("2025-11-01", "2026-11-01"),
}
BY_TIME = {"month": "month", "quarter": "quarter", "part year": "year", "year": "year"}
LABELS = {"month": "2026-10", "quarter": "2026-Q3", "part year": "2026 (10 of 12 months)", "year": "2025"}


@dataclass
class Desk:
    """Plans, reads and evaluates in this process; what was read once is not read again."""

    ground: Ground
    folder: Path
    read: dict[Any, Any] = field(default_factory=dict)
    count: int = 0

    def plan(self, intent: Intent) -> Plan | Declined:
        mapping = self.ground.mapping
        assert mapping is not None
        found = planning.plan(intent, self.ground, load_catalogue(), mapping)
        assert isinstance(found, Plan | Declined)
        return found

    def evaluate(self, plan: Plan, change: Callable[[Any], Any] = lambda source: source) -> Evaluator:
        self.count += 1
        path = self.folder / f"script{self.count}.py"
        path.write_text(write_script(plan, request="", author="test"))
        sources = [change(source) for source in plan.sources]
        return Evaluator(load(path), {source.name: self._rows(source) for source in sources})

    def _rows(self, source: Any) -> Any:
        key = (source.sql, tuple(sorted(source.bound.items())))
        if key not in self.read:
            self.read[key] = self.ground.read(source.sql, source.bound)
        return self.read[key].copy()


def intent(metrics: tuple[str, ...], who: Mapping[str, tuple[str, ...]], when: str, *group: str) -> Intent:
    start, end = WHEN[when]
    if when == "twelve months":
        return Intent(metrics=metrics, filters=who, group=group)
    return Intent(metrics=metrics, filters=who, group=group, start=start, end=end, period=when)


@pytest.fixture(scope="module")
def desk(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(ground, tmp_path_factory.mktemp("consistency"))


@pytest.fixture(scope="module")
def names(ground: Ground) -> tuple[str, ...]:
    catalogue = load_catalogue()
    assert ground.mapping is not None
    available = available_inputs(catalogue, ground.mapping, "")
    metrics = [entry.name for entry in catalogue.entries.values() if isinstance(entry, Metric)]
    return tuple(name for name in metrics if catalogue.reachable(name, available))


Alone = dict[tuple[str, str, str], float | None]


@pytest.fixture(scope="module")
def alone(desk: Desk, names: tuple[str, ...]) -> Alone:
    """Each metric asked for by itself; None where there is no number, and the answer says so.

    One that is known only as it stands today has none of an earlier period, and says so.
    """
    found: Alone = {}
    for who, filters in WHO.items():
        for when in WHEN:
            for name in names:
                plan = desk.plan(intent((name,), filters, when))
                if isinstance(plan, Declined):
                    assert "known only as it stands today" in plan.reason
                    assert when in ("quarter", "year")
                else:
                    found[name, who, when] = value(desk.evaluate(plan), name)
    return found


def known(alone: Alone, who: str, when: str) -> tuple[str, ...]:
    return tuple(name for name, of, at in alone if (of, at) == (who, when))


def value(evaluator: Evaluator, name: str) -> float | None:
    found = scalar(evaluator.base.values[name])
    return found if isinstance(found, float) and math.isfinite(found) else None


def differing(found: Mapping[Any, float | None], alone: Mapping[Any, float | None]) -> dict[Any, Any]:
    assert found
    return {
        key: (each, alone[key])
        for key, each in found.items()
        if (each is None) != (alone[key] is None)
        or (each is not None and each != pytest.approx(alone[key], rel=1e-9, abs=1e-9))
    }


def test_every_metric_has_a_number_for_all(alone: Alone, names: tuple[str, ...]) -> None:
    assert len(names) >= 20
    assert {key for key, each in alone.items() if each is None and key[1] == "all"} == set()


def test_together_as_alone(desk: Desk, alone: Alone, names: tuple[str, ...]) -> None:
    found: Alone = {}
    for who, filters in WHO.items():
        for when in WHEN:
            asked = known(alone, who, when)
            plan = desk.plan(intent(asked, filters, when))
            assert isinstance(plan, Plan), plan
            evaluator = desk.evaluate(plan)
            found.update({(name, who, when): value(evaluator, name) for name in asked})
    assert differing(found, alone) == {}


@pytest.mark.parametrize(("who", "dimension", "member"), [("one", "property", ONE), ("group", "property_type", KIND)])
def test_as_a_row_as_alone(
    desk: Desk, alone: Alone, names: tuple[str, ...], who: str, dimension: str, member: str
) -> None:
    found: Alone = {}
    for when in WHEN:
        asked = known(alone, who, when)
        plan = desk.plan(intent(asked, {}, when, dimension))
        assert isinstance(plan, Plan), plan
        evaluator = desk.evaluate(plan)
        for name in asked:
            series = evaluator.base.values[f"{name}_by_{dimension}"]
            each = scalar(series.get(member))
            found[name, who, when] = each if isinstance(each, float) and math.isfinite(each) else None
            assert value(evaluator, name) == pytest.approx(alone[name, "all", when], rel=1e-9), (name, when)
    assert differing(found, alone) == {}


@pytest.mark.parametrize("when", list(BY_TIME))
def test_as_a_period_as_alone(desk: Desk, ground: Ground, alone: Alone, names: tuple[str, ...], when: str) -> None:
    found: Alone = {}
    catalogue, grain = load_catalogue(), BY_TIME[when]
    assert ground.mapping is not None
    known = available_inputs(catalogue, ground.mapping, grain)
    by_time = tuple(name for name in names if catalogue.reachable(name, known))
    assert len(by_time) >= 18
    for who, filters in WHO.items():
        plan = desk.plan(Intent(metrics=by_time, filters=filters, group=(grain,)))
        assert isinstance(plan, Plan), plan
        values = desk.evaluate(plan).base.values
        key = LABELS[when].split(" ")[0]
        table = values[f"{by_time[0]}_table"]
        assert LABELS[when] in set(table[grain])
        for name in by_time:
            each = scalar(values[f"{name}_by_{grain}"].get(key))
            found[name, who, when] = each if isinstance(each, float) and math.isfinite(each) else None
    assert differing(found, alone) == {}


@pytest.mark.parametrize(("who", "dimension", "member"), [("one", "property", ONE), ("group", "property_type", KIND)])
def test_in_a_portfolio_as_alone(
    desk: Desk, alone: Alone, names: tuple[str, ...], who: str, dimension: str, member: str
) -> None:
    found: Alone = {}
    for when in WHEN:
        asked = known(alone, who, when)
        plan = desk.plan(intent(asked, {dimension: (ANY_MEMBER,)}, when))
        assert isinstance(plan, Plan), plan
        evaluator = desk.evaluate(plan, lambda source: for_values(source, dimension, (member,)))
        found.update({(name, who, when): value(evaluator, name) for name in asked})
    assert differing(found, alone) == {}


def test_simulated_at_the_base_as_alone(desk: Desk, alone: Alone, names: tuple[str, ...]) -> None:
    found: Alone = {}
    for when in WHEN:
        asked = known(alone, "all", when)
        plan = desk.plan(intent(asked, {}, when))
        assert isinstance(plan, Plan)
        evaluator = desk.evaluate(plan)
        swept = evaluator.many([{}], asked).values
        found.update({(name, "all", when): float(swept[name][0]) for name in asked})
    assert differing(found, alone) == {}


@pytest.mark.parametrize("who", list(WHO))
def test_in_every_document_as_alone(desk: Desk, alone: Alone, names: tuple[str, ...], who: str) -> None:
    """The dashboard shows the document; the PDF and the workbook are made of it."""
    for when in WHEN:
        shown = tuple(name for name in known(alone, who, when) if alone[name, who, when] is not None)
        plan = desk.plan(intent(shown, WHO[who], when))
        assert isinstance(plan, Plan)
        evaluator = desk.evaluate(plan)
        made = document(evaluator.model, evaluator.base, {name: note(name) for name in evaluator.model.sources})
        found: Alone = {(m["name"], who, when): m["value"] for m in made["metrics"] if m["name"] in names}
        assert differing(found, alone) == {}
        assert all(m["text"] == write(m["value"], m["unit"]) for m in made["metrics"])
        if when == "twelve months":
            _same_in_files(made, {name: alone[name, who, when] or 0.0 for name in shown})


def note(name: str) -> dict[str, Any]:
    read_at = "2026-11-22T00:00:00+00:00"
    return {"name": name, "sql": "", "bound": {}, "columns": [], "rows": 1, "read_at": read_at, "seconds": 0.0}


def _same_in_files(made: Mapping[str, Any], right: Mapping[str, float]) -> None:
    files = exports(made, [])
    book, pdf = (next(files[name] for name in files if name.endswith(end)) for end in (".xlsx", ".pdf"))
    sheets = openpyxl.load_workbook(io.BytesIO(book), data_only=True)
    cells = [each.value for sheet in sheets for row in sheet.iter_rows() for each in row]
    numbers = [each for each in cells if isinstance(each, int | float)]
    assert [n for n, x in right.items() if not any(math.isclose(each, x, rel_tol=1e-9) for each in numbers)] == []
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert [m["text"] for m in made["metrics"] if m["text"].replace("\u2212", "-") not in text] == []


def test_a_metric_without_a_number_says_so(desk: Desk) -> None:
    plan = desk.plan(intent(("cash_flow_after_debt",), {"property": ("Tidewater Market",)}, "year"))
    assert isinstance(plan, Plan)
    assert value(desk.evaluate(plan), "cash_flow_after_debt") is not None
    empty = desk.plan(intent(("noi",), {"property": ("Tidewater Market",)}, "year"))
    assert isinstance(empty, Plan)
    evaluator = desk.evaluate(empty, lambda source: for_values(source, "property", ("Nowhere",)))
    with pytest.raises(RuntimeFailure, match="has no value"):
        document(evaluator.model, evaluator.base, {})
