"""The author of plain analytics: `analyse` reads a request, `plan` says what will be read, computed and shown."""

from __future__ import annotations

from collections.abc import Mapping

from engine.authors.analytics.asides import decimals, other_unit
from engine.authors.analytics.composing import Composer
from engine.authors.analytics.flags import with_flags
from engine.authors.analytics.gate import Asking, Unsure, refuse_beforehand, refuse_unexplained, refuse_unknown
from engine.authors.analytics.grain import as_it_holds
from engine.authors.analytics.intent import read
from engine.authors.analytics.joins import KeyGraph
from engine.authors.analytics.lexicon import Lexicon, lexicon_of
from engine.authors.analytics.linking import link
from engine.authors.analytics.outputs import column_names
from engine.authors.analytics.planning import plan_for
from engine.authors.analytics.query import Query
from engine.authors.analytics.reach import beyond_the_data
from engine.authors.analytics.resolving import Resolver
from engine.authors.analytics.subject import subject_of
from engine.authors.analytics.wording import assumptions_for, sentence_for, title_for
from engine.authors.base import Declined, Ground
from engine.language.words import readable
from engine.products import Plan, Product, Question, Reading, Task


class Analysis(Product):
    """An exact reading of a request: the query, what its words were taken to mean, and a sentence that says it."""

    query: Query
    readings: tuple[Reading, ...] = ()
    title: str
    sentence: str
    assumptions: tuple[str, ...] = ()


def analyse(text: str, ground: Ground, answers: Mapping[str, str]) -> Analysis | Question | Declined:
    """What a request asks for; a question where it could mean two things; declined where it is not understood."""
    try:
        return _analysed(text, ground, answers)
    except Asking as asking:
        return asking.question
    except Unsure as unsure:
        return unsure.declined


def _analysed(text: str, ground: Ground, answers: Mapping[str, str]) -> Analysis:
    lexicon: Lexicon = lexicon_of(ground.schema)
    items = with_flags(link(text, lexicon, ground.values, ground.today), lexicon)
    refuse_beforehand(text, items)
    refuse_unknown(items, ground.values, lexicon)
    draft = read(items)
    refuse_unexplained(draft)
    resolver = Resolver(draft, lexicon, KeyGraph(ground.schema), answers)
    resolver.subject = subject_of(resolver)
    query = Composer(resolver).compose().model_copy(update={"decimals": decimals(text)})
    if (pair := other_unit(text, column_names(query.outputs))) is not None:
        raise Unsure(
            f"“{pair[0]}” are asked for, but {readable(pair[1])} is in another unit, which is not converted.", pair
        )
    return Analysis(
        query=query,
        readings=tuple(resolver.readings),
        title=title_for(query),
        sentence=sentence_for(query),
        assumptions=(*resolver.assumptions, *assumptions_for(query)),
    )


def certain(task: Task) -> bool:
    """Whether nothing had to be chosen for a reading, such as by what things are ranked."""
    if "asked" in task.intent:
        return not task.intent.get("assumptions")
    if "query" not in task.intent:
        return bool(task.metrics)
    found = Analysis.model_validate(task.intent)
    return set(found.assumptions) <= set(assumptions_for(found.query))


def plan(analysis: Analysis, ground: Ground) -> Plan | Declined:
    """What will be read, computed and shown for an analysis; declined where no number would hold."""
    nothing = beyond_the_data(analysis.query, ground) if analysis.query.aggregated else None
    held = nothing or as_it_holds(analysis.query, ground)
    if isinstance(held, Declined):
        return held
    assumptions = (*analysis.assumptions, *held.said)
    return plan_for(analysis.model_copy(update={"query": held.query, "assumptions": assumptions}), ground)
