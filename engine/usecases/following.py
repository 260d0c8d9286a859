"""What may be asked on of an answer: likely next requests, each of which was read and planned before it is offered."""

from __future__ import annotations

from collections.abc import Iterator

from engine.authors.base import Earlier, Ground
from engine.authors.catalogue import CatalogueAuthor
from engine.authors.metrics.intent import TIME_GRAINS, Intent
from engine.errors import EngineError
from engine.kit import Kit
from engine.language.words import called, readable
from engine.metrics.catalogue import own_catalogue
from engine.products import Plan, Request, Run, Task
from engine.question.editing import period_of
from engine.question.model import Bucket, Field, Question

MOST = 5
MOST_TRIED = 9
_COARSER = {"day": "month", "week": "month", "month": "quarter", "quarter": "year", "year": "quarter"}


def next_steps(run: Run, kit: Kit) -> tuple[str, ...]:
    """Up to five follow-ups that can be answered; none where the answer cannot be changed by words."""
    if run.task is None or run.results is None:
        return ()
    ground = kit.ground_of(run.request, run.task)
    catalogue = own_catalogue(kit.settings.metrics_folder)
    author = CatalogueAuthor(catalogue, Earlier(run.request.text, run.task, run.plan.summary if run.plan else ""))
    found: list[str] = []
    for text in list(_likely(run.task, ground))[:MOST_TRIED]:
        if len(found) < MOST and _answers(text, run, author, ground):
            found.append(text)
    return tuple(found)


def _answers(text: str, run: Run, author: CatalogueAuthor, ground: Ground) -> bool:
    request = run.request.model_copy(update={"text": text, "after": run.id, "answers": {}})
    try:
        task = author.analyse(request, ground)
        return isinstance(task, Task) and isinstance(author.plan(request, task, ground), Plan)
    except EngineError:
        return False


def _likely(task: Task, ground: Ground) -> Iterator[str]:
    """What is likely to be asked next, in words."""
    if "metrics" in task.intent:
        yield from _of_metrics(Intent.model_validate(task.intent), ground)
    elif "asked" in task.intent:
        yield from _of_question(Question.model_validate(task.intent["asked"]), ground)


def _of_metrics(intent: Intent, ground: Ground) -> Iterator[str]:
    yield f"by {_COARSER[intent.grain]} instead of {intent.grain}" if intent.grain else "by year"
    if intent.group and not intent.grain and not intent.limit:
        yield "top 5"
    if intent.metrics and not intent.what_if.scenarios:
        yield "what if revenue falls 10 %"
    if not intent.start:
        yield "and last year?"
    else:
        yield "and the year before?"
    mapping = ground.mapping
    for name in mapping.dimension_names if mapping is not None else ():
        if name not in intent.group and name not in intent.filters and name not in TIME_GRAINS:
            lead = "instead" if [each for each in intent.group if each not in TIME_GRAINS] else "as well"
            yield f"by {name.replace('_', ' ')} {lead}"


def _of_question(question: Question, ground: Ground) -> Iterator[str]:
    if not question.measures:
        yield "only the first 10"
        yield "and the number of them"
        return
    grains = [each.value.grain for each in question.dimensions if isinstance(each.value, Bucket)]
    named = [each for each in question.dimensions if isinstance(each.value, Field)]
    yield f"by {_COARSER[grains[0]]} instead of {grains[0]}" if grains else "also by month"
    if named and not grains and not question.limit:
        yield "top 5"
    if period_of(question) is not None:
        yield "and the year before?"
    else:
        yield "and last year?"
    yield from _by_kinds(question, ground, "instead" if named else "as well")
    if named or grains:
        yield "as a share of the total"
    yield "show me the rows behind it"


def _by_kinds(question: Question, ground: Ground, how: str) -> Iterator[str]:
    """By other kinds that the rows have themselves, or what they belong to has."""
    from engine.authors.asking import names_of
    from engine.semantics.model import Part

    model = names_of(ground).model
    used = {(each.value.table, each.value.column) for each in question.dimensions if isinstance(each.value, Field)}
    near = [question.subject, *(each.refers_table for each in model.outgoing[question.subject])]
    found = 0
    for table in dict.fromkeys(near):
        for attribute in model.of(table):
            if attribute.part is Part.CATEGORY and attribute.place not in used and found < MOST:
                found += 1
                of = "" if table == question.subject else f" of the {called(table)}"
                yield f"by {readable(attribute.column)}{of} {how}"


def asked_on(run: Run, text: str) -> Request:
    """A request that follows an answer, over the same data."""
    return Request(text=text, database=run.request.database, datasets=run.request.datasets, after=run.id)
