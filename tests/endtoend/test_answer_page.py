"""One answer, on every page that shows it: its sentence, its head, its figures and charts; the history around it."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from engine.products import Request
from engine.store.marks import Mark
from engine.store.runs import Store
from runtime.brand import READABLE
from tests.endtoend.workbench import TRIES, Workbench, ended, grid, ready, run_of, visiting

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SENTENCE = re.compile(
    r"DSCR of Orlando Fashion Square is 1\.35x for Nov 2025 to Oct 2026, above the 1\.25x threshold\."
)
# The lowest contrast of a text to what is painted behind it, of all texts below some elements.
CONTRAST = """
(selector) => {
  const parts = (color) => {
    const drawn = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    drawn.fillStyle = color; drawn.fillRect(0, 0, 1, 1);
    return [...drawn.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const over = (top, below) => top.slice(0, 3).map((value, at) => value * top[3] + below[at] * (1 - top[3]));
  const light = (color) => {
    const [r, g, b] = color.map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(parts(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [1, 1, 1]);
  };
  const found = [];
  for (const element of document.querySelectorAll(selector)) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    // A slider's value hangs from its handle and stands above it.
    const hung = element.closest('[role=slider], [data-testid=stSliderThumbValue]');
    if (!own || hung || !element.checkVisibility()) continue;
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    if (!opacity) continue;
    const below = behind(element);
    const text = parts(getComputedStyle(element).color);
    const [a, b] = [light(over([text[0], text[1], text[2], text[3] * opacity], below)), light(below)];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.textContent.trim().slice(0, 60)]);
  }
  return found;
}
"""
TEXTS = ", ".join(
    f"[data-testid=stMain] {each}"
    for each in (
        "[data-testid=stCaptionContainer] p",
        "[data-testid=stMarkdownContainer] *",
        "[data-testid=stMetric] *",
        "h1 span",
        "[data-testid^=stBaseButton] p",
    )
)


def field(page: Page) -> Locator:
    """Where a request is typed."""
    return page.get_by_test_id("stChatInputTextArea")


@pytest.mark.parametrize("name", ["", "results", "simulate"])
def test_every_view_of_an_answer_has_one_head(page: Page, workbench: Workbench, seed_run: str, name: str) -> None:
    page.goto(workbench.link(name, seed_run))
    ready(page)
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    expect(page.get_by_text(re.compile("Nov 2025 to Oct 2026 · data read .* · done"))).to_be_visible()
    expect(page.locator(".st-key-reading")).to_contain_text("Property = Orlando Fashion Square")
    expect(page.get_by_role("button", name="PDF report")).to_be_visible()
    figure = page.locator("[class*=st-key-figure-]")
    expect(figure).to_contain_text("good · at least 1.25x")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    values = figure.get_by_test_id("stMetricValue")
    sizes = [each.evaluate(size) for each in values.all()]
    assert sizes[0] > 2 * max(sizes[1:])
    page.get_by_role("button", name="What was assumed").click()
    expect(page.get_by_text("Expenses are held when revenue changes")).to_be_visible()


def test_enter_asks_and_shift_enter_breaks_the_line(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    field(page).press_sequentially("NOI")
    page.keyboard.press("Shift+Enter")
    field(page).press_sequentially("by region")
    expect(field(page)).to_have_value("NOI\nby region")
    page.keyboard.press("Enter")
    ended(page)
    expect(page.get_by_text("NOI by region").first).to_be_visible()


def test_the_drivers_stay_in_sight_and_series_keep_their_colours(
    page: Page, workbench: Workbench, seed_run: str
) -> None:
    page.goto(workbench.link("simulate", seed_run))
    ready(page)
    lines = page.get_by_test_id("stPlotlyChart").first.locator(".legendtext")
    expect(lines.first).to_be_visible()
    before = legend(page)
    page.get_by_role("slider", name="Revenue change").focus()
    page.keyboard.press("ArrowLeft")
    expect(lines.filter(has_text="(base)").first).to_be_visible()
    after = legend(page)
    assert before
    assert {name: after[name] for name in before} == before
    assert {after[f"{name} (base)"] == tint for name, tint in before.items()} == {True}
    page.get_by_text("Which quantities moved").scroll_into_view_if_needed()
    drivers = page.locator(".st-key-drivers")
    expect(drivers).to_be_in_viewport(ratio=1)
    top = page.locator(".st-key-drivers").evaluate(
        "element => document.elementFromPoint(innerWidth / 2, element.getBoundingClientRect().top + 30)"
        ".closest('.st-key-drivers') !== null"
    )
    assert top, "what scrolls lies over the drivers"


def legend(page: Page) -> dict[str, str]:
    """The colour of each series of the first chart."""
    found: dict[str, str] = page.get_by_test_id("stPlotlyChart").first.evaluate(
        "chart => Object.fromEntries([...chart.querySelectorAll('.traces')].map(each => ["
        "each.querySelector('.legendtext').textContent, each.querySelector('.legendlines path').style.stroke]))"
    )
    return found


def test_a_chart_is_shown_as_another_kind_and_as_a_table(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    ready(page)
    card = page.locator("[class*=st-key-card-]").first
    expect(card).to_contain_text("USD")
    card.get_by_role("radio", name="Bars").click()
    expect(card.locator(".bars").first).to_be_visible()
    card.get_by_role("radio", name="Table").click()
    expect(card.get_by_test_id("stDataFrame").locator("canvas table")).to_contain_text("2026-10")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser: Browser, workbench: Workbench, seed_run: str, scheme: str) -> None:
    with visiting(browser, workbench.address, color_scheme=scheme) as visitor:
        page = visitor.page()
        for name in ("results", "simulate", "history"):
            page.goto(workbench.link(name, seed_run))
            ready(page)
            expect(page.get_by_test_id("stHeading").first).to_be_visible()
            # What is still being drawn is pale.
            for _ in range(TRIES):
                found = page.evaluate(CONTRAST, TEXTS)
                if len(found) > 2 and min(each[0] for each in found) >= READABLE:
                    break
                page.wait_for_timeout(500)
            assert len(found) > 2
            assert [each for each in found if each[0] < READABLE] == [], name


def test_two_answers_stand_side_by_side(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.address)
    field(page).fill("DSCR for Riverside Plaza")
    field(page).press("Enter")
    ended(page)
    other = run_of(page)
    page.goto(workbench.link("results", seed_run))
    ready(page)
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Put beside DSCR for Orlando Fashion Square")).to_be_visible()
    page.goto(workbench.link("history") + f"?beside={seed_run},{other}")
    ready(page)
    beside = page.locator(".st-key-beside")
    expect(beside).to_contain_text("DSCR of Orlando Fashion Square is 1.35x")
    expect(beside).to_contain_text("DSCR of Riverside Plaza is")
    expect(grid(page)).to_contain_text("DSCR")
    expect(grid(page, 1)).to_contain_text("Pessimistic")
    beside.get_by_text("The scripts").click()
    expect(beside.get_by_test_id("stCode")).to_contain_text('-        property="Orlando Fashion Square",')
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".st-key-beside")).to_have_count(0)


def test_runs_are_marked_found_and_exported(page: Page, workbench: Workbench) -> None:
    store = Store(workbench.store)
    runs = [store.create(Request(text=f"mark {at}", database="sqlite:///none"), title=f"mark {at}") for at in "ab"]
    for run in runs:
        store.cancel(run.id)
    store.marks.put(Mark(run_id=runs[0].id, tags=("lender",)))
    page.goto(workbench.link("history") + "?search=mark")
    ready(page)
    expect(grid(page).locator("tbody tr")).to_have_count(2)
    page.goto(workbench.link("history") + "?search=lender")
    ready(page)
    expect(grid(page).locator("tbody tr")).to_have_count(1)
    page.get_by_test_id("stDataFrame").locator(".dvn-scroller").click(position={"x": 18, "y": 53})
    page.get_by_role("button", name="Name, tags, pin").click()
    page.get_by_role("textbox", name="Title").fill("For the board")
    page.get_by_role("checkbox", name="Pinned on top").check(force=True)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(grid(page)).to_contain_text("For the board")
    expect(grid(page)).to_contain_text("★")
    assert store.load(runs[0].id).title == "For the board"
    assert store.marks.all()[runs[0].id].pinned
    page.get_by_test_id("stDataFrame").locator(".dvn-scroller").click(position={"x": 18, "y": 53})
    with page.expect_download() as given:
        page.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(given.value.path().read_bytes())) as archive:
        assert archive.namelist() == [f"for-the-board-{runs[0].id}/run.json"]
    for run in runs:
        store.delete(run.id)
    store.close()
