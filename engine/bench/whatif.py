"""What-if: a hundred thousand scenarios beside a Python loop, what a driver's change computes again, and reports."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from engine.bench import browser, dashboard
from engine.bench.main import Bed
from engine.bench.plain import Loop
from engine.bench.rows import TIMES, Row, missing, row, say, turns
from engine.errors import EngineError, SandboxError
from engine.products import Request, Run, Status
from engine.scenarios import spreading

SCENARIOS, SCENARIOS_GOAL = 100_000, 1.0
LOOP_RATIO = 50
COMPARED, REPORT_GOAL = 20, 2.0
# Scenarios of a model that takes no arrays; what a sandbox a core may take of the time of one, opening included.
LOOPED, SPREAD_RATIO = 4_000, 0.8
SLIDER, SLIDER_GOAL, PRESSES = "slider to number and chart of the dashboard", 0.3, 15
LOOP = "a Python loop over the model's functions in this process"
# The driver nearest the end of the model, and how many quantities stand downstream of it.
LAST_DRIVER, DOWNSTREAM = "rate_change", 3

HEAD = "import pandas as pd\nfrom runtime import Chart,"
CHART = '''def outlook(noi: float, debt_service: float) -> pd.DataFrame:
    """NOI and debt service of ten years, USD."""
    years = range(1, 11)
    noi_then = [noi * 1.02**year for year in years]
    return pd.DataFrame({"year": years, "noi": noi_then, "debt_service": debt_service})


VIEW = [
    Chart("outlook", kind="line", x="year", y=("noi", "debt_service"), label="Ten years", unit="USD"),'''

SCRIPT = '''#!/usr/bin/env python3
"""A property in twelve quantities of plain arithmetic."""
from runtime import Metric, Parameter, main

SOURCES = {}
PARAMETERS = [
    Parameter("revenue_change", "Revenue change", default=0.0, low=-0.5, high=0.5, unit="percent"),
    Parameter("expense_change", "Expense change", default=0.0, low=-0.5, high=0.5, unit="percent"),
    Parameter("vacancy_rate", "Vacancy", default=0.07, low=0.0, high=0.5, unit="percent"),
    Parameter("rate_change", "Rate change", default=0.0, low=-0.03, high=0.05, unit="percent"),
]


def potential_rent(revenue_change: float) -> float:
    """Rent of the whole area, USD a year."""
    return 4_200_000.0 * (1 + revenue_change)


def vacancy_loss(potential_rent: float, vacancy_rate: float) -> float:
    """Rent of the area that stands empty, USD a year."""
    return potential_rent * vacancy_rate


def recoveries(potential_rent: float) -> float:
    """Expenses that tenants repay, USD a year."""
    return 0.18 * potential_rent


def egi(potential_rent: float, vacancy_loss: float, recoveries: float) -> float:
    """Effective gross income, USD a year."""
    return potential_rent - vacancy_loss + recoveries


def fixed_expenses(expense_change: float) -> float:
    """Expenses that do not follow income, USD a year."""
    return 900_000.0 * (1 + expense_change)


def management_fee(egi: float) -> float:
    """Four percent of the income, USD a year."""
    return 0.04 * egi


def operating_expenses(fixed_expenses: float, management_fee: float) -> float:
    """All expenses, USD a year."""
    return fixed_expenses + management_fee


def noi(egi: float, operating_expenses: float) -> float:
    """Net operating income, USD a year."""
    return egi - operating_expenses


def expense_ratio(operating_expenses: float, egi: float) -> float:
    """Expenses over income."""
    return operating_expenses / egi


def debt_service(rate_change: float) -> float:
    """Annual debt service, USD."""
    return 2_300_000.0 + 31_000_000.0 * rate_change


def dscr(noi: float, debt_service: float) -> float:
    """Debt service coverage ratio."""
    return noi / debt_service


def cash_flow(noi: float, debt_service: float) -> float:
    """NOI less debt service, USD a year."""
    return noi - debt_service


VIEW = [
    Metric("dscr", "DSCR", unit="x", good=">= 1.25"),
    Metric("noi", "NOI", unit="USD"),
    Metric("cash_flow", "Cash flow", unit="USD"),
    Metric("expense_ratio", "Expense ratio", unit="percent"),
]

if __name__ == "__main__":
    main()
'''


def measure(times: int = TIMES) -> list[Row]:
    """All rows of what-if."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        bundle = made_bundle(Path(folder))
        model = Twelve(bundle)
        many = scenarios(SCENARIOS)
        return [
            _sandboxed(bundle, many, times),
            *_rates(model, many, times),
            _spread(Path(folder), times),
            _computed(model),
            _slider(Path(folder)),
            *_reports(model, times),
        ]


