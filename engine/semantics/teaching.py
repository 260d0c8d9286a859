"""Words that a person teaches: read from one sentence, checked against the place, and made a statement. Pure.

sales = sum of order_items.quantity * order_items.unit_price
active customer = customer.status = 'A'
turnover means revenue
"""

from __future__ import annotations

import re
from typing import Literal

from sqlglot import exp

from engine.compiling.ways import Ways
from engine.errors import UsageError
from engine.language.words import STOP_WORDS
from engine.question.model import TAUGHT, Aggregate, Field, Output, Question, Test
from engine.reading.names import MOST_WORDS, Names
from engine.reading.weights import W
from engine.semantics.formulas import Formulas, fields_of, parsed, says_condition
from engine.semantics.inforce import phrase
from engine.semantics.model import SemanticModel
from engine.semantics.statements import Source, Statements, WordSaid

_FORM = re.compile(
    r"\s*(?P<word>[^=]+?)\s*(?P<sign>=|\bmeans\b|\bis short for\b)\s*(?P<meaning>.+?)\s*$", re.IGNORECASE | re.DOTALL
)
_FUNCTION = re.compile(
    r"(?P<name>sum|total|average|avg|mean|count|number|minimum|maximum|min|max|median)\s+of\s+", re.IGNORECASE
)
_CALLED: dict[str, Literal["sum", "avg"]] = {
    "sum": "sum",
    "total": "sum",
    "average": "avg",
    "avg": "avg",
    "mean": "avg",
}
_WORD = re.compile(r"[^\W\d_][\w-]*(?: [\w-]+)*$")
_EXAMPLES = (
    "Such as: sales = sum of order_items.quantity * order_items.unit_price; active customer = customer.status = 'A'; "
    "turnover means revenue."
)


def taught(text: str, names: Names, source: Source) -> WordSaid:
    """The statement that a sentence makes.

    Raises:
        UsageError: it has no such form, or names what is not there.
    """
    found = _FORM.match(text)
    if found is None:
        raise UsageError(f"{text!r} teaches nothing.", _EXAMPLES)
    word = _checked(found["word"])
    meaning = found["meaning"].rstrip(".;").strip()
    if found["sign"] != "=":
        return _same_as(word, meaning, names, source)
    lead = _FUNCTION.match(meaning)
    if lead is not None and lead["name"].lower() not in _CALLED:
        raise UsageError(
            f"{lead['name']} of something cannot be taught.",
            "Teach the value of one row, or its sum or average; counts and extremes are asked for in words.",
        )
    function: Literal["", "sum", "avg"] = _CALLED[lead["name"].lower()] if lead else ""
    formula = meaning[lead.end() :] if lead else meaning
    named = _table(formula, names.model)
    if named and not function:
        return WordSaid(word=word, table=named, source=source)
    tree = parsed(formula)
    if says_condition(tree):
        return _filter(word, tree, names.model, source)
    return _measure(word, tree, function, names.model, source)


def _checked(said: str) -> str:
    word = " ".join(said.strip().strip("\"'").lower().split())
    size = len(word.split())
    if not _WORD.match(word) or size > MOST_WORDS:
        raise UsageError(f"{said.strip()!r} cannot be taught.", f"Teach one to {MOST_WORDS} words of letters.")
    if all(each in STOP_WORDS for each in word.split()):
        raise UsageError(f"{word!r} says something in every request.", "Teach a word of your own trade.")
    return word


def _table(text: str, model: SemanticModel) -> str:
    return next((key for key in model.schema.by_key if key.lower() == text.strip().strip('"').lower()), "")


def _same_as(word: str, meaning: str, names: Names, source: Source) -> WordSaid:
    """A word for what another one means: a table, a column, or a word that was taught."""
    other = next((each for each in names.said.words if each.word == meaning.lower()), None)
    if other is not None:
        return other.model_copy(update={"word": word, "source": source})
    if table := _table(meaning, names.model):
        return WordSaid(word=word, table=table, source=source)
    tree = None
    if "." in meaning and " " not in meaning:
        tree = parsed(meaning)
    if isinstance(tree, exp.Column):
        place = Formulas(names.model).field(tree)
        return WordSaid(word=word, table=place.table, column=place.column, source=source)
    found = [each for each in names.phrases.get(phrase(meaning), ()) if each.score > W.whole and each.kind != "value"]
    places = list(dict.fromkeys((each.table, each.column) for each in found))
    if len(places) == 1:
        return WordSaid(word=word, table=places[0][0], column=places[0][1], source=source)
    if places:
        listed = ", ".join(f"{table}.{column}" if column else table for table, column in places[:6])
        raise UsageError(f"{meaning!r} may be several things.", f"Say which: {word} means one of {listed}.")
    raise UsageError(
        f"Nothing is called {meaning!r} here.",
        "Name a table, a column as table.column, or a word that was taught; ./run schema lists what there is.",
    )


