"""What looks at the clock: notes which services are due, answers them, and sends what is told of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import EngineError, UsageError
from engine.products.service import Delivery, Service, Tick
from engine.scenarios.whatif import require_results
from engine.services.delivering import Content, Outcome, after, deliver
from engine.services.running import Clock, answer_due, clock
from engine.services.schedule import due
from engine.store.services import new_tick
from engine.usecases.history import as_json
from runtime.addresses import public_addresses

if TYPE_CHECKING:
    from engine.kit import Kit

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0


def note_due(kit: Kit, now: datetime) -> list[Tick]:
    """Keep the times that have come; each once, however many look."""
    noted = []
    for service in kit.store.services.all():
        try:
            tick = _due(service, kit, now)
        except EngineError as error:
            log.warning("service %s: %s %s", service.name, error.message, error.hint)
            continue
        if tick is not None and kit.store.services.add_tick(tick):
            noted.append(tick)
    return noted


def _due(service: Service, kit: Kit, now: datetime) -> Tick | None:
    schedule = service.schedule
    if not service.on or schedule is None:
        return None
    last = kit.store.services.last_due(service)
    since = max(service.since, last) if last else service.since
    if schedule.dataset:
        kept = next((each for each in kit.shelf.kept() if each.name == schedule.dataset), None)
        renewed = kept.read_at if kept else None
        return new_tick(service, renewed, "dataset") if renewed and since < renewed <= now else None
    found = due(schedule, since, now)
    return new_tick(service, found.at, "schedule", found.missed) if found else None


def ask(service: Service, kit: Kit, now: datetime) -> Tick:
    """A service is due because somebody asks.

    Raises:
        UsageError: it is stopped.
    """
    if not service.on:
        raise UsageError(
            f"The service {service.name} is stopped.", f"Start it first: ./run service start {service.name}"
        )
    tick = new_tick(service, now, "asked")
    kit.store.services.add_tick(tick)
    return tick


def answer_next(kit: Kit, now: Clock = clock) -> Tick | None:
    """Answer the oldest time that is due; None when there is none."""
    tick = kit.store.services.claim_tick(now())
    if tick is None:
        return None
    try:
        return answer_due(tick, kit, now)
    except EngineError as error:
        # It was deleted meanwhile, or another worker has it: the next one is not to wait for that.
        log.warning("answer %s of a service: %s %s", tick.id, error.message, error.hint)
        return tick


def send_next(kit: Kit, now: Clock = clock) -> Delivery | None:
    """Send the oldest message that waits; None when there is none."""
    message = kit.store.services.claim_delivery(now())
    if message is None:
        return None
    try:
        outcome = deliver(message, content_of(message, kit), kit.settings, kit.shelf.hosts)
    except EngineError as error:
        outcome = Outcome(f"{error.message} {error.hint}")
    ended = after(message, outcome, now())
    kit.store.services.keep_delivery(ended)
    log.info("message %s to %s: %s %s", ended.id, ended.channel, ended.state, ended.error)
    return ended


def content_of(message: Delivery, kit: Kit) -> Content:
    """What a message is made of; without a PDF where there is no answer or it cannot be made."""
    from engine.steps.results import report_of

    tick = kit.store.services.tick(message.tick_id)
    service = kit.store.services.of(tick.service_id)
    assert tick.report is not None
    pdf, answer = b"", {}
    if tick.run_id and not tick.report.failure:
        run = kit.store.load(tick.run_id)
        answer = as_json(run)
        try:
            require_results(run)
            pdf = report_of(kit.reports, run, "pdf", [])[2]
        except EngineError as error:
            log.warning("the PDF of %s could not be made: %s", run.id, error.message)
    public = public_addresses(kit.settings.public_address)
    address = f"{public[0].rstrip('/')}/services?service={service.name}" if public else ""
    return Content(service, tick, tick.report, pdf, answer, address)


def pass_once(kit: Kit, now: Clock = clock) -> tuple[list[Tick], list[Delivery]]:
    """Note what is due, answer all of it, and send all that waits; what was done.

    What is told of one answer does not wait for the next.
    """
    note_due(kit, now())
    answered: list[Tick] = []
    sent = _sent_all(kit, now)
    while (tick := answer_next(kit, now)) is not None:
        answered.append(tick)
        sent += _sent_all(kit, now)
    return answered, sent


def _sent_all(kit: Kit, now: Clock) -> list[Delivery]:
    sent: list[Delivery] = []
    while (message := send_next(kit, now)) is not None:
        sent.append(message)
    return sent


class Ticker:
    """Threads that do this as long as the workbench runs: answers take time, and messages do not wait for them."""

    def __init__(self, kit: Kit, now: Clock = clock) -> None:
        self._kit, self._now = kit, now
        self._over = threading.Event()
        self._bell = threading.Event()
        for name, work in (("ticker", self._answer), ("sender", self._send)):
            threading.Thread(target=self._loop, args=(work,), name=name, daemon=True).start()

    def ring(self) -> None:
        """Look at once."""
        self._bell.set()

    def close(self) -> None:
        """Let the threads end after what they are doing."""
        self._over.set()
        self._bell.set()

    def _answer(self) -> bool:
        note_due(self._kit, self._now())
        return answer_next(self._kit, self._now) is not None

    def _send(self) -> bool:
        return send_next(self._kit, self._now) is not None

    def _loop(self, work: Callable[[], bool]) -> None:
        while not self._over.is_set():
            try:
                if work():
                    continue
            except EngineError as error:
                log.error("services: %s %s", error.message, error.hint)
            except Exception:
                log.exception("services failed; they go on")
            self._bell.wait(LOOK_SECONDS)
            self._bell.clear()
