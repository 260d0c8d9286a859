"""A language model from the terminal and the pages, over a scripted server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.endtoend.conftest import Terminal, environment
from tests.endtoend.workbench import ask, ready, started, visiting
from tests.language_model.scripted_server import PAGE, ScriptedServer, Turn, scripted
from tests.model_author.replies import fence

TEXT = "Which tenants look most fragile to you, by industry, roughly?"
TABLES = Turn(json.dumps({"kind": "breakdown", "tables": ["tenants"]}))
CODE = fence(
    "def tenants_by_industry(rows: pd.DataFrame) -> pd.DataFrame:\n"
    '    """Number of tenants of each industry."""\n'
    '    return rows.groupby("industry", as_index=False)["name"].count()\n'
)
KEY = "sk-not-to-be-seen-0001"
UNCLEAR = "Tenants, you know, the usual"


def told(body: dict[str, Any]) -> Turn:
    """What the model says to each prompt; the unclear request is unclear until its subject was chosen."""
    rules, asked = body["messages"][0]["content"], body["messages"][-1]["content"]
    if "Python functions" in rules:
        return Turn(CODE)
    if "what each word is" in rules:
        return Turn(json.dumps({str(number): "computed" for number in range(1, 5)}))
    unclear = UNCLEAR in asked and "- unclear" in rules
    return Turn(json.dumps({"kind": "unclear" if unclear else "breakdown", "tables": ["tenants"]}))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted(told) as made:
        yield made


def test_ask_with_a_model(terminal: Terminal, server: ScriptedServer) -> None:
    small = {"LLM_ROUTE": "interview"}
    ended = terminal("ask", TEXT, "--model", server.url, "--json", "--yes", LLM_API_KEY=KEY, LLM_PRICE="1/2", **small)
    assert ended.code == 0, ended.err
    answer = ended.json
    assert answer["author"] == "model"
    assert answer["writing"]["calls"] == 3
    assert answer["writing"]["cost"] > 0
    assert KEY not in ended.out + ended.err
    folder = Path(answer["directory"])
    texts = [path.read_text("utf-8", "ignore") for path in folder.rglob("*") if path.is_file()]
    assert not any(KEY in text for text in texts)
    shown = terminal("ask", TEXT, "--model", server.url, "--yes", **small)
    assert shown.code == 0, shown.err
    assert "Written by a language model" in shown.out or "answered before" in shown.err


def test_ask_with_none_and_with_a_wrong_address(terminal: Terminal) -> None:
    assert terminal("ask", TEXT, "--model", "none", "--yes").code == 3
    wrong = terminal("ask", TEXT, "--model", "ftp://x", "--yes")
    assert wrong.code == 2
    assert "http" in wrong.err + wrong.out
    gone = terminal("ask", TEXT, "--model", "http://127.0.0.1:9/v1", "--yes")
    assert gone.code == 1
    assert "127.0.0.1:9" in gone.out + gone.err


def test_the_key_goes_to_no_other_server(terminal: Terminal, server: ScriptedServer) -> None:
    terminal("ask", TEXT, "--model", server.url, "--yes", LLM_API_KEY=KEY, LLM_BASE_URL="http://127.0.0.1:9/v1")
    assert server.asked_headers
    assert not any(KEY in str(headers) for headers in server.asked_headers)


def test_doctor_says_the_model_its_window_and_its_speed(terminal: Terminal, server: ScriptedServer) -> None:
    ended = terminal("doctor", "--json", LLM_BASE_URL=server.url, LLM_API_KEY=KEY)
    check = next(check for check in ended.json if check["name"] == "Language model")
    assert check["well"]
    assert "qwen2.5-coder-7b-instruct" in check["detail"]
    assert "tokens a second" in check["detail"]
    with scripted(Turn(), models=PAGE) as page:
        quick = terminal("doctor", "--quick", "--json", LLM_BASE_URL=page.url)
    check = next(check for check in quick.json if check["name"] == "Language model")
    assert not check["well"]
    assert "not a language model's server" in check["detail"]


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_pages_show_what_the_model_writes_stop_it_and_choose_another(
    browser: Browser, tmp_path: Path, sample_url: str
) -> None:
    words = Turn(json.dumps({"1": "computed"}))
    turns = (TABLES, words, Turn(CODE, stall_at=110, pause=0.1), TABLES, words, Turn(CODE))
    with scripted(*turns) as server:
        settings = environment(
            tmp_path, DATABASE_URL=sample_url, EXECUTOR="local", LLM_BASE_URL="", LLM_ROUTE="interview"
        )
        with started(tmp_path, settings) as workbench, visiting(browser, workbench.address) as visitor:
            page = visitor.page()
            page.goto(f"{workbench.address}/settings")
            ready(page)
            page.get_by_role("textbox", name="Server").fill(server.url)
            page.get_by_role("button", name="Use it").click()
            expect(page.get_by_text(f"qwen2.5-coder-7b-instruct at {server.url}")).to_be_visible()
            page.goto(workbench.address)
            ask(page, TEXT)
            expect(page.get_by_text("def tenants_by_industry")).to_be_visible()
            page.get_by_role("button", name="Cancel").click()
            expect(page.get_by_text("cancelled").first).to_be_visible()
            assert server.left.acquire(timeout=60)
            ask(page, TEXT)
            expect(page.get_by_text("The language model: qwen2.5-coder-7b-instruct")).to_be_visible()
            page.get_by_role("button", name="The answer is right").click()
            expect(page.get_by_text("given again at once")).to_be_visible()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_pages_try_a_server_correct_a_plan_and_ask_what_is_unclear(
    browser: Browser, tmp_path: Path, sample_url: str
) -> None:
    with scripted(told) as server:
        given = {"DATABASE_URL": sample_url, "EXECUTOR": "local", "LLM_BASE_URL": "", "LLM_APPROVE_PLAN": "yes"}
        given["LLM_ROUTE"] = "interview"
        with (
            started(tmp_path, environment(tmp_path, **given)) as workbench,
            visiting(browser, workbench.address) as visitor,
        ):
            page = visitor.page()
            page.goto(f"{workbench.address}/settings")
            ready(page)
            address = page.get_by_role("textbox", name="Server")
            address.fill("http://127.0.0.1:9/v1")
            page.get_by_role("button", name="Try it").click()
            expect(page.get_by_text("No language model's server answers at http://127.0.0.1:9/v1")).to_be_visible()
            address.fill(server.url)
            page.get_by_role("button", name="Try it").click()
            tried = page.get_by_test_id("stAlertContentSuccess").filter(has_text="4,096 tokens assumed")
            expect(tried).to_be_visible()
            page.get_by_role("button", name="Use it").click()
            expect(tried).to_have_count(0)
            expect(page.get_by_text(f"qwen2.5-coder-7b-instruct at {server.url}")).to_be_visible()
            corrected(page, workbench.address, server)
            clarified(page, workbench.address)


def corrected(page: Page, address: str, server: ScriptedServer) -> None:
    """The plan is shown before any code is written; a column that is taken out is not read."""
    page.goto(address)
    ask(page, TEXT)
    expect(page.get_by_text("Reads one table, a row for each")).to_be_visible()
    assert not any("Python functions" in body["messages"][0]["content"] for body in server.seen)
    tags = page.get_by_role("group", name="Selected values").locator("[data-tag]")
    expect(tags.first).to_be_visible()
    last = str(tags.last.get_attribute("aria-label"))
    page.get_by_label(f"Remove {last}").click()
    expect(page.get_by_label(f"Remove {last}")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="The answer is right")).to_be_visible()
    written = server.seen[-1]["messages"][-1]["content"]
    assert "- industry (text)" in written
    assert f"- {last.rpartition('.')[2]} (" not in written


def clarified(page: Page, address: str) -> None:
    """An unclear request becomes a question whose options are buttons; then its plan is shown like any other."""
    page.goto(address)
    ask(page, UNCLEAR)
    expect(page.get_by_text("What is the request about?")).to_be_visible()
    page.get_by_role("button", name="Tenants (").click()
    expect(page.get_by_text("Reads one table, a row for each")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="The answer is right")).to_be_visible()


BY_INDUSTRY = "SELECT industry, COUNT(*) AS tenants FROM tenants GROUP BY industry ORDER BY tenants DESC"
SELECTED = Turn(json.dumps({"reading": "Tenants of each industry, most first", "sql": BY_INDUSTRY}))


def test_a_select_is_answered_in_the_terminal_simulated_and_spread(terminal: Terminal) -> None:
    by_state = "SELECT COUNT(*) AS units FROM units u JOIN properties p USING (property_id) WHERE p.state = 'FL'"
    with scripted(Turn(json.dumps({"reading": "Units in Florida", "sql": by_state}))) as server:
        given = {"LLM_BASE_URL": server.url, "LLM_ROUTE": "select"}
        text = "How much could be let down there in the sunshine?"
        ended = terminal("ask", text, "--as-of", "2026-11-22", "--json", "--yes", **given)
        assert ended.code == 0, ended.err
        assert ended.json["reading"] == "Units in Florida"
        assert "Today is 2026-11-22." in server.seen[0]["messages"][1]["content"]
        units = ended.json["metrics"][0]["value"]
        moved = terminal("simulate", ended.json["run"], "--set", "units_change=10%", "--json", **given)
        assert moved.json["scenarios"][0]["metrics"]["units"] == pytest.approx(units * 1.1)
        spread = terminal("portfolio", ended.json["run"], "--by", "state", **given)
        assert spread.code == 0, spread.err
        assert "TX" in spread.out


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_pages_approve_a_query_answer_by_it_and_show_every_prompt(
    browser: Browser, tmp_path: Path, sample_url: str
) -> None:
    with scripted(SELECTED) as server:
        given = {"EXECUTOR": "local", "LLM_BASE_URL": server.url, "LLM_APPROVE_PLAN": "yes", "LLM_ROUTE": "select"}
        settings = environment(tmp_path, DATABASE_URL=sample_url, **given)
        with started(tmp_path, settings) as workbench, visiting(browser, workbench.address) as visitor:
            page = visitor.page()
            page.goto(workbench.address)
            ask(page, TEXT)
            query = page.get_by_role("textbox", name="Query")
            expect(query).to_have_value(BY_INDUSTRY)
            query.fill(f"{BY_INDUSTRY} LIMIT 3")
            page.get_by_role("button", name="Go on").click()
            expect(page.get_by_role("button", name="The answer is right")).to_be_visible()
            expect(page.get_by_text("first row").first).to_be_visible()
    with scripted(SELECTED) as server:
        given = {"EXECUTOR": "local", "LLM_BASE_URL": server.url, "LLM_ROUTE": "select"}
        settings = environment(tmp_path, DATABASE_URL=sample_url, **given)
        with started(tmp_path, settings) as workbench, visiting(browser, workbench.address) as visitor:
            page = visitor.page()
            page.goto(workbench.address)
            ask(page, f"{TEXT} Please.")
            expect(page.get_by_text("The language model: qwen2.5-coder-7b-instruct")).to_be_visible()
            run = page.url.partition("run=")[2]
            page.goto(f"{workbench.address}/script?run={run}")
            ready(page)
            page.get_by_role("tab", name="Language model").click()
            expect(page.get_by_text("give the same")).to_be_visible()
            page.get_by_text("Prompt", exact=True).click()
            expect(page.get_by_text("Request: Which tenants look most fragile").last).to_be_visible()
