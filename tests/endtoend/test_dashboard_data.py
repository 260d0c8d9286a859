"""The generated dashboard over more than its own data: every member, and the data read anew, where its link may."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from tests.endtoend.conftest import SEED, environment
from tests.endtoend.test_gateway import call
from tests.endtoend.workbench import Workbench, ask, ready, run_of, started, tab, tile, visiting

pytestmark = pytest.mark.xdist_group("browser")


def framed(page: Page, link: str) -> FrameLocator:
    """The dashboard in its frame on the Results page."""
    page.goto(link)
    ready(page)
    tab(page, "Web dashboard")
    return page.frame_locator("iframe[src*='/run/']")


def fulfil(document: object, route: Route) -> None:
    """Answers a page of an opaque origin."""
    route.fulfill(json=document, headers={"Access-Control-Allow-Origin": "*"})


def test_a_portfolio_is_computed_ranked_and_downloaded_in_the_frame(
    page: Page, workbench: Workbench, seed_run: str
) -> None:
    frame = framed(page, workbench.link("results", seed_run))
    # Of what is compared, else of the ready scenarios.
    expect(frame.locator("#portfolio-scenarios input")).to_have_count(3)
    frame.get_by_role("button", name="Add Stress to the comparison").click()
    expect(frame.locator("#portfolio-scenarios input")).to_have_count(1)
    frame.get_by_label("Over every").select_option("Property")
    frame.get_by_role("button", name="Compute all").press("Enter")
    expect(frame.locator("#portfolio-note")).to_contain_text("46 computed; 2 could not be. Read ", timeout=120_000)
    expect(frame.locator("#portfolio-totals .tile").first).to_contain_text("1.40x")
    expect(frame.locator("#portfolio-totals .tile").first).to_contain_text("of 46 miss the goal of at least 1.25x")
    expect(frame.locator("#portfolio-chart .main-svg").first).to_be_visible()
    rows = frame.locator("#portfolio-table tbody tr")
    expect(rows).to_have_count(46)
    expect(rows.first.locator("td").first).to_have_text("1")
    expect(frame.locator("#portfolio-order")).to_contain_text("Ranked by DSCR in Base: the best")
    best = frame.locator("#portfolio-chart").get_attribute("aria-label") or ""
    assert best.startswith("DSCR in Base: 1. ")
    frame.locator("#portfolio-table thead").get_by_role("button", name="Stress").press("Enter")
    expect(frame.get_by_label("In scenario")).to_have_value("1")
    expect(frame.locator("#portfolio-order")).to_contain_text("Ranked by DSCR in Stress: the best")
    expect(frame.locator("#portfolio-table thead [aria-sort=descending]")).to_contain_text("Stress")
    expect(frame.locator("#portfolio-chart")).not_to_have_attribute("aria-label", best)
    frame.get_by_text("2 could not be computed").click()
    expect(frame.locator("#portfolio-uncomputed li").last).to_contain_text("Tidewater Market: ")
    with page.expect_download() as given:
        frame.get_by_role("button", name="Ranking to a CSV file").click()
    assert given.value.suggested_filename == "portfolio-property.csv"
    listed = list(csv.reader(StringIO(given.value.path().read_text("utf-8-sig"))))
    assert listed[0] == ["Rank", "Property", "Base", "Stress"]
    assert [row[0] for row in (listed[1], listed[-1])] == ["1", ""]
    assert (len(listed), listed[-1][1]) == (48, "Total")
    frame.get_by_label("Ranked by").select_option("noi")
    expect(frame.locator("#portfolio-order")).to_contain_text("Ranked by NOI in Stress")


def test_a_refusal_of_a_portfolio_stands_at_its_field(page: Page, workbench: Workbench, seed_run: str) -> None:
    told = {"error": {"message": "by: there is no dimension 'property'.", "hint": "Choose one of: region."}}
    # With a status that is no error to the browser, which writes those to its console.
    page.route("**/api/portfolio?*", partial(fulfil, told))
    frame = framed(page, workbench.link("results", seed_run))
    frame.get_by_label("Over every").select_option("Property")
    frame.get_by_role("button", name="Compute all").click()
    expect(frame.locator("#portfolio-note")).to_have_text(" ".join(told["error"].values()))
    expect(frame.get_by_label("Over every")).to_have_attribute("aria-invalid", "true")
    expect(frame.get_by_role("button", name="Compute all")).to_be_enabled()


def test_a_portfolio_says_how_far_it_is_and_is_cancelled(page: Page, workbench: Workbench, seed_run: str) -> None:
    told = {"progress": {"done": 20, "total": 48}, "cancel": {"stopped": True}}
    for what, document in told.items():
        page.route(f"**/api/{what}?*", partial(fulfil, document))
    # It is never answered: nobody waits for a quick machine to be slow.
    page.route("**/api/portfolio?*", lambda route: None)
    frame = framed(page, workbench.link("results", seed_run))
    frame.get_by_label("Over every").select_option("Region")
    frame.get_by_role("button", name="Compute all").click()
    expect(frame.locator("#waiting-text")).to_have_text(re.compile(r"Computing, \d+ s so far, 20 of 48 members"))
    expect(frame.get_by_role("button", name="Compute all")).to_be_disabled()
    with page.expect_request(re.compile(r"api/cancel\?ticket=")):
        frame.get_by_role("button", name="Cancel").press("Enter")
    expect(frame.locator("#portfolio-note")).to_have_text("Cancelled.")
    expect(frame.get_by_role("button", name="Compute all")).to_be_enabled()


def test_a_shared_link_may_only_what_was_ticked(page: Page, workbench: Workbench, seed_run: str) -> None:
    framed(page, workbench.link("results", seed_run))
    page.get_by_role("button", name="Share a link").click()
    body = page.get_by_test_id("stPopoverBody")
    links, make = body.get_by_test_id("stCode"), body.get_by_role("button", name="Make a link")
    make.click()
    expect(links).to_have_count(1)
    plain = links.first.inner_text().strip()
    page.get_by_text("May read the data again").click()
    make.click()
    expect(links).to_have_count(2)
    # The newest is the first.
    fresh = links.first.inner_text().strip()
    for each in (plain, fresh):
        assert re.fullmatch(rf"{workbench.address}/run/{seed_run}/[0-9a-f]{{12}}\.[0-9a-f]{{32}}/", each), each
    for address, shown in ((plain, []), (fresh, ["refresh"])):
        path = address.removeprefix(workbench.address)
        told = json.loads(call(workbench.address, f"{path}api/abilities")[2])
        assert [name for name in ("portfolio", "refresh") if told[name]] == shown
        assert call(workbench.address, f"{path}api/portfolio")[0] == 403
        other = page.context.new_page()
        other.goto(address)
        # What the link may is asked after the ready scenarios are there, and words come with it.
        expect(other.get_by_label("Say a scenario")).to_be_visible()
        expect(other.locator("#fresh")).to_be_visible(visible="refresh" in shown)
        expect(other.locator("#portfolio")).to_be_hidden()
        other.close()
    sent = {"method": "POST", "body": b"{}", "Content_Type": "application/json"}
    assert call(workbench.address, f"{plain.removeprefix(workbench.address)}api/refresh", **sent)[0] == 403
    ready(page)
    body.get_by_role("button", name="Withdraw").first.click()
    expect(links).to_have_count(1)
    expect(body.get_by_text(re.compile("^withdrawn"))).to_be_visible()
    told = {address: call(workbench.address, address.removeprefix(workbench.address))[0] for address in (plain, fresh)}
    assert told == {plain: 200, fresh: 403}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, sample_file: Path) -> Iterator[tuple[Workbench, Path]]:
    """A workbench on a database that a test may change."""
    folder = tmp_path_factory.mktemp("live")
    file = Path(shutil.copy(sample_file, folder / "live.sqlite"))
    with started(folder, environment(folder, DATABASE_URL=f"sqlite:///{file}", EXECUTOR="local")) as found:
        yield found, file


def test_data_is_read_anew_in_the_frame_on_a_phone(browser: Browser, live: tuple[Workbench, Path]) -> None:
    workbench, file = live
    with visiting(browser, workbench.address, viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.page()
        page.goto(workbench.address)
        ask(page, SEED)
        expect(tile(page, "DSCR")).to_contain_text("1.35x")
        run = run_of(page)
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE loans SET current_balance = current_balance + 1000000")
        frame = framed(page, workbench.link("results", run))
        expect(frame.locator("#fresh-scenarios input")).to_have_count(3)
        frame.get_by_label("Optimistic", exact=True).last.uncheck()
        frame.get_by_role("button", name="Read the data again").press("Enter")
        expect(frame.locator("#fresh-note")).to_contain_text("Rows that changed: Loans 1 changed. Read before ")
        changed = frame.locator("#fresh-sources tbody tr").filter(has_text="Loans")
        expect(changed.locator("td")).to_have_text(["0", "0", "1", "1", "1"])
        frame.get_by_text("Which rows").click()
        expect(frame.locator("#fresh-rows tbody tr")).to_contain_text("Loan balance")
        groups = frame.locator("#fresh-moved .group")
        expect(groups).to_have_text(["Base", "Pessimistic", "Stress"])
        expect(frame.locator("#fresh-moved")).to_contain_text("+$25,000")
        expect(frame.locator("#fresh-chart")).to_have_attribute(
            "aria-label", re.compile("DSCR before and now: Base 1.35x")
        )
        inner = next(found for found in page.frames if "/run/" in found.url)
        assert inner.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="Open the dashboard with the new data").click()
        expect(opened.value.locator("[data-metric=dscr] .tile-value")).to_have_text("1.35x")
        assert run not in opened.value.url
        # The new dashboard may what this one might.
        expect(opened.value.locator("#portfolio")).to_be_visible()
