"""Pictures of every page, light, dark and as wide as a phone, in a folder that git ignores: `./run screens [FOLDER]`.

The pages show the sample database with one answer, its scenarios, and a conversation of two turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from engine.bench import browser
from engine.bench.workbench import APP, started
from engine.errors import EngineError, SandboxError
from engine.kit import Kit
from engine.products import Request, Run
from engine.products.service import Schedule
from engine.queue import answer
from engine.services.promoting import create
from engine.services.ticker import ask, pass_once
from engine.settings import ROOT, read_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "test-results" / "screens"
REQUEST = "Calculate DSCR for Orlando Fashion Square and create a website to show results with simulations"
RANKING, FOLLOW_UP = "DSCR for all properties, worst first", "only retail"
SHAPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("light", {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "light"}),
    ("dark", {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "dark"}),
    ("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "light"}),
)
# A page scrolls within itself, so its window is made as high as what it holds.
WHOLE = "() => document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight + 80"
HIGHEST = 6_000
FAILED = "This page failed."


@dataclass(frozen=True)
class View:
    """A page to be taken: its name in the folder, and its address below the workbench's."""

    name: str
    path: str


def views(answer: str, ranking: str, service: str) -> Iterator[View]:
    """Every page, those about an answer with one."""
    yield View("ask", "")
    for page in ("request", "results", "simulate", "script"):
        yield View(page, f"{'' if page == 'request' else page}?run={answer}")
    yield View("ranking", f"results?run={ranking}")
    yield View("dashboard", f"results?run={answer}&part=Web+dashboard")
    for page in ("services", "schema", "history", "settings"):
        yield View(page, page)
    yield View("service", f"services?service={service}")


def take(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Take every picture into a folder.

    Raises:
        EngineError: there is no browser, the workbench does not start, or a page failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kit = Kit(read_settings(environment))
    try:
        answer = _asked(kit, REQUEST)
        ranking = _asked(kit, FOLLOW_UP, after=_asked(kit, RANKING).id)
        service = create(kit, answer.id, "monday", schedule=Schedule(cron="0 7 * * 1"), blank=["property"])
        ask(service, kit, datetime.now(UTC))
        pass_once(kit)
    finally:
        kit.close()
    found = []
    with ExitStack() as stack:
        chromium = stack.enter_context(browser.opened())
        server = stack.enter_context(started(APP, environment))
        server.wait()
        wanted = list(views(answer.id, ranking.id, service.name))
        for shape, options in SHAPES:
            found += _shape(chromium, server.address, folder, shape, options, wanted)
    return found


def _asked(kit: Kit, text: str, after: str = "") -> Run:
    request = Request(text=text, database=kit.remember(kit.settings.database), executor="local", after=after)
    return answer(request, kit, lambda event: None)


def _shape(
    chromium: Browser, address: str, folder: Path, shape: str, options: dict[str, Any], wanted: list[View]
) -> list[Path]:
    """The pictures of one width and scheme."""
    context = chromium.new_context(**options)
    found = []
    for view in wanted:
        page = browser.visit(context, f"{address}/{view.path}")
        if page.get_by_text(FAILED).count():
            raise SandboxError(f"The page {view.name} failed.", "The log has the details: ./run, and open it.")
        path = folder / f"{view.name}-{shape}.png"
        _whole(page, options["viewport"])
        page.screenshot(path=path)
        found.append(path)
        page.close()
    context.close()
    return found


def _whole(page: Page, viewport: Mapping[str, int]) -> None:
    """The window as high as the page, once everything on it is drawn."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    high = min(int(page.evaluate(WHOLE)), HIGHEST)
    page.set_viewport_size({"width": viewport["width"], "height": max(high, viewport["height"])})
    page.wait_for_timeout(800)


def main(arguments: list[str]) -> int:
    """Take the pictures, and say where they are."""
    folder = Path(arguments[0]) if arguments else FOLDER
    with TemporaryDirectory(prefix="screens-") as held:
        environment = {
            "DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'sample.sqlite'}",
            "EXECUTOR": "local",
            "LLM_BASE_URL": "none",
            "OUTPUT_DIR": f"{held}/runs",
            "LOG_DIR": f"{held}/logs",
            "VAR_DIR": f"{held}/var",
            "STORE_URL": f"sqlite:///{held}/store.sqlite",
        }
        try:
            made = take(folder, environment)
        except EngineError as error:
            print(f"{error.message} {error.hint}", file=sys.stderr)
            return 1
    print(f"{len(made)} pictures in {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
