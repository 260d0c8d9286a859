"""The pages that look inside: Script, Schema, History and Settings, in a real browser."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.store.runs import Store
from tests.endtoend.conftest import SEED, environment
from tests.endtoend.workbench import (
    TRIES,
    Workbench,
    ask,
    downloaded,
    ended,
    grid,
    ready,
    run_of,
    started,
    tab,
    tile,
    visiting,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_script_is_shown_with_its_plan_findings_and_bundle(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("script", seed_run))
    expect(page.get_by_test_id("stAlert")).to_contain_text("The validator accepts this script.")
    expect(page.get_by_test_id("stCode").first).to_contain_text("def dscr(")
    tab(page, "Plan")
    expect(page.get_by_text("reads loan_payments")).to_be_visible()
    tab(page, "Bundle")
    packed = downloaded(page, "Download the bundle")
    assert packed.startswith(b"PK")
    page.get_by_text("deploy.sh", exact=True).click()
    expect(page.get_by_text("docker build").first).to_be_visible()


def edit(page: Page, link: str, change: tuple[str, str]) -> None:
    """Replace a text in the script's editor and leave it."""
    page.goto(link)
    ready(page)
    tab(page, "Edit")
    box = page.get_by_role("textbox", name="Script")
    # The box is there a moment before its text is.
    expect(box).to_have_value(re.compile(re.escape(change[0])))
    text = box.input_value()
    box.fill(text.replace(*change, 1))
    box.press("Control+Enter")
    ready(page)


def test_an_edit_that_breaks_a_rule_is_refused_with_its_line(page: Page, workbench: Workbench, seed_run: str) -> None:
    edit(page, workbench.link("script", seed_run), ("import pandas as pd", "import os"))
    expect(page.get_by_text(re.compile(r"line \d+: .*os"))).to_be_visible()
    expect(page.get_by_role("button", name="Run this script")).to_be_disabled()


def test_an_honest_edit_runs_as_a_run_of_its_own(page: Page, workbench: Workbench, seed_run: str) -> None:
    edit(page, workbench.link("script", seed_run), ('"DSCR"', '"Coverage"'))
    page.get_by_role("button", name="Run this script").click()
    expect(tile(page, "Coverage")).to_contain_text("1.35x")
    assert run_of(page) != seed_run
    page.goto(workbench.link("", seed_run))
    expect(tile(page, "DSCR")).to_contain_text("1.35x")


def test_schema_is_searched_looked_into_and_drawn(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.link("schema"))
    tables = page.get_by_test_id("stExpander")
    expect(tables).to_have_count(12)
    page.get_by_label("Search tables, columns and comments").fill("matures_on")
    page.keyboard.press("Enter")
    expect(tables).to_have_count(1)
    ready(page)
    tables.get_by_text("loans").click()
    ready(page)
    page.get_by_role("button", name="First rows").click()
    shown = page.get_by_role("tabpanel", name="Tables").get_by_test_id("stDataFrame")
    expect(shown).to_have_count(2)
    expect(shown.last.locator("canvas table")).to_contain_text("1")
    expect(page.get_by_text("20 rows")).to_be_visible()
    page.goto(workbench.link("schema"))
    ready(page)
    tab(page, "Relations")
    picture = page.get_by_role("img", name="How the tables relate")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box
    assert min(box["width"], box["height"]) > 100
    tab(page, "Mapping")
    expect(page.get_by_role("tabpanel", name="Mapping").locator("canvas table")).to_contain_text("debt service")


def test_the_query_box_reads_and_only_reads(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.link("schema"))
    ready(page)
    tab(page, "Query")
    box = page.get_by_role("textbox", name="One SELECT, read only")
    box.fill("DELETE FROM properties")
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("SELECT")
    expect(page.get_by_text("Traceback")).to_have_count(0)
    box.fill("SELECT COUNT(*) AS homes FROM properties")
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(
        page.get_by_role("tabpanel", name="Query").get_by_test_id("stDataFrame").locator("canvas table")
    ).to_contain_text("48")
    assert b"48" in downloaded(page, "CSV")


def choose_first(page: Page) -> None:
    """Choose the first row of the table of runs; a click on a table that is drawn anew is lost."""
    ready(page)
    for _ in range(TRIES):
        page.get_by_test_id("stDataFrame").locator(".dvn-scroller").click(position={"x": 18, "y": 53})
        with suppress(AssertionError):
            expect(page.locator(".st-key-actions").get_by_role("button", name="Open")).to_be_visible(timeout=15_000)
            return
    raise AssertionError("The first run cannot be chosen.")


def test_history_finds_opens_archives_brings_back_and_deletes(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, "Occupancy trend")
    ended(page)
    run = run_of(page)
    page.goto(workbench.link("history"))
    page.get_by_role("textbox", name="Search").fill(run)
    page.keyboard.press("Enter")
    expect(grid(page).locator("tbody tr")).to_have_count(1)
    choose_first(page)
    page.locator(".st-key-actions").get_by_role("button", name="Open").click()
    expect(page).to_have_url(re.compile(f"results.*run={run}"))
    page.go_back()
    page.goto(workbench.link("history") + f"?search={run}")
    choose_first(page)
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator(".st-key-actions").get_by_role("button", name="Open")).to_have_count(0)
    page.goto(workbench.link("history") + f"?search={run}&archived=true")
    choose_first(page)
    page.get_by_role("button", name="Bring back").click()
    expect(page.locator(".st-key-actions").get_by_role("button", name="Open")).to_have_count(0)
    page.goto(workbench.link("history") + f"?search={run}")
    choose_first(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text(run)
    assert Store(workbench.store).load(run).id == run
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".st-key-actions").get_by_role("button", name="Open")).to_have_count(0)
    page.goto(workbench.link("", run))
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no run named")


def test_settings_show_health_and_no_password(browser: Browser, tmp_path: Path) -> None:
    settings = environment(
        tmp_path,
        DATABASE_URL="postgresql://reader:s3cret-word@127.0.0.1:1/books",
        EXECUTOR="local",
        LLM_API_KEY="k3y-word",
        LLM_BASE_URL="none",
    )
    with started(tmp_path, settings) as own:
        with visiting(browser, own.address) as visitor:
            page = visitor.page()
            page.goto(own.link("settings"))
            expect(page.get_by_text("Executor local").first).to_be_visible()
            expect(page.get_by_text(re.compile("Python.*3\\."))).to_be_visible()
            expect(page.get_by_test_id("stAlert")).to_contain_text("The main job cannot run here yet.")
            expect(grid(page, page.get_by_test_id("stDataFrame").count() - 1)).to_contain_text("reader")
            # What is set outside is shown, and not for choosing.
            expect(page.get_by_role("textbox", name="Server")).to_have_value("none")
            expect(page.get_by_role("textbox", name="Server")).to_be_disabled()
            shown = page.content()
            page.goto(own.link("schema"))
            expect(page.get_by_test_id("stAlert")).to_contain_text("127.0.0.1")
            shown += page.content()
            page.goto(own.address)
            ask(page, SEED)
            ended(page)
            expect(page.get_by_test_id("stAlert")).to_contain_text("127.0.0.1")
            shown += page.content()
        told = own.log.read_text() + "".join(file.read_text() for file in (tmp_path / "logs").glob("*"))
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("store.sqlite*"))
    for secret in ("s3cret-word", "k3y-word"):
        assert secret not in shown + told
        assert secret.encode() not in kept
