"""The run store: runs, their products as they are made, events, scenarios, and the audit log, in one database.

A run belongs to the store, not to a page. Every write of a worker is fenced by the run's attempt number, so
that a worker that was given up for dead can no longer change anything.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from engine.errors import StoreError, UsageError
from engine.foundation.files import private_file
from engine.products import Event, Failure, Product, Request, Run, Scenario, Status, Step
from engine.sources.address import parse_address
from engine.store.grants import Grants
from engine.store.marks import Marks
from engine.store.tables import answers, audit, choices, events, products, runs, scenarios, upgrade

if TYPE_CHECKING:
    from engine.store.services import Services

LEASE = timedelta(seconds=30)
# So often a run is taken up in all. One that ends its worker every time would else end every worker, one by one.
MOST_ATTEMPTS = 3
LONGEST_TITLE = 200
GIVEN_UP = "The run was taken up {} times, and its worker died each time."
GIVEN_UP_HINT = "Look at the log for what ended the program, for instance a lack of memory; then ask again."
PARTS = ("task", "plan", "script", "verdict", "bundle", "execution", "results", "writing", "question", "failure")


class Store:
    """All that is kept. Open one per process; it is safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        address = parse_address(url)
        try:
            if address.database not in (None, "", ":memory:") and address.drivername.startswith("sqlite"):
                private_file(Path(str(address.database)))
            self._engine: Engine = create_engine(address, pool_pre_ping=True)
            _tune(self._engine)
            upgrade(self._engine)
            self.grants = Grants(self._begin)
            self.marks = Marks(self._begin)
        except (ImportError, NoSuchModuleError):
            kind = address.get_backend_name()
            raise StoreError(
                f"The driver for {kind} is not installed, so the run store cannot be opened.",
                "Install it beside the workbench, or set STORE_URL to a database of SQLite or PostgreSQL.",
            ) from None
        except (SQLAlchemyError, OSError) as error:
            raise _broken(error) from error

    @cached_property
    def services(self) -> Services:
        """The services; loaded when they are first asked for, which most commands never do."""
        from engine.store.services import Services

        return Services(self._begin)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def create(self, request: Request, *, title: str, owner: str = "local", claimed: bool = False) -> Run:
        """A new run, queued, or already `claimed` by the caller. Its id is unguessable enough to be a link."""
        now = datetime.now(UTC)
        run_id = f"{now:%y%m%d}-{secrets.token_hex(4)}"
        with self._begin() as connection:
            connection.execute(
                insert(runs).values(
                    id=run_id,
                    title=title,
                    owner=owner,
                    status=Status.RUNNING if claimed else Status.QUEUED,
                    created_at=now,
                    attempt=int(claimed),
                    lease_until=now + LEASE if claimed else None,
                    archived=False,
                    folder="",
                    request=request.model_dump_json(),
                    seconds="{}",
                    cancel_wanted=False,
                )
            )
            connection.execute(insert(audit).values(at=now, run_id=run_id, action="created", detail=request.text))
        return self.load(run_id)

    def load(self, run_id: str) -> Run:
        """The run of that id, or of an unambiguous beginning of it; 'last' is the newest.

        Raises:
            UsageError: there is no such run, or several begin so.
        """
        with self._begin() as connection:
            row = connection.execute(select(runs).where(runs.c.id == self._whole(connection, run_id))).mappings().one()
            parts = connection.execute(select(products).where(products.c.run_id == row["id"])).mappings().all()
        kept = {part["name"]: json.loads(part["content"]) for part in parts if part["attempt"] == row["attempt"]}
        return _run(row, kept)

    def list(self, *, archived: bool = False, limit: int = 200) -> tuple[Run, ...]:
        """The newest runs, without their products."""
        wanted = select(runs).where(runs.c.archived == archived).order_by(runs.c.created_at.desc()).limit(limit)
        with self._begin() as connection:
            return tuple(_run(row, {}) for row in connection.execute(wanted).mappings())

    def claim(self, run_id: str | None = None) -> Run | None:
        """Take a queued run (or one whose worker died) for this worker; None when there is none."""
        now = datetime.now(UTC)
        self._give_up(now)
        free = (runs.c.status == Status.QUEUED) | ((runs.c.status == Status.RUNNING) & (runs.c.lease_until < now))
        with self._begin() as connection:
            wanted = select(runs.c.id, runs.c.attempt).where(free).order_by(runs.c.created_at).limit(1)
            if run_id is not None:
                wanted = wanted.where(runs.c.id == run_id)
            row = connection.execute(wanted).first()
            if row is None:
                return None
            taken = connection.execute(
                update(runs)
                .where(runs.c.id == row.id, runs.c.attempt == row.attempt, free)
                .values(status=Status.RUNNING, attempt=row.attempt + 1, lease_until=now + LEASE)
            )
        return self.load(row.id) if taken.rowcount == 1 else None

    def _give_up(self, now: datetime) -> None:
        """End the runs whose worker died so often that the next one would die too."""
        dead = (runs.c.status == Status.RUNNING) & (runs.c.lease_until < now) & (runs.c.attempt >= MOST_ATTEMPTS)
        with self._begin() as connection:
            rows = connection.execute(select(runs.c.id, runs.c.attempt, runs.c.seconds).where(dead)).all()
            for row in rows:
                mine = (runs.c.id == row.id) & (runs.c.attempt == row.attempt) & (runs.c.status == Status.RUNNING)
                ended = connection.execute(update(runs).where(mine).values(status=Status.FAILED, lease_until=None))
                if ended.rowcount == 1:
                    step = _step_after(json.loads(row.seconds))
                    failure = Failure(step=step, message=GIVEN_UP.format(row.attempt), hint=GIVEN_UP_HINT)
                    kept = {"run_id": row.id, "name": "failure", "attempt": row.attempt}
                    connection.execute(insert(products).values(**kept, content=failure.model_dump_json()))
                    connection.execute(insert(audit).values(at=now, run_id=row.id, action="given up", detail=""))

    def keep(self, run: Run, **parts: Product | None) -> Run:
        """Keep products of a run as they are made; the run with them."""
        with self._begin() as connection:
            self._fence(connection, run)
            for name, product in parts.items():
                connection.execute(
                    delete(products).where(
                        products.c.run_id == run.id, products.c.name == name, products.c.attempt == run.attempt
                    )
                )
                if product is not None:
                    content = product.model_dump_json()
                    row = {"run_id": run.id, "name": name, "attempt": run.attempt, "content": content}
                    connection.execute(insert(products).values(row))
        return run.model_copy(update=parts)

    def mark(self, run: Run, **fields: Any) -> Run:
        """Change a run's own fields (status, title, folder, seconds)."""
        values = {k: json.dumps(dict(v)) if k == "seconds" else v for k, v in fields.items()}
        with self._begin() as connection:
            self._fence(connection, run)
            connection.execute(update(runs).where(runs.c.id == run.id).values(values))
            if "status" in fields:
                now = datetime.now(UTC)
                connection.execute(insert(audit).values(at=now, run_id=run.id, action=str(fields["status"]), detail=""))
        return run.model_copy(update=fields)

    def beat(self, run: Run) -> bool:
        """Say that the worker lives; False when the run was cancelled or taken away."""
        with self._begin() as connection:
            alive = connection.execute(
                update(runs)
                .where(runs.c.id == run.id, runs.c.attempt == run.attempt, runs.c.cancel_wanted.is_(False))
                .values(lease_until=datetime.now(UTC) + LEASE)
            )
            return alive.rowcount == 1

    def cancel(self, run_id: str) -> None:
        """Ask the worker to stop; a run that still waits is cancelled at once."""
        with self._begin() as connection:
            found = self._whole(connection, run_id)
            connection.execute(update(runs).where(runs.c.id == found).values(cancel_wanted=True))
            connection.execute(
                update(runs).where(runs.c.id == found, runs.c.status == Status.QUEUED).values(status=Status.CANCELLED)
            )
            now = datetime.now(UTC)
            connection.execute(insert(audit).values(at=now, run_id=found, action="cancel asked", detail=""))

    def tell(self, run: Run, happened: Event) -> None:
        """Keep an event."""
        with self._begin() as connection:
            self._fence(connection, run)
            row = {"run_id": run.id, "attempt": run.attempt, "content": happened.model_dump_json()}
            connection.execute(insert(events).values(row))

    def events(self, run_id: str) -> tuple[Event, ...]:
        """The events of a run's newest attempt, oldest first."""
        newest = select(runs.c.attempt).where(runs.c.id == run_id).scalar_subquery()
        wanted = select(events.c.content).where(events.c.run_id == run_id, events.c.attempt == newest)
        with self._begin() as connection:
            rows = connection.execute(wanted.order_by(events.c.number)).scalars().all()
        return tuple(Event.model_validate_json(row) for row in rows)

    def archive(self, run_id: str, *, archived: bool = True) -> Run:
        """Put a run out of sight, or back."""
        with self._begin() as connection:
            found = self._whole(connection, run_id)
            connection.execute(update(runs).where(runs.c.id == found).values(archived=archived))
        return self.load(found)

    def rename(self, run_id: str, title: str) -> Run:
        """Call a run otherwise in the history; its answer keeps the title of its script.

        Raises:
            UsageError: the title is empty, or there is no such run.
        """
        wanted = " ".join(title.split())[:LONGEST_TITLE]
        if not wanted:
            raise UsageError("A run needs a title.", "Give it a few words.")
        with self._begin() as connection:
            found = self._whole(connection, run_id)
            connection.execute(update(runs).where(runs.c.id == found).values(title=wanted))
            now = datetime.now(UTC)
            connection.execute(insert(audit).values(at=now, run_id=found, action="renamed", detail=wanted))
        return self.load(found)

    def delete(self, run_id: str) -> Run:
        """Forget a run and everything of it; its folder is the caller's. A running one is refused."""
        run = self.load(run_id)
        if run.status is Status.RUNNING:
            raise UsageError(f"Run {run.id} is still running.", "Cancel it first.")
        if name := self.services.standing_on(run.id):
            raise UsageError(f"The service {name} stands on run {run.id}.", f"./run service delete {name} comes first.")
        with self._begin() as connection:
            self.grants.forget(connection, run.id)
            self.marks.forget(connection, run.id)
            for table in (products, events, scenarios):
                connection.execute(delete(table).where(table.c.run_id == run.id))
            connection.execute(delete(runs).where(runs.c.id == run.id))
            now = datetime.now(UTC)
            connection.execute(insert(audit).values(at=now, run_id=run.id, action="deleted", detail=run.title))
        return run

    def save_scenarios(self, run_id: str, named: Sequence[Scenario]) -> None:
        """Keep the scenarios of a run, in this order, in place of those kept before."""
        with self._begin() as connection:
            connection.execute(delete(scenarios).where(scenarios.c.run_id == run_id))
            for place, scenario in enumerate(named):
                row = {"run_id": run_id, "place": place, "content": scenario.model_dump_json()}
                connection.execute(insert(scenarios).values(row))

    def scenarios(self, run_id: str) -> tuple[Scenario, ...]:
        """The scenarios kept for a run."""
        wanted = select(scenarios.c.content).where(scenarios.c.run_id == run_id).order_by(scenarios.c.place)
        with self._begin() as connection:
            return tuple(Scenario.model_validate_json(row) for row in connection.execute(wanted).scalars())

    def choice(self, name: str) -> dict[str, str]:
        """Return the choice that was kept under a name; empty when there is none."""
        with self._begin() as connection:
            kept = connection.execute(select(choices.c.content).where(choices.c.name == name)).scalar()
        return dict(json.loads(kept)) if kept else {}

    def choose(self, name: str, content: Mapping[str, str]) -> None:
        """Keep a choice in place of the one before."""
        with self._begin() as connection:
            connection.execute(delete(choices).where(choices.c.name == name))
            connection.execute(insert(choices).values(name=name, content=json.dumps(dict(content))))
            now = datetime.now(UTC)
            connection.execute(insert(audit).values(at=now, run_id="", action="chosen", detail=name))

    def keep_answer(self, key: str, print_of: str, run_id: str, content: str) -> None:
        """Keep an answer that may be given again; one that was verified stays verified."""
        with self._begin() as connection:
            before = connection.execute(select(answers.c.verified).where(answers.c.key == key)).scalar()
            connection.execute(delete(answers).where(answers.c.key == key))
            row = {"key": key, "tables_print": print_of, "run_id": run_id, "content": content}
            connection.execute(insert(answers).values(**row, at=datetime.now(UTC), verified=bool(before)))

    def answers(self, limit: int = 500) -> tuple[tuple[str, str, bool], ...]:
        """(print of its tables, content, whether verified) of the answers kept, newest first."""
        wanted = select(answers.c.tables_print, answers.c.content, answers.c.verified).order_by(answers.c.at.desc())
        with self._begin() as connection:
            return tuple((row[0], row[1], bool(row[2])) for row in connection.execute(wanted.limit(limit)))

    def judge_answer(self, run_id: str, *, accepted: bool, key: str = "") -> bool:
        """A person's word on the answer of a run, or of that key: verified or forgotten; False when it is not kept."""
        with self._begin() as connection:
            mine = (answers.c.run_id == run_id) | (answers.c.key == key)
            done = connection.execute(
                update(answers).where(mine).values(verified=True) if accepted else delete(answers).where(mine)
            )
            now = datetime.now(UTC)
            action = "answer accepted" if accepted else "answer refused"
            connection.execute(insert(audit).values(at=now, run_id=run_id, action=action, detail=""))
            return done.rowcount > 0

    def _whole(self, connection: Connection, run_id: str) -> str:
        if run_id == "last":
            newest = connection.execute(select(runs.c.id).order_by(runs.c.created_at.desc()).limit(1)).scalar()
            if newest is None:
                raise UsageError("There is no run yet.", 'Start one: ./run ask "Calculate DSCR for ..."')
            return str(newest)
        like = runs.c.id.startswith(run_id, autoescape=True) if run_id else runs.c.id == ""
        found = connection.execute(select(runs.c.id).where(like).limit(2)).scalars().all()
        if len(found) != 1:
            what = "no run" if not found else "more than one run"
            raise UsageError(f"There is {what} named {run_id!r}.", "See ./run runs for the list.")
        return str(found[0])

    def _fence(self, connection: Connection, run: Run) -> None:
        current = connection.execute(select(runs.c.attempt).where(runs.c.id == run.id)).scalar()
        if current != run.attempt:
            raise StoreError(
                f"Run {run.id} is no longer this worker's.", "Another worker took it over; nothing was lost."
            )

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _broken(error) from error

    def count(self) -> int:
        """How many runs are kept."""
        with self._begin() as connection:
            return int(connection.execute(select(func.count()).select_from(runs)).scalar_one())


def _run(row: Mapping[Any, Any], parts: Mapping[str, Any]) -> Run:
    created: datetime = row["created_at"]
    return Run.model_validate(
        {
            "id": row["id"],
            "title": row["title"],
            "owner": row["owner"],
            "status": row["status"],
            "created_at": created if created.tzinfo else created.replace(tzinfo=UTC),
            "attempt": row["attempt"],
            "archived": row["archived"],
            "folder": row["folder"],
            "request": json.loads(row["request"]),
            "seconds": json.loads(row["seconds"]),
            **parts,
        }
    )


def _step_after(seconds: Mapping[str, float]) -> Step:
    """The step under way when a worker died: the one after the last that was done."""
    steps = list(Step)
    done = [place for place, step in enumerate(steps) if step.value in seconds]
    return steps[min(max(done, default=-1) + 1, len(steps) - 1)]


def _tune(engine: Engine) -> None:
    """SQLite: wait for other writers instead of failing, and let readers read meanwhile."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA busy_timeout=15000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")


def _broken(error: BaseException) -> StoreError:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    hint = "Free some disk space." if "full" in reason else "Check STORE_URL and that its folder can be written."
    return StoreError(f"The run store cannot be used: {reason}.", hint)
