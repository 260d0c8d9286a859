"""The dashboard in a browser: sliders, scenarios, downloads, and nothing that leaves the host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from runtime import units
from runtime.server import make_app
from runtime.workspace import Workspace


@pytest.fixture
def complaints() -> list[str]:
    """What the page complained of, or asked of another host."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    watch(found, address, complaints)
    found.goto(address + "/")
    expect(found.locator("[data-metric=dscr] .tile-value")).to_have_text("1.52x")
    yield found
    context.close()
    assert complaints == []


def watch(page: Page, address: str, complaints: list[str]) -> None:
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((address, "data:", "blob:")) else complaints.append(request.url),
    )


def test_tiles_say_good_in_words_too(page: Page) -> None:
    expect(page.locator("[data-metric=dscr] .tile-verdict")).to_have_text("✓ Good: at least 1.25x")
    expect(page).to_have_title("DSCR for Orlando Fashion Square")


def test_a_slider_moved_by_keyboard_changes_tile_and_chart(page: Page) -> None:
    page.evaluate("() => { window.unchanged = true; }")
    expect(page.locator(".chart-card .main-svg").first).to_be_visible()
    page.locator("#driver-revenue_change").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#state")).to_have_text("Scenario: Revenue change \N{MINUS SIGN}20 %")
    expect(page.locator("[data-metric=dscr] .tile-value")).to_have_text("1.04x")
    expect(page.locator("[data-metric=dscr] .tile-verdict")).to_contain_text("Short of at least 1.25x")
    expect(page.locator("[data-metric=noi] .tile-change")).to_contain_text("\N{MINUS SIGN}$675,813")
    expect(page.locator(".chart-card").first.locator(".legendtext").first).to_have_text("Base")
    assert page.evaluate("() => window.unchanged")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("[data-metric=dscr] .tile-value")).to_have_text("1.52x")


def test_the_number_box_refuses_what_is_out_of_range(page: Page) -> None:
    box = page.get_by_label("Interest rate change, in percent")
    box.fill("99")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.press("Tab")
    expect(box).to_have_value("5")


def test_a_scenario_is_added_and_compared(page: Page) -> None:
    page.locator("#driver-revenue_change").fill("-40")
    page.get_by_label("Keep these values as a scenario").fill("Bad year <b>")
    page.get_by_role("button", name="Add as scenario").click()
    table = page.locator(".comparison")
    expect(table).to_contain_text("Bad year <b>")
    expect(table).to_contain_text("✕ Breach: below 1.00x")
    page.get_by_role("button", name="Add Optimistic to the comparison").click()
    expect(table.locator("thead th")).to_have_count(4)
    page.get_by_role("button", name="Remove Bad year <b>").click()
    expect(table.locator("thead th")).to_have_count(3)


def test_scenarios_survive_a_reload(page: Page) -> None:
    page.get_by_role("button", name="Add Stress to the comparison").click()
    expect(page.locator(".comparison")).to_contain_text("Stress")
    page.reload()
    expect(page.locator(".comparison")).to_contain_text("Stress")


def test_a_download_gives_the_report(page: Page) -> None:
    page.get_by_role("button", name="Add Stress to the comparison").click()
    expect(page.locator("#download-note")).to_have_text("Download with 1 scenario")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").click()
    assert waiting.value.suggested_filename == "dscr-for-orlando-fashion-square.pdf"
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF")


def test_scenarios_come_from_a_file_and_go_to_one(page: Page, tmp_path: Path, complaints: list[str]) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("driver;Flood;Bøom\nRevenue change;-70 %;10 %\ninterest rate change;;0.01\n", encoding="utf-8")
    box = page.get_by_label("From a file")
    form = page.locator("#file")
    form.get_by_role("button", name="Add").press("Enter")
    expect(page.locator("#file-note")).to_contain_text("No file is chosen.")
    box.set_input_files(file)
    form.get_by_role("button", name="Add").click()
    expect(page.locator("#file-note")).to_have_text(
        "Flood, Revenue change: -0.7 is outside -0.5 to 0.5. Choose a value from -50.00 % to 50.00 %."
    )
    expect(box).to_have_attribute("aria-invalid", "true")
    assert box.evaluate("(box) => box.files[0].name") == "mine.csv"
    # The browser itself writes a refused request to its console.
    assert len(complaints) == 1
    complaints.clear()
    file.write_text(file.read_text("utf-8").replace("-70", "-40"), encoding="utf-8")
    box.set_input_files(file)
    form.get_by_role("button", name="Add").click()
    expect(page.locator("#file-note")).to_have_text("2 scenarios of mine.csv added.")
    expect(page.locator(".comparison thead th")).to_have_count(4)
    expect(page.locator(".comparison")).to_contain_text("✕ Breach: below 1.00x")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Scenarios to a CSV file").click()
    assert Path(waiting.value.path()).read_text("utf-8-sig").splitlines() == [
        "name,revenue_change,expense_change,rate_change", "Flood,-0.4,,", "Bøom,0.1,,0.01"
    ]  # fmt: skip


