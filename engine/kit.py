"""What a process works with: settings, store, authors, databases, executor, open sessions. Made once, handed down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from engine.errors import RefusedError, UsageError
from engine.executors import Choice, Executor, choose, now_built
from engine.foundation.files import keep_private
from engine.products import Request, Task
from engine.settings import ROOT, WRITING_CONSENT, Settings
from engine.sources.address import parse_address, public_address, same_store
from engine.sources.dialects import SQLITE
from engine.store.runs import Store

# Imported where they are first used: pandas, sqlglot and the authors cost more than most commands take.
if TYPE_CHECKING:
    from engine.authors.base import Author, Earlier, Ground
    from engine.datasets.beside import Beside
    from engine.datasets.shelf import Shelf
    from engine.language_model.choice import Models
    from engine.products import Cancelled, Tell
    from engine.results.branding import Brands
    from engine.results.reporting import Maker
    from engine.scenarios.sessions import Sessions
    from engine.semantics.keeping import Sayings
    from engine.sources.connection import Connection
    from engine.sources.door import Door


class Kit:
    """The shared parts of one process. Parts that cost time are made when first asked for."""

    def __init__(self, settings: Settings, *, today: Callable[[], date] | None = None) -> None:
        self.settings = settings
        self._today = today or (lambda: self.settings.today)
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._connections: dict[str, Connection] = {}
        self._executors: dict[str, Choice] = {}
        self._retired: list[Executor] = []
        self._sessions: Sessions | None = None
        self._shelf: Shelf | None = None
        self._models: Models | None = None
        self._secrets: dict[str, str] = {}
        self._admitted: set[str] = set()
        self.remember(settings.database)
        self._close_folders()

    def _close_folders(self) -> None:
        """Folders of the workbench itself that an earlier release left open to others; never one a person named."""
        for folder in (self.settings.var_dir, self.settings.output_dir, self.settings.log_dir):
            if folder.is_relative_to(ROOT) and folder.is_dir():
                keep_private(folder)

    def pin(self, day: str) -> None:
        """Take a day for today from now on.

        Raises:
            UsageError: it is no day.
        """
        try:
            pinned = date.fromisoformat(day)
        except ValueError:
            raise UsageError(f"{day!r} is no day.", "Give a day such as 2026-10-31.") from None
        self._today = lambda: pinned

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
        from engine.scenarios.sessions import Sessions

        with self._lock:
            if self._sessions is None:
                self._sessions = Sessions(lambda name: self.executor(name).executor, self.settings.limits)
            return self._sessions

    @property
    def shelf(self) -> Shelf:
        """The datasets: uploaded files and declared APIs."""
        from engine.datasets.hosts import Hosts, given_hosts
        from engine.datasets.shelf import Shelf

        with self._lock:
            if self._shelf is None:
                settings, folder = self.settings, self.settings.var / "datasets"
                given = given_hosts(settings.approved_hosts, settings.approved_private_hosts)
                hosts = Hosts(self.settings.var / "hosts.json", given)
                self._shelf = Shelf(folder, hosts, settings.secrets, settings.file_limits)
            return self._shelf

    def author(self, request: Request, tell: Tell, cancelled: Cancelled) -> Author:
        """The author for a request: the catalogue, and a language model where the catalogue is not sure."""
        from engine.authors.catalogue import CatalogueAuthor
        from engine.authors.surest import SurestAuthor
        from engine.metrics.catalogue import own_catalogue

        catalogue = own_catalogue(self.settings.metrics_folder)
        earlier = self._earlier(request.after)

        def model() -> Author | None:
            from engine.authors.model.author import ModelAuthor
            from engine.authors.model.remembering import kept_answers
            from engine.authors.model.session import Talk
            from engine.authors.select.author import SelectAuthor
            from engine.authors.select.probing import INTERVIEW, route_of

            found = self.models.client(request.model)
            if found is None:
                return None
            talk = Talk(found.client, tell, cancelled, found.window, self.settings.price)
            approve = self.settings.llm_approve_plan == "yes"
            kept = partial(kept_answers, self.store, request.database)
            small = partial(ModelAuthor, talk, catalogue, approve=approve, kept=kept)
            if route_of(self.settings.llm_route, found.client.endpoint, self.store) == INTERVIEW:
                return small()
            return SelectAuthor(talk, catalogue, approve=approve, kept=kept, smaller=small)

        return SurestAuthor(CatalogueAuthor(catalogue, earlier), model, earlier)

    def _earlier(self, run_id: str) -> Earlier | None:
        """The answer that a request follows."""
        from engine.authors.base import Earlier

        run = self.store.load(run_id) if run_id else None
        if run is None or run.task is None:
            return None
        return Earlier(text=run.request.text, task=run.task, reading=run.plan.summary if run.plan else run.task.goal)

    @property
    def models(self) -> Models:
        """The language models that can be asked."""
        from engine.language_model.choice import Models

        with self._lock:
            if self._models is None:
                self._models = Models(self.settings, self.store)
            return self._models

    @property
    def brands(self) -> Brands:
        """The company's name, logo and colours."""
        from engine.results.branding import Brands

        return Brands(self.settings, self.store)

    @property
    def reports(self) -> Maker:
        """What reports are made with."""
        from engine.results.reporting import Maker

        return Maker(self.sessions, self.settings)

    def executor(self, name: str = "") -> Choice:
        """The executor of that name, or the one this machine can best offer, with a notice when it is a lesser one."""
        wanted = name or self.settings.executor
        with self._lock:
            settings, known = self.settings, self._executors.get(wanted)
            if known is None:
                known = choose(wanted, settings.limits, settings.isolation, settings.sandbox_runtime, settings.var)
            elif known.later is not None:
                now = now_built(known, settings.var)
                # What runs in the sandbox that answered until now goes on there.
                self._retired += [known.executor] if now.executor is not known.executor else []
                known = now
            self._executors[wanted] = known
            return known

    def confirm(self) -> str:
        """Prove again, behind an answer, what the sandboxes in use are remembered to hold; what fails, in words."""
        with self._lock:
            used = [choice.executor for choice in self._executors.values()]
        return " ".join(filter(None, (executor.confirm() for executor in used)))

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
                self._connections[database] = open_connection(
                    address, self.settings.var / "cache", functions=self._functions
                )
            return self._connections[database]

    def door(self, database: str) -> Door:
        """The guarded read-only door of a database, without looking at what it holds."""
        from engine.sources.door import Door

        with self._lock:
            kept = self._connections.get(database)
            return kept.door if kept else Door(self._own(database), functions=self._functions)

    @property
    def _functions(self) -> frozenset[str]:
        """The functions that queries may call besides those that only compute."""
        from engine.sources.server_names import named_functions

        return named_functions(self.settings.allowed_functions)

    def _own(self, database: str) -> str:
        address = self._secrets.get(database, database)
        if same_store(address, self.settings.store):
            raise RefusedError(
                "This database is the workbench's own run store, which can never be asked.",
                "Set DATABASE_URL to the database with your data.",
            )
        if address not in self._admitted:
            self._admit(address)
            self._admitted.add(address)
        return address

    def _admit(self, address: str) -> None:
        """Refuse a role that may do more than read, unless the settings accept it in writing."""
        from engine.sources.door import Door
        from engine.sources.roles import check_role, reader_role_sql

        if self.settings.accepts_writing_role or parse_address(address).get_backend_name() == SQLITE:
            return
        door = Door(address)
        warnings = check_role(door)
        if warnings:
            raise RefusedError(
                f"{' '.join(warnings)} The workbench reads with a role that may only read.",
                _way_out(reader_role_sql(door.database, dialect=door.dialect)),
            )

    def refresh(self, database: str) -> Connection:
        """The database looked at anew."""
        connection = self.connection(database)
        connection.refresh()
        return connection

    def ground(self, database: str) -> Ground:
        """What an author stands on for this database."""
        from engine.authors.base import Ground
        from engine.metrics.mapping import find_mapping

        connection = self.connection(database)
        return Ground(
            schema=connection.schema,
            values=connection.values,
            mapping=find_mapping(connection.schema, self.settings.mapping_folders),
            read=lambda sql, bound: connection.door.read(sql, bound),
            today=self._today(),
            said=self.said_of(database).read(),
        )

    def said_of(self, database: str) -> Sayings:
        """Where what is said of a database is kept."""
        from engine.semantics.keeping import Sayings

        return Sayings(self.settings.var / "meaning", self.connection(database).name, public_address(database))

    def grounds(self, request: Request) -> tuple[Ground, ...]:
        """Every place where the answer to a request may lie: the database, and the datasets where there are any."""
        own = () if request.datasets else (self.ground(request.database),)
        found = (*own, self._datasets(request.datasets)) if self._asks_datasets(request) else own
        if len(found) > 1 and (earlier := self._earlier(request.after)) is not None:
            # What follows an answer is asked where that lies; of the places together none is alone.
            found = tuple(each for each in found if each.place == earlier.task.place) or found
        return tuple(_on_its_day(each, request) for each in found)

    def ground_of(self, request: Request, task: Task) -> Ground:
        """The place where a task's answer lies."""
        if task.place == "both" and (together := self.together(request)):
            return together
        own = self.ground(request.database) if task.place == "database" else self._datasets(request.datasets)
        return _on_its_day(own, request)

    def together(self, request: Request) -> Ground | None:
        """The database and the datasets as one place to ask, where columns of the one refer to the other."""
        if not self._asks_datasets(request):
            return None
        from dataclasses import replace

        from engine.datasets.relating import related

        ground = related(self.ground(request.database), self._datasets(request.datasets))
        if ground is None:
            return None
        return _on_its_day(replace(ground, read=self.beside(request.database).look), request)

    def _asks_datasets(self, request: Request) -> bool:
        """Return whether there are datasets to ask, without loading what reads them when there are none."""
        folder = self.settings.var / "datasets"
        return bool(request.datasets) or (any(folder.glob("*.yaml")) and bool(self.shelf.kept()))

    def beside(self, database: str) -> Beside:
        """What reads datasets, with tables of the database beside them."""
        from engine.datasets.beside import Beside

        return Beside(self.shelf, lambda: self.connection(database))

    def _datasets(self, names: Sequence[str]) -> Ground:
        from engine.authors.base import Ground

        schema, values = self.shelf.known(names)
        return Ground(
            schema=schema, values=values, mapping=None, read=self.shelf.look, today=self._today(), place="datasets"
        )

    def close(self) -> None:
        """End everything that was opened."""
        with self._lock:
            if self._sessions is not None:
                self._sessions.close()
            for choice in self._executors.values():
                self._retired += [choice.executor, *([choice.later] if choice.later else [])]
            for executor in self._retired:
                executor.close()
            for connection in self._connections.values():
                connection.close()
            if self._models is not None:
                self._models.close()
            if self._store is not None:
                self._store.close()


def _on_its_day(ground: Ground, request: Request) -> Ground:
    """A ground on the day that a request takes for today, where it says one."""
    from dataclasses import replace

    return replace(ground, today=date.fromisoformat(request.as_of)) if request.as_of else ground


def _way_out(reader: str) -> str:
    """What to do about a role that may write: make one that may not, or accept it."""
    consent = f"ALLOW_WRITING_ROLE={WRITING_CONSENT}"
    if not reader:
        return (
            f"Name a role that may only read in DATABASE_URL, and accept in writing that nobody checked it: {consent}"
        )
    return (
        f"As an administrator, make one and name it in DATABASE_URL:\n\n{reader}\nOr accept this in writing: {consent}"
    )
