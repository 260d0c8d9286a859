"""What the model decides before any code is written, the shapes of its answers, and what of them is believed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from engine.products import ParameterPlan, Product

KINDS = {
    "single": "one number, or a few numbers",
    "list": "rows as they are, perhaps filtered",
    "ranking": "things in order of a number",
    "first": "the one thing that has the most or the least of something",
    "breakdown": "a number for each group",
    "time_series": "a number for each month, quarter or year",
    "schedule": "a payment plan or projection, row by row",
    "unclear": "it cannot be told from these tables what is meant",
    "cannot": "these tables do not hold what is asked for",
}
CANNOT = "cannot"
UNANSWERED = ("unclear", CANNOT)
APPROVAL = "plan"
MOST_TABLES = 4
MOST_COLUMNS = 10
MOST_PARAMETERS = 4
LONGEST_REASON = 400
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FENCE = re.compile(r"```[\w-]*\s*(.*?)(?:```|\Z)", re.DOTALL)
_WHAT_IF = re.compile(
    r"\b(?:what[- ]?if|simulat\w*|sensitivity|scenarios?|stress|suppose|assum(?:e|ing)|if\b.{0,60}\b(?:by|to)\b|"
    r"change[sd]? (?:in|of|by)|vary|varying|[+-]\s?\d+\s?%|"
    r"\d+\s?(?:%|percent|points|bps)\s+(?:higher|lower|more|less))",
    re.IGNORECASE,
)


class Decisions(Product):
    """What is asked for, as a person can approve or correct it."""

    kind: str
    tables: tuple[str, ...]
    columns: tuple[str, ...] = Field(default=(), description="table.column")
    parameters: tuple[ParameterPlan, ...] = ()
    meanings: Mapping[str, str] = Field(default_factory=dict, description="unknown words: a column, or how it is read")


def wants_what_if(text: str) -> bool:
    """Whether a request asks what changes when something changes."""
    return bool(_WHAT_IF.search(text))


def kind_shape(tables: Sequence[str], kinds: Sequence[str] = tuple(KINDS)) -> dict[str, Any]:
    """The first question's answer: what kind of answer, from which tables."""
    return _object(
        kind={"type": "string", "enum": list(kinds)},
        tables=_array({"type": "string", "enum": list(tables)}, MOST_TABLES),
    )


def columns_shape(columns: Sequence[str]) -> dict[str, Any]:
    """The second question's answer: which columns, or that none of them will do."""
    return _object(columns=_array({"type": "string", "enum": [*columns, CANNOT]}, MOST_COLUMNS))


def words_shape(count: int, columns: Sequence[str], others: Sequence[str]) -> dict[str, Any]:
    """The answer about words that nothing is called by, numbered from 1: a column, or one of the others."""
    return _object(**{str(at): {"type": "string", "enum": [*columns, *others]} for at in range(1, count + 1)})


def parameters_shape() -> dict[str, Any]:
    """The third question's answer: what a scenario may change."""
    number = {"type": "number"}
    one = _object(
        name={"type": "string"},
        label={"type": "string"},
        unit={"type": "string", "enum": ["percent", "number"]},
        default=number,
        low=number,
        high=number,
    )
    return _object(parameters=_array(one, MOST_PARAMETERS))


def reason_shape() -> dict[str, Any]:
    """The answer of a model that could not answer: what is missing."""
    return _object(cannot={"type": "string"})


def refuses(answer: Mapping[str, Any]) -> bool:
    """Whether an answer says `cannot` in place of a kind, column or parameter, or gives the reason at once."""
    return bool(reason_in(answer)) or any(_first(value) == CANNOT for value in answer.values())


def reason_in(answer: Mapping[str, Any]) -> str:
    """Why an answer says that the data do not hold what is asked; empty where it does not say."""
    said = answer.get(CANNOT)
    return " ".join(said.split())[:LONGEST_REASON] if isinstance(said, str) else ""


def _first(value: Any) -> str:
    """The first name that a part of an answer gives."""
    first = value[0] if isinstance(value, list) and value else value
    name = first.get("name") if isinstance(first, Mapping) else first
    return name.strip().lower() if isinstance(name, str) else ""


