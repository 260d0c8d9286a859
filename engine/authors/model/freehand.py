"""The way out where keys do not tie the tables together: the model writes the SELECT, the guarded door judges it."""

from __future__ import annotations

import re

import pandas as pd

from engine.authors.base import Declined, Ground
from engine.authors.model.decisions import Decisions
from engine.authors.model.digest import line_of
from engine.authors.model.extraction import cannot_in
from engine.authors.model.framing import Frame, FrameColumn
from engine.authors.model.prompting import repair_prompt, sql_prompt
from engine.authors.model.session import Talk
from engine.errors import EngineError
from engine.language_model.client import Wish
from engine.products import Step

LOOK_ROWS = 20
SQL_TOKENS = 350
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_FIELD = re.compile(r"[A-Za-z_]\w{0,62}")


def frame_by_query(request: str, decisions: Decisions, ground: Ground, talk: Talk) -> Frame | Declined:
    """The frame that the model's own SELECT reads; declined when the door refuses it twice, or by the model."""
    lines = "\n".join(line_of(ground.schema.by_key[key], ground.schema, shy=False) for key in decisions.tables)
    messages = prompt = sql_prompt(lines, ground.schema.dialect, request)
    reason = ""
    for temperature, seed in ((0.2, 1), (0.5, 2)):
        reply = talk.ask("writes the query", Step.PLAN, prompt, Wish(SQL_TOKENS, temperature, seed))
        if reason := cannot_in(reply.text):
            return Declined(reason=reason, by_model=True)
        sql = select_in(reply.text)
        try:
            rows = ground.read(looked(sql), {})
        except EngineError as error:
            reason = error.message
            prompt = repair_prompt(messages, sql, reason)
            continue
        names = [str(name) for name in rows.columns]
        if all(map(_FIELD.fullmatch, names)) and len(set(names)) == len(names):
            return _frame(sql, rows)
        reason = "Every output column needs a plain name of its own."
        prompt = repair_prompt(messages, sql, reason)
    return Declined(reason=f"No query for this could be made: {reason}", words=decisions.tables)


def select_in(text: str) -> str:
    """The statement in a reply."""
    fenced = _FENCE.search(text)
    return (fenced.group(1) if fenced else text).strip().rstrip(";").strip()


def looked(sql: str) -> str:
    """The first rows of a query, for its columns and kinds."""
    return f"SELECT * FROM (\n{sql}\n) AS looked LIMIT {LOOK_ROWS}"


def _frame(sql: str, rows: pd.DataFrame) -> Frame:
    columns = tuple(FrameColumn(name=str(name), source="", kind=_kind(rows[name])) for name in rows.columns)
    return Frame(
        query=None,
        sql=sql,
        bound={},
        grain="row of the query",
        columns=columns,
        assumptions=("the query was written by the language model: no keys tie its tables together",),
        sentence="Rows of a query that a language model wrote.",
    )


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_numeric_dtype(values):
        return "num"
    return "date" if pd.api.types.is_datetime64_any_dtype(values) else "text"
