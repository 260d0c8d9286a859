"""What an answer says of the files that its rows came from, and what must be asked of a file before it can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.datasets.declaration import Dataset
from engine.datasets.shelf import Shelf
from engine.intake.told import OpenQuestion, ToldTable
from engine.products import Option, Question, Request

KEY = "file:"
_ASKED = {
    "order": "Which comes first in its dates",
    "decimal": "How are its numbers written",
    "credit": "What do credit and debit do to this account",
}
_OPTIONS = {
    "order": (("day", "day first: {day}"), ("month", "month first: {month}")),
    "decimal": ((".", "a point parts the decimals: {point}"), (",", "a comma parts the decimals: {comma}")),
    "credit": (("plus", "CR is more and DR less"), ("minus", "CR is less and DR more")),
}


def said_of_files(shelf: Shelf, statements: Sequence[str]) -> tuple[str, ...]:
    """Which file, sheet and rows the answer to some SELECTs stands on, and what was left out or could not be read."""
    return tuple(dict.fromkeys(line for sql in statements for line in _said(shelf, sql)))


def _said(shelf: Shelf, sql: str) -> Iterator[str]:
    columns = _columns(sql)
    tables = _tables(sql)
    for dataset in shelf.named_in(sql):
        for table, told in dataset.read.items():
            if table not in tables:
                continue
            sheet = f", sheet {told.sheet}" if told.sheet else ""
            left = f"; {_left_out(told)} left out" if told.left_out else ""
            yield f"From the file {dataset.file}{sheet}: {told.rows:,} rows{left}."
            yield from told.notes
            for column in told.columns:
                if columns is None or column.name.lower() in columns:
                    yield from column.notes


def _left_out(told: ToldTable) -> str:
    count = len(told.left_out)
    return "1 line" if count == 1 else f"{count:,} lines"


def _parsed(sql: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(sql, read="sqlite")
    except SqlglotError:
        return None  # the door says what is wrong with it


def _tables(sql: str) -> frozenset[str]:
    tree = _parsed(sql)
    return frozenset(table.name for table in tree.find_all(exp.Table)) if tree is not None else frozenset()


def _columns(sql: str) -> frozenset[str] | None:
    """The columns that a SELECT names, in lower case; None where it may mean all."""
    tree = _parsed(sql)
    if tree is None or any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return None
    return frozenset(column.name.lower() for column in tree.find_all(exp.Column))


def asked_of_files(shelf: Shelf, request: Request, statements: Sequence[str] | None = None) -> Question | None:
    """What must be known of a file: about a column that one of some SELECTs names, or about any where there is none."""
    columns = None if statements is None else {name for sql in statements for name in _columns(sql) or ()}
    named = {each.name for sql in statements or () for each in shelf.named_in(sql)}
    for dataset in shelf.all():
        if dataset.name not in (request.datasets if statements is None else named):
            continue
        for told in dataset.read.values():
            for each in told.open:
                if columns is None or each.column.lower() in columns:
                    return _question(dataset, each)
    return None


def _question(dataset: Dataset, each: OpenQuestion) -> Question:
    shown = _readings(each)
    options = tuple(Option(value=value, label=label.format(**shown)) for value, label in _OPTIONS[each.key])
    what = _ASKED[each.key]
    text = (
        f"{each.column} of {dataset.file} says {each.example}, and nothing in the file tells how it is meant. {what}?"
    )
    return Question(key=f"{KEY}{dataset.name}:{each.key}", text=text, options=options)


def _readings(each: OpenQuestion) -> dict[str, str]:
    """The example as each option would read it."""
    if each.key == "order":
        from engine.intake.dates import moment

        found = moment(each.example)
        first, second = (found.at("day"), found.at("month")) if found else (None, None)
        return {"day": _day(first), "month": _day(second)}
    if each.key == "credit":
        return {}
    from engine.intake.numbers import written

    number = written(each.example)
    point, comma = (number.value("."), number.value(",")) if number else (None, None)
    return {
        "point": f"{point:,.6g}" if point is not None else "",
        "comma": f"{comma:,.6g}" if comma is not None else "",
    }


def _day(found: object) -> str:
    return f"{found:%-d %B %Y}" if found is not None else ""


def settle_files(shelf: Shelf, request: Request) -> None:
    """Read the files anew about which a person answered a question."""
    for key, value in request.answers.items():
        if not key.startswith(KEY):
            continue
        name, _, which = key.removeprefix(KEY).rpartition(":")
        dataset = next((each for each in shelf.all() if each.name == name), None)
        if dataset is not None and getattr(dataset.recipe, which, value) != value:
            shelf.settle(name, dataset.recipe.model_validate({**dataset.recipe.model_dump(), which: value}))


def hint_of_files(shelf: Shelf, names: Iterable[str]) -> str:
    """Where a request to files was not understood: how they were read, which may be why."""
    lines = []
    for name in names:
        dataset = shelf.get(name)
        for table, told in dataset.read.items():
            lines.append(f"{table} has the columns {', '.join(column.name for column in told.columns[:20])}.")
            lines += told.notes
            lines += [note for column in told.columns for note in column.notes]
    return " ".join(lines)[:1_500]
