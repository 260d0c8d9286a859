"""Golden questions: answers that are right and must stay so, read anew before a change of what the data mean is taken.

A run is one where it carries the tag `golden`. Nothing is run: the request is read again by the rules, and its queries
and formulas are compared with those of the run, whatever days they have.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.authors.catalogue import CatalogueAuthor
from engine.foundation.files import own_folder, write_whole
from engine.metrics.catalogue import own_catalogue
from engine.products import Plan, Product, Request, Run
from engine.semantics.statements import Statements
from engine.steps import ask
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.authors.base import Ground
    from engine.kit import Kit

TAG, FILE = "golden", "golden.json"
_DAYS = re.compile(r"\d{4}-\d{2}(-\d{2})?")


class Moved(Product):
    """A golden question that would be answered otherwise: how it was read, and how it would be."""

    run_id: str
    request: str
    before: str
    after: str


def golden(kit: Kit, database: str) -> tuple[Run, ...]:
    """The golden questions of a database: answered by the rules, not as a follow-up, and tagged."""
    tagged = [run_id for run_id, mark in kit.store.marks.all().items() if TAG in {tag.casefold() for tag in mark.tags}]
    found = []
    for run_id in tagged:
        run = kit.store.load(run_id)
        by_rules = run.plan is not None and run.script is not None and run.script.author != "model"
        if run.request.database == database and by_rules and not _made_otherwise(run.request):
            found.append(run)
    return tuple(sorted(found, key=lambda run: run.created_at))


def _made_otherwise(request: Request) -> bool:
    """Whether more than the words of a request made its answer: another answer, a person's script, other answers."""
    return bool(request.after or request.script or request.gathered)


def mark(kit: Kit, run_id: str, *, wanted: bool = True) -> Run:
    """Make a run a golden question, or no longer.

    Raises:
        UsageError: there is no such run.
    """
    run = kit.store.load(run_id)
    known = kit.store.marks.all().get(run.id)
    tags = tuple(tag for tag in (known.tags if known else ()) if tag.casefold() != TAG)
    from engine.store.marks import Mark

    made = Mark(run_id=run.id, pinned=bool(known and known.pinned), tags=(*tags, TAG) if wanted else tags)
    kit.store.marks.put(made)
    return run


def moved(kit: Kit, database: str, said: Statements | None = None) -> tuple[Moved, ...]:
    """The golden questions that would be answered otherwise, if this were said of the data; by default what is."""
    runs = golden(kit, database)
    if not runs:
        return ()
    ground = kit.ground(database)
    if said is not None:
        ground = replace(ground, said=said)
    found = []
    for run in runs:
        assert run.plan is not None
        after, told = _read(run, ground, kit)
        if after is None or _core(after) != _core(run.plan):
            found.append(Moved(run_id=run.id, request=run.request.text, before=run.plan.summary, after=told))
    return tuple(found)


def news(kit: Kit, database: str) -> tuple[Moved, ...]:
    """Those that move since somebody last looked, because the schema, a definition or this program has changed."""
    if not golden(kit, database) or _kept(kit).get(database) == _state(kit, database):
        return ()
    found = moved(kit, database)
    if not found:
        look(kit, database)
    return found


def look(kit: Kit, database: str) -> None:
    """Keep that somebody has seen how things stand."""
    text = json.dumps({**_kept(kit), database: _state(kit, database)}, indent=1)
    write_whole(own_folder(kit.settings.var) / FILE, text.encode())


def _kept(kit: Kit) -> dict[str, str]:
    try:
        found = json.loads((kit.settings.var / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # nobody has looked yet, or the file is damaged: they are looked at again
    return found if isinstance(found, dict) else {}


def _state(kit: Kit, database: str) -> str:
    """What a reading rests on besides what people taught: the schema, the definitions of metrics, this program."""
    made = hashlib.sha256(f"{VERSION} {kit.ground(database).schema.fingerprint}".encode())
    for file in sorted(kit.settings.metrics_folder.glob("*.y*ml")):
        made.update(file.read_bytes())
    return made.hexdigest()


def _read(run: Run, ground: Ground, kit: Kit) -> tuple[Plan | None, str]:
    """How a request would be planned now, and that in words; no plan where it would be asked back or declined."""
    author = CatalogueAuthor(own_catalogue(kit.settings.metrics_folder), None)
    request = run.request.model_copy(update={"model": "none"})
    try:
        task = ask.analyse(request, author, ground)
        plan = ask.plan(request, task, author, ground)
    except ask.Asked as asked:
        return None, f"It would be asked back: {asked.question.text}"
    except ask.NotUnderstood as no:
        return None, f"It would be declined: {no.message}"
    return plan, plan.summary


def _core(plan: Plan) -> str:
    """What is computed, without the days."""
    sources = [
        (each.name, each.sql, sorted((name, str(value)) for name, value in each.bound.items())) for each in plan.sources
    ]
    quantities = [(each.name, each.arguments, each.body) for each in plan.quantities]
    return _DAYS.sub("DAY", repr((sources, quantities)))
