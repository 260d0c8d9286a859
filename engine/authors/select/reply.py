"""What a model answers: a SELECT with its reading, functions, a question, or that it cannot. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import json_repair
from pydantic import Field

from engine.products import ParameterPlan, Product

MOST_OPTIONS = 5
LONGEST = 600
CHARTS = ("line", "bar", "area", "pie", "scatter", "none")
RIGHT = "right"
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_STATEMENT = re.compile(r"\b(?:SELECT|WITH)\b.*", re.DOTALL | re.IGNORECASE)
_CANNOT = re.compile(r"\s*CANNOT\b[\s:.-]*(.*)", re.DOTALL | re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_]\w{0,60}")


class Written(Product):
    """How an output column is to be shown."""

    name: str
    show: str = ""
    label: str = ""


class Supposition(Product):
    """What the request supposes: a column that changes by a share of itself."""

    name: str
    column: str
    change: float


class SourceQuery(Product):
    """A SELECT under a name that functions take as an argument."""

    name: str
    sql: str


class Reply(Product):
    """One answer: one of sql, functions, cannot, question and choose says something, or rules is "right"."""

    reading: str = ""
    assumptions: tuple[str, ...] = ()
    sql: str = ""
    columns: tuple[Written, ...] = ()
    chart: str = ""
    suppose: tuple[Supposition, ...] = ()
    rules: str = ""
    cannot: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    choose: str = ""
    sources: tuple[SourceQuery, ...] = ()
    functions: str = ""
    parameters: tuple[ParameterPlan, ...] = Field(default=())

    @property
    def agrees(self) -> bool:
        """Whether it says that the rules' reading is what is asked."""
        return self.rules.strip().lower().startswith(RIGHT) and not self.sql

    @property
    def says_something(self) -> bool:
        """Whether it can be used at all."""
        return bool(self.sql or self.functions or self.cannot or self.question or self.choose or self.agrees)


def read_reply(text: str) -> Reply:
    """The reply in a model's text: a JSON object, a bare SELECT, or that it cannot; else one that says nothing."""
    found = _object(text)
    if found is not None:
        made = _reply(found)
        if made.says_something:
            return made
    if (cannot := _CANNOT.match(text)) is not None:
        return Reply(cannot=_line(cannot.group(1)) or "The data does not hold it.")
    for candidate in (*_FENCE.findall(text), text):
        statement = _STATEMENT.search(candidate)
        if statement is not None and (candidate is not text or not text[: statement.start()].strip()):
            return Reply(sql=_sql(statement.group(0)))
    return Reply()


def _object(text: str) -> Mapping[str, Any] | None:
    """The JSON object in a text; commas, quotes and brackets that are lost or too many are mended by a library."""
    start = text.find("{")
    if start < 0:
        return None
    found: Any = json_repair.loads(text[start:])
    if isinstance(found, list):
        found = next((each for each in found if isinstance(each, Mapping)), None)
    return found if isinstance(found, Mapping) else None


def _reply(found: Mapping[str, Any]) -> Reply:
    """The fields of an answer that can be used."""
    asked = found.get("question")
    question = ""
    options: tuple[str, ...] = ()
    if isinstance(asked, Mapping):
        question = _line(asked.get("text"))
        options = tuple(filter(None, map(_line, _listed(asked.get("options")))))[:MOST_OPTIONS]
    elif isinstance(asked, str):
        question = _line(asked)
    chart = _line(found.get("chart")).lower()
    return Reply(
        reading=_line(found.get("reading")),
        assumptions=tuple(filter(None, map(_line, _listed(found.get("assumptions")))))[:8],
        sql=_sql(str(found.get("sql") or "")),
        columns=_columns(found.get("columns")),
        chart=chart if chart in CHARTS else "",
        suppose=_suppositions(found.get("suppose")),
        rules=_line(found.get("rules")),
        cannot="" if found.get("sql") else _line(found.get("cannot")),
        question="" if found.get("sql") else question,
        options=options,
        choose=_line(found.get("choose")),
        sources=_sources(found.get("sources")),
        functions=str(found.get("functions") or "").strip(),
        parameters=_parameters(found.get("parameters")),
    )


def _line(value: Any) -> str:
    """A text in one line; nothing for what is no text."""
    if value is None or isinstance(value, bool | Mapping | list):
        return ""
    text = " ".join(str(value).split())[:LONGEST]
    return "" if text.lower() in ("null", "none", "n/a", "false") else text


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else []


def _sql(text: str) -> str:
    """A statement without its fence, its semicolon and what follows it."""
    fenced = _FENCE.search(text)
    plain = (fenced.group(1) if fenced else text).strip()
    return plain.rstrip("`").strip().rstrip(";").strip()


def _columns(value: Any) -> tuple[Written, ...]:
    found = []
    for each in _listed(value):
        if isinstance(each, Mapping) and _line(each.get("name")):
            label = _line(each.get("label"))[:60]
            found.append(Written(name=_line(each["name"]), show=_line(each.get("show")), label=label))
    return tuple(found)


def _suppositions(value: Any) -> tuple[Supposition, ...]:
    found = []
    for each in _listed(value):
        if not isinstance(each, Mapping):
            continue
        try:
            change = float(str(each.get("change", "")).rstrip("% ")) / (100 if "%" in str(each.get("change")) else 1)
        except ValueError:
            continue
        column = _line(each.get("column"))
        if column and -1 <= change <= 10:
            found.append(Supposition(name=_line(each.get("name"))[:60] or column, column=column, change=change))
    return tuple(found)[:6]


def _sources(value: Any) -> tuple[SourceQuery, ...]:
    found = []
    for each in _listed(value):
        if isinstance(each, Mapping) and _NAME.fullmatch(_line(each.get("name"))) and each.get("sql"):
            found.append(SourceQuery(name=_line(each["name"]), sql=_sql(str(each["sql"]))))
    return tuple(found)


def _parameters(value: Any) -> tuple[ParameterPlan, ...]:
    from engine.authors.model.decisions import parameters_in

    return parameters_in({"parameters": value}, ()) if isinstance(value, list) else ()
