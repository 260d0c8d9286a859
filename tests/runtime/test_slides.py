"""The slides: titles that are messages, charts and tables with the results' own numbers, nothing over the edge."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from PIL import Image
from pptx import Presentation
from pptx.chart.plot import BarPlot
from pptx.util import Emu

from runtime import reports
from runtime.brand import PLAIN, Brand
from runtime.failures import UsageFailure
from runtime.workspace import Workspace
from tests.runtime.test_reports import LINES, OPAQUE, SCENARIOS

SOFFICE = shutil.which("soffice")
HOSTILE = "=cmd|' /C calc'!A0"


def png(size: tuple[int, int] = (300, 90), color: str = "#0b3d2e") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, color).save(made, "PNG")
    return made.getvalue()


BRAND = Brand("Söhne & Töchter <AG>", "#0b3d2e", "#f2d544", png())


@pytest.fixture(scope="module")
def scenarios(workspace: Workspace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workspace.simulate([*SCENARIOS, {"name": HOSTILE, "revenue_change": 0.2}])[
        "scenarios"
    ]
    return found


@pytest.fixture(scope="module")
def twenty(workspace: Workspace) -> list[dict[str, Any]]:
    asked = [
        {"name": f"{'A long name that a person could well have typed ' * (number % 3)}{number}",
         "revenue_change": round(-0.45 + number * 0.04, 2)}
        for number in range(20)
    ]  # fmt: skip
    found: list[dict[str, Any]] = workspace.simulate(asked)["scenarios"]
    return found


def slides(document: dict[str, Any], scenarios: list[dict[str, Any]], brand: Brand = PLAIN, whole: bool = True) -> Any:
    return Presentation(io.BytesIO(reports.download(document, scenarios, "pptx", brand=brand, whole=whole)[2]))


def titles(deck: Any) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def charts(deck: Any) -> Iterator[tuple[str, Any]]:
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_chart:
                yield slide.shapes.title.text_frame.text, shape.chart


def tables(deck: Any, title: str) -> list[list[str]]:
    return [
        [cell.text for cell in row.cells]
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table and title in slide.shapes.title.text_frame.text
        for row in shape.table.rows
    ]


def test_every_title_is_a_message(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    found = titles(slides(document, scenarios))
    assert found[0] == "DSCR for Orlando Fashion Square"
    assert found[1] == "DSCR of Orlando Fashion Square is 1.52x, above the 1.25x threshold"
    assert "DSCR is 1.52x, from NOI of $2,110,065 and Debt service of $1,385,000" in found
    assert any(title.startswith("NOI by month rises 23.0% from $149,650 (Nov 2024)") for title in found)
    assert any(title.startswith("DSCR misses its threshold in Bad <b>year</b>") for title in found)
    assert "1 of 3 scenarios misses a threshold: Bad <b>year</b> & more" in found
    assert any(re.match(r"The figures come from 144 rows of 1 source, read \d+ \w+ 20\d\d", title) for title in found)
    assert len(set(found)) == len(found)


def test_without_an_appendix_there_are_six_slides(
    document: dict[str, Any], scenarios: list[dict[str, Any]], twenty: list[dict[str, Any]]
) -> None:
    found = titles(slides(document, scenarios, whole=False))
    assert len(found) == 6
    assert found == [title for title in titles(slides(document, scenarios)) if title in found]
    assert found[4] == "1 of 3 scenarios misses a threshold: Bad <b>year</b> & more"
    assert len(titles(slides(document, [], whole=False))) == 6
    many = slides(document, twenty, whole=False)
    assert len(many.slides) == 6
    told = [shape.text_frame.text for shape in many.slides[4].shapes if shape.has_text_frame]
    assert any(re.match(r"\d+ of 21 are shown; the appendix has all\.", text) for text in told)


def test_charts_are_native_and_hold_the_results(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    found = dict(charts(slides(document, scenarios)))
    month = next(chart for title, chart in found.items() if title.startswith("NOI by month"))
    assert list(month.plots[0].series[0].values) == [row[1] for row in document["tables"]["noi_by_month"]["rows"]]
    compared = next(chart for title, chart in found.items() if title.startswith("DSCR misses"))
    told = [document["metrics"][0]["value"], *(scenario["metrics"]["dscr"] for scenario in scenarios)]
    assert list(compared.plots[0].series[0].values) == told
    assert [set(series.values) for series in compared.plots[1].series] == [{1.25}, {1.0}]
    made_of = next(chart for title, chart in found.items() if title.startswith("DSCR is 1.52x, from"))
    assert list(made_of.plots[0].categories) == ["NOI", "Debt service"]


def test_bars_start_at_zero(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    bars = [chart for _, chart in charts(slides(document, scenarios)) if isinstance(chart.plots[0], BarPlot)]
    assert bars
    assert {chart.value_axis.minimum_scale for chart in bars} == {0}


def test_the_scenario_table_marks_what_breaches(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    rows = tables(slides(document, scenarios), "scenarios misses a threshold")
    assert rows[0][:3] == ["Scenario", "What it changes", "DSCR"]
    assert rows[1][2] == "1.52x"
    assert [row[0] for row in rows[2:]] == [scenario["name"] for scenario in scenarios]
    assert rows[3][1] == "Revenue change -40 %"
    assert rows[3][2].endswith("Breach")
    assert "Breach" not in rows[2][2]


def test_text_of_data_is_no_formula(document: dict[str, Any], scenarios: list[dict[str, Any]]) -> None:
    content = reports.download(document, scenarios, "pptx", whole=True)[2]
    seen = []
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for name in packed.namelist():
            if name.endswith(".xlsx"):
                sheet = openpyxl.load_workbook(io.BytesIO(packed.read(name))).active
                seen += [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
            if re.fullmatch(r"ppt/slides/slide\d+\.xml", name):
                fields = re.findall(rb'<a:fld [^>]*type="(\w+)"', packed.read(name))
                assert set(fields) <= {b"slidenum"}
    assert {cell.data_type for cell in seen} == {"s"}
    assert len(seen) >= 2


@pytest.mark.parametrize("brand", [PLAIN, BRAND], ids=["plain", "branded"])
def test_twenty_scenarios_stay_on_their_slides(
    document: dict[str, Any], twenty: list[dict[str, Any]], brand: Brand
) -> None:
    deck = slides(document, twenty, brand)
    assert Emu(deck.slide_width).inches / Emu(deck.slide_height).inches == pytest.approx(16 / 9, rel=1e-3)
    parts = [title for title in titles(deck) if "scenarios miss a threshold" in title]
    assert len(parts) > 1
    assert [row[0] for row in tables(deck, "scenarios miss a threshold") if row[0] != "Scenario"] == [
        "Base", *(scenario["name"] for scenario in twenty)
    ]  # fmt: skip
    for slide in deck.slides:
        numbers = [shape for shape in slide.placeholders if "Number" in shape.name]
        assert len(numbers) == (0 if slide is deck.slides[0] or slide.slide_id == deck.slides[0].slide_id else 1)
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


def test_definitions_queries_and_sources_are_in_it(document: dict[str, Any]) -> None:
    deck = slides(document, [])
    notes = "\n".join(slide.notes_slide.notes_text_frame.text for slide in deck.slides if slide.has_notes_slide)
    assert "dscr = noi / debt_service" in notes
    assert "SELECT period, kind, category, amount FROM ledger_lines" in notes
    assert ":property = 'Orlando Fashion Square'" in notes
    assert any("Net operating income" in row[2] for row in tables(deck, "each by its definition"))
    assert any("Reserves are not part" in row[1] for row in tables(deck, "The figures rest on"))


def test_the_brand_is_on_every_slide(document: dict[str, Any]) -> None:
    deck = slides(document, [], BRAND)
    usual = deck.slides[1].slide_layout
    assert any(BRAND.name in shape.text_frame.text for shape in usual.shapes if shape.has_text_frame)
    assert any(shape.name == "Logo" for shape in usual.shapes)
    opening = deck.slides[0]
    assert str(opening.slide_layout.background.fill.fore_color.rgb) == "0B3D2E"
    assert str(opening.shapes.title.text_frame.paragraphs[0].runs[0].font.color.rgb) == "FFFFFF"
    assert deck.core_properties.author == BRAND.name


def test_odd_content_is_taken(document: dict[str, Any]) -> None:
    wide = [f"column {number}" for number in range(23)]
    table = {
        "label": "W\x0bide",
        "columns": wide,
        "units": {},
        "rows": [["x\x00\ufffe" * 900, *range(22)]] * 60,
        "total": 99,
    }
    kinds = [
        {"name": "wide", "label": kind, "kind": kind, "table": "wide", "x": x, "y": ["column 2", "column 4"],
         "series": "", "unit": ""}
        for kind in ("line", "area", "bar", "scatter", "pie") for x in ("column 3", "column 0", "")
    ]  # fmt: skip
    empty = {"label": "None", "columns": ["a"], "units": {}, "rows": [], "total": 0}
    odd = {
        **document,
        "title": "Überlänge ≥ 日本 </p> " * 40,
        "tables": {"wide": table, "none": empty},
        "charts": [*kinds, {**kinds[0], "table": "none", "x": "a", "y": ["a"]}],
        "view": [{"kind": "table", "name": "wide"}, {"kind": "table", "name": "none"}],
        "metrics": [{**document["metrics"][0], "name": f"m{n}", "label": "Long label " * 9} for n in range(11)],
    }
    deck = slides(odd, [])
    assert any("24 of 99 rows and 7 of 23 columns are shown" in shape.text_frame.text
               for slide in deck.slides for shape in slide.shapes if shape.has_text_frame)  # fmt: skip
    assert "日本" in titles(deck)[0]


def test_an_answer_without_numbers_or_drivers(open_script: Callable[..., Workspace]) -> None:
    document = open_script(OPAQUE, LINES).results()
    bare = {**document, "metrics": [], "parameters": [], "assumptions": [], "sources": [], "request": ""}
    assert titles(slides(bare, []))[0] == "Opaque"


def test_without_the_library_it_is_said(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "find_spec", lambda name: None)
    assert "exports/reports/slides.pptx" not in reports.exports(document, slides=True)
    with pytest.raises(UsageFailure, match="python-pptx"):
        reports.download(document, None, "pptx")


def test_the_library_is_loaded_only_for_slides() -> None:
    code = "import sys, runtime.server, runtime.reports; print([m for m in ('pptx', 'reportlab') if m in sys.modules])"
    root = str(Path(reports.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_every_slide(
    document: dict[str, Any], scenarios: list[dict[str, Any]], tmp_path: Path
) -> None:
    content = reports.download(document, scenarios, "pptx", brand=BRAND)[2]
    (tmp_path / "slides.pptx").write_bytes(content)
    subprocess.run(
        [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(tmp_path / "slides.pptx")],
        check=True, timeout=180, capture_output=True,
    )  # fmt: skip
    pages = pypdf.PdfReader(tmp_path / "slides.pdf").pages
    wanted = titles(Presentation(io.BytesIO(content)))
    assert len(pages) == len(wanted)
    for page, title in zip(pages, wanted, strict=True):
        assert title.split()[0] in page.extract_text()