def made_bundle(folder: Path, script: str = SCRIPT) -> Path:
    """The folder of a model: its script, and no data, since it reads none."""
    bundle = folder / "twelve"
    (bundle / "data").mkdir(parents=True)
    (bundle / "script.py").write_text(script, encoding="utf-8")
    return bundle


def scenarios(count: int) -> list[dict[str, Any]]:
    """Scenarios that differ from each other in every driver."""
    return [
        {
            "name": f"scenario {number}",
            "revenue_change": number % 101 / 200 - 0.25,
            "expense_change": number % 89 / 200 - 0.2,
            "vacancy_rate": number % 47 / 100,
            "rate_change": number % 71 / 1000 - 0.02,
        }
        for number in range(count)
    ]


class Twelve:
    """The model opened in this process, as the sandbox opens it, beside a plain loop over its functions."""

    def __init__(self, bundle: Path) -> None:
        self.loop = Loop(bundle)
        self.workspace = importlib.import_module("runtime.workspace").Workspace(bundle)
        self.outputs = [entry.quantity for entry in self.workspace.model.metrics]

    def swept(self, columns: dict[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
        """The metrics over whole columns, as Monte Carlo and the tables ask for them."""
        values: dict[str, np.ndarray] = self.workspace.evaluator.sweep(columns, self.outputs, count).values
        return values


def _sandboxed(bundle: Path, many: Sequence[dict[str, Any]], times: int) -> Row:
    """Scenarios as a person sends them, through the sandbox and back; the way of the page and of the command."""
    name = f"{len(many):,} scenarios of 12 quantities, sandboxed"
    bed = Bed(bundle.parent)
    try:
        with bed.kit() as kit:
            run = finished(bundle)
            kit.sessions.simulate(run, many[:1])
            (took,) = turns(name, [lambda: kit.sessions.simulate(run, many)], times)
    except EngineError as error:
        return missing(name, error.message, goal=SCENARIOS_GOAL)
    return row(name, took, against="scenarios as rows in, rows out", goal=SCENARIOS_GOAL)


def finished(bundle: Path) -> Run:
    """A run that ended with this bundle; it is in no store."""
    request = Request(text="twelve quantities", database="", executor="local")
    made = datetime.now(UTC)
    return Run(id="twelve", title="Twelve", status=Status.DONE, created_at=made, request=request, folder=str(bundle))


def _rates(model: Twelve, many: Sequence[dict[str, Any]], times: int) -> list[Row]:
    """The same scenarios in this process: as rows, and as columns; each beside the loop."""
    count = len(many)
    columns = {name: np.array([item[name] for item in many]) for name in many[0] if name != "name"}
    require_same(model.swept(columns, count), model.loop(many))
    ways: list[Callable[[], object]] = [
        lambda: model.workspace.simulate(many),
        lambda: model.swept(columns, count),
        lambda: model.loop(many),
    ]
    rows, swept, looped = turns(f"{count:,} scenarios of 12 quantities", ways, times)
    name = f"{count:,} scenarios of 12 quantities"
    return [
        row(f"{name}, as rows", rows, against=LOOP, plain=looped, goal=SCENARIOS_GOAL),
        row(f"{name}, as columns", swept, against=LOOP, plain=looped, goal=looped / LOOP_RATIO),
    ]


def require_same(ours: dict[str, np.ndarray], theirs: Sequence[dict[str, float]]) -> None:
    """Quick answers count only when they are the loop's, to the last bits.

    Raises:
        SandboxError: a value differs by more than two in the last place.
    """
    for name, values in ours.items():
        plain = np.array([found[name] for found in theirs])
        if not np.all(np.abs(values - plain) <= 2 * np.spacing(np.abs(plain))):
            raise SandboxError(f"{name} computed over columns is not what a plain loop gives.")


def _spread(folder: Path, times: int) -> Row:
    """A model with a branch, which takes no arrays: shared by a sandbox a core, beside one sandbox alone."""
    name = f"{LOOPED:,} scenarios of a model that takes no arrays"
    bundle = made_bundle(folder / "branching", branching())
    rows = np.random.default_rng(7).uniform(-0.4, 0.4, LOOPED)
    loop = spreading.Loop({"revenue_change": rows}, ("dscr", "noi"), LOOPED)
    try:
        with Bed(folder).kit() as kit:
            run = finished(bundle)
            ways: list[Callable[[], object]] = [
                lambda count=count: kit.sessions.share(run, loop, sandboxes=count)  # type: ignore[misc]
                for count in (0, 1)
            ]
            every, one = turns(name, ways, times)
    except EngineError as error:
        return missing(name, error.message)
    goal = one * SPREAD_RATIO if (os.cpu_count() or 1) > 1 else None
    return row(name, every, against="one sandbox alone", plain=one, goal=goal)


def branching() -> str:
    """The model with a fee in steps, and a second of work for each few hundred scenarios."""
    fee = """    total = 0.0
    for step in range(20_000):
        total += step * 1e-9
    return (0.04 if egi > 4_500_000 else 0.05) * egi + total"""
    return SCRIPT.replace("    return 0.04 * egi", fee)


def _slider(folder: Path) -> Row:
    """A driver of the generated dashboard is moved, key by key, until number and chart have followed."""
    made = made_bundle(folder / "charted", SCRIPT.replace("from runtime import", HEAD).replace("VIEW = [", CHART))
    server = importlib.import_module("runtime.server")
    workspace = importlib.import_module("runtime.workspace").Workspace(made)
    try:
        with dashboard.served(server.make_app(workspace)) as address, browser.opened() as opened:
            page = browser.person(opened).new_page()
            page.set_default_timeout(browser.PATIENCE_MS)
            page.goto(f"{address}/")
            taken = browser.slide(page, PRESSES, ready="body[aria-busy=false]")
    except (EngineError, ImportError) as error:
        return missing(SLIDER, str(error), goal=SLIDER_GOAL)
    say(f"{SLIDER}: {' '.join(f'{second:.3f}' for second in sorted(taken))} s")
    return row(SLIDER, median(taken), against="from the key to the drawn chart", goal=SLIDER_GOAL)


def _computed(model: Twelve) -> Row:
    found = model.workspace.results({LAST_DRIVER: 0.01})["computed"]
    against = f"all {len(model.workspace.model.quantities)} quantities"
    name = f"quantities computed when {LAST_DRIVER} changes"
    return row(name, len(found), "quantities", against=against, plain=12, goal=DOWNSTREAM)


def _reports(model: Twelve, times: int) -> list[Row]:
    from runtime.reports import download

    document = model.workspace.results()
    compared = model.workspace.compared(scenarios(COMPARED))
    kinds = {"pdf": "PDF", "xlsx": "Excel"}
    ways: list[Callable[[], object]] = [lambda kind=kind: download(document, compared, kind) for kind in kinds]  # type: ignore[misc]
    took = turns(f"reports of {COMPARED} scenarios", ways, times)
    return [
        row(f"{label} of {COMPARED} scenarios", seconds, goal=REPORT_GOAL)
        for label, seconds in zip(kinds.values(), took, strict=True)
    ]
