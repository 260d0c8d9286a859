"""The store's services: each with its versions, every time it was due, and what was told of it.

What is due is claimed by a lease and an attempt number, as runs are, so that it is done once whoever dies meanwhile.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import StoreError, UsageError
from engine.products.service import Channel, Delivery, DeliveryState, Service, Tick, TickState
from engine.store.tables import audit, deliveries, grants, services, ticks

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
# A message that is longer on its way has failed or its sender died.
SENDING_LEASE = timedelta(minutes=3)
# An answer that ended its worker so often is given up.
MOST_ATTEMPTS = 3
# A message that ended its sender so often, too.
MOST_TRIES = 8
GIVEN_UP = "It was taken up {} times, and its worker died each time."


class Services:
    """All services of a store."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    # -- services -------------------------------------------------------------------------------------------------

    def put(self, service: Service, act: str) -> Service:
        """Keep a service in place of the one before; `act` is what the audit log says.

        Raises:
            UsageError: another has its name.
        """
        with self._begin() as connection:
            same = select(services.c.id).where(services.c.name == service.name, services.c.id != service.id)
            if connection.execute(same).first():
                raise UsageError(f"There is a service named {service.name} already.", "Choose another name.")
            kept = service.model_copy(update={"revision": service.revision + 1})
            row = {"id": kept.id, "name": kept.name, "revision": kept.revision, "content": kept.model_dump_json()}
            if service.revision:
                mine = (services.c.id == service.id) & (services.c.revision == service.revision)
                if connection.execute(update(services).where(mine).values(row)).rowcount != 1:
                    raise UsageError(
                        f"The service {service.name} was changed or deleted meanwhile.", "Look at it, then try again."
                    )
            else:
                connection.execute(insert(services).values(row))
            _note(connection, kept, act)
        return kept

    def all(self) -> tuple[Service, ...]:
        """Every service, by name."""
        with self._begin() as connection:
            rows = connection.execute(select(services.c.content).order_by(services.c.name)).scalars().all()
        found = []
        for row in rows:
            try:
                found.append(Service.model_validate_json(row))
            except ValidationError as error:
                # One that cannot be read must not stand in the way of the others.
                log.error("a service cannot be read: %s", error)
        return tuple(found)

    def get(self, name: str) -> Service:
        """The service of that name or id.

        Raises:
            UsageError: there is none.
        """
        with self._begin() as connection:
            wanted = select(services.c.content)
            found = connection.execute(wanted.where(services.c.name == name)).scalar()
            # A name may look like another's id: the name goes first.
            found = found or connection.execute(wanted.where(services.c.id == name)).scalar()
        if found is None:
            raise UsageError(f"There is no service {name[:60]!r}.", "See ./run service list.")
        return Service.model_validate_json(found)

    def of(self, service_id: str) -> Service:
        """The service of that id alone.

        Raises:
            UsageError: it was deleted.
        """
        with self._begin() as connection:
            found = connection.execute(select(services.c.content).where(services.c.id == service_id)).scalar()
        if found is None:
            raise UsageError("The service was deleted.", "Its answers are in the history.")
        return Service.model_validate_json(found)

    def drop(self, service: Service) -> None:
        """Forget a service, its times and its messages; its runs stay."""
        with self._begin() as connection:
            for table in (deliveries, ticks):
                connection.execute(delete(table).where(table.c.service_id == service.id))
            connection.execute(delete(grants).where(grants.c.run_id == shared_as(service)))
            connection.execute(delete(services).where(services.c.id == service.id))
            _note(connection, service, "deleted")

    def standing_on(self, run_id: str) -> str:
        """The name of a service that stands on a run; empty where none does."""
        return next((each.name for each in self.all() if any(v.run_id == run_id for v in each.versions)), "")

    # -- the times at which they are due ---------------------------------------------------------------------------

    def last_due(self, service: Service) -> datetime | None:
        """The newest time of its schedule that was taken up."""
        mine = (ticks.c.service_id == service.id) & (ticks.c.cause != "asked")
        with self._begin() as connection:
            found = connection.execute(select(func.max(ticks.c.due_at)).where(mine)).scalar()
        return _aware(found) if found else None

    def add_tick(self, tick: Tick) -> bool:
        """Keep a time that is due; False where it is there already."""
        with self._begin() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(ticks).values(_tick_row(tick)))
            except IntegrityError:
                return False
        return True

    def ticks(self, service: Service, limit: int = 100, states: Sequence[TickState] = ()) -> tuple[Tick, ...]:
        """The newest times at which a service was due, with what they came to; in these states alone, where given."""
        wanted = select(ticks).where(ticks.c.service_id == service.id).order_by(ticks.c.due_at.desc()).limit(limit)
        if states:
            wanted = wanted.where(ticks.c.state.in_(states))
        with self._begin() as connection:
            return tuple(map(_tick, connection.execute(wanted).mappings()))

    def tick(self, tick_id: str) -> Tick:
        """One time at which a service was due.

        Raises:
            UsageError: there is none of that id.
        """
        with self._begin() as connection:
            row = connection.execute(select(ticks).where(ticks.c.id == tick_id)).mappings().first()
        if row is None:
            raise UsageError(f"There is no answer {tick_id[:20]!r} of a service.", "See ./run service show NAME.")
        return _tick(row)

    def forget_due(self, service: Service) -> None:
        """Drop the times of a schedule that wait: the service was stopped."""
        waiting = (ticks.c.service_id == service.id) & (ticks.c.state == TickState.DUE) & (ticks.c.cause != "asked")
        with self._begin() as connection:
            connection.execute(delete(ticks).where(waiting))

    def claim_tick(self, now: datetime) -> Tick | None:
        """Take up the oldest time that is due, or one whose worker died; None when there is none."""
        under_way = (ticks.c.state == TickState.RUNNING) & (ticks.c.lease_until >= now)
        # One answer of a service after the other, since each is compared with the one before.
        busy = select(ticks.c.service_id).where(under_way)
        dead = (ticks.c.state == TickState.RUNNING) & (ticks.c.lease_until < now)
        free = ((ticks.c.state == TickState.DUE) | dead) & ticks.c.service_id.not_in(busy)
        with self._begin() as connection:
            row = connection.execute(select(ticks).where(free).order_by(ticks.c.due_at).limit(1)).mappings().first()
            if row is None:
                return None
            tick = _tick(row)
            started = tick.started_at or now
            taken = tick.model_copy(
                update={"state": TickState.RUNNING, "attempt": tick.attempt + 1, "started_at": started}
            )
            mine = (ticks.c.id == tick.id) & (ticks.c.attempt == tick.attempt) & free
            values = {**_tick_row(taken), "lease_until": now + LEASE}
            done = connection.execute(update(ticks).where(mine).values(values))
        return taken if done.rowcount == 1 else None

    def beat_tick(self, tick: Tick, now: datetime) -> bool:
        """Say that a time's worker lives; False when it was taken away."""
        with self._begin() as connection:
            mine = (ticks.c.id == tick.id) & (ticks.c.attempt == tick.attempt)
            return connection.execute(update(ticks).where(mine).values(lease_until=now + LEASE)).rowcount == 1

    def keep_tick(self, tick: Tick, messages: Sequence[Delivery] = ()) -> Tick:
        """Keep how far a time is and, in one transaction, the messages about it.

        Raises:
            StoreError: another worker took it over.
        """
        with self._begin() as connection:
            mine = (ticks.c.id == tick.id) & (ticks.c.attempt == tick.attempt)
            if connection.execute(update(ticks).where(mine).values(_tick_row(tick))).rowcount != 1:
                raise StoreError("Another worker took this answer of the service over.", "Nothing was lost.")
            for message in messages:
                connection.execute(insert(deliveries).values(_delivery_row(message)))
        return tick

    # -- messages ---------------------------------------------------------------------------------------------------

    def claim_delivery(self, now: datetime) -> Delivery | None:
        """Take the oldest message that may be sent now, or one whose sender died, which may have arrived."""
        died = (deliveries.c.state == DeliveryState.SENDING) & (deliveries.c.lease_until < now)
        free = ((deliveries.c.state == DeliveryState.WAITING) & (deliveries.c.next_at <= now)) | died
        wanted = select(deliveries).where(free).order_by(deliveries.c.next_at).limit(1)
        with self._begin() as connection:
            row = connection.execute(wanted).mappings().first()
            if row is None:
                return None
            before = _delivery(row)
            doubtful = before.doubtful or before.state is DeliveryState.SENDING
            change = {"state": DeliveryState.SENDING, "attempt": before.attempt + 1, "doubtful": doubtful}
            taken = before.model_copy(update=change)
            if taken.attempt > MOST_TRIES:
                given_up = {"state": DeliveryState.FAILED, "error": before.error or GIVEN_UP.format(before.attempt)}
                taken = before.model_copy(update={**given_up, "attempt": taken.attempt})
            mine = (deliveries.c.id == before.id) & (deliveries.c.attempt == before.attempt) & free
            values = {**_delivery_row(taken), "lease_until": now + SENDING_LEASE}
            done = connection.execute(update(deliveries).where(mine).values(values))
        return taken if done.rowcount == 1 and taken.state is DeliveryState.SENDING else None

    def keep_delivery(self, message: Delivery) -> bool:
        """Keep how far a message is; False when another sender took it over."""
        with self._begin() as connection:
            mine = (deliveries.c.id == message.id) & (deliveries.c.attempt == message.attempt)
            done = connection.execute(update(deliveries).where(mine).values(_delivery_row(message)))
        return done.rowcount == 1

    def add_delivery(self, message: Delivery) -> Delivery:
        """Keep a message that is not of an answer: one that tries a channel."""
        with self._begin() as connection:
            connection.execute(insert(deliveries).values(_delivery_row(message)))
        return message

    def deliveries(self, service: Service | None = None, limit: int = 200) -> tuple[Delivery, ...]:
        """The newest messages, of one service where it is named."""
        wanted = select(deliveries).order_by(deliveries.c.next_at.desc()).limit(limit)
        if service is not None:
            wanted = wanted.where(deliveries.c.service_id == service.id)
        with self._begin() as connection:
            return tuple(map(_delivery, connection.execute(wanted).mappings()))

    def waiting(self) -> int:
        """How many times and messages are not at their end."""
        open_ticks = (
            select(func.count()).select_from(ticks).where(ticks.c.state.in_([TickState.DUE, TickState.RUNNING]))
        )
        states = [DeliveryState.WAITING, DeliveryState.SENDING]
        unsent = select(func.count()).select_from(deliveries).where(deliveries.c.state.in_(states))
        with self._begin() as connection:
            return sum(int(connection.execute(each).scalar_one()) for each in (open_ticks, unsent))


