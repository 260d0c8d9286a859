"""What-if in the dashboard: tornado, goal seek and chance, by keyboard, on a phone, refusals beside their form."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from engine.bench.dashboard import served
from runtime.server import make_app
from runtime.workspace import Workspace
from tests.runtime.test_dashboard import complaints, page, watch
from tests.runtime.test_server import SLOW

__all__ = ["complaints", "page"]


def drawn_of(response: Response) -> str:
    """The distribution of the revenue that a draw was asked with; other questions may be answered at the same time."""
    asked = response.request.post_data_json if "api/what-if" in response.url else {}
    return str(asked.get("distributions", {}).get("revenue_change", {}).get("kind", ""))


def turn(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_the_tornado_is_drawn_for_the_chosen_output(page: Page) -> None:
    panel = page.locator("#tornado-panel")
    expect(panel.locator(".main-svg").first).to_be_visible()
    expect(page.locator("#tornado-chart")).to_have_attribute("aria-label", re.compile("Tornado of DSCR: Revenue"))
    expect(panel.locator("tbody tr")).to_have_count(3)
    expect(panel.locator("tbody")).to_contain_text("% per point")
    page.get_by_label("Output", exact=True).select_option("noi")
    expect(panel.locator("tbody tr")).to_have_count(2)
    expect(panel.locator("#tornado-note")).to_contain_text("Without effect: Interest rate")


def test_a_target_is_sought_and_a_wrong_one_is_told_beside_it(page: Page, complaints: list[str]) -> None:
    turn(page, "Reach a target")
    box = page.get_by_label("Target for DSCR")
    expect(box).to_have_value("1.25")
    expect(page.locator("#goal-table tbody")).to_contain_text("%")
    box.fill("900")
    box.press("Enter")
    expect(page.locator("#goal-table tbody")).to_contain_text("not within its bounds; nearest")
    with page.expect_response("**/api/what-if*") as refused:
        box.fill("")
        box.press("Enter")
    assert refused.value.status == 400
    expect(page.locator("#goal-note")).to_contain_text("target")
    expect(page.locator("#goal-note")).to_have_class(re.compile("refused"))
    # The browser itself writes a refused request to its console.
    assert len(complaints) == 1
    complaints.clear()


def test_chance_by_keyboard_alone(page: Page) -> None:
    page.get_by_role("tab", name="Which driver matters").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Chance")).to_be_focused()
    expect(page.locator("#chance-note")).to_contain_text("4,096 draws, seed 20240")
    expect(page.locator("#chance-panel .main-svg").first).to_be_visible()
    expect(page.locator("#chance-table")).to_contain_text("Misses at least 1.25x")
    expect(page.locator("#chance-table")).to_contain_text("Standard deviation")
    before = page.locator("#chance-table").inner_text()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Enter")
    expect(page.locator("#chance-note")).to_contain_text("seed 7")
    assert page.locator("#chance-table").inner_text() != before
    page.get_by_role("tab", name="Chance").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Which driver matters")).to_be_focused()


@pytest.mark.parametrize("name", ["Which driver matters", "Table", "Reach a target", "Chance"])
def test_a_phone_does_not_scroll_sideways(browser: Browser, address: str, complaints: list[str], name: str) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 800})
    found = context.new_page()
    watch(found, address, complaints)
    found.goto(address + "/")
    turn(found, name)
    expect(found.locator("#whatif tbody:visible").first).to_be_visible()
    assert found.evaluate("document.documentElement.scrollWidth") <= 375
    context.close()
    assert complaints == []


def test_what_makes_the_variance_is_computed_when_asked(page: Page) -> None:
    page.get_by_role("button", name="What makes its variance").click()
    expect(page.locator("#sobol-note")).to_contain_text("evaluations, seed 20240")
    expect(page.locator("#sobol-chart")).to_have_attribute(
        "aria-label", re.compile("Variance of DSCR: Revenue change \\d+ %")
    )
    expect(page.locator("#sobol-table tbody tr")).to_have_count(3)


def test_a_table_over_one_driver_and_over_two(page: Page) -> None:
    turn(page, "Table")
    panel = page.locator("#table-panel")
    expect(panel.locator("figure .heatmaplayer image")).to_be_visible()
    expect(panel.locator("tbody tr")).to_have_count(12)
    expect(panel.locator("td.bad").first).to_be_visible()
    expect(panel.locator("td.good").first).to_be_visible()
    page.get_by_label("Down", exact=True).select_option(label="none: one driver")
    expect(panel.locator("tbody tr")).to_have_count(1)
    expect(panel.locator("figure")).to_have_attribute("aria-label", "DSCR over Revenue change")
    page.get_by_label("Across", exact=True).select_option(label="Interest rate change")
    expect(panel.locator("figure")).to_have_attribute("aria-label", "DSCR over Interest rate change")


def test_one_drivers_solutions_between_bounds(page: Page, complaints: list[str]) -> None:
    turn(page, "Reach a target")
    page.get_by_role("button", name="Find every solution").click()
    expect(page.locator("#one-note")).to_contain_text("DSCR is 1.25x at Revenue change")
    page.get_by_label("From", exact=True).fill("10")
    page.get_by_role("button", name="Find every solution").click()
    expect(page.locator("#one-note")).to_contain_text("No Revenue change from +10 % to +50 % brings it about")
    page.get_by_label("From", exact=True).fill("70")
    with page.expect_response("**/api/what-if*"):
        page.get_by_role("button", name="Find every solution").click()
    expect(page.locator("#one-note")).to_contain_text("the low bound 0.7 is not below the high bound 0.5")
    expect(page.get_by_label("From", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("From", exact=True)).to_have_value("70")
    assert len(complaints) == 1
    complaints.clear()


def test_every_distribution_and_a_wrong_one_at_its_field(page: Page, complaints: list[str]) -> None:
    turn(page, "Chance")
    choice = page.get_by_label("Revenue change", exact=True).and_(page.locator("select"))
    for kind in ("lognormal", "triangular", "pert", "uniform", "discrete", "history", "normal"):
        choice.select_option(kind)
        with page.expect_response(lambda response: drawn_of(response) == kind) as answered:  # noqa: B023 (ended here)
            page.get_by_role("button", name="Draw", exact=True).click()
        assert answered.value.status == 200
    deviation = page.get_by_label("standard deviation (%)").first
    deviation.fill("-3")
    deviation.press("Enter")
    expect(page.locator("#chance-note")).to_contain_text("revenue_change sd: -0.03 is negative")
    expect(deviation).to_have_attribute("aria-invalid", "true")
    expect(deviation).to_have_value("-3")
    assert len(complaints) == 1
    complaints.clear()


def test_a_scenario_is_copied_and_says_what_is_behind_it(page: Page) -> None:
    page.locator("#driver-revenue_change").fill("-40")
    page.get_by_label("Keep these values as a scenario").fill("Bad year")
    page.get_by_role("button", name="Add as scenario").click()
    page.get_by_role("button", name="Copy Bad year", exact=True).click()
    expect(page.locator(".comparison thead")).to_contain_text("Bad year copy")
    page.get_by_text("Which quantities moved").click()
    expect(page.locator("#moved-table tbody tr")).to_have_count(5)
    expect(page.locator("#moved-table")).to_contain_text("noi / debt_service")
    page.get_by_text("What each scenario assumes").click()
    expect(page.locator("#assumed-list")).to_contain_text("Revenue change is -40.00 %, not 0.00 %.")
    # A bundle on its own knows no sentences and has no other data, so it offers neither.
    for beyond in ("#say", "#portfolio", "#fresh"):
        expect(page.locator(beyond)).to_be_hidden()


def test_a_long_question_says_how_far_it_is_and_cancel_stops_the_server(
    browser: Browser, open_script: Callable[..., Workspace], complaints: list[str]
) -> None:
    opened = open_script(SLOW, {"unused": pd.DataFrame({"a": [1]})})
    with served(make_app(opened)) as address:
        page = browser.new_page()
        watch(page, address, complaints)
        page.goto(address + "/")
        expect(page.locator("#tornado-table tbody tr")).to_have_count(1)
        turn(page, "Chance")
        page.get_by_label("Change", exact=True).and_(page.locator("select")).select_option("uniform")
        page.get_by_role("button", name="Draw").click()
        expect(page.locator("#waiting-text")).to_have_text(
            re.compile(r"Computing, \d+ s so far, [\d,]+ of 4,096 evaluations")
        )
        with page.expect_response(re.compile("api/cancel")) as cancelled:
            page.get_by_role("button", name="Cancel").press("Enter")
        assert cancelled.value.json() == {"stopped": True}
        expect(page.locator("#chance-note")).to_have_text("Cancelled.")
        expect(page.locator("#waiting")).to_be_hidden()
        # What comes after it is answered: nothing computes any more.
        turn(page, "Reach a target")
        page.get_by_label("Target for Bonus").fill("100")
        page.get_by_label("Target for Bonus").press("Enter")
        expect(page.locator("#goal-table tbody tr")).to_have_count(1)
        assert len(opened.model.module.CALLS) < 4096
        page.close()
    # Chance without a distribution, as the tab opens, is refused; the browser writes that to its console.
    assert all("400" in told for told in complaints)
