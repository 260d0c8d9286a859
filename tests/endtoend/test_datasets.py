"""Files, APIs, mappings and profiles from the terminal and on the pages, as a person uses them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from engine.dashboards.access import make_token
from engine.products.rights import Right
from engine.store.runs import Store
from tests.datasets.conftest import SALES, Api
from tests.endtoend.conftest import Terminal
from tests.endtoend.workbench import Workbench, ask, choose, fill, grid, ready


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    file = tmp_path / "sales.csv"
    file.write_text(SALES)
    return file


def test_a_file_is_asked_from_the_terminal(terminal: Terminal, sales: Path) -> None:
    ended = terminal("ask", "total amount by channel", "--file", str(sales), "--json")
    assert ended.code == 0, ended.err
    (table,) = ended.json["tables"].values()
    assert sorted(map(tuple, table["rows"])) == [("shop", 50), ("web", 400)]
    listed = terminal("dataset", "list", "--json").json
    assert [(each["name"], each["rows"]) for each in listed] == [("sales", 3)]
    assert terminal("dataset", "remove", "sales").code == 0
    assert terminal("dataset", "list", "--json").json == []


def test_an_api_is_declared_approved_fetched_and_asked(terminal: Terminal, tmp_path: Path, api: Api) -> None:
    declared = tmp_path / "rates.yaml"
    declared.write_text(
        yaml.safe_dump(
            {
                "name": "rates",
                "url": f"http://{api.host}/secret",
                "headers": {"Authorization": "Bearer ${RATES_TOKEN}"},
            }
        )
    )
    refused = terminal("dataset", "add", str(declared), SECRET_RATES_TOKEN="geheim-123")
    assert (refused.code, "Nobody has approved" in refused.err) == (3, True)
    assert terminal("dataset", "approve", api.host).code == 0
    private = terminal("dataset", "add", str(declared), SECRET_RATES_TOKEN="geheim-123")
    assert (private.code, "a private address" in private.err) == (3, True)
    assert terminal("dataset", "approve", api.host, "--private").code == 0
    assert terminal("dataset", "add", str(declared)).code == 2
    added = terminal("dataset", "add", str(declared), "--json", SECRET_RATES_TOKEN="geheim-123")
    assert added.json[0]["rows"] == 25
    ended = terminal("ask", "average rate by month", "--file", str(declared), "--json", SECRET_RATES_TOKEN="geheim-123")
    assert ended.code == 0, ended.err
    left = [file for file in tmp_path.rglob("*") if file.is_file() and b"geheim" in file.read_bytes()]
    assert left == []


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("gone.csv", None, 2, "cannot be read"),
        ("empty.csv", "", 1, "empty"),
        ("what.pdf", "x", 2, "no kind"),
        ("wrong.yaml", "name: rates", 2, "url"),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_named(
    terminal: Terminal, tmp_path: Path, name: str, content: str | None, code: int, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    ended = terminal("ask", "total amount", "--file", str(tmp_path / name), "--json")
    assert ended.code == code
    assert words in ended.json["error"]["message"]


def test_a_mapping_is_proposed_kept_and_used(terminal: Terminal, tmp_path: Path) -> None:
    proposed = terminal("schema", "--propose-mapping")
    assert proposed.code == 0, proposed.err
    file = tmp_path / "company.yaml"
    file.write_text(proposed.out)
    assert "is kept in" in terminal("schema", "--use-mapping", str(file)).out
    assert (tmp_path / "var" / "mappings" / "company.yaml").read_text() == proposed.out
    ended = terminal("ask", "DSCR for Orlando Fashion Square", "--json")
    assert ended.json["metrics"][0]["value"] == pytest.approx(1.35, abs=0.005)
    file.write_text(proposed.out.replace("current_balance", "owed"))
    refused = terminal("schema", "--use-mapping", str(file))
    assert (refused.code, "loans.owed" in refused.err) == (2, True)


def test_a_column_is_profiled(terminal: Terminal) -> None:
    found = terminal("schema", "--profile", "properties.property_type", "--json").json
    assert sum(rows for _, rows in found["top"]) == found["rows"]
    assert "distinct" in terminal("schema", "--profile", "loans.current_balance").out
    assert terminal("schema", "--profile", "loans.nothing").code == 2


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    ready(page)


def test_a_column_is_profiled_on_the_page(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.link("schema"))
    ready(page)
    loans = page.get_by_test_id("stExpander").filter(has_text="loans ·").first
    loans.click()
    choose(loans, "Profile of", "current_balance")
    expect(loans.get_by_text(re.compile("0 missing .* on average"))).to_be_visible()
    expect(loans.get_by_role("img", name="How current_balance is spread").or_(loans.locator(".plotly"))).to_be_visible()


def test_a_file_is_dropped_asked_and_removed(page: Page, workbench: Workbench, sales: Path) -> None:
    page.goto(workbench.link(""))
    ready(page)
    page.get_by_text("Ask a file instead of the database").click()
    page.locator("input[type=file]").set_input_files(str(sales))
    expect(page.get_by_text("sales: 3 rows")).to_be_visible()
    ask(page, "total amount by channel")
    expect(page.get_by_text("· done")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("amount", re.IGNORECASE))).to_be_visible()
    page.goto(workbench.link("schema"))
    ready(page)
    open_tab(page, "Files and APIs")
    expect(page.get_by_text("the file sales.csv")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("the file sales.csv")).to_have_count(0)


def test_a_mapping_that_is_wrong_is_not_kept_and_a_right_one_is(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.link("schema"))
    ready(page)
    open_tab(page, "Mapping")
    page.get_by_role("button", name="Propose a mapping").click()
    box = page.get_by_role("textbox", name="Mapping, in YAML")
    expect(box).to_have_value(re.compile("Proposed from names"))
    text = box.input_value()
    box.fill(text.replace("current_balance", "owed"))
    page.get_by_role("button", name="Check and keep").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("loans.owed")
    assert not (workbench.folder / "var" / "mappings").exists()
    box.fill(text)
    page.get_by_role("button", name="Check and keep").click()
    expect(page.get_by_text("The mapping holds.")).to_be_visible()
    assert (workbench.folder / "var" / "mappings" / "company.yaml").read_text() == text


def test_a_host_is_approved_and_withdrawn_on_the_page(page: Page, workbench: Workbench) -> None:
    page.goto(workbench.link("settings"))
    ready(page)
    page.get_by_role("textbox", name="Host").fill("not a host")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is no host")).to_be_visible()
    page.get_by_role("textbox", name="Host").fill("api.example.com")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("api.example.com", exact=True)).to_be_visible()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("api.example.com", exact=True)).to_have_count(0)


ROLL = (
    "Harbor Point\nRent roll as of 10/31/2026\n\nBuilding,Tenant,Rent,Due\nOak,A,1000,3/4/2026\nOak,B,TBD,5/6/2026\n"
    "Oak Total,,1000,\nPine,C,500,7/8/2026\nTotal,,1500,\n"
)


def test_a_file_as_people_have_it_is_previewed_changed_taken_in_and_asked(
    page: Page, workbench: Workbench, tmp_path: Path
) -> None:
    file = tmp_path / "roll.csv"
    file.write_text(ROLL)
    page.goto(workbench.link(""))
    ready(page)
    page.get_by_text("Ask a file instead of the database").click()
    page.locator("input[type=file]").set_input_files(str(file))
    expect(
        page.get_by_text("Rent is a number in 2 of 3 rows and empty in the others: line 6 says TBD.")
    ).to_be_visible()
    expect(page.get_by_text("The file's own total of Rent, 1,500, agrees with its rows.")).to_be_visible()
    ask(page, "total rent by building")
    expect(page.get_by_text("Take the file in first")).to_be_visible()
    page.get_by_text("The day", exact=True).click()
    expect(page.get_by_text("What comes first in Due")).to_have_count(0)
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("roll: 3 rows")).to_be_visible()
    page.get_by_text("total Rent by Building", exact=True).click()
    expect(page.get_by_text("· done")).to_be_visible()
    page.get_by_role("button", name="What was assumed").click()
    expect(page.get_by_text("From the file roll.csv: 3 rows; 4 lines left out.").first).to_be_visible()


def test_a_preview_in_the_terminal_keeps_nothing_and_options_change_the_reading(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "roll.csv"
    file.write_text(ROLL)
    shown = terminal("dataset", "add", str(file), "--preview")
    assert shown.code == 0, shown.err
    for words in ("title", "Oak Total", "line 6 says TBD", "--dates day or --dates month", "Nothing was kept"):
        assert words in shown.out, words
    assert terminal("dataset", "list", "--json").json == []
    asked = terminal("ask", "total rent by month", "--file", str(file), "--json")
    assert (asked.code, asked.json["question"]["key"]) == (4, "file:roll:order")
    added = terminal("dataset", "add", str(file), "--dates", "day", "--rename", "Rent=Monthly Rent", "--json").json
    columns = {column["name"]: column["kind"] for column in added[0]["read"]["roll"]["columns"]}
    assert columns == {"Building": "TEXT", "Tenant": "TEXT", "Monthly Rent": "INTEGER", "Due": "DATE"}
    changed = terminal("dataset", "change", "roll", "--dates", "month", "--json").json
    assert changed[0]["read"]["roll"]["columns"][3]["samples"][0] == "2026-03-04"
    assert terminal("dataset", "change", "roll", "--kind", "Rent=apples").code == 2


def test_a_program_sends_a_file_with_a_token(workbench: Workbench) -> None:
    store = Store(workbench.store)
    _, token = make_token(store, "loader", [Right.DATASETS])
    _, other = make_token(store, "reader", [Right.REFRESH])

    def send(shown: str, **fields: str) -> tuple[int, dict[str, Any]]:
        mark = "----form"
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        named = 'Content-Disposition: form-data; name="file"; filename="roll.csv"'
        parts += [f"--{mark}\r\n{named}\r\n\r\n{ROLL}\r\n"] if "no_file" not in fields else []
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}", "Authorization": f"Bearer {shown}"}
        body = ("".join(parts) + f"--{mark}--\r\n").encode()
        asked = urllib.request.Request(f"{workbench.address}/api/datasets", body, kind, method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    assert send("x")[0] == 401
    assert send(other)[0] == 403
    status, found = send(token, preview="1")
    assert (status, found["tables"][0]["told"]["rows"]) == (200, 3)
    status, found = send(token, name="rents")
    assert (status, found["name"], found["rows"]) == (200, "rents", 3)
    assert send(token, no_file="1")[0] == 400
    assert send(token, recipe="{")[1]["error"]["hint"]


def test_an_api_is_declared_by_its_fields_tried_approved_and_kept(page: Page, workbench: Workbench, api: Api) -> None:
    page.goto(workbench.link("schema"))
    ready(page)
    open_tab(page, "Files and APIs")
    page.get_by_role("radio", name="An API").click()
    fill(page, "Name of the table", "rates")
    fill(page, "Address, asked by GET", f"http://{api.host}/cursors")
    choose(page, "Token", "Authorization: Bearer ...")
    page.get_by_label("Secret of the environment").fill("geheim-123")
    page.get_by_label("Secret of the environment").press("Enter")
    expect(page.get_by_text("The token is named here, not typed.")).to_be_visible()
    expect(page.get_by_label("Secret of the environment")).to_have_value("")
    fill(page, "Secret of the environment", "NOT_THERE")
    choose(page, "Further pages", "By cursor: the answer names the next page")
    fill(page, "Parameter that asks for a page", "after")
    fill(page, "Path of the next cursor", "$.next.cursor")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Nobody has approved the host")).to_be_visible()
    page.get_by_text("It lies in our own network").click()
    page.get_by_role("button", name="Approve it and try").click()
    expect(page.get_by_text("The secret NOT_THERE is not set.")).to_be_visible()
    choose(page, "Token", "No token")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("10 rows of the first page")).to_be_visible()
    lists = page.get_by_role("combobox", name="Lists in the answer: which are the rows?")
    expect(lists).to_have_value("$.items: 10 rows of id, month, rate, base")
    expect(grid(page, 0)).to_contain_text("date")
    expect(grid(page, 1)).to_contain_text("EUR")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("rates: 25 rows")).to_be_visible()
    page.locator(".st-key-dataset-rates").get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"GET http://{api.host}/cursors")).to_have_count(0)
    assert "geheim" not in "".join(path.read_text("utf-8", "ignore") for path in workbench.folder.rglob("*.yaml"))


def test_an_api_in_yaml_fills_the_fields(page: Page, workbench: Workbench, api: Api) -> None:
    page.goto(workbench.link("schema"))
    ready(page)
    open_tab(page, "Files and APIs")
    page.get_by_role("radio", name="An API").click()
    page.get_by_text("As YAML").click()
    box = page.get_by_label("One GET, declared in YAML")
    box.fill(f"name: offsets\nurl: http://{api.host}/offsets\npaging: {{kind: offset, parameter: offset, size: 10}}\n")
    page.get_by_role("button", name="Fill the fields").click()
    expect(page.get_by_label("Name of the table")).to_have_value("offsets")
    expect(page.get_by_label("Parameter that asks for the offset")).to_have_value("offset")
    box.fill("name: offsets")
    page.get_by_role("button", name="Fill the fields").click()
    expect(page.get_by_text("url: Field required")).to_be_visible()
