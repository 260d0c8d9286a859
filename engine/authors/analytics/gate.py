"""Run, ask or decline. Nothing is guessed: what could be meant twice is asked, what is not understood is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.authors.analytics.cues import REFUSED, STATES
from engine.authors.analytics.draft import Draft
from engine.authors.analytics.items import Item
from engine.authors.analytics.lexicon import Lexicon
from engine.authors.base import Declined
from engine.products import Option, Question
from engine.sources.schema import Kind
from engine.sources.values import ValueIndex

_QUIET_CUES = frozenset("and have whose contains eq range_to ratio_to both times old_unit gt_than".split())
_YES_NO = frozenset("is are was were do does did has have had can could will".split())
# States that every row is in.
_SAYS_NOTHING = frozenset("exact entire whole existing included".split())
_HANGING = frozenset("how when where why".split())


class Unsure(Exception):
    """Raised where the request cannot be understood for sure."""

    def __init__(self, reason: str, words: Sequence[str] = (), near: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.declined = Declined(reason=reason, words=tuple(words), near=tuple(near))


class Asking(Exception):
    """Raised where a person must choose."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.text)
        self.question = question


def settle(key: str, text: str, options: Mapping[str, str], answers: Mapping[str, str]) -> str:
    """The one option there is, or the one that was chosen; otherwise a question."""
    if len(options) == 1:
        return next(iter(options))
    chosen = answers.get(key, "")
    if chosen in options:
        return chosen
    if labelled := [value for value, label in options.items() if label == chosen]:
        return labelled[0]
    raise Asking(
        Question(key=key, text=text, options=tuple(Option(value=v, label=label) for v, label in options.items()))
    )


def refuse_beforehand(text: str, items: Sequence[Item]) -> None:
    """Decline what no table can answer: causes, forecasts, advice, yes or no."""
    words = [word.strip("?,.!;:'\"") for word in text.split()]
    if asked := [word for word in words if word.lower() in REFUSED]:
        raise Unsure("This asks for causes, forecasts, advice or what-if, which plain analytics does not give.", asked)
    meaningful = [item for item in items if item.kind != "mark"]
    if meaningful and meaningful[0].text.lower() in _YES_NO:
        raise Unsure("This is a yes-or-no question; ask for a number or a list.", (meaningful[0].text,))
    hanging = [
        item.text
        for at, item in enumerate(meaningful)
        if item.text.lower() in _HANGING and (at == 0 or item.text.lower() in ("how", "why"))
    ]
    if hanging:
        raise Unsure("This does not ask for a number or a list.", hanging)


def refuse_unknown(items: Sequence[Item], values: ValueIndex, lexicon: Lexicon) -> None:
    """Decline when a word names nothing here, with what is near it."""
    unknown = [item for item in items if item.kind == "unknown"]
    if not unknown:
        return
    near: list[str] = []
    for item in unknown:
        if item.capital or len(unknown) == 1:
            near += [match.value for match in (*values.containing(item.text)[:3], *values.near(item.text, 3, 80))]
        near += _similar_names(item.text, lexicon)
    words = tuple(dict.fromkeys(item.text for item in unknown))
    raise Unsure(
        f"Not understood: {', '.join(words)}. No table, column or value of this database is called so.",
        words,
        tuple(dict.fromkeys(near))[:6],
    )


def _similar_names(word: str, lexicon: Lexicon) -> list[str]:
    from rapidfuzz import process

    names = [table.name for table in lexicon.schema.tables]
    names += [column.name for table in lexicon.schema.tables for column in table.columns]
    return [name for name, _, _ in process.extract(word, list(dict.fromkeys(names)), limit=2, score_cutoff=82)]


def _is_adjective(draft: Draft, at: int) -> bool:
    """ "completed orders": a state said of the thing behind it, which nothing has understood."""
    following = draft.items[at + 1] if at + 1 < len(draft.items) else None
    before = draft.word_before(at)
    led = before in ("many", "of", "the", "all", "") or (at > 0 and draft.items[at - 1].kind == "cue")
    said = draft.items[at].text.lower() not in _SAYS_NOTHING
    return led and said and following is not None and following.is_noun and bool(following.entity)


def _stands_alone(draft: Draft, at: int) -> bool:
    """Whether a verb says in which state things are ("were shipped") rather than tying them to something."""
    if draft.items[at].text.lower() not in STATES or draft.items[at].is_deed:
        return False
    before = draft.items[at - 1] if at else None
    if (
        before is not None
        and before.is_noun
        and {each.kind for each in before.columns} == {Kind.NUMBER}
        and not before.entity
    ):
        return False
    if _is_adjective(draft, at):
        return True
    following = draft.after(at, over=("not", "have", "and"))
    return following is None or draft.items[following].cued("group", "order", "descending", "ascending", "or")


def refuse_unexplained(draft: Draft) -> None:
    """Decline when a part of the request was recognised but plays no role in the answer."""
    left = []
    for at, item in enumerate(draft.items):
        if at in draft.used or item.kind in ("mark", "stop") or (item.kind == "verb" and not _stands_alone(draft, at)):
            continue
        if item.kind == "cue" and item.cue.name in _QUIET_CUES:
            continue
        left.append(item.text)
    said = [item for item in draft.items if item.kind != "mark"]
    if said and said[-1].cued("and", "or", "both", "by"):
        left.append(said[-1].text)
    if left or draft.trouble:
        words = tuple(dict.fromkeys([*left, *draft.trouble]))
        raise Unsure(f"Not sure what is meant by: {', '.join(words)}.", words)
