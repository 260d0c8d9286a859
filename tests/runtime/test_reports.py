"""The reports: what the PDF says, a workbook that recomputes as the script does, CSV that is safe to open."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pypdf
import pytest

from runtime import reports
from runtime.reports.book import height
from runtime.reports.livemodel import build
from runtime.workspace import Workspace

SOFFICE = shutil.which("soffice")
SCENARIOS = [
    {"name": "Optimistic", "revenue_change": 0.1, "rate_change": -0.004},
    {"name": "Bad <b>year</b> & more", "revenue_change": -0.4},
]
ODD_NAMES = '''"""Names that Excel refuses."""
from runtime import Metric, Parameter
PARAMETERS = [Parameter("r", "Rate", default=0.05, low=0.0, high=1.0)]
def c1() -> float:
    """A constant."""
    return 100.0
def dscr1(c1: float, r: float) -> float:
    """Discounted."""
    return c1 / (1 + r) ** 2
def npv(dscr1: float, c1: float) -> float:
    """Less the cost."""
    return -c1 + dscr1 * 1.5
def NPV(npv: float) -> float:
    """The same name in capitals."""
    return npv * 2
VIEW = [Metric("NPV", "Value", unit="USD", good="== 0"), Metric("dscr1", "Discounted")]
'''
OPAQUE = '''"""Opaque."""
import pandas as pd
from runtime import Metric, Parameter, sql
SOURCES = {"lines": sql("SELECT 1")}
PARAMETERS = [Parameter("change", "Change", low=-0.5, high=0.5)]
def kept(lines: pd.DataFrame, change: float) -> float:
    """What is left when every line is cut at a floor, USD."""
    return float((lines["amount"] * (1 + change)).clip(lower=100).sum())
def half(kept: float) -> float:
    """Half of it, USD."""
    return kept / 2
VIEW = [Metric("half", "Half", unit="USD"), Metric("kept", "Kept", unit="USD")]
'''
LINES = {"lines": pd.DataFrame({"amount": [50.0, 150.0, 300.0]})}


@pytest.fixture(scope="module")
def scenarios(workspace: Workspace) -> list[dict[str, Any]]:
    return workspace.compared(SCENARIOS)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def opened(content: bytes, values: bool = False) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def row_of(sheet: Any, label: str) -> Any:
    return next(row for row in sheet.iter_rows() if row[0].value == label)


def test_exports_are_all_there(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    files = reports.exports(document, scenarios)
    assert set(files) == {
        "results/results.json",
        "exports/reports/report.pdf",
        "exports/reports/workbook.xlsx",
        "exports/data/metrics.csv",
        "exports/data/noi_by_month.csv",
        "exports/data/income_by_category.csv",
        "exports/data/by_year.csv",
    }


def test_the_pdf_says_it_all(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    content = reports.download(document, scenarios, "pdf", whole=True)[2]
    text = re.sub(r"\s+", " ", pdf_text(content))
    count = len(pypdf.PdfReader(io.BytesIO(content)).pages)
    for expected in (
        "DSCR for Orlando Fashion Square",
        f"Page 1 of {count}",
        f"Page {count} of {count}",
        "DSCR of Orlando Fashion Square is 1.52x, above the 1.25x threshold; Debt yield is 14.81 %",
        "$2,110,065",
        "it misses its threshold in Bad <b>year</b> & more",
        "<img src=x onerror=alert(1)> & Söhne €",
        "dscr = noi / debt_service",
        "SELECT period, kind, category, amount FROM ledger_lines",
        "property = 'Orlando Fashion Square'",
        "Reserves are not part of operating expenses.",
        "Which quantities moved",
        "Optimistic. Revenue change is 10.00 %, not 0.00 %. Interest rate change is -0.40 %, not 0.00 %.",
    ):
        assert expected in text


def test_the_first_page_of_the_pdf_is_for_who_decides(
    document: dict[str, Any], scenarios: list[dict[str, Any]]
) -> None:
    rows = [["Tampa", 1.31], ["Orlando", 1.1], ["Miami", 0.8]]
    judged = {"name": "by", "label": "By", "kind": "bar", "table": "by", "x": "property", "y": ["dscr"], "series": "",
              "unit": "x", "good": ">= 1.25", "bad": "< 1.0"}  # fmt: skip
    table = {"label": "By", "columns": ["property", "dscr"], "units": {"dscr": "x"}, "rows": rows, "total": 3}
    asked = {"by": "R. Ortega", "at": "2026-11-22T14:30:00+00:00"}
    given = {**document, "period": "Nov 2025 to Oct 2026", "asked": asked, "charts": [judged]}
    content = reports.download({**given, "tables": {**document["tables"], "by": table}}, scenarios, "pdf")[2]
    pages = [re.sub(r"\s+", " ", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    for expected in (
        "DSCR of Orlando Fashion Square is 1.52x for Nov 2025 to Oct 2026, above the 1.25x threshold; Debt yield is",
        "; 2 of 3 by property are not at least 1.25x, 1 of them in breach.",
        "Period: Nov 2025 to Oct 2026",
        "Asked by R. Ortega 22 November 2026, 14:30 UTC",
        "it misses its threshold in Bad <b>year</b> & more",
        "What misses its threshold Property DSCR Good when Status Miami 0.80x at least 1.25x Breach Orlando",
        "Reserves are not part of operating expenses.",
    ):
        assert expected in pages[0]
    text = " ".join(pages)
    assert "SELECT period" not in text
    assert "dscr = noi / debt_service" not in text
    assert "Net operating income" in text


def test_a_pdf_of_odd_content(document: dict[str, Any]) -> None:
    wide = [f"column {number}" for number in range(23)]
    tables = {
        "wide": {
            "label": "Wide",
            "columns": wide,
            "units": {},
            "rows": [["x" * 900, *range(22)]] * 60,
            "total": 99,
        },
        "none": {"label": "None", "columns": ["a"], "units": {}, "rows": [], "total": 0},
    }
    kinds = [
        {
            "name": "wide",
            "label": kind,
            "kind": kind,
            "table": "wide",
            "x": "column 3",
            "y": ["column 2", "column 4"],
            "series": "",
            "unit": "",
        }
        for kind in ("line", "area", "bar", "scatter", "pie")
    ]
    odd = {
        **document,
        "title": "Überlänge ≥ 日本 </para> " * 40,
        "tables": tables,
        "charts": [*kinds, {**kinds[0], "table": "none", "x": "a", "y": ["a"]}],
        "view": [{"kind": "table", "name": name} for name in tables],
    }
    text = pdf_text(reports.exports(odd)["exports/reports/report.pdf"])
    assert "60 of 99 rows" in text
    assert "Überlänge ≥" in text
    assert "Column 22" in text
    assert len(opened(reports.exports(odd)["exports/reports/workbook.xlsx"]).sheetnames) == 8


def test_the_workbook_is_live(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    content = reports.exports(document, scenarios)["exports/reports/workbook.xlsx"]
    book, shown = opened(content), opened(content, values=True)
    assert row_of(book["Model"], "DSCR")[1].value == "=(noi/debt_service)"
    assert row_of(book["Model"], "Revenue")[1].value == "=(revenue_from_data*(1+revenue_change))"
    assert row_of(book["Summary"], "DSCR")[1].value == "=dscr"
    assert row_of(shown["Summary"], "DSCR")[1].value == pytest.approx(document["metrics"][0]["value"])
    figures = [cell.value for cell in row_of(shown["Scenarios"], "DSCR")[1:4]]
    told = [document["metrics"][0]["value"], *(scenario["metrics"]["dscr"] for scenario in scenarios)]
    assert figures == pytest.approx(told)
    assert all(str(cell.value).startswith("=") for cell in row_of(book["Scenarios"], "DSCR")[1:4])
    assert row_of(book["Income by category"], "=1+1")[0].data_type == "s"


def test_what_stands_behind_the_scenarios_is_in_both_reports(workspace: Workspace, document: dict[str, Any]) -> None:
    """Only where it was asked for: a crowd of scenarios has none."""
    told, bare = workspace.compared(SCENARIOS), workspace.simulate(SCENARIOS)["scenarios"]
    sheet = opened(reports.exports(document, told)["exports/reports/workbook.xlsx"])["Behind scenarios"]
    found = [cell.value for cell in row_of(sheet, "Revenue")[1:5]]
    base, values = found[1], found[2:]
    assert values == pytest.approx([base * 1.1, base * 0.6])
    debt = [cell.value for cell in row_of(sheet, "Debt service")[2:5]]
    assert debt == pytest.approx([debt[0], debt[0] - 57_000, debt[0]])
    assert row_of(sheet, "Bad <b>year</b> & more")[1].value == "Revenue change is -40.00 %, not 0.00 %."
    text = re.sub(r"\s+", " ", pdf_text(reports.exports(document, told)["exports/reports/report.pdf"]))
    assert f"Debt service ${debt[0]:,.0f} ${debt[1]:,.0f} -$57,000" in text
    plain = reports.exports(document, bare)
    assert "Behind scenarios" not in opened(plain["exports/reports/workbook.xlsx"]).sheetnames
    assert "What each scenario assumes" not in pdf_text(plain["exports/reports/report.pdf"])


def test_rows_are_high_enough_for_their_text(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    sheet = opened(reports.exports(document, scenarios)["exports/reports/workbook.xlsx"])["Sources"]
    assert sheet.row_dimensions[1].height > 20
    assert sheet.row_dimensions[2].height is None
    assert height("word " * 40, 20, 11) >= 10 * 15
    assert height("a\nb\nc", 20, 11) == 3 * 15
    assert height("x" * 40_000, 10, 11) == 409
    assert height("short", 20, 11) == 15


def test_only_the_script_recomputes_what_is_no_arithmetic(open_script: Callable[..., Workspace]) -> None:
    opened_script = open_script(OPAQUE, LINES)
    document = opened_script.results()
    scenarios = opened_script.simulate([{"name": "Less", "change": -0.5}])["scenarios"]
    model = build(document)
    assert set(model.formulas) == {"half"}
    assert model.inputs["kept"].moves
    book = opened(reports.exports(document, scenarios)["exports/reports/workbook.xlsx"])
    assert row_of(book["Scenarios"], "Kept")[2].value == 350.0
    assert "recomputed only by the script" in str(row_of(book["Scenarios"], "Kept")[3].value)
    assert "recomputed only by the script" in str(row_of(book["Inputs"], "Kept")[6].value)


def test_names_that_excel_refuses_are_prefixed(open_script: Callable[..., Workspace]) -> None:
    model = build(open_script(ODD_NAMES, LINES).results())
    assert model.cells == {"r": "q_r", "c1": "q_c1", "dscr1": "q_dscr1", "npv": "npv", "NPV": "NPV_"}


def test_csv_is_safe_to_open(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    files = reports.exports(document, [*scenarios, {**scenarios[0], "name": "=cmd()"}])
    assert "\r\n'=1+1," in files["exports/data/income_by_category.csv"].decode()
    assert ",'=cmd()" in files["exports/data/metrics.csv"].decode()
    table = pd.read_csv(io.BytesIO(files["exports/data/noi_by_month.csv"]), encoding="utf-8-sig")
    assert table["noi"].tolist() == [row[1] for row in document["tables"]["noi_by_month"]["rows"]]


def recalculated(content: bytes, folder: Path, change: Callable[[openpyxl.Workbook], None]) -> openpyxl.Workbook:
    """The workbook as LibreOffice computes it after a change: openpyxl drops the cached values."""
    book = opened(content)
    change(book)
    book.save(folder / "changed.xlsx")
    command = [
        str(SOFFICE),
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        "xlsx",
    ]
    subprocess.run(
        [*command, "--outdir", f"{folder}/out", f"{folder}/changed.xlsx"],
        check=True,
        timeout=120,
        capture_output=True,
    )
    return openpyxl.load_workbook(folder / "out" / "changed.xlsx", data_only=True)


@pytest.mark.filterwarnings("ignore:Unable to read chart")  # of LibreOffice's own writing
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_recomputes_as_the_script_does(
    workspace: Workspace, scenarios: list[dict[str, Any]], tmp_path: Path
) -> None:
    def change(book: openpyxl.Workbook) -> None:
        row_of(book["Inputs"], "Revenue change")[1].value = -0.15
        row_of(book["Inputs"], "Interest rate change")[1].value = 0.02
        row_of(book["Scenarios"], "Revenue change")[2].value = 0.25

    content = reports.exports(workspace.results(), scenarios)["exports/reports/workbook.xlsx"]
    found = recalculated(content, tmp_path, change)
    expected = workspace.results({"revenue_change": -0.15, "rate_change": 0.02})["metrics"]
    for metric in expected:
        assert row_of(found["Summary"], metric["label"])[1].value == pytest.approx(metric["value"], rel=1e-12)
        assert row_of(found["Scenarios"], metric["label"])[1].value == pytest.approx(metric["value"], rel=1e-12)
    moved = workspace.results({"revenue_change": 0.25, "rate_change": -0.004})["metrics"][0]["value"]
    assert row_of(found["Scenarios"], "DSCR")[2].value == pytest.approx(moved, rel=1e-12)
    assert row_of(found["Summary"], "DSCR")[3].value == "Breach"


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_takes_odd_names(open_script: Callable[..., Workspace], tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        row_of(book["Inputs"], "Rate")[1].value = 0.2

    opened_script = open_script(ODD_NAMES, LINES)
    content = reports.exports(opened_script.results())["exports/reports/workbook.xlsx"]
    found = recalculated(content, tmp_path, change)
    expected = opened_script.results({"r": 0.2})["metrics"][0]["value"]
    assert row_of(found["Summary"], "Value")[1].value == pytest.approx(expected, rel=1e-12)
