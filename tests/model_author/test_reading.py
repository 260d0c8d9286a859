"""What the words of a request settle without the model, and what is put right in what it writes."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.authors.base import Ground
from engine.authors.model.clarifying import is_heard
from engine.authors.model.decisions import Decisions
from engine.authors.model.filters import Found, filters_for
from engine.authors.model.framing import Frame, frame_for
from engine.authors.model.functions import read_functions
from engine.authors.model.interview import completed, offered_columns
from engine.authors.model.signatures import Known, Unusable
from engine.authors.model.wording import kind_said, spellings_of, words_of
from engine.sources.connection import open_connection
from engine.sources.values import ValueIndex
from tests.analytics.conftest import ground_of

ITEMS = ("customers", "orders", "order_items")


ODD = """
CREATE TABLE "sales data.2024" (id INTEGER PRIMARY KEY, amount REAL, "sold.on" DATE, "returned.on" DATE);
INSERT INTO "sales data.2024" VALUES (1, 10.5, '2024-01-05', NULL), (2, 21, '2025-02-05', '2025-03-01');
"""


@pytest.fixture
def odd(tmp_path: Path) -> Ground:
    """A table whose own name holds a dot, and columns whose names do."""
    with closing(sqlite3.connect(tmp_path / "odd.sqlite")) as connection:
        connection.executescript(ODD)
    return ground_of(open_connection(f"sqlite:///{tmp_path}/odd.sqlite", tmp_path / "cache"))


def found_in(text: str, ground: Ground, *tables: str) -> Found:
    return filters_for(text, ground, tables, offered_columns(text, tables, ground), {})


def framed(text: str, ground: Ground, *tables: str) -> Frame:
    columns = offered_columns(text, tables, ground)
    frame = frame_for(tables, columns, filters_for(text, ground, tables, columns, {}), ground, {})
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many orders are there?", "single"),
        ("What are the longest and the shortest trips?", "single"),
        ("Which customer has the most orders?", "first"),
        ("Which customers have the most orders, ordered from most to least?", "ranking"),
        ("Top 3 products by amount", "ranking"),
        ("Average amount for each category", "breakdown"),
        ("Total amount by city", "breakdown"),
        ("Monthly total of the amounts", "time_series"),
        ("Names and cities of customers in Germany", ""),
        ("The distinct list of cities", ""),
    ],
)
def test_the_kind_is_read_where_the_words_say_it(text: str, kind: str, ground: Ground) -> None:
    assert kind_said(text, ground) == kind


def test_a_request_whose_words_are_all_known_is_not_unclear(ground: Ground) -> None:
    assert is_heard("Cities of the customers", ground)
    assert not is_heard("Which customers look odd?", ground)
    assert not is_heard("How are things?", ground)


def test_tables_that_are_named_are_read_and_others_not_without_need(ground: Ground) -> None:
    assert completed(("orders",), "Orders of each customer", ground) == ("orders", "customers")
    assert completed(("customers", "orders", "refunds"), "How many orders has each customer?", ground) == (
        "customers",
        "orders",
    )
    assert completed(ITEMS, "Revenue of each customer and what was refunded", ground) == ITEMS
    assert completed((), "How many products are there?", ground) == ("products",)


def test_keys_and_bookkeeping_are_not_offered_unless_they_say_something(ground: Ground) -> None:
    assert "orders.customer_id" not in offered_columns("dates of orders", ("orders",), ground)
    assert "orders.customer_id" in offered_columns("customer id of each order", ("orders",), ground)
    assert "orders.order_date" in offered_columns("all orders", ("orders",), ground)


def test_each_period_is_about_what_stands_before_it(ground: Ground) -> None:
    text = "Orders placed in 2025 by customers who signed up in 2022"
    found = {each.column.column: each.values for each in found_in(text, ground, "orders", "customers").conditions}
    assert found == {"signup_date": ("2022-01-01", "2023-01-01"), "order_date": ("2025-01-01", "2026-01-01")}
    one = found_in("Refunds of each customer in 2024", ground, "refunds", "customers", "orders")
    assert [each.column.column for each in one.conditions] == ["refund_date"]


def test_a_value_that_is_said_and_turned_restricts_nothing_but_is_there(ground: Ground) -> None:
    text = "Ratio of customers in Germany to customers not in Germany with a city of Berlin"
    found = found_in(text, ground, "customers")
    assert [each.column.column for each in found.conditions] == ["city"]
    assert {each.column for each in found.mentioned} == {"country", "city"}


def test_a_number_behind_the_name_of_a_text_column_is_its_value(ground: Ground) -> None:
    values = ValueIndex.of([("customers", "city", "70174")])
    numbered = dataclasses.replace(ground, values=values)
    found = found_in("Customers with city 70174", numbered, "customers")
    assert [each.values for each in found.conditions] == [("70174",)]
    assert not found_in("Customers with more than 70174 orders", numbered, "customers").conditions


def test_rows_of_a_child_become_one_as_the_request_says(ground: Ground) -> None:
    tables = ("customers", "orders", "refunds", "order_items")
    frame = framed("Highest amount of order items and latest refund date of each customer", ground, *tables)
    means = {column.name: column.means for column in frame.columns}
    assert means["refund_date"] == "latest over the refunds of each orders"
    assert means["order_items_amount"].startswith("highest")
    assert {column.name: column.kind for column in frame.columns}["refund_date"] == "date"


def test_words_are_told_by_the_columns_they_mean(ground: Ground) -> None:
    text = "Which client has the most orders?"
    words, listed = words_of(text, ground, framed(text, ground, "orders", "customers"))
    assert '"client" is named by customer_name' in words
    assert '"most orders" is the number of rows' in words
    assert listed == ()
    text = "How many customers ordered?"
    words, _ = words_of(text, ground, framed(text, ground, "orders", "customers"))
    assert '"How many customers" is the number of distinct customer_id' in words


def test_the_columns_that_a_request_lists_are_those_of_the_result(ground: Ground) -> None:
    text = "Top 2 customers by orders. Return their name, city and number of orders, ordered by city."
    _, listed = words_of(text, ground, framed(text, ground, "orders", "customers"))
    assert listed == ("customer_name", "city", "number_of_orders")
    text = "Show me the orders of each customer and more"
    assert words_of(text, ground, framed(text, ground, "orders", "customers"))[1] == ()


def test_values_are_known_by_their_spelling(ground: Ground) -> None:
    text = "customers in germany"
    assert spellings_of(text, ground, framed(text, ground, "customers"))["country"] == {"germany": "Germany"}


KNOWN = Known(
    ("id", "name", "city_name", "rating", "zip", "open"),
    words={"city_name": ("place", "citi", "name"), "name": ("place", "name")},
    kinds={"zip": "text", "open": "bool", "city_name": "text"},
    spelled={"city_name": {"berlin": "Berlin"}},
)
HEAD = "def f(rows: pd.DataFrame) -> {}:\n    {}\n"


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("return rows.groupby('city')['Rating'].mean()", "rows.groupby('city_name')['rating'].mean()"),
        ("return rows[['place_city']]", "rows[['city_name']]"),
        ("return rows[['ratings']]", "rows[['rating']]"),
        ("return rows[rows['city_name'] == 'berlin']", "rows[rows['city_name'] == 'Berlin']"),
        ("return rows[rows['city_name'].isin(['BERLIN'])]", "rows[rows['city_name'].isin(['Berlin'])]"),
        ("return rows[rows['zip'] != 70174]", "rows[rows['zip'] != '70174']"),
        ("return rows[rows['open'] == 'true']", "rows[rows['open'] == True]"),
        (
            "return rows.groupby('name')['rating'].sum().sort_values('rating')",
            "rows.groupby('name', as_index=False)['rating'].sum().sort_values('rating')",
        ),
        (
            "return rows.groupby('name', as_index=False)['rating'].sum().reset_index(name='n')",
            "rows.groupby('name')['rating'].sum().reset_index(name='n')",
        ),
        ("return pd.DataFrame({'a': rows['rating'].max()})", "pd.DataFrame([{'a': rows['rating'].max()}])"),
    ],
)
def test_wrong_names_values_and_shapes_are_put_right(code: str, right: str) -> None:
    written = read_functions(HEAD.format("pd.DataFrame", code), KNOWN)
    assert written.quantities[0].body[-1] == f"return _table({right})"


def test_a_column_that_a_group_lost_is_added_to_its_keys() -> None:
    lines = "t = rows.groupby('name', as_index=False)['rating'].sum()\n    t['x'] = t['zip'].str[0]\n"
    lines += "    t = t.groupby('x', as_index=False)['rating'].sum()\n    return t"
    body = read_functions(HEAD.format("pd.DataFrame", lines), KNOWN).quantities[0].body
    assert body[0] == "t = rows.groupby(['name', 'zip'], as_index=False)['rating'].sum()"


def test_a_name_that_could_be_anything_is_asked_about() -> None:
    with pytest.raises(Unusable, match="no column 'profit'"):
        read_functions(HEAD.format("float", "return rows['profit'].sum()"), KNOWN)
    kept = read_functions(HEAD.format("float", "return rows.groupby('name')['rating'].mean()['Pop']"), KNOWN)
    assert "['Pop']" in kept.quantities[0].body[-1]


def test_a_result_has_only_the_columns_that_are_listed() -> None:
    known = dataclasses.replace(KNOWN, listed=("city_name", "rating"))
    written = read_functions(HEAD.format("pd.DataFrame", "return rows"), known)
    assert written.quantities[0].body == ("return _listed(_table(rows), ['city_name', 'rating'])",)
    assert any("def _listed" in helper for helper in written.helpers)
    written = read_functions(HEAD.format("pd.DataFrame", "return rows"), dataclasses.replace(KNOWN, most=3))
    assert written.quantities[0].body == ("return _table(rows).head(3)",)
    written = read_functions(HEAD.format("pd.DataFrame", "return rows.head(2)"), dataclasses.replace(KNOWN, most=3))
    assert written.quantities[0].body == ("return _table(rows.head(2))",)


def test_a_column_may_be_called_with_braces() -> None:
    known = dataclasses.replace(KNOWN, columns=(*KNOWN.columns, "a {b}"), named=("a {b}",), most=3)
    written = read_functions(HEAD.format("pd.DataFrame", "return rows"), known)
    assert written.quantities[0].body == (f"return _named(_table(rows), {list(known.columns)}, ['a {{b}}']).head(3)",)


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("return rows[rows['name'] == 'Berlin'][['name']]", "rows[rows['city_name'] == 'Berlin'][['name']]"),
        (
            "top = rows['rating'].max()\n    return rows[['name', 'top']]",
            "rows.assign(top=top)[['name', 'top']]",
        ),
        (
            "a = rows[rows['rating'] > 1]\n    return a.merge(rows, on='id')[['name']]",
            "a.merge(rows, on='id', suffixes=('', '_other'))[['name']]",
        ),
        (
            "return rows.groupby('name', as_index=False)['rating'].mean().sort_values(ascending=False)",
            "rows.groupby('name', as_index=False)['rating'].mean().sort_values('rating', ascending=False)",
        ),
        (
            "return rows.groupby(['name', 'open'].dt.to_period('Q'))['rating'].sum()",
            "rows.groupby(['name', rows['open'].dt.to_period('Q')])['rating'].sum()",
        ),
        (
            "return rows[rows['open'] < pd.Timestamp.now()]",
            "rows[rows['open'] < pd.Timestamp('2026-11-22 23:59:59')]",
        ),
    ],
)
def test_what_a_small_model_mixes_up_has_one_right_form(code: str, right: str) -> None:
    known = dataclasses.replace(KNOWN, done={"berlin": "city_name"}, today="2026-11-22")
    written = read_functions(HEAD.format("pd.DataFrame", code), known)
    assert written.quantities[0].body[-1] == f"return _table({right})"


def test_a_group_by_some_of_the_listed_columns_is_by_all() -> None:
    known = dataclasses.replace(KNOWN, listed=("id", "name", "ratings"))
    code = "return rows.groupby('name', as_index=False)['rating'].sum()"
    body = read_functions(HEAD.format("pd.DataFrame", code), known).quantities[0].body
    assert "groupby(['name', 'id'], as_index=False)" in body[0]


def test_a_table_that_leaves_nothing_out_shows_what_is_named() -> None:
    known = dataclasses.replace(KNOWN, named=("name", "rating"))
    written = read_functions(HEAD.format("pd.DataFrame", "return rows.sort_values('rating')"), known)
    assert written.quantities[0].body[0].endswith(f"{list(KNOWN.columns)}, ['name', 'rating'])")


def test_names_that_hold_dots_are_read(odd: Ground) -> None:
    table = "sales data.2024"
    decisions = Decisions(kind="single", tables=(table,), columns=(f"{table}.amount", f"{table}.sold.on"))
    found = filters_for("amount sold in 2024", odd, (table,), decisions.columns, {})
    frame = frame_for(decisions.tables, decisions.columns, found, odd, {})
    assert isinstance(frame, Frame)
    rows = odd.read(frame.sql, frame.bound)
    assert rows["amount"].tolist() == [10.5]
    asked = filters_for("amount in 2025", odd, (table,), (), {"period": f"{table}.returned.on"})
    assert [condition.column.column for condition in asked.conditions] == ["returned.on"]
