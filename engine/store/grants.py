"""The store's grants: tokens for programs and shared links, with what they may, until when, and whether withdrawn."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.errors import UsageError
from engine.products import Product
from engine.products.rights import Right, Rights, read, written
from engine.store.tables import audit, grants


class Kind(StrEnum):
    """The kinds of grants."""

    TOKEN = "token"
    LINK = "link"


class Grant(Product):
    """A token or a link; of a token's secret there is only the hash."""

    id: str
    kind: Kind
    name: str
    run_id: str = ""
    rights: frozenset[Right]
    made_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None = None
    digest: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.withdrawn_at is None and now < self.ends_at

    def state(self, now: datetime) -> str:
        """In a word or two, for lists."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return f"until {self.ends_at:%Y-%m-%d}" if now < self.ends_at else "ended"


class Grants:
    """All grants of a store."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin

    def make(
        self, kind: Kind, name: str, rights: Rights, ends_at: datetime, *, run_id: str = "", digest: str = ""
    ) -> Grant:
        """Keep a new one."""
        grant = Grant(
            id=secrets.token_hex(6), kind=kind, name=name, run_id=run_id, rights=rights, digest=digest,
            made_at=datetime.now(UTC), ends_at=ends_at,
        )  # fmt: skip
        with self._begin() as connection:
            connection.execute(insert(grants).values({**grant.model_dump(), "rights": written(rights)}))
            _note(connection, grant, "made")
        return grant

    def get(self, grant_id: str) -> Grant | None:
        """The one of that id, whatever its state."""
        with self._begin() as connection:
            row = connection.execute(select(grants).where(grants.c.id == grant_id)).mappings().first()
        return _grant(row) if row else None

    def all(self, kind: Kind, run_id: str = "") -> tuple[Grant, ...]:
        """Those of a kind, of one run where it is named, the newest first."""
        wanted = select(grants).where(grants.c.kind == kind).order_by(grants.c.made_at.desc())
        with self._begin() as connection:
            rows = connection.execute(wanted.where(grants.c.run_id == run_id) if run_id else wanted).mappings().all()
        return tuple(map(_grant, rows))

    def withdraw(self, grant_id: str) -> Grant:
        """End one now.

        Raises:
            UsageError: there is none of that id.
        """
        found = self.get(grant_id)
        if found is None:
            raise UsageError(f"There is no token or link {grant_id[:40]!r}.", "See ./run token list.")
        now = datetime.now(UTC)
        with self._begin() as connection:
            mine = (grants.c.id == grant_id) & grants.c.withdrawn_at.is_(None)
            connection.execute(update(grants).where(mine).values(withdrawn_at=now))
            _note(connection, found, "withdrawn")
        return found.model_copy(update={"withdrawn_at": found.withdrawn_at or now})

    def forget(self, connection: Connection, run_id: str) -> None:
        """Drop the links of a run, within the caller's change."""
        connection.execute(delete(grants).where(grants.c.run_id == run_id))


def _note(connection: Connection, grant: Grant, what: str) -> None:
    row = {"at": datetime.now(UTC), "run_id": grant.run_id, "action": f"{grant.kind} {what}", "detail": grant.id}
    connection.execute(insert(audit).values(row))


def _grant(row: Mapping[Any, Any]) -> Grant:
    times = {name: _aware(row[name]) for name in ("made_at", "ends_at", "withdrawn_at")}
    return Grant.model_validate({**row, **times, "rights": read(row["rights"]) or frozenset()})


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
