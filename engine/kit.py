"""What a process works with: settings, store, authors, databases, executor, open sessions. Made once, handed down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from engine.errors import RefusedError
from engine.executors import Choice, choose
from engine.settings import Settings
from engine.sources.address import public_address, same_store
from engine.store import Store

# Imported where they are first used: pandas, sqlglot and the authors cost more than most commands take.
if TYPE_CHECKING:
    from engine.authors.base import Author, Ground
    from engine.language_model.choice import Models
    from engine.products import Cancelled, Request, Tell
    from engine.sessions import Sessions
    from engine.sources.connection import Connection
    from engine.sources.door import Door


class Kit:
    """The shared parts of one process. Parts that cost time are made when first asked for."""

    def __init__(self, settings: Settings, *, today: Callable[[], date] = date.today) -> None:
        self.settings = settings
        self._today = today
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._connections: dict[str, Connection] = {}
        self._executors: dict[str, Choice] = {}
        self._sessions: Sessions | None = None
        self._models: Models | None = None
        self._secrets: dict[str, str] = {}
        self.remember(settings.database)

    @property
    def store(self) -> Store:
        """The run store."""
        with self._lock:
            if self._store is None:
                self._store = Store(self.settings.store)
            return self._store

    @property
    def sessions(self) -> Sessions:
        """The open sandboxes, by run."""
        from engine.sessions import Sessions

        with self._lock:
            if self._sessions is None:
                self._sessions = Sessions(self)
            return self._sessions

    def author(self, request: Request, tell: Tell, cancelled: Cancelled) -> Author:
        """The author for a request: the catalogue, and a language model where the catalogue is not sure."""
        from engine.authors.catalogue import CatalogueAuthor
        from engine.authors.surest import SurestAuthor

        def model() -> Author | None:
            from engine.authors.model.author import ModelAuthor
            from engine.authors.model.session import Talk
            from engine.remembering import kept_answers

            found = self.models.client(request.model)
            if found is None:
                return None
            talk = Talk(found.client, tell, cancelled, found.window, self.settings.price)
            approve = self.settings.llm_approve_plan == "yes"
            return ModelAuthor(talk, approve=approve, kept=lambda: kept_answers(self.store, request.database))

        return SurestAuthor(CatalogueAuthor(), model)

    @property
    def models(self) -> Models:
        """The language models that can be asked."""
        from engine.language_model.choice import Models

        with self._lock:
            if self._models is None:
                self._models = Models(self.settings, self.store)
            return self._models

    def executor(self, name: str = "") -> Choice:
        """The executor of that name, or the one this machine can best offer, with a notice when it is a lesser one."""
        wanted = name or self.settings.executor
        with self._lock:
            if wanted not in self._executors:
                settings = self.settings
                self._executors[wanted] = choose(wanted, settings.limits, settings.isolation, settings.sandbox_runtime)
            return self._executors[wanted]

    def remember(self, address: str) -> str:
        """Keep an address with its password for this process; gives the one without, for all other uses."""
        public = public_address(address)
        self._secrets[public] = address
        return public

    def connection(self, database: str) -> Connection:
        """The database, opened once.

        Raises:
            RefusedError: it is the workbench's own store.
            SourceError: it cannot be read.
        """
        from engine.sources.connection import open_connection

        address = self._own(database)
        with self._lock:
            if database not in self._connections:
                self._connections[database] = open_connection(address, self.settings.var / "cache")
            return self._connections[database]

    def door(self, database: str) -> Door:
        """The guarded read-only door of a database, without looking at what it holds."""
        from engine.sources.door import Door

        with self._lock:
            kept = self._connections.get(database)
            return kept.door if kept else Door(self._own(database))

    def _own(self, database: str) -> str:
        address = self._secrets.get(database, database)
        if same_store(address, self.settings.store):
            raise RefusedError(
                "This database is the workbench's own run store, which can never be asked.",
                "Set DATABASE_URL to the database with your data.",
            )
        return address

    def refresh(self, database: str) -> Connection:
        """The database looked at anew."""
        connection = self.connection(database)
        connection.refresh()
        return connection

    def ground(self, database: str) -> Ground:
        """What an author stands on for this database."""
        from engine.authors.base import Ground
        from engine.mapping import find_mapping

        connection = self.connection(database)
        return Ground(
            schema=connection.schema,
            values=connection.values,
            mapping=find_mapping(connection.schema, self.settings.mapping_folders),
            read=lambda sql, bound: connection.door.read(sql, bound),
            today=self._today(),
        )

    def close(self) -> None:
        """End everything that was opened."""
        with self._lock:
            if self._sessions is not None:
                self._sessions.close()
            for choice in self._executors.values():
                choice.executor.close()
            for connection in self._connections.values():
                connection.close()
            if self._models is not None:
                self._models.close()
            if self._store is not None:
                self._store.close()
