"""What the model is told: rules first, then what varies, the request last, so that a server can keep the beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.authors.model.clarifying import COMPUTED, WITHOUT
from engine.authors.model.decisions import KINDS, MOST_COLUMNS, MOST_PARAMETERS, MOST_TABLES, Decisions
from engine.authors.model.digest import LONGEST_COMMENT, Digest, as_data
from engine.authors.model.framing import Frame
from engine.products import ParameterPlan

FOLDER = Path(__file__).resolve().parents[3] / "templates" / "prompts" / "model"
VERSION = "4"
WINDOW = 4_096
DECISION_TOKENS = 150
CODE_TOKENS = 900
LONGEST_REQUEST = 1_200
Messages = tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Example:
    """A request with the functions that answered it."""

    request: str
    columns: str
    code: str


TABLE_EXAMPLE = Example(
    "Paid invoices: total by customer, largest first",
    "customer (text), status (text), amount (num)",
    "def paid_by_customer(rows: pd.DataFrame) -> pd.DataFrame:\n"
    '    """Paid amount of each customer."""\n'
    '    paid = rows[rows["status"] == "paid"]\n'
    '    table = paid.groupby("customer", as_index=False)["amount"].sum()\n'
    '    return table.sort_values("amount", ascending=False)',
)
LIST_EXAMPLE = Example(
    "Customers and amounts of the invoices above 500 that are not paid",
    "invoice_id (num), customer (text), status (text), amount (num)",
    "def unpaid_invoices(rows: pd.DataFrame) -> pd.DataFrame:\n"
    '    """Customer and amount of each unpaid invoice above 500."""\n'
    '    unpaid = rows[(rows["status"] != "paid") & (rows["amount"] > 500)]\n'
    '    return unpaid[["customer", "amount"]]',
)
FIRST_EXAMPLE = Example(
    "Which customer has the most invoices?",
    "invoice_id (num), customer (text), amount (num)",
    "def busiest_customer(rows: pd.DataFrame) -> pd.DataFrame:\n"
    '    """The customer with the most invoices."""\n'
    '    table = rows.groupby("customer", as_index=False).agg(invoices=("invoice_id", "nunique"))\n'
    '    return table.sort_values("invoices", ascending=False).head(1)[["customer"]]',
)
NUMBER_EXAMPLE = Example(
    "How many customers are there and what is their average invoice?",
    "customer (text), amount (num)",
    "def customers(rows: pd.DataFrame) -> float:\n"
    '    """Number of customers."""\n'
    '    return rows["customer"].nunique()\n\n\n'
    "def average_invoice(rows: pd.DataFrame) -> float:\n"
    '    """Average amount of an invoice."""\n'
    '    return rows["amount"].mean()',
)
CHANGE_EXAMPLE = Example(
    "Total of the invoices if prices change",
    "customer (text), amount (num); parameter: price_change",
    "def total(rows: pd.DataFrame, price_change: float) -> float:\n"
    '    """Total of the invoices after the change of prices."""\n'
    '    return rows["amount"].sum() * (1 + price_change)',
)


def tables_prompt(digest: Digest, request: str, kinds: Mapping[str, str] = KINDS) -> Messages:
    """The first question."""
    rules = _rules("tables.md", kinds=kinds, most=MOST_TABLES)
    return _messages(rules, f"Tables:\n{digest.text}", request)


def columns_prompt(lines: str, request: str) -> Messages:
    """The second question; `lines` are the tables chosen."""
    return _messages(_rules("columns.md", most=MOST_COLUMNS), f"Tables:\n{lines}", request)


def words_prompt(lines: str, phrases: Sequence[str], request: str) -> Messages:
    """The question about words that nothing is called by."""
    listed = "\n".join(f"{at}: {as_data(phrase, LONGEST_COMMENT)}" for at, phrase in enumerate(phrases, 1))
    return _messages(_rules("words.md"), f"Tables:\n{lines}\n\nWords:\n{listed}", request)


def parameters_prompt(columns: Sequence[str], request: str) -> Messages:
    """The third question."""
    return _messages(_rules("parameters.md", most=MOST_PARAMETERS), f"Columns: {', '.join(columns)}", request)


def reason_prompt(messages: Messages, reply: str) -> Messages:
    """The question what is missing, to a model that said `cannot`."""
    said = {"role": "assistant", "content": reply[:LONGEST_REQUEST]}
    return (*messages, said, {"role": "user", "content": _rules("reason.md")})


def sql_prompt(lines: str, dialect: str, request: str) -> Messages:
    """The way out when keys do not tie the tables together."""
    return _messages(_rules("sql.md", dialect=dialect), f"Tables:\n{lines}", request)


def functions_prompt(
    decisions: Decisions,
    frame: Frame,
    samples: Mapping[str, Sequence[str]],
    ready: Sequence[str],
    request: str,
    example: Example | None = None,
    *,
    brief: bool = False,
    words: Sequence[str] = (),
) -> Messages:
    """The function prompt; `words`: what those of the request are. A brief one leaves out samples and comments."""
    shown = example or _example(decisions)
    rules = _rules("functions.md")
    rules += f"\n\nExample. Columns: {shown.columns}. Request: {shown.request}\n```python\n{shown.code}\n```"
    parts = [f"One row of rows is one {frame.grain}. Columns of rows:"]
    for column in frame.columns:
        line = f"- {column.name} ({column.kind})"
        if not brief and column.means:
            line += f" {as_data(column.means, LONGEST_COMMENT)}"
        if not brief and (values := samples.get(column.name)):
            line += f" such as {', '.join(values)}"
        parts.append(line)
    if done := [text for text in frame.assumptions if text.startswith("only rows")]:
        parts.append("Done already: " + "; ".join(done))
    parts += [_meaning(*pair, frame) for pair in decisions.meanings.items() if pair[1] != COMPUTED]
    if decisions.parameters:
        parts.append("Parameters (each must be used): " + "; ".join(map(_parameter, decisions.parameters)))
    if ready:
        parts.append("Ready functions to call (on numbers or columns):\n" + "\n".join(ready))
        if decisions.kind == "single":
            parts.append("Or write one function for each of their arguments, named so: the rest is computed from them.")
    if words:
        parts.append(f"In the request {'; '.join(words)}.")
    parts.append(f"Wanted: {KINDS.get(decisions.kind, 'the answer')}.")
    return _messages(rules, "\n".join(parts), request)


def repair_prompt(messages: Messages, code: str, feedback: str) -> Messages:
    """The function prompt with code that failed and the one error to mend."""
    last = messages[-1]["content"]
    failed = f"This code failed:\n```python\n{code.strip()[:3_000]}\n```\nError: {feedback}\nWrite it again, right."
    added = f"{last}\n\n{failed}"
    return (*messages[:-1], {"role": "user", "content": added})


def _example(decisions: Decisions) -> Example:
    if decisions.parameters:
        return CHANGE_EXAMPLE
    return {"single": NUMBER_EXAMPLE, "list": LIST_EXAMPLE, "first": FIRST_EXAMPLE}.get(decisions.kind, TABLE_EXAMPLE)


def _meaning(phrase: str, meaning: str, frame: Frame) -> str:
    """What a word of the request is, that nothing is called by."""
    if meaning == WITHOUT:
        return f"Leave out {as_data(phrase, LONGEST_COMMENT)}: the data holds nothing about it."
    name = next((column.name for column in frame.columns if column.source == meaning), meaning.rpartition(".")[2])
    return f"In the request {as_data(phrase, LONGEST_COMMENT)} is about {name}."


def _parameter(plan: ParameterPlan) -> str:
    unit = "a fraction, 0.1 is 10 %" if plan.unit == "percent" else "a number"
    return f"{plan.name} ({unit}, today {plan.default:g})"


def _messages(rules: str, body: str, request: str) -> Messages:
    asked = " ".join(request.split())[:LONGEST_REQUEST].replace("```", "'''")
    return (
        {"role": "system", "content": rules},
        {"role": "user", "content": f"{body}\n\nRequest: {asked}"},
    )


def _rules(name: str, **facts: Any) -> str:
    return _environment().get_template(name).render(facts).strip()


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=False, trim_blocks=False)
