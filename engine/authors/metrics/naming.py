"""Values that a request names: as they stand in the data, in other forms, nearly, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.authors.analytics.places import other_name
from engine.authors.base import Declined, Ground
from engine.authors.metrics.sheet import Sheet
from engine.authors.metrics.vocabulary import NOISE, TELLING
from engine.language.words import STOP_WORDS, Token
from engine.metrics.mapping import DatabaseMapping
from engine.products import Option, Question
from engine.sources.schema import ValueMatch


def find_values(
    sheet: Sheet, ground: Ground, mapping: DatabaseMapping, answers: Mapping[str, str]
) -> dict[str, tuple[str, ...]] | Question:
    """Dimension: the values of it that the request names as they stand in the data."""
    filters: dict[str, tuple[str, ...]] = {}
    for span in ground.values.scan([token.text for token in sheet.tokens]):
        if any(index in sheet.done for index in range(span.start, span.end)):
            continue
        meant = _dimensions_of(span.matches, mapping)
        if not meant or not _looks_like_value(sheet, span.start, span.end, meant):
            continue
        words = " ".join(token.text for token in sheet.tokens[span.start : span.end])
        key = f"value: {words.lower()}"
        if len(meant) > 1 and key not in answers:
            return _ask(key, f"{words} occurs in more than one place. Which is meant?", meant, mapping)
        name, value = _chosen(answers[key]) if key in answers else meant[0]
        sheet.tick(span.start, span.end, f"{mapping.dimension(name).label} = {value}")
        _add(filters, name, value)
    return filters


def settle_rest(
    sheet: Sheet,
    ground: Ground,
    mapping: DatabaseMapping,
    answers: Mapping[str, str],
    filters: dict[str, tuple[str, ...]],
) -> Question | Declined | None:
    """Look up what nothing explains: found values are added to `filters`, near ones asked about, others declined."""
    for start, end in _unexplained(sheet):
        words = " ".join(token.text for token in sheet.tokens[start:end])
        key = f"name: {words.lower()}"
        if key in answers:
            name, value = _chosen(answers[key])
            _add(filters, name, value)
            sheet.tick(start, end, f"{mapping.dimension(name).label} = {value}")
            continue
        telling = [token.text for token in sheet.tokens[start:end] if token.low in TELLING]
        if telling:
            return Declined(reason=f"The catalogue does not understand: {words}.", words=tuple(words.split()))
        named = _named(words, ground, mapping)
        if named is not None:
            _add(filters, *named)
            sheet.tick(start, end, f"{mapping.dimension(named[0]).label} = {named[1]}")
            continue
        meant = _dimensions_of(ground.values.containing(words), mapping)
        if meant:
            return _ask(key, f"{words} fits {len(meant)} names. Which is meant?", meant, mapping)
        near = _near(sheet, start, end, ground, mapping)
        if near:
            return _ask(
                key, f"There is no {mapping.entity.name} named {words}. Did you mean one of these?", near, mapping
            )
        return Declined(reason=f"The catalogue does not understand: {words}.", words=tuple(words.split()))
    return None


def _columns(mapping: DatabaseMapping) -> dict[tuple[str, str], str]:
    columns = {}
    for name in mapping.dimension_names:
        table, _, column = mapping.dimension(name).column.rpartition(".")
        columns[table, column] = name
    return columns


def _dimensions_of(matches: Sequence[ValueMatch], mapping: DatabaseMapping) -> list[tuple[str, str]]:
    columns = _columns(mapping)
    found = [(columns[m.table, m.column], m.value) for m in matches if (m.table, m.column) in columns]
    return list(dict.fromkeys(found))


def _looks_like_value(sheet: Sheet, start: int, end: int, meant: Sequence[tuple[str, str]]) -> bool:
    """One word in lower case that is also a common word is no name ('in' is not Indiana)."""
    token = sheet.tokens[start]
    if end - start > 1 or token.kind == "quoted":
        return True
    if token.low in STOP_WORDS:
        return False
    return len(token.text) > 3 or token.text.isupper() or token.text == meant[0][1]


def _add(filters: dict[str, tuple[str, ...]], name: str, value: str) -> None:
    filters[name] = tuple(dict.fromkeys((*filters.get(name, ()), value)))


def _ask(key: str, text: str, meant: Sequence[tuple[str, str]], mapping: DatabaseMapping) -> Question:
    options = tuple(
        Option(value=f"{name}|{value}", label=f"{value} ({mapping.dimension(name).label.lower()})")
        for name, value in meant[:8]
    )
    return Question(key=key, text=text, options=options)


def _chosen(answer: str) -> tuple[str, str]:
    name, _, value = answer.partition("|")
    return name, value


def _named(words: str, ground: Ground, mapping: DatabaseMapping) -> tuple[str, str] | None:
    """The one value the words can mean: a plural ("hotels"), a state's full name, several words of one name."""
    low = words.lower()
    singular = next((low[: -len(end)] for end in ("ies", "es", "s") if low.endswith(end)), low)
    forms = [low, singular, f"{singular}y", f"{singular}e", other_name(words)]
    for form in dict.fromkeys(filter(None, forms)):
        exact = _dimensions_of(ground.values.find(form), mapping)
        if len(exact) == 1:
            return exact[0]
    inside = _dimensions_of(ground.values.containing(words), mapping)
    return inside[0] if len(inside) == 1 and len(words.split()) > 1 else None


def _unexplained(sheet: Sheet) -> list[tuple[int, int]]:
    """Runs of tokens that nothing explains, stretched over the names beside them ('Orlando' Fashion Mall)."""
    open_ = [i for i, token in enumerate(sheet.tokens) if i not in sheet.done and not passed_over(token)]
    runs: list[tuple[int, int]] = []
    for index in open_:
        if runs and index <= runs[-1][1]:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return runs


def passed_over(token: Token) -> bool:
    """Whether a word says nothing about what is asked."""
    return token.kind == "mark" or (token.low in STOP_WORDS and token.low not in TELLING) or token.low in NOISE


def _near(sheet: Sheet, start: int, end: int, ground: Ground, mapping: DatabaseMapping) -> list[tuple[str, str]]:
    while start > 0 and sheet.tokens[start - 1].text[:1].isupper() and sheet.tokens[start - 1].kind == "word":
        start -= 1
    words = " ".join(token.text for token in sheet.tokens[start:end])
    return _dimensions_of(ground.values.near(words, limit=5, cutoff=70), mapping)
