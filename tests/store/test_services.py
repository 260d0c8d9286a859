"""Services in the store, on SQLite and PostgreSQL: times and messages are claimed once, fenced, and given up."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import StoreError, UsageError
from engine.products import Request
from engine.products.service import Delivery, DeliveryState, Drop, Service, Tick, TickState, Version
from engine.store.runs import Store
from engine.store.services import LEASE, SENDING_LEASE, new_delivery, new_tick
from tests.store.test_store import store, url

__all__ = ["store", "url"]
NOW = datetime(2026, 11, 2, 6, tzinfo=UTC)


@pytest.fixture
def service(store: Store) -> Service:
    run = store.create(Request(text="NOI", database="sqlite:///x"), title="NOI")
    version = Version(number=1, run_id=run.id, made_at=NOW)
    made = Service(id="a" * 12, name="noi", title="NOI", versions=(version,), since=NOW, made_at=NOW)
    return store.services.put(made, "created")


def at_once(work: object, times: int = 8) -> list[object]:
    """What several threads get that do the same at once."""
    found: list[object] = []
    assert callable(work)
    threads = [threading.Thread(target=lambda: found.append(work())) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_time_is_kept_once_however_many_note_it(store: Store, service: Service) -> None:
    kept = at_once(lambda: store.services.add_tick(new_tick(service, NOW, "schedule")))
    assert kept.count(True) == 1
    assert store.services.last_due(service) == NOW
    assert store.services.add_tick(new_tick(service, NOW + timedelta(hours=1), "asked"))
    assert store.services.last_due(service) == NOW, "what was asked for is no time of the schedule"


def test_a_time_is_taken_up_by_one_and_after_its_lease_by_another(store: Store, service: Service) -> None:
    store.services.add_tick(new_tick(service, NOW, "schedule"))
    (taken,) = [each for each in at_once(lambda: store.services.claim_tick(NOW)) if each is not None]
    assert isinstance(taken, Tick)
    assert store.services.claim_tick(NOW + LEASE / 2) is None
    assert store.services.beat_tick(taken, NOW + LEASE / 2)
    assert store.services.claim_tick(NOW + LEASE) is None
    again = store.services.claim_tick(NOW + 2 * LEASE)
    assert again is not None
    assert (again.id, again.attempt, again.started_at) == (taken.id, 2, NOW)
    assert not store.services.beat_tick(taken, NOW)
    with pytest.raises(StoreError, match="took this answer"):
        store.services.keep_tick(taken.model_copy(update={"state": TickState.DONE}))
    message = new_delivery(again, Drop(folder="x"), NOW)
    store.services.keep_tick(again.model_copy(update={"state": TickState.DONE}), [message])
    assert [each.id for each in store.services.deliveries(service)] == [message.id]
    assert store.services.waiting() == 1


def test_a_message_is_sent_by_one_and_doubtful_after_its_lease(store: Store, service: Service) -> None:
    tick = new_tick(service, NOW, "schedule")
    store.services.add_tick(tick)
    store.services.add_delivery(new_delivery(tick, Drop(folder="x"), NOW))
    assert store.services.claim_delivery(NOW - timedelta(seconds=1)) is None
    (taken,) = [each for each in at_once(lambda: store.services.claim_delivery(NOW)) if each is not None]
    assert isinstance(taken, Delivery)
    assert not taken.doubtful
    again = store.services.claim_delivery(NOW + 2 * SENDING_LEASE)
    assert again is not None
    assert (again.doubtful, again.attempt) == (True, 2)
    sent = {"state": DeliveryState.SENT}
    assert not store.services.keep_delivery(taken.model_copy(update=sent))
    assert store.services.keep_delivery(again.model_copy(update=sent))


def test_a_name_is_of_one_service_and_gone_with_all_it_had(store: Store, service: Service) -> None:
    other = service.model_copy(update={"id": "b" * 12})
    with pytest.raises(UsageError, match="named noi already"):
        store.services.put(other, "created")
    store.services.add_tick(new_tick(service, NOW, "schedule"))
    with pytest.raises(UsageError, match="The service noi stands on"):
        store.delete(service.version.run_id)
    store.services.drop(service)
    assert store.services.ticks(service) == store.services.all() == ()
    with pytest.raises(UsageError, match="no service 'noi'"):
        store.services.get("noi")
    store.delete(service.version.run_id)