def _object(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _array(items: Mapping[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": dict(items), "minItems": 1, "maxItems": most}


def json_in(text: str) -> Mapping[str, Any] | None:
    """The one JSON object in an answer, with or without a fence, prose, a trailing comma or a lost end."""
    fenced = _FENCE.search(text)
    for candidate in (text, fenced.group(1) if fenced else "", text[text.find("{") :] if "{" in text else ""):
        for mended in (candidate, candidate[: candidate.rfind("}") + 1], _closed(candidate)):
            if isinstance(found := _read(mended), Mapping):
                return found
    return None


def _read(text: str) -> Any:
    for attempt in (text, re.sub(r",\s*([}\]])", r"\1", text), text.replace("'", '"')):
        try:
            return json.loads(attempt)
        except ValueError:
            continue
    return None


def _closed(text: str) -> str:
    """A text that was cut off, with what is open in it closed after its last whole value."""
    whole = re.match(r'.*(?:"|\d|\]|\}|true|false)(?=\s*[,\]\}]|\s*$)', text, re.DOTALL)
    kept = whole.group(0) if whole else text
    kept += '"' if kept.count('"') % 2 else ""
    stack: list[str] = []
    quoted = False
    for at, letter in enumerate(kept):
        if letter == '"' and (at == 0 or kept[at - 1] != "\\"):
            quoted = not quoted
        elif not quoted and letter in "{[":
            stack.append("}" if letter == "{" else "]")
        elif not quoted and letter in "}]" and stack:
            stack.pop()
    return kept + "".join(reversed(stack))


def known_among(names: Any, known: Sequence[str], most: int) -> tuple[str, ...]:
    """The names that are known, each once, in whatever case they were written, a table's column with or without it."""
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list | tuple):
        return ()
    found = [match for name in names if isinstance(name, str) and (match := _known(name, known))]
    return tuple(dict.fromkeys(found))[:most]


def _known(name: str, known: Sequence[str]) -> str:
    plain = name.strip().strip("`\"'").lower()
    for each in known:
        if each.lower() == plain:
            return each
    ends = [each for each in known if each.lower().rpartition(".")[2] == plain.rpartition(".")[2]]
    return ends[0] if len(ends) == 1 else ""


def kind_in(answer: Mapping[str, Any], tables: Sequence[str]) -> Decisions | None:
    """The decisions in an answer to the first question; None when it names no table that exists."""
    kind = str(answer.get("kind", "")).strip().lower()
    chosen = known_among(answer.get("tables"), tables, MOST_TABLES)
    if not chosen and kind != "unclear":
        return None
    return Decisions(kind=kind if kind in KINDS else "list", tables=chosen)


def parameters_in(answer: Mapping[str, Any], taken: Sequence[str]) -> tuple[ParameterPlan, ...]:
    """The parameters in an answer to the third question that can be used; percents written as 10 are meant as 0.10."""
    found: dict[str, ParameterPlan] = {}
    listed = answer.get("parameters")
    for item in listed if isinstance(listed, list) else []:
        made = _parameter(item, taken) if isinstance(item, Mapping) else None
        if made is not None:
            found.setdefault(made.name, made)
    return tuple(found.values())[:MOST_PARAMETERS]


def _parameter(item: Mapping[str, Any], taken: Sequence[str]) -> ParameterPlan | None:
    name = re.sub(r"\W+", "_", str(item.get("name", "")).strip().lower()).strip("_")
    if name in taken:
        name = f"{name}_change"
    if not _NAME.fullmatch(name):
        return None
    unit = "percent" if item.get("unit") == "percent" else ""
    try:
        default, low, high = (float(item.get(key, 0.0)) for key in ("default", "low", "high"))
        if unit and max(abs(default), abs(low), abs(high)) > 1.5:
            default, low, high = default / 100, low / 100, high / 100
        if not low < high:
            low, high = min(default, -0.5), max(default, 0.5)
        low, high = min(low, default), max(high, default)
        label = " ".join(str(item.get("label") or name.replace("_", " ")).split())[:60]
        return ParameterPlan(name=name, label=label, default=default, low=low, high=high, unit=unit)
    except (TypeError, ValueError, ValidationError):
        return None