def _over(tree: exp.Expr, model: SemanticModel) -> Formulas:
    """What reads a formula: columns without a table are of the one that others of it name, where they name one."""
    named = {".".join(part.name for part in each.parts[:-1]).lower() for each in tree.find_all(exp.Column)} - {""}
    tables = [key for key in model.schema.by_key if key.lower() in named]
    return Formulas(model, tables[0] if len(tables) == 1 else "")


def _filter(word: str, tree: exp.Expr, model: SemanticModel, source: Source) -> WordSaid:
    formulas = _over(tree, model)
    tables = {each.table for each in fields_of(formulas.conditions(tree))}
    if len(tables) != 1:
        raise UsageError(
            f"{word!r} is over several tables: {', '.join(sorted(tables))}.", "A filter is of the rows of one table."
        )
    table = tables.pop()
    names = (*model.entities[table].called, *model.entities[table].names)
    if phrase(word) in names:
        raise UsageError(
            f"{word!r} already names the rows of {table}.", f"Teach what kind of {word} it is: active {word} = ..."
        )
    return WordSaid(word=word, table=table, where=tree.sql(), source=source)


def _measure(
    word: str, tree: exp.Expr, function: Literal["", "sum", "avg"], model: SemanticModel, source: Source
) -> WordSaid:
    formulas = _over(tree, model)
    formula = formulas.row_value(tree)
    if isinstance(formula, Field) and not function:
        return WordSaid(word=word, table=formula.table, column=formula.column, source=source)
    tables = list(dict.fromkeys(each.table for each in fields_of(formula)))
    if not tables:
        raise UsageError(f"{word!r} is one number for every row.", "Name at least one column.")
    ways = Ways(model)
    homes = [home for home in tables if all(len(ways.up(home, other)) == 1 for other in tables)]
    if len(homes) != 1:
        raise UsageError(
            f"No key leads from one row of {' or '.join(tables)} to one of the other tables.",
            "A formula is over the columns of one table and of those that its keys lead to.",
        )
    return WordSaid(word=word, table=homes[0], measure=tree.sql(), function=function, source=source)


def trial(said: WordSaid, names: Names) -> Question:
    """A question that only a word that holds here can answer: what it adds up to, or how many rows it is true of."""
    rows = Aggregate(function="count", table=said.table)
    outputs = [Output(name="rows", label="Rows", value=rows)]
    place = Field(table=said.table, column=said.column or f"{TAUGHT}{said.word}")
    if said.where:
        test = Test(field=place, operator="=", values=(said.word,))
        outputs.append(Output(name="held", label="Held", value=rows.model_copy(update={"where": (test,)})))
    elif said.measure:
        for name in ("sum", "avg"):
            value = Aggregate(function=name, table=said.table, value=place)
            outputs.append(Output(name=name, label=name, value=value))
    return Question(subject=said.table, outputs=tuple(outputs))


def without(said: Statements, word: str) -> Statements:
    """What is kept without a taught word, or without what is said of a table or column of that name.

    Raises:
        UsageError: nothing of that name is said.
    """
    low = word.strip().lower()
    kept = {
        "words": tuple(each for each in said.words if each.word.lower() != low),
        "shortenings": tuple(each for each in said.shortenings if each.short.lower() != low),
        "tables": tuple(each for each in said.tables if each.table.lower() != low),
    }
    for kind in ("columns", "keys", "marks"):
        kept[kind] = tuple(each for each in getattr(said, kind) if each.column.lower() != low)
    changed = said.model_copy(update=kept)
    if changed.count == said.count:
        known = ", ".join(each.word for each in said.words[:8])
        raise UsageError(f"Nothing is said of {word!r}.", f"Taught: {known}." if known else "Nothing was taught yet.")
    return changed
