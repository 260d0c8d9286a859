"""What is settled without the model: whose rows count, which date is meant, what an answer must show, groups mended."""

from __future__ import annotations

import ast
import dataclasses

import pytest

from engine.authors.base import Declined, Ground
from engine.authors.model.clarifying import unheard
from engine.authors.model.filters import filters_for
from engine.authors.model.framing import Frame, frame_for
from engine.authors.model.grouping import mend_groups
from engine.authors.model.promises import promise_of, unkept
from engine.products import Request, Task
from engine.sources.schema import Schema
from engine.sources.values import ValueIndex
from engine.steps import ask


def place_of(place: str, ground: Ground, *tables: str) -> Ground:
    schema = Schema(
        dialect="sqlite",
        tables=tuple(table for table in ground.schema.tables if table.name in tables),
        read_at=ground.schema.read_at,
    )
    return dataclasses.replace(ground, schema=schema, values=ValueIndex.empty(), place=place)


class Decliner:
    """An author that declines everything, then another that says which place it was asked about."""

    name, writing, turned = "decliner", None, False

    def sure(self, found: Task | Declined) -> bool:
        return not isinstance(found, Declined)

    def turn(self, second: object = None) -> bool:
        self.turned = True
        return True

    def analyse(self, request: Request, ground: Ground) -> Task | Declined:
        return (
            Task(kind="calculation", goal=request.text, place=ground.place)
            if self.turned
            else Declined(reason="It is not sure.")
        )


@pytest.mark.parametrize(
    ("text", "answers", "place"),
    [
        ("Which refunds look odd?", {}, "datasets"),
        ("Which customers look odd?", {}, "database"),
        ("Which orders look odd?", {}, ""),
        ("Which orders look odd?", {"place": "datasets"}, "datasets"),
        ("What is odd?", {}, "database"),
    ],
)
def test_the_model_is_asked_about_the_place_that_a_request_speaks_of(
    text: str, answers: dict[str, str], place: str, ground: Ground
) -> None:
    places = [
        place_of("database", ground, "customers", "orders"),
        place_of("datasets", ground, "refunds", "orders"),
    ]
    request = Request(text=text, database="shop", answers=answers)
    if place:
        assert ask.analyse(request, Decliner(), *places).place == place  # type: ignore[arg-type]
    else:
        with pytest.raises(ask.Asked) as asked:
            ask.analyse(request, Decliner(), *places)  # type: ignore[arg-type]
        assert [option.value for option in asked.value.question.options] == ["database", "datasets"]


NOTHING: dict[str, object] = {"tables": {}, "metrics": []}


def framed(text: str, ground: Ground, *tables: str) -> Frame:
    columns = [f"{table}.{column.name}" for table in tables for column in ground.schema.by_key[table].columns]
    frame = frame_for(tables, columns, filters_for(text, ground, tables, columns, {}), ground, {})
    assert isinstance(frame, Frame)
    return frame


def test_things_that_lack_something_keep_their_rows(ground: Ground) -> None:
    lacking = framed("How many customers have no orders?", ground, "customers", "orders")
    assert lacking.grain == "customers"
    assert len(ground.read(lacking.sql, dict(lacking.bound))) == 4
    having = framed("How many orders has each customer?", ground, "customers", "orders")
    assert having.grain == "orders"


@pytest.mark.parametrize(
    ("request_text", "phrases"),
    [
        ("Revenue of each customer by loyalty tier", ("loyalty tier",)),
        ("Calculate the share of refunded orders and show a chart by month", ()),
        ("What is the ASP of products in Berlin?", ("ASP",)),
    ],
)
def test_words_that_name_nothing_here_are_found(request_text: str, phrases: tuple[str, ...], ground: Ground) -> None:
    assert unheard(request_text, ground) == phrases


def test_what_a_request_says_outright_must_be_in_the_script(ground: Ground) -> None:
    promise = promise_of("Top 3 customers in Berlin with orders above 250 in 2025, rounded to 2 places", ground)
    assert promise.rows == 3
    assert "Berlin" in promise.values
    assert set(promise.numbers) == {"3", "250", "2"}
    script = "SOURCES = {\n'rows': sql('SELECT 1 WHERE city = :v1', v1='Berlin')}\nx.head(3).round(2)[x.a > 250]"
    assert unkept(promise, f'"""Berlin 250"""\n{script}', NOTHING) == []
    bare = unkept(promise, '"""Top 3 customers in Berlin above 250"""\nSOURCES = {}\n', NOTHING)
    assert [text for text in bare if "Berlin" in text]
    assert [text for text in bare if "250" in text]
    rows = {"tables": {"t": {"columns": ["a"], "rows": [[1]] * 5, "total": 5}}}
    assert "3 rows; 5 are shown" in " ".join(unkept(promise, script, rows))


GROUPS = {
    'table = rows.groupby("id")["price"].sum().nlargest(3)\n    return table[["id", "name", "price"]]': (
        "table = rows.groupby(['id', 'name'])['price'].sum().nlargest(3).reset_index(name='price')"
    ),
    'table = rows.groupby("name")["price"].mean()\n    return table[["name", "mean_price"]]': (
        "table = rows.groupby('name')['price'].mean().reset_index(name='mean_price')"
    ),
    'table = rows.groupby("name", as_index=False)["price"].mean()\n    return table[["name", "mean_price"]]': (
        "table = rows.groupby('name', as_index=False)['price'].mean().rename(columns={'price': 'mean_price'})"
    ),
    'table = rows.groupby("name").agg(total=("price", "sum")).reset_index()\n    return table[["name", "total"]]': "",
    'table = rows[rows["price"] > 1]\n    return table[["name", "price"]]': "",
}


@pytest.mark.parametrize("body", GROUPS)
def test_groups_get_the_columns_that_are_taken_from_them(body: str) -> None:
    tree = ast.parse(f"def f(rows):\n    {body}\n")
    before, fixes = ast.unparse(tree), []
    mend_groups(tree.body[0], ("id", "name", "price"), fixes)  # type: ignore[arg-type]
    after = ast.unparse(ast.fix_missing_locations(tree))
    assert bool(fixes) is bool(GROUPS[body])
    assert GROUPS[body] in after if GROUPS[body] else after == before
