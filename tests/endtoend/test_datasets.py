"""Files, APIs, mappings and profiles from the terminal and on the pages, as a person uses them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.datasets.conftest import SALES, Api
from tests.endtoend.conftest import Terminal
from tests.endtoend.workbench import Workbench, choose, ready


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
    page.get_by_label("What do you want to know?").fill("total amount by channel")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Total").first).to_be_visible()
    expect(page.get_by_text("done").first).to_be_visible()
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