def test_more_scenarios_than_can_be_compared_are_refused_at_the_field(page: Page) -> None:
    rows = "".join(f"s{number},0.01\n" for number in range(201)).encode()
    table = b"name,revenue_change\n" + rows
    page.get_by_label("From a file").set_input_files({"name": "many.csv", "mimeType": "text/csv", "buffer": table})
    page.locator("#file").get_by_role("button", name="Add").click()
    expect(page.locator("#file-note")).to_contain_text("many.csv holds 201 scenarios. 200 can be compared here")
    expect(page.locator("#comparison")).to_be_hidden()


def test_tables_sort_by_click_and_show_markup_as_text(page: Page) -> None:
    card = page.get_by_role("region", name="Income by category, table")
    expect(card.locator("tbody td").first).to_have_text("Base rent")
    card.get_by_role("button", name="Amount").click()
    expect(card.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")
    card.get_by_role("button", name="Amount").click()
    expect(card.locator("tbody td").first).to_have_text("=1+1")
    expect(card).to_contain_text("<img src=x onerror=alert(1)>")


def test_each_figure_is_explained_down_to_the_query(page: Page) -> None:
    page.get_by_text("How is DSCR computed").click()
    panel = page.locator("details[open]")
    expect(panel).to_contain_text("$2,110,065 / $1,385,000 = 1.52x")
    expect(panel).to_contain_text("SELECT period, kind, category, amount FROM ledger_lines")
    expect(panel).to_contain_text(':property = "Orlando Fashion Square"')
    expect(panel).to_contain_text("144 rows")


def test_a_server_that_fails_is_told(page: Page, complaints: list[str]) -> None:
    page.route(
        "**/api/results?*",
        lambda route: route.fulfill(status=422, json={"error": {"message": "No value.", "hint": "Move it."}}),
    )
    page.locator("#driver-revenue_change").fill("10")
    expect(page.get_by_role("alert")).to_contain_text("No value. Move it.")
    complaints.clear()


@pytest.mark.parametrize(("width", "dark"), [(360, False), (768, True)])
def test_no_screen_scrolls_sideways(browser: Browser, address: str, width: int, dark: bool) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(address + "/")
    page.get_by_role("button", name="Add Stress to the comparison").click()
    expect(page.locator("#comparison-chart .main-svg").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()


def test_in_a_sandboxed_frame_under_a_prefix(browser: Browser, workspace: Workspace, complaints: list[str]) -> None:
    """As a gateway serves it: another path, an opaque origin, CORS for the origin null."""
    gateway = Gateway(("127.0.0.1", 0), handler(make_app(workspace).test_client()))
    Thread(target=gateway.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{gateway.server_address[1]}"
    page = browser.new_page()
    watch(page, address, complaints)
    page.goto(address + "/")
    frame = page.frame_locator("iframe")
    frame.locator("#driver-revenue_change").fill("-20")
    expect(frame.locator("[data-metric=dscr] .tile-value")).to_have_text("1.04x")
    frame.get_by_role("button", name="Add Optimistic to the comparison").click()
    expect(frame.locator("#comparison-chart .main-svg").first).to_be_visible()
    page.close()
    gateway.shutdown()
    gateway.server_close()
    assert complaints == []


class Gateway(ThreadingHTTPServer):
    daemon_threads = True


def handler(client: FlaskClient) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                frame = b'<iframe sandbox="allow-scripts allow-downloads" src="/view/run-1/" width=1200></iframe>'
                self._answer(200, {"Content-Type": "text/html"}, b"<!doctype html><link rel=icon href=data:,>" + frame)
                return
            self._pass(b"")

        def do_POST(self) -> None:
            self._pass(self.rfile.read(int(self.headers["Content-Length"])))

        def do_OPTIONS(self) -> None:
            self._answer(204, {"Access-Control-Allow-Headers": "Content-Type"}, b"")

        def _pass(self, body: bytes) -> None:
            path = re.sub(r"^/view/run-1", "", self.path)
            found = client.open(path, method=self.command, data=body)
            self._answer(found.status_code, dict(found.headers), found.data)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Access-Control-Allow-Origin": "null"}.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def test_the_page_writes_numbers_as_the_reports_do(page: Page) -> None:
    values = [0.0, 1.349, -12.5, 999.994, 1000.5, 1234567.0, -0.0714, 0.04752, -0.0000123456, 0.09999]
    for unit in ("", "x", "USD", "USD/sqft", "percent", "count", "months", "sqft"):
        found = page.evaluate("([values, unit]) => values.map((value) => Dash.format(value, unit))", [values, unit])
        assert found == [units.write(value, unit) for value in values]


def test_page_and_python_agree_on_thresholds(page: Page) -> None:
    cases = [(1.25, ">= 1.25"), (1.2499999999998, ">= 1.25"), (1.2499, ">= 1.25"), (0.75, "< 0.75"), (0.7, "< 0.75")]
    found = page.evaluate("(cases) => cases.map(([value, good]) => Dash.meets(value, good, ''))", cases)
    assert found == [units.meets(value, good, "") for value, good in cases] == [True, True, False, False, True]
