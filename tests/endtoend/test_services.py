"""A service as people and programs meet it: made on Results, answered, shared, asked by token; and in the terminal."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.dashboards.access import make_token
from engine.products.rights import Right
from engine.store.runs import Store
from tests.conftest import ROOT
from tests.endtoend.conftest import SEED, Answered, Terminal, environment
from tests.endtoend.workbench import Workbench, fill, ready, started, tab, visiting

MAKE = "Let it come again"


def client_of(address: str, token: str) -> Any:
    """The client of one file, as a program of somebody else loads it."""
    spec = importlib.util.spec_from_file_location("workbench_client", ROOT / "client" / "workbench_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Workbench(address, token)


def call(address: str, path: str, token: str = "", sent: object = None, method: str = "") -> tuple[int, Any]:
    """The status and the document of a call."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = json.dumps(sent).encode() if sent is not None else None
    asked = urllib.request.Request(f"{address}{path}", body, headers, method=method or None)
    try:
        with urllib.request.urlopen(asked, timeout=120) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if "json" in answer.headers["Content-Type"] else content
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_an_answer_becomes_a_service_on_the_page(
    browser: Browser, page: Page, workbench: Workbench, seed_run: str
) -> None:
    page.goto(workbench.link("results", seed_run))
    ready(page)
    page.get_by_role("button", name=MAKE).click()
    fill(page, "Name", "monday-dscr")
    page.get_by_role("button", name="Make a service").click()
    expect(page).to_have_url(re.compile("services.*service=monday-dscr"))
    expect(page.get_by_text("No answer yet.")).to_be_visible()
    page.get_by_role("button", name="Answer now").click()
    expect(page.get_by_role("heading", name=re.compile("DSCR of Orlando Fashion Square is 1.35x"))).to_be_visible()
    expect(page.get_by_text("nothing changed").first).to_be_visible()
    tab(page, "When and who")
    expect(page.get_by_text("every number misses its threshold")).to_be_visible()
    tab(page, "Addresses")
    page.get_by_role("button", name="Share a link").click()
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_test_id("stCode").filter(has_text="/service/monday-dscr/").first
    expect(address).to_be_visible()
    link = address.inner_text().strip()
    with visiting(browser, workbench.address) as visitor:
        other = visitor.page()
        other.goto(link)
        expect(other.get_by_text("1.35x").first).to_be_visible()
    # Stopped, its address says so; and it is gone from the list once it is deleted.
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("· stopped ·")).to_be_visible()
    with visiting(browser, workbench.address) as visitor:
        assert visitor.page().request.get(link).status == 409
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No services yet")).to_be_visible()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_programs_ask_a_service_with_a_token(page: Page, workbench: Workbench, seed_run: str, tmp_path: Path) -> None:
    page.goto(workbench.link("results", seed_run))
    ready(page)
    page.get_by_role("button", name=MAKE).click()
    fill(page, "Name", "for-programs")
    page.get_by_role("button", name="Make a service").click()
    expect(page).to_have_url(re.compile("service=for-programs"))
    store = Store(workbench.store)
    _, reading = make_token(store, "reads", [Right.SERVICES])
    _, renewing = make_token(store, "renews", [Right.SERVICES, Right.REFRESH])
    store.close()
    base = "/api/services/for-programs"
    assert call(workbench.address, f"{base}/results")[0] == 401
    status, listed = call(workbench.address, "/api/services", reading)
    assert status == 200
    assert "for-programs" in {each["name"] for each in listed["services"]}
    assert call(workbench.address, f"{base}/results", reading)[1]["answer"]["metrics"]
    down = {"scenarios": [{"name": "down", "revenue_change": -0.1}]}
    found = call(workbench.address, f"{base}/simulate", reading, down)[1]
    assert found["scenarios"][0]["metrics"]["dscr"] == pytest.approx(1.147, abs=0.01)
    assert call(workbench.address, f"{base}/refresh", reading, {})[0] == 403
    status, renewed = call(workbench.address, f"{base}/refresh", renewing, {})
    while status == 202:
        status, renewed = call(workbench.address, f"{base}/answers/{renewed['tick']}", reading)
    assert (status, renewed["state"]) == (200, "done")
    assert call(workbench.address, f"{base}/download?format=pdf", reading)[1].startswith(b"%PDF")
    assert call(workbench.address, f"{base}/openapi.json", reading)[1]["openapi"] == "3.1.0"
    assert call(workbench.address, f"{base}/health", reading)[1]["status"] == "ok"
    client = client_of(workbench.address, renewing)
    service = client.service("for-programs")
    assert service.results()["service"]["name"] == "for-programs"
    assert service.simulate(*down["scenarios"])["scenarios"][0]["name"] == "down"
    assert service.refresh()["state"] == "done"
    service.download(str(tmp_path / "answer.xlsx"))
    assert (tmp_path / "answer.xlsx").read_bytes().startswith(b"PK")
    with pytest.raises(Exception, match="lacks the scope ask") as refused:
        client.ask("NOI by region")
    assert refused.value.status == 403  # type: ignore[attr-defined]
    assert call(workbench.address, f"{base}/nothing", reading)[0] == 405
    assert call(workbench.address, f"{base}/", reading)[0] == 405
    store = Store(workbench.store)
    _, only = make_token(store, "only", [Right.REFRESH])
    store.close()
    assert call(workbench.address, f"{base}/refresh", only, {})[0] == 403
    assert call(workbench.address, "/api/services/none/results", reading)[0] == 404