def shared_as(service: Service) -> str:
    """What links to a service's dashboard are signed for, in place of a run."""
    return f"service:{service.id}"


def new_tick(service: Service, due_at: datetime, cause: str, missed: int = 0) -> Tick:
    """A time at which a service is due, of the version in force."""
    return Tick.model_validate(
        {
            "id": secrets.token_hex(8), "service_id": service.id, "version": service.number, "due_at": due_at,
            "cause": cause, "missed": missed,
        }
    )  # fmt: skip


def new_delivery(tick: Tick, channel: Channel, at: datetime) -> Delivery:
    """A message about an answer to one channel."""
    return Delivery(id=secrets.token_hex(8), service_id=tick.service_id, tick_id=tick.id, channel=channel, next_at=at)


def _note(connection: Connection, service: Service, act: str) -> None:
    run_id = service.version.run_id if service.versions else ""
    row = {"at": datetime.now(UTC), "run_id": run_id, "action": f"service {act}"[:40], "detail": service.name}
    connection.execute(insert(audit).values(row))


def _tick_row(tick: Tick) -> dict[str, Any]:
    return {**_shared(tick, ticks), "content": tick.model_dump_json()}


def _delivery_row(message: Delivery) -> dict[str, Any]:
    return {**_shared(message, deliveries), "content": message.model_dump_json()}


def _shared(product: Tick | Delivery, table: Table) -> dict[str, Any]:
    """The fields that stand in columns of their own, too."""
    names = [column.name for column in table.c]
    return {name: getattr(product, name) for name in names if name in type(product).model_fields}


def _tick(row: Mapping[Any, Any]) -> Tick:
    return Tick.model_validate_json(row["content"])


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    return Delivery.model_validate_json(row["content"])


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
