"""What-if as a person uses it: scenarios in words, copies, Sobol indices, in the terminal and on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pptx import Presentation

from tests.endtoend.conftest import SEED, Terminal
from tests.endtoend.test_pages import ask, grid, tab
from tests.endtoend.workbench import Workbench, ready, run_of, tile, visiting


@pytest.fixture(scope="module")
def seed_run(browser: Browser, workbench: Workbench) -> str:
    """A finished run of the seed request."""
    with visiting(browser, workbench.address) as visitor:
        page = visitor.page()
        page.goto(workbench.address)
        ask(page, SEED)
        expect(tile(page, "DSCR")).to_contain_text("1.35x")
        return run_of(page)


def test_scenarios_in_words_and_indices_in_the_terminal(terminal: Terminal) -> None:
    assert terminal("ask", SEED).code == 0
    said = "like Pessimistic but rates up 150 basis points"
    ended = terminal("simulate", "last", "--say", "revenue 10 % down and opex +5%", "--say", said, "--json")
    assert ended.code == 0, ended.err
    first, second = ended.json["scenarios"]
    assert first["name"] == "revenue 10 % down and opex +5%"
    assert (first["parameters"]["revenue_change"], first["parameters"]["expense_change"]) == (-0.1, 0.05)
    assert second["parameters"]["rate_change"] == 0.015
    assert second["metrics"]["dscr"] < first["metrics"]["dscr"]
    refused = terminal("simulate", "last", "--say", "weather down 10 %")
    assert refused.code == 2
    assert "'weather'" in refused.err
    indices = terminal("simulate", "last", "--sobol", "dscr", "--json").json
    assert sum(row["first"] for row in indices["rows"]) == pytest.approx(1.0, abs=0.05)
    shown = terminal("simulate", "last", "--tornado", "dscr")
    assert "elasticity" in shown.out


def test_a_run_is_written_as_a_report(terminal: Terminal, tmp_path: Path) -> None:
    logo = tmp_path / "logo.txt"
    logo.write_text("no image")
    asked = terminal("ask", SEED, "--json", "--yes", COMPANY_NAME="Meridian", COMPANY_LOGO=str(logo))
    assert asked.code == 0, asked.err
    scenarios = tmp_path / "scenarios.json"
    scenarios.write_text('{"scenarios": [{"name": "Worse", "revenue_change": -0.3}]}')
    for ending in ("pptx", "pdf", "xlsx", "csv", "json"):
        file = tmp_path / f"told.{ending}"
        done = terminal("report", "last", str(file), "--scenarios", str(scenarios))
        assert done.code == 0, done.err
        assert file.stat().st_size > 100
    deck = Presentation(tmp_path / "told.pptx")
    assert "The scenario misses a threshold" in [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert deck.core_properties.author == "Meridian"
    log = (tmp_path / "logs" / "engine.log").read_text()
    assert "Reports are made without COMPANY_LOGO" in log
    refused = terminal("report", "last", str(tmp_path / "told.doc"))
    assert refused.code == 2
    assert "pptx" in refused.err
    nowhere = terminal("report", "last", str(tmp_path / "none" / "told.pdf"))
    assert (nowhere.code, "cannot be written" in nowhere.err) == (1, True)


def test_a_scenario_is_said_copied_and_compared_on_the_page(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("simulate", seed_run))
    ready(page)
    sentence = page.get_by_label("Say a scenario")
    sentence.fill("weather down 10 %")
    sentence.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("weather")
    expect(sentence).to_have_value("weather down 10 %")
    sentence.fill("Storm: revenue down 30 %")
    sentence.press("Enter")
    expect(grid(page)).to_contain_text("Storm")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(grid(page)).to_contain_text("copy")
    tab(page, "Which driver matters")
    page.get_by_text("What makes its variance").click()
    expect(page.locator("[aria-label^='Variance of DSCR:']")).to_have_attribute("aria-label", re.compile(r"\d+% alone"))