def examples(section: str) -> list[str]:
    """The lines of shell in a section of the document, those that go on in the next line as one."""
    text = (ROOT / "docs" / "services.md").read_text(encoding="utf-8").partition(f"## {section}")[2]
    block = text.partition("```\n")[2].partition("```")[0]
    return block.replace("\\\n", " ").splitlines()


def test_the_examples_of_the_document_work(tmp_path: Path, sample_url: str, terminal: Terminal) -> None:
    first, programs = examples("The first one"), examples("For programs")
    assert len(first) == 4
    assert sum(line.startswith("curl") for line in programs) == 4
    settings = environment(tmp_path, DATABASE_URL=sample_url, EXECUTOR="local")
    with started(tmp_path, settings) as own:
        script = "set -euo pipefail\n" + "\n".join([*first, *programs])
        script = script.replace("./run", f"{sys.executable} -m engine").replace("http://localhost:8501", own.address)
        script = script.replace("curl", "curl --fail-with-body --silent --show-error")
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=300, check=False
        )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "DSCR of Orlando Fashion Square is 1.35x" in done.stdout
    assert '"name": "down"' in done.stdout or '"name":"down"' in done.stdout
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_terminal_makes_answers_and_tells(terminal: Terminal) -> None:
    assert terminal("ask", SEED, "--json").code == 0
    made = terminal(
        "service", "create", "last", "--name", "dscr", "--cron", "0 7 * * 1", "--zone", "Europe/Berlin",
        "--alert", "threshold:dscr:>= 1.5", "--folder", "monday", "--json",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert made.json["schedule"]["zone"] == "Europe/Berlin"
    done = terminal("service", "run", "dscr", "--json")
    assert done.code == 0, done.err
    assert done.json["report"]["fired"] == ["DSCR is 1.35x, not >= 1.5."]
    sent = terminal("service", "sent", "dscr", "--json").json
    assert [each["state"] for each in sent] == ["sent"]
    assert "DSCR is 1.35x, not >= 1.5." in terminal("service", "show", "dscr").out
    assert terminal("service", "tick", "--json").json == {"answered": [], "sent": []}
    assert terminal("service", "stop", "dscr").code == 0
    assert "stopped" in terminal("service", "list").out
    assert terminal("service", "delete", "dscr").code == 0
    assert terminal("service", "list").out.startswith("No services yet")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cron", "every monday"), "no cron line"),
        (("--alert", "loud"), "says no alert"),
        (("--alert", "change:inf"), "says no alert"),
        (("--mail", ""), "no mail address"),
        (("--alert", "threshold:nothing"), "not a number of this answer"),
        (("--mail", "ann"), "no mail address"),
        (("--mail", "ann@example.com"), "No mail server is set"),
        (("--slack", "NONE"), "SECRET_NONE is not set"),
        (("--after-dataset", "none"), "no dataset"),
    ],
)
def test_what_cannot_be_is_one_sentence(answered: Answered, arguments: tuple[str, ...], said: str) -> None:
    ended = answered.terminal("service", "create", answered.run, "--name", "wrong", *arguments)
    assert ended.code == 2
    assert said in " ".join(ended.err.split())
    assert "Traceback" not in ended.err
