"""The workbench as a person uses it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdf
import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page, expect
from pptx import Presentation

from engine.products import Request
from engine.store.runs import Store
from tests.conftest import ROOT
from tests.endtoend.conftest import SEED, environment
from tests.endtoend.workbench import (
    FINAL,
    Workbench,
    ask,
    downloaded,
    ended,
    fill,
    grid,
    ready,
    run_of,
    started,
    tab,
    tile,
    visiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
STEPS = ("Analyse", "Plan", "Generate the script", "Validate", "Containerize", "Execute in isolation", "Results")


def words(pdf: bytes) -> str:
    """The text of a PDF."""
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)


@pytest.fixture(
    params=[
        # Each database once and each executor once: the one does not meet the other.
        ("sqlite", "local"),
        pytest.param(("postgresql", "docker"), marks=pytest.mark.docker),
    ],
    ids="-".join,
)
def any_workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    """A workbench on each database, with each executor."""
    database, executor = request.param
    if executor == "docker":
        request.getfixturevalue("docker_engine")
    url = request.getfixturevalue("sample_url" if database == "sqlite" else "postgresql_url")
    with started(tmp_path, environment(tmp_path, DATABASE_URL=url, EXECUTOR=executor)) as found:
        yield found


def test_the_seed_request_is_answered_and_survives_a_reload(browser: Browser, any_workbench: Workbench) -> None:
    with visiting(browser, any_workbench.address) as visitor:
        page = visitor.page()
        page.goto(any_workbench.address)
        page.get_by_test_id("stChatInputTextArea").press_sequentially(SEED)
        page.keyboard.press("Enter")
        for _ in range(2):
            # The first use of Docker may have to build its image.
            expect(tile(page, "DSCR")).to_contain_text("1.35x", timeout=600_000)
            expect(page.locator("[class*=st-key-figure-]")).to_contain_text("good · at least 1.25x")
            expect(page.locator("[data-testid=stPlotlyChart] .main-svg").first).to_be_visible()
            page.get_by_text("The seven steps (").click()
            for step in STEPS:
                expect(page.locator(".st-key-steps").get_by_text(re.compile(rf"{step}\s+\d+\.\d\d s"))).to_be_visible()
            before = run_of(page)
            page.reload()
            ready(page)
            assert run_of(page) == before
        page.get_by_role("link", name="Results").first.click()
        expect(page.get_by_role("heading", name=re.compile("DSCR of Orlando Fashion Square is 1.35x"))).to_be_visible()
        page.get_by_role("tab", name="Web dashboard").click()
        frame = page.frame_locator("iframe[src*='/run/']")
        expect(frame.locator("[data-metric=dscr] .tile-value")).to_have_text("1.35x")


def test_the_steps_are_shown_while_they_happen(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, "NOI by property type and year")
    for step in STEPS:
        expect(page.locator(".st-key-steps").get_by_text(step).first).to_be_attached()
    ended(page)


def test_an_ambiguous_request_is_asked_back_and_answered_by_a_click(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, "DSCR of Riverside")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Riverside")
    page.get_by_role("button", name="Riverside Plaza (property)").click()
    expect(page.get_by_role("heading", name=re.compile("DSCR of Riverside Plaza is"))).to_be_visible()
    expect(tile(page, "DSCR")).to_contain_text("x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flurb the grommet", "grommet"),
        ("DSCR of the purple elephants", "purple elephants"),
        ("**bold** $x$ <script>alert(1)</script>", "alert"),
    ],
)
def test_nonsense_is_declined_in_a_sentence(page: Page, workbench: Workbench, text: str, said: str) -> None:
    page.goto(workbench.address)
    ask(page, text)
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    expect(page.get_by_test_id("stAlert")).to_contain_text(said)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_an_example_is_asked_by_a_click_and_can_be_edited(browser: Browser, tmp_path: Path) -> None:
    if not (ROOT / "var" / "sample.sqlite").exists():
        from sample.load import main

        main([])
    with started(tmp_path, environment(tmp_path, EXECUTOR="local")) as own, visiting(browser, own.address) as visitor:
        page = visitor.page()
        page.goto(own.address)
        page.get_by_role("radio", name="DSCR for all properties, worst first").click()
        expect(page.get_by_text("· done")).to_be_visible()
        page.get_by_role("button", name="Edit the request").click()
        field = page.get_by_test_id("stChatInputTextArea")
        expect(field).to_have_value("DSCR for all properties, worst first")
        expect(page.get_by_test_id("stSidebar")).to_contain_text("Sample data: fictional properties.")


def test_results_say_how_a_number_is_computed(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    tab(page, "How is this computed?")
    panel = page.get_by_role("tabpanel", name="How is this computed?")
    expect(panel.get_by_role("img", name=re.compile(r"How DSCR is computed: .*NOI \$4,212,703"))).to_be_visible()
    expect(panel).to_contain_text("net operating income over annual principal and interest")
    expect(panel).not_to_contain_text("dscr = noi / debt_service")
    panel.get_by_text("Formulas and queries").click()
    expect(panel).to_contain_text("dscr = noi / debt_service")
    expect(panel).to_contain_text("FROM income_lines")
    expect(panel).to_contain_text("property = 'Orlando Fashion Square'")
    tab(page, "Sources")
    expect(page.get_by_role("tabpanel", name="Sources")).to_contain_text("Source loan_payments: 12 rows")


def test_results_hold_the_web_dashboard_with_its_own_sliders(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    tab(page, "Web dashboard")
    frame = page.frame_locator("iframe[src*='/run/']")
    value = frame.locator("[data-metric=dscr] .tile-value")
    expect(value).to_have_text("1.35x")
    frame.locator("#driver-revenue_change").focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(value).not_to_have_text("1.35x")
    expect(frame.locator("[data-metric=dscr] .tile-change")).to_contain_text("base 1.35x")
    expect(frame.locator(".chart-card .main-svg").first).to_be_visible()
    # The frame can reach nothing of the workbench, not even with its own script.
    inner = next(found for found in page.frames if "/run/" in found.url)
    for secret in ("parent.document.title", "document.cookie", "localStorage.length"):
        assert inner.evaluate(
            f"() => {{ try {{ return String({secret}); }} catch (error) {{ return error.name; }} }}"
        ) == ("SecurityError")


def test_the_dashboard_opens_in_a_tab_of_its_own(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    tab(page, "Web dashboard")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in a new tab").click()
    expect(opened.value.locator("[data-metric=dscr] .tile-value")).to_have_text("1.35x")
    with opened.value.expect_download() as given:
        opened.value.locator("[data-format=pdf]").click()
    assert "1.35" in words(given.value.path().read_bytes())


def test_pdf_and_excel_download_and_open(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    ready(page)
    text = words(downloaded(page, "PDF report"))
    assert "Orlando Fashion Square" in text
    assert "1.35" in text
    book = openpyxl.load_workbook(BytesIO(downloaded(page, "Excel workbook")))
    assert any(cell.value == "DSCR" for sheet in book for row in sheet.iter_rows() for cell in row)
    slides = Presentation(BytesIO(downloaded(page, "PowerPoint slides"))).slides
    said = "DSCR of Orlando Fashion Square is 1.35x for Nov 2025 to Oct 2026, above the 1.25x threshold"
    assert slides[1].shapes.title.text_frame.text == said
    assert len(slides) == 6
    page.get_by_role("button", name="Data files").click()
    assert b"DSCR" in downloaded(page, "metrics.csv")


def move(page: Page, slider: str, key: str, times: int) -> None:
    """Move a slider with the keyboard."""
    page.get_by_role("slider", name=slider).focus()
    for _ in range(times):
        page.keyboard.press(key)
    ready(page)


def test_a_slider_changes_cards_and_charts(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("simulate", seed_run))
    ready(page)
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts.first.locator(".main-svg").first).to_be_visible()
    expect(tile(page, "DSCR").get_by_test_id("stMetricDelta")).to_have_count(0)
    move(page, "Revenue change", "ArrowRight", 10)
    expect(tile(page, "DSCR")).to_contain_text("1.55x")
    expect(tile(page, "DSCR").get_by_test_id("stMetricDelta")).to_contain_text("+0.20x (+15.0%)")
    expect(charts.first).to_contain_text("(base)")
    expect(page).to_have_url(re.compile("p_revenue_change=10"))
    page.reload()
    expect(tile(page, "DSCR")).to_contain_text("1.55x")


def test_scenarios_are_offered_kept_and_compared(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("simulate", seed_run))
    ready(page)
    for name in ("Optimistic", "Pessimistic", "Rates up"):
        expect(grid(page)).to_contain_text(name)
    move(page, "Revenue change", "ArrowLeft", 20)
    page.get_by_label("Keep these values as").fill("Bad <b>year</b>")
    page.get_by_role("button", name="Add scenario").click()
    expect(grid(page)).to_contain_text("Bad <b>year</b>")
    page.goto(workbench.link("simulate", seed_run))
    expect(grid(page)).to_contain_text("Bad <b>year</b>")
    expect(grid(page, 1)).to_contain_text("Pessimistic")
    chart = page.locator("[aria-label^='DSCR: Base 1.35x']")
    expect(chart).to_have_attribute("aria-label", re.compile(r"Optimistic \d\.\d\dx, .*Bad <b>year</b> 0\.9\dx"))
    page.get_by_role("radio", name="NOI").click()
    expect(page.locator("[aria-label^='NOI: Base $']")).to_be_visible()
    text = words(downloaded(page, "PDF with scenarios"))
    assert "Optimistic" in text
    assert "1.35" in text
    book = openpyxl.load_workbook(BytesIO(downloaded(page, "Excel with scenarios")))
    assert any("Optimistic" in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    slides = Presentation(BytesIO(downloaded(page, "PowerPoint with scenarios"))).slides
    assert any("scenarios miss" in slide.shapes.title.text_frame.text for slide in slides)


def test_name_logo_and_colors_are_chosen_and_used(browser: Browser, tmp_path: Path, sample_url: str) -> None:
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local", COLOR_ACCENT="bluish")
    logo = BytesIO()
    Image.new("RGB", (200, 60), "#0b3d2e").save(logo, "PNG")
    with started(tmp_path, settings) as own, visiting(browser, own.address) as visitor:
        page = visitor.page()
        page.goto(own.link("settings"))
        wrong = page.get_by_test_id("stAlert").filter(has_text="COLOR_ACCENT: 'bluish' is no colour.")
        expect(wrong).to_contain_text("Write it as #1f4e79")
        fill(page, "Company name", "Meridian & Söhne")
        chosen = {"name": "logo.png", "mimeType": "image/png", "buffer": b"no image"}
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(chosen)  # type: ignore[arg-type]
        expect(page.get_by_role("button", name="Remove logo.png")).to_be_visible()
        page.get_by_role("button", name="Use for new runs").click()
        expect(page.get_by_text("The image is no PNG or JPEG image.")).to_be_visible()
        page.reload()
        ready(page)
        fill(page, "Company name", "Meridian & Söhne")
        chosen["buffer"] = logo.getvalue()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(chosen)  # type: ignore[arg-type]
        expect(page.get_by_role("button", name="Remove logo.png")).to_be_visible()
        expect(page.get_by_label("Company name")).to_have_value("Meridian & Söhne")
        page.get_by_role("button", name="Use for new runs").click()
        expect(page.get_by_test_id("stImage").locator("img")).to_be_visible()
        page.goto(own.address)
        ask(page, SEED)
        expect(tile(page, "DSCR")).to_contain_text("1.35x")
        page.goto(own.link("results", run_of(page)))
        ready(page)
        assert "Meridian & Söhne" in words(downloaded(page, "PDF report"))
        deck = Presentation(BytesIO(downloaded(page, "PowerPoint slides")))
        assert any(shape.name == "Logo" for shape in deck.slides[1].slide_layout.shapes)
        tab(page, "Web dashboard")
        frame = page.frame_locator("iframe[src*='/run/']")
        expect(frame.locator(".masthead")).to_contain_text("Meridian & Söhne")
        expect(frame.locator(".masthead img")).to_have_js_property("naturalWidth", 200)


def test_a_run_can_be_cancelled_and_never_hangs(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, "Extract property data, calculate metrics, generate report")
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel.or_(page.get_by_text(FINAL))).to_be_visible()
    # It may come to its end while it is cancelled.
    with suppress(Error):
        cancel.dispatch_event("click", timeout=5_000)
    ended(page)
    assert Store(workbench.store).load(run_of(page)).status in ("done", "cancelled")


def test_a_run_cancelled_before_it_began_says_so(page: Page, workbench: Workbench) -> None:
    store = Store(workbench.store)
    run = store.create(Request(text="NOI", database="sqlite:///none"), title=f"NOI, {datetime.now(UTC):%H:%M:%S}")
    store.cancel(run.id)
    page.goto(workbench.link("", run.id))
    expect(page.get_by_text(FINAL)).to_be_visible()
    if store.load(run.id).status == "cancelled":
        expect(page.get_by_test_id("stAlert")).to_contain_text("cancelled")


def test_two_people_see_the_same_run(browser: Browser, workbench: Workbench) -> None:
    with visiting(browser, workbench.address) as first, visiting(browser, workbench.address) as second:
        one, other = first.page(), second.page()
        one.goto(workbench.address)
        ask(one, "DSCR for all properties, worst first")
        expect(one).to_have_url(re.compile("run="))
        other.goto(one.url)
        for page in (one, other):
            expect(page.get_by_text("· done")).to_be_visible()
        assert run_of(one) == run_of(other)
        other.goto(workbench.address)
        expect(other.get_by_text("· done")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("results", "No run is open."),
        ("simulate", "No run is open."),
        ("script", "No script is open."),
        ("schema", "Schema"),
        ("history", "History"),
        ("settings", "Settings"),
        ("services", "Services"),
    ],
)
def test_a_link_to_a_page_shows_the_whole_frame_even_on_the_first_visit(
    browser: Browser, tmp_path: Path, sample_url: str, name: str, heading: str
) -> None:
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local")
    with started(tmp_path, settings) as own, visiting(browser, own.address) as visitor:
        page = visitor.page()
        page.goto(own.link(name))
        expect(page.get_by_test_id("stMain")).to_contain_text(heading)
        sidebar = page.get_by_test_id("stSidebar")
        for link in ("Request", "Results", "Simulate", "Services", "Script", "Schema", "History", "Settings"):
            expect(sidebar.get_by_role("link", name=link)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "results", "simulate", "services", "script", "schema", "history", "settings"])
def test_a_phone_never_scrolls_sideways(
    browser: Browser, workbench: Workbench, seed_run: str, name: str, scheme: str
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": scheme}
    with visiting(browser, workbench.address, **phone) as visitor:
        page = visitor.page()
        page.goto(workbench.link(name, seed_run))
        ready(page)
        expect(page.get_by_test_id("stHeading").first).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
