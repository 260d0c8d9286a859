"""The real workbench on a port of its own, and a browser page that complains of everything a person should not meet."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, expect

from engine.bench.browser import PATIENCE_MS
from tests.conftest import ROOT

READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
FINAL = re.compile("· (done|cancelled|failed|refused|needs input)")
# On a deep link Streamlit looks for its base path and finds it at the second try.
PROBES = ("/_stcore/health", "/_stcore/host-config")
TRIES = 12


@dataclass(frozen=True)
class Workbench:
    """A workbench that answers."""

    address: str
    folder: Path
    log: Path

    @property
    def store(self) -> str:
        """The URL of its run store."""
        return f"sqlite:///{self.folder}/store.sqlite"

    def link(self, page: str, run: str = "") -> str:
        """The link to a page, of a run."""
        return f"{self.address}/{page}" + (f"?run={run}" if run else "")


@contextmanager
def started(folder: Path, settings: dict[str, str]) -> Iterator[Workbench]:
    """The workbench, started as `./run` starts it; its log must hold no traceback when it ends."""
    port, log = free_port(), folder / "workbench.log"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true"]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
            yield Workbench(f"http://127.0.0.1:{port}", folder, log)
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    told = log.read_text() + "".join(file.read_text() for file in (folder / "logs").glob("*.log"))
    assert "Traceback" not in told, told


def free_port() -> int:
    """A port that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[str] | subprocess.Popen[bytes], log: Path) -> None:
    """Until the URL answers; fails with the log when the process ends before."""
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer:\n{log.read_text()}")


@dataclass
class Visitor:
    """A person at a browser: one session's pages, and what went wrong on them."""

    context: BrowserContext
    address: str
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """A new tab that notes each error, and each request that leaves the host."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._request(request.url))
        return page

    def _console(self, message: ConsoleMessage) -> None:
        probe = "404" in message.text and message.location["url"].endswith(PROBES)
        # Containers that start elsewhere on the machine change its network; the page asks again.
        machine = "ERR_NETWORK_CHANGED" in message.text
        if message.type == "error" and not probe and not machine:
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, self.address.replace("http", "ws", 1), "data:", "blob:")):
            self.complaints.append(url)


@contextmanager
def visiting(browser: Browser, address: str, **options: object) -> Iterator[Visitor]:
    """A browser session of its own; at its end nothing may have gone wrong."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 1000}, "accept_downloads": True, **options})  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(context, address)
    yield visitor
    context.close()
    assert not visitor.complaints, visitor.complaints


def ready(page: Page) -> Page:
    """The page once its script has come to an end."""
    expect(page.locator(READY)).to_be_visible()
    return page


def ended(page: Page) -> Page:
    """The page once the run has come to an end, whichever."""
    expect(page.get_by_text(FINAL)).to_be_visible()
    return ready(page)


def ask(page: Page, text: str) -> None:
    """Type a request; Enter asks."""
    field = page.get_by_test_id("stChatInputTextArea")
    field.fill(text)
    field.press("Enter")


def downloaded(page: Page, button: str) -> bytes:
    """What a download button gives."""
    with page.expect_download() as given:
        page.get_by_role("button", name=button, exact=True).click()
    return given.value.path().read_bytes()


def tab(page: Page, name: str) -> None:
    """Turn to a tab of the page."""
    page.get_by_role("tab", name=name).click()
    ready(page)


def grid(page: Page, place: int = 0) -> Locator:
    """The text of a table: the canvas has it for those who cannot see."""
    return page.get_by_test_id("stDataFrame").nth(place).locator("canvas table")


def tile(page: Page, label: str) -> Locator:
    """The metric card that begins with this label."""
    return page.get_by_test_id("stMetric").filter(has=page.get_by_text(label)).first


def run_of(page: Page) -> str:
    """The run in the page's link."""
    return page.url.partition("run=")[2].partition("&")[0]


def fill(page: Page, label: str, text: str) -> None:
    """Fill a field of a form, as often as it takes: what is typed into a page that is still drawn may be lost."""
    field = page.get_by_label(label)
    for _ in range(TRIES):
        field.fill(text)
        ready(page)
        if field.input_value() == text:
            return
    raise AssertionError(f"{label!r} does not keep {text!r}")


def choose(place: Page | Locator, label: str, option: str) -> None:
    """Choose from a list, as often as it takes: a list closes when what stands above it is drawn anew."""
    page = place if isinstance(place, Page) else place.page
    found = page.get_by_role("option", name=option, exact=True)
    for _ in range(TRIES):
        place.get_by_role("combobox", name=label, exact=True).last.click()
        with suppress(AssertionError, Error):
            expect(found).to_be_visible(timeout=5_000)
            found.click(timeout=5_000)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{option!r} of {label!r} cannot be chosen")
