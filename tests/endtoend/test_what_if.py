"""What-if as a person uses it: scenarios in words, copies, Sobol indices, in the terminal and on the page."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pptx import Presentation
from pypdf import PdfReader

from engine.dashboards.access import make_token
from engine.products.rights import Right
from engine.store.runs import Store
from tests.endtoend.conftest import SEED, Answered, Terminal
from tests.endtoend.workbench import Workbench, ask, choose, downloaded, grid, ready, run_of, tab, tile


def simulate(page: Page, link: str, part: str) -> None:
    """Open the Simulate page of a run at one of its tabs."""
    page.goto(link)
    ready(page)
    tab(page, part)


def test_scenarios_in_words_and_indices_in_the_terminal(answered: Answered) -> None:
    terminal, run = answered.terminal, answered.run
    said = "like Pessimistic but rates up 150 basis points"
    ended = terminal("simulate", run, "--say", "revenue 10 % down and opex +5%", "--say", said, "--json")
    assert ended.code == 0, ended.err
    first, second = ended.json["scenarios"]
    assert first["name"] == "revenue 10 % down and opex +5%"
    assert (first["parameters"]["revenue_change"], first["parameters"]["expense_change"]) == (-0.1, 0.05)
    assert second["parameters"]["rate_change"] == 0.015
    assert second["metrics"]["dscr"] < first["metrics"]["dscr"]
    refused = terminal("simulate", run, "--say", "weather down 10 %")
    assert refused.code == 2
    assert "'weather'" in refused.err
    indices = terminal("simulate", run, "--sobol", "dscr", "--json").json
    assert sum(row["first"] for row in indices["rows"]) == pytest.approx(1.0, abs=0.05)
    shown = terminal("simulate", run, "--tornado", "dscr")
    assert "elasticity" in shown.out


def test_what_a_request_supposes_is_computed_beside_the_answer(terminal: Terminal) -> None:
    ended = terminal("ask", "What would DSCR be if rates rise by 2 points at Orlando Fashion Square?", "--json")
    assert ended.code == 0, ended.err
    (scenario,) = ended.json["scenarios"]
    assert scenario["parameters"]["rate_change"] == 0.02
    assert scenario["metrics"]["debt_service"] > ended.json["metrics"][1]["value"]
    (supposed,) = ended.json["supposed"]
    assert supposed["text"] == (
        "Rates rise by 2 points: DSCR is 1.10x (-0.25x, -18.8%) instead of 1.35x, which is short of >= 1.25."
    )
    assert supposed["metrics"]["dscr"] == pytest.approx(1.096, abs=0.001)
    assert ended.json["aims"] == []
    report = Path(ended.json["directory"]) / "exports" / "reports" / "report.pdf"
    assert "Rates rise by 2 points" in "".join(page.extract_text() for page in PdfReader(report).pages)
    again = terminal("simulate", "last", "--say", "like Rates rise by 2 points but revenue up 1 %", "--json")
    assert again.json["scenarios"][0]["parameters"]["rate_change"] == 0.02


def test_a_target_in_a_request_is_reached_or_said_to_be_out_of_reach(terminal: Terminal) -> None:
    ended = terminal("ask", "What would it take to bring DSCR of Orlando Fashion Square to 1.5?", "--json")
    assert ended.code == 0, ended.err
    for scenario in ended.json["scenarios"]:
        assert scenario["metrics"]["dscr"] == pytest.approx(1.5)
    assert len(ended.json["scenarios"]) == 3
    said = {aim["parameter"]: aim for aim in ended.json["aims"]}
    assert said["revenue_change"]["text"] == "DSCR is 1.50x where Revenue change is 7.42 %."
    assert said["revenue_change"]["values"] == [pytest.approx(0.0742, abs=0.0001)]
    assert said["variable_expense_share"]["text"].startswith("No Variable expenses follow revenue from 0.00 %")
    assert said["variable_expense_share"]["values"] == []
    assert ended.json["supposed"] == []


def test_a_request_that_supposes_is_answered_on_the_page(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, "How much can revenue fall before DSCR of Orlando Fashion Square drops below 1.25?")
    expect(page.get_by_text("DSCR is 1.25x where Revenue change is -4.95 %.")).to_be_visible()
    expect(page.locator("[aria-label^='DSCR: Base 1.35x, Revenue change -4.95 % 1.25x']")).to_be_visible()
    expect(grid(page)).not_to_contain_text("breach")
    run = run_of(page)
    page.goto(workbench.link("results", run))
    expect(page.get_by_text("DSCR is 1.25x where Revenue change is -4.95 %.")).to_be_visible()
    tab(page, "Web dashboard")
    frame = page.frame_locator("iframe[src*='/run/']")
    expect(frame.locator(".comparison thead")).to_contain_text("Revenue change -4.95 %")
    page.goto(workbench.link("simulate", run))
    ready(page)
    expect(grid(page)).to_contain_text("Revenue change -4.95 %")
    expect(page.get_by_role("button", name="Keep these scenarios")).to_have_count(0)


def test_a_run_is_written_as_a_report(terminal: Terminal, tmp_path: Path) -> None:
    logo = tmp_path / "logo.txt"
    logo.write_text("no image")
    asked = terminal("ask", SEED, "--json", "--yes", COMPANY_NAME="Meridian", COMPANY_LOGO=str(logo))
    assert asked.code == 0, asked.err
    scenarios = tmp_path / "scenarios.json"
    scenarios.write_text('{"scenarios": [{"name": "Worse", "revenue_change": -0.3}]}')
    for ending in ("pptx", "pdf"):
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
    page.get_by_role("button", name="Copy, rename, remove").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(grid(page)).to_contain_text("copy")
    tab(page, "Which driver matters")
    page.get_by_text("What makes its variance").click()
    expect(page.locator("[aria-label^='Variance of DSCR:']")).to_have_attribute("aria-label", re.compile(r"\d+% alone"))


def test_a_portfolio_in_the_terminal(answered: Answered) -> None:
    terminal, run = answered.terminal, answered.run
    ended = terminal("portfolio", run, "--say", "Worse: revenue down 10 %", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.json["members"]) + len(ended.json["not_computed"]) == 48
    first = ended.json["members"][0]["scenarios"]
    assert [each["name"] for each in first] == ["Base", "Worse"]
    assert first[0]["rank"] == 1
    assert first[1]["metrics"]["dscr"] < first[0]["metrics"]["dscr"]
    shown = terminal("portfolio", run, "--by", "region", "--metric", "noi")
    assert "Southeast" in shown.out
    assert "Total" in shown.out
    assert terminal("portfolio", run, "--by", "planet").code == 2


def test_a_portfolio_is_computed_and_ranked_on_the_page(page: Page, workbench: Workbench, seed_run: str) -> None:
    simulate(page, workbench.link("simulate", seed_run), "Portfolio")
    page.get_by_role("button", name="Compute all").click()
    expect(page.get_by_text("46 computed; 2 could not be")).to_be_visible(timeout=120_000)
    ready(page)
    expect(tile(page, "Total, Base")).to_contain_text("1.40x")
    # While a new one is drawn the old one is still there.
    chart = page.locator("[aria-label^='DSCR: 1.']").first
    best = chart.get_attribute("aria-label") or ""
    page.get_by_text("2 could not be computed", exact=True).click()
    expect(page.get_by_text("Tidewater Market").last).to_be_visible()
    ready(page)
    choose(page, "in", "Rates up")
    expect(chart).not_to_have_attribute("aria-label", best)
    assert downloaded(page, "CSV").startswith(b"Rank,Property,Base,Optimistic")


def token_of(workbench: Workbench, right: Right) -> str:
    """A token for programs, made as the Settings page makes it."""
    store = Store(workbench.store)
    try:
        return make_token(store, "test", [right])[1]
    finally:
        store.close()


def test_a_portfolio_over_http(workbench: Workbench, seed_run: str) -> None:
    address = f"{workbench.address}/api/portfolio/{seed_run}"
    token = {"Authorization": f"Bearer {token_of(workbench, Right.PORTFOLIO)}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=token)) as answer:
        assert "region" in json.load(answer)["dimensions"]
    body = json.dumps({"by": "region", "scenarios": [{"name": "up", "revenue_change": 0.1}]}).encode()
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json", **token})
    with urllib.request.urlopen(asked) as answer:
        assert [each["name"] for each in json.load(answer)["total"]] == ["Base", "up"]


def test_data_is_read_anew_over_http(workbench: Workbench, seed_run: str) -> None:
    address = f"{workbench.address}/api/refresh/{seed_run}"
    token = {"Authorization": f"Bearer {token_of(workbench, Right.REFRESH)}"}
    asked = urllib.request.Request(address, b"{}", {"Content-Type": "application/json", **token})
    with urllib.request.urlopen(asked) as answer:
        found = json.load(answer)
    assert (found["before"], found["after"] != seed_run) == (seed_run, True)
    assert {each["scenario"] for each in found["moved"]} > {"Base"}
    with pytest.raises(urllib.error.HTTPError, match="415"):
        urllib.request.urlopen(urllib.request.Request(address, b"{}", {"Content-Type": "text/plain", **token}))


def test_data_is_read_anew_in_the_terminal(terminal: Terminal, sample_file: Path, tmp_path: Path) -> None:
    file = shutil.copy(sample_file, tmp_path / "live.sqlite")
    live = {"DATABASE_URL": f"sqlite:///{file}"}
    assert terminal("ask", SEED, **live).code == 0
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE loans SET current_balance = current_balance + 1000000")
    ended = terminal("refresh", "last", "--json", **live)
    assert ended.code == 0, ended.err
    assert [source["changed"] for source in ended.json["sources"]] == [0, 0, 0, 1]
    moved = {(each["scenario"], each["name"]): each["after"] - each["before"] for each in ended.json["moved"]}
    assert moved["Base", "dscr"] == 0
    assert moved["Rates up", "debt_service"] == pytest.approx(15_000)
    assert "1 changed" not in terminal("refresh", "last", **live).out
    assert len(terminal("runs", "--json", **live).json) == 3


def test_data_is_read_anew_on_the_page(page: Page, workbench: Workbench, seed_run: str) -> None:
    simulate(page, workbench.link("simulate", seed_run), "Fresh data")
    page.get_by_role("button", name="Read the data again").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Nothing changed in the data between")
    expect(page.locator("[aria-label^='DSCR now: Base 1.35x']")).to_be_visible()
    page.get_by_role("link", name="Open the run with the new data").click()
    page.wait_for_url(lambda url: seed_run not in url and "run=" in url)
    expect(tile(page, "DSCR")).to_contain_text("1.35x")


def test_scenarios_come_from_a_file_and_say_what_is_behind_them(
    page: Page, workbench: Workbench, seed_run: str
) -> None:
    page.goto(workbench.link("simulate", seed_run))
    ready(page)
    page.get_by_role("button", name="From a file, to a file").click()
    chooser = page.locator("input[type=file]")
    wrong = {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"driver,Flood\nrevenue_change,-70 %\n"}
    chooser.set_input_files(wrong)
    expect(page.get_by_test_id("stAlert")).to_contain_text("Flood, Revenue change: -0.7 is outside")
    chooser.set_input_files({**wrong, "buffer": b"driver,Flood\nrevenue_change,-40 %\n"})
    expect(grid(page)).to_contain_text("Flood")
    expect(grid(page)).to_contain_text("Revenue change (%)")
    expect(grid(page, 1)).to_contain_text("breach")
    page.get_by_text("Which quantities moved").click()
    expect(grid(page, 2)).to_contain_text("noi / debt_service")
    page.get_by_text("What each scenario assumes").click()
    expect(page.get_by_text("Revenue change is -40.00 %, not 0.00 %.")).to_be_visible()
    expect(page.get_by_text("Variable expenses follow revenue stays at 0.00 %").first).to_be_visible()


def test_chance_on_the_page_takes_every_distribution_and_names_a_wrong_field(
    page: Page, workbench: Workbench, seed_run: str
) -> None:
    simulate(page, workbench.link("simulate", seed_run), "Chance")
    expect(tile(page, "Misses")).to_contain_text("%")
    deviation = page.get_by_label("standard deviation (%)").first
    deviation.fill("-3")
    deviation.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("revenue_change sd: -0.03 is negative")
    expect(deviation).to_have_value("-3")
    before = page.get_by_test_id("stAlert").bounding_box()
    assert before is not None
    assert before["y"] < (page.get_by_role("combobox", name="Draws").bounding_box() or {"y": 0})["y"]
    for kind in ("lognormal", "triangular", "PERT", "uniform", "discrete", "from history"):
        choose(page, "Revenue change", kind)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        expect(tile(page, "Standard deviation")).to_contain_text("x")
    expect(page.locator("[aria-label^='What drives it: ']")).to_be_visible()
    expect(page.locator("[aria-label^='Mean after 4,096 draws: 1.']")).to_be_visible()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Enter")
    expect(page.get_by_text("4,096 draws, seed 7.")).to_be_visible()


def test_a_target_between_bounds_is_found_or_said_to_be_nowhere(
    page: Page, workbench: Workbench, seed_run: str
) -> None:
    simulate(page, workbench.link("simulate", seed_run), "Reach a target")
    expect(page.locator("[aria-label^='DSCR over Revenue change: the target at -']")).to_be_visible()
    low = page.get_by_label("From (%)")
    low.fill("5")
    low.press("Enter")
    expect(page.get_by_text("No Revenue change from 5.00 % to 50.00 %")).to_be_visible()
    low.fill("60")
    low.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("is not below the high bound")
    expect(low).to_have_value("60.00")


def test_a_target_between_bounds_in_the_terminal(answered: Answered) -> None:
    terminal, run = answered.terminal, answered.run
    goal = ("simulate", run, "--goal", "dscr=1.25", "--json")
    (found,) = terminal(*goal, "--by", "revenue_change").json["solutions"]
    assert -0.1 < found < 0
    nowhere = terminal(*goal, "--by", "revenue_change", "--low", "0").json
    assert (nowhere["solutions"], nowhere["nearest"]["value"]) == ([], 0.0)
    assert terminal(*goal, "--low", "0").code == 2


def test_a_dashboard_takes_a_scenario_in_words(page: Page, workbench: Workbench, seed_run: str) -> None:
    page.goto(workbench.link("results", seed_run))
    tab(page, "Web dashboard")
    frame = page.frame_locator("iframe[src*='/run/']")
    sentence = frame.get_by_label("Say a scenario")
    sentence.fill("Storm: revenue down 30 %")
    sentence.press("Enter")
    expect(frame.locator(".comparison thead")).to_contain_text("Storm")
    expect(frame.locator("#moved")).to_be_visible()
