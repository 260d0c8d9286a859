"""What-if in the dashboard: tornado, goal seek and chance, by keyboard, on a phone, refusals beside their form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.runtime.test_dashboard import browser, complaints, page, pytestmark, watch

__all__ = ["browser", "complaints", "page", "pytestmark"]


def turn(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_the_tornado_is_drawn_for_the_chosen_output(page: Page) -> None:
    panel = page.locator("#tornado-panel")
    expect(panel.locator(".main-svg").first).to_be_visible()
    expect(panel.locator("figure")).to_have_attribute("aria-label", re.compile("Tornado of DSCR: Revenue"))
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
    with page.expect_response("**/api/what-if") as refused:
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
    before = page.locator("#chance-table").inner_text()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Enter")
    expect(page.locator("#chance-note")).to_contain_text("seed 7")
    assert page.locator("#chance-table").inner_text() != before
    page.get_by_role("tab", name="Chance").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Which driver matters")).to_be_focused()


@pytest.mark.parametrize("name", ["Which driver matters", "Reach a target", "Chance"])
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
