"""The rules and the model read a request differently, each is sure, and their figures differ: a person chooses."""

from __future__ import annotations

import pandas as pd

from engine.authors.select.prompt import Second
from engine.authors.select.reply import Reply
from engine.compiling.figures import other_figures
from engine.products import Option, Question, Request

READINGS = "readings"
RULES = "rules"
TEXT = "The rules and the language model read this differently, and each is sure. Which is meant?"
ROWS_SHOWN, LONGEST = 3, 160


def stays(second: Second, again: Reply, rows: pd.DataFrame) -> bool:
    """Whether a person must choose: beside a sure reading the model kept other figures, and did not say why."""
    if not second.certain or second.rows is None or not again.sql or again.rules:
        return False
    return other_figures(second.rows, rows)


def disagreement(second: Second, reply: Reply, rows: pd.DataFrame) -> Question:
    """Both readings, each with its value or its first rows; the answer is "rules" or the model's reply."""
    theirs = pd.DataFrame() if second.rows is None else second.rows
    options = (
        Option(value=RULES, label=_label(second.reading, theirs)),
        Option(value=reply.model_dump_json(exclude_defaults=True), label=_label(reply.reading, rows)),
    )
    return Question(key=READINGS, text=TEXT, options=options)


def rules_chosen(request: Request) -> bool:
    """Whether a person has chosen the reading of the rules."""
    return request.answers.get(READINGS) == RULES


def _label(reading: str, rows: pd.DataFrame) -> str:
    read = reading.strip().rstrip(".")[:LONGEST] or "As the language model reads it"
    return f"{read}: {glimpse(rows)}"


def glimpse(rows: pd.DataFrame) -> str:
    """A result for a person's eye: its value, or its first rows and how many there are."""
    if rows.empty:
        return "nothing"
    shown = [" ".join(map(_written, row)) for row in rows.head(ROWS_SHOWN).itertuples(index=False, name=None)]
    more = f" ... ({len(rows):,} rows)" if len(rows) > ROWS_SHOWN else ""
    return "; ".join(shown)[:LONGEST] + more


def _written(value: object) -> str:
    if value is None or value is pd.NaT or value != value:
        return "none"
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, bool | str):
        return str(value)
    number = float(str(value))
    return f"{number:,.0f}" if number.is_integer() else f"{number:,.2f}" if abs(number) >= 1 else f"{number:.4g}"
