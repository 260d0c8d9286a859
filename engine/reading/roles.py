"""The parts that bare nouns may play: what is listed, counted, added up, shown, or only said for the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from engine.reading.acts import Act
from engine.reading.asking import Ask
from engine.reading.tying import Place
from engine.reading.vocabulary import adds_up
from engine.reading.weights import W
from engine.semantics.model import Part

ROLES = ("context", "count", "subject", "measure", "shown", "date", "group")
_GROUPED = (Part.CATEGORY, Part.NAME, Part.REFERENCE, Part.CODE)
_MOST = 120


def roles_of(ask: Ask, by: Place) -> Iterator[dict[int, str]]:
    """Every way to give the bare nouns of an ask a part to play, by where each starts; at most one is the subject."""
    options = [[(act.start, role) for role in _possible(act, ask, by)] for act in ask.bare]
    for chosen in islice(product(*options), _MOST):
        roles = dict(chosen)
        if sum(role == "subject" for role in roles.values()) <= 1:
            yield roles


def _possible(act: Act, ask: Ask, by: Place) -> list[str]:
    noun = act.nouns[0]
    parts = [by.attribute(each.place).part for each in noun.fields()]
    found = []
    tied = ask.after.get(act.start)
    if tied == "group" or (
        ask.ranks and not _listed(act, ask) and not noun.entities() and any(part in _GROUPED for part in parts)
    ):
        found.append("group")
    if (noun.entities() or Part.REFERENCE in parts) and not noun.unit:
        found += ["context", "count", "subject"]
    if Part.MEASURE in parts or (noun.entities() and (noun.unit or adds_up(noun.text))):
        found.append("measure")
    if any(part is not Part.FLAG for part in parts) or tied == "noun":
        found.append("shown")
    named = max((each.score for each in noun.entities()), default=0.0)
    dated = max((c.score for c in noun.fields() if by.attribute(c.place).part is Part.DATE), default=0.0)
    if Part.DATE in parts and (named <= W.whole or dated > W.whole):  # a booking is no date of booking
        found.append("date")
    return found or ["context"]


def _listed(act: Act, ask: Ask) -> bool:
    """Whether a noun stands behind "show", or is tied to one that does: it is shown, and nothing is grouped by it."""
    starts = {each.start: each for each in ask.bare}
    seen: Act | None = act
    while seen is not None:
        if seen.detail == "listed":
            return True
        seen = starts.get(ask.tied_to.get(seen.start, -1))
    return False
