"""The workbench in a real browser: how long a page takes to be ready, and a slider to change what is shown."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# The shell is the same engine without the browser's own windows, which nobody sees here: half the work.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PATIENCE_MS = 60_000
READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"

# From the key to the frame in which both the DSCR card and a chart are other than before.
WATCH = """
(label) => {
  const shown = () => ({
    card: [...document.querySelectorAll('[data-testid=stMetric], [data-metric]')]
      .find(e => e.innerText.includes(label))?.innerText,
    chart: [...document.querySelectorAll('.js-plotly-plot .trace path, .js-plotly-plot .point path')]
      .map(e => e.getAttribute('d')).join(),
  });
  const before = shown();
  let pressed = null;
  window.addEventListener('keydown', () => { pressed = performance.now(); }, { capture: true, once: true });
  window.moved = new Promise((resolve, reject) => {
    const look = () => {
      const now = shown();
      const here = performance.now();
      if (pressed !== null && now.card && now.chart && now.card !== before.card && now.chart !== before.chart)
        resolve((here - pressed) / 1000);
      else if (pressed !== null && here - pressed > 20000)
        reject(new Error(now.card === before.card ? 'the number did not change' : 'the chart did not change'));
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""


class NoBrowserError(EngineError):
    """There is no browser to measure with."""


@contextmanager
def opened() -> Iterator[Browser]:
    """A headless Chromium.

    Raises:
        NoBrowserError: playwright or Chromium is missing.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise NoBrowserError("playwright is not installed") from None
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    # Chromium's own sandbox refuses to start for root.
    flags = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=found, args=[*flags, *FLAGS])
        except Error as error:
            raise NoBrowserError(f"no Chromium: {str(error).splitlines()[0]}") from None
        try:
            yield browser
        finally:
            browser.close()


def person(browser: Browser) -> BrowserContext:
    """A person's browser: what was loaded once is in its cache."""
    return browser.new_context(viewport={"width": 1280, "height": 1000})


def visit(context: BrowserContext, url: str) -> Page:
    """A new tab on a page whose script has come to its end."""
    page: Page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_selector(READY)
    return page


def slide(page: Page, presses: int, label: str = "DSCR", ready: str = READY) -> list[float]:
    """Seconds from each press on the first slider until number and chart have changed; `ready` says when to press."""
    handle: Any = page.get_by_role("slider").first
    handle.wait_for()
    page.wait_for_selector(".js-plotly-plot .trace path")
    handle.focus()
    taken = []
    for _ in range(presses):
        page.wait_for_selector(ready)
        page.evaluate(WATCH, label)
        page.keyboard.press("ArrowRight")
        taken.append(float(page.evaluate("() => window.moved")))
    return taken
