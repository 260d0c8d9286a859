"""A conversation as a person has it: asking on in the browser and in the terminal, going back, refreshing."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.dashboards.access import make_token
from engine.products.rights import Right
from engine.store.runs import Store
from tests.endtoend.conftest import Terminal
from tests.endtoend.test_gateway import call
from tests.endtoend.workbench import Workbench, ask, ended, fill, ready, run_of

WORST = "DSCR for all properties, worst first"


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_an_answer_is_asked_on_and_gone_back_to(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.address)
    ask(page, WORST)
    ended(page)
    first = run_of(page)
    page.goto(workbench.link("results", first))
    ready(page)
    fill(page, "Ask on", "only retail")
    page.get_by_role("button", name="Ask on", exact=True).click()
    thread = page.locator(".st-key-conversation")
    expect(thread).to_contain_text("Only Retail")
    expect(page.get_by_text(re.compile("for Retail · only retail"))).to_be_visible()
    second = run_of(page)
    assert second != first
    page.reload()
    ready(page)
    expect(thread.get_by_role("button", name=re.compile(WORST))).to_be_visible()
    page.get_by_role("button", name="top 5", exact=True).click()
    expect(thread.get_by_role("button")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("for Retail · only retail"))).to_be_visible()
    assert run_of(page) == second
    thread.get_by_role("button", name=re.compile(WORST)).click()
    expect(page.get_by_role("heading", name=re.compile("^14 of 46 properties"))).to_be_visible()
    assert run_of(page) == first


def test_the_terminal_asks_on_and_goes_back(terminal: Terminal) -> None:
    first = terminal("ask", "NOI by property type and year", "--json").json
    second = terminal("ask", "by quarter", "--after", "last", "--json").json
    assert (second["after"], second["edit"]) == (first["run"], "By quarter instead of by year")
    assert second["assumptions"][0] == "changed from the answer before: by quarter instead of by year"
    third = terminal("ask", "only retail", "--after", second["run"], "--json").json
    assert third["title"] == "NOI by property type and quarter for Retail"
    back = terminal("ask", "undo", "--after", "last", "--json").json
    assert (back["title"], back["after"]) == (second["title"], first["run"])
    assert back["tables"] == second["tables"]


def test_what_cannot_be_followed_is_said(terminal: Terminal) -> None:
    nothing = terminal("ask", "by quarter", "--after", "last")
    assert nothing.code == 2
    first = terminal("ask", WORST, "--json").json["run"]
    back = terminal("ask", "undo", "--after", first)
    assert back.code == 2
    assert "There is no answer before" in back.err
    refused = terminal("ask", "by colour", "--after", first, "--json")
    assert refused.code == 3
    assert "by colour" in refused.json["error"]["message"]
    assert terminal("ask", "by quarter", "--after", first, "--db", "sqlite:///other.sqlite").code == 2
    asked = terminal("ask", "add a recession scenario", "--after", first, "--json")
    assert asked.code == 4
    assert len(asked.json["question"]["options"]) == 3


def test_a_program_asks_and_asks_on_over_http(workbench: Workbench) -> None:
    store = Store(workbench.store)
    shown = {right: f"Bearer {make_token(store, 'test', [right])[1]}" for right in (Right.ASK, Right.REFRESH)}
    store.close()

    def post(token: str, kind: str = "application/json", **content: object) -> tuple[int, Any]:
        body = json.dumps(content).encode()
        sent = {"method": "POST", "body": body, "Content_Type": kind, "Authorization": token}
        status, _, found = call(workbench.address, "/api/ask", **sent)
        return status, json.loads(found)

    assert post("", request=WORST)[0] == 401
    assert post(shown[Right.REFRESH], request=WORST)[0] == 403
    token = shown[Right.ASK]
    assert post(token, "text/plain", request=WORST)[0] == 415
    for wrong in (
        {"request": ""},
        {"request": WORST, "as_of": "soon"},
        {"text": WORST},
        {"request": "x", "after": "no"},
    ):
        status, found = post(token, **wrong)
        assert (status, bool(found["error"]["hint"])) == (400, True), wrong
    first = _ended(workbench, token, *post(token, request=WORST, as_of="2026-06-30"))
    assert first["status"] == "done"
    second = _ended(workbench, token, *post(token, request="only retail", after=first["run"]))
    assert (second["edit"], second["after"]) == ("Only Retail", first["run"])
    asked = _ended(workbench, token, *post(token, request="add a recession scenario", after=first["run"]))
    key, option = asked["question"]["key"], asked["question"]["options"][0]["value"]
    answers = {key: option}
    done = _ended(
        workbench, token, *post(token, request="add a recession scenario", after=first["run"], answers=answers)
    )
    assert len(done["supposed"]) == 1
    assert call(workbench.address, "/api/runs/nothing", Authorization=token)[0] == 404
    assert call(workbench.address, f"/api/runs/{first['run']}")[0] == 401


def _ended(workbench: Workbench, token: str, status: int, found: dict[str, Any]) -> dict[str, Any]:
    """The document of a run, waited for where it takes longer."""
    while status == 202:
        time.sleep(0.2)
        status, _, body = call(workbench.address, f"/api/runs/{found['run']}", Authorization=token)
        found = json.loads(body)
    assert status == 200, found
    return found
