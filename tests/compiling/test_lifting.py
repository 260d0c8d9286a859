"""A SELECT becomes quantities that give the same rows, and that a scenario changes."""

from __future__ import annotations

import pytest

from engine.authors.base import Ground
from engine.compiling.agreement import difference
from engine.compiling.composing import Show, compile_lifted_or_not
from engine.compiling.expressions import NotLifted
from tests.compiling.conftest import computed, document_of, lifted

PAID = "FROM orders o JOIN order_items i ON i.order_id = o.order_id"
SAME = [
    "SELECT COUNT(*) AS n FROM orders",
    "SELECT COUNT(*) AS n, COUNT(DISTINCT customer_id) AS customers, SUM(shipping_fee) AS fees FROM orders",
    "SELECT 1.0 * SUM(amount) / COUNT(DISTINCT order_id) AS per_order FROM order_items",
    "SELECT ROUND(AVG(amount), 1) AS average, MIN(amount) AS least, MAX(amount) AS most FROM order_items",
    "SELECT MAX(order_date) AS last_order FROM orders",
    "SELECT COUNT(*) AS n FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE"
    " o.customer_id = c.customer_id)",
    "SELECT CASE WHEN a > b THEN 'yes' ELSE 'no' END AS answer, a, b FROM (SELECT SUM(CASE WHEN"
    " order_date >= '2025-01-01'"
    " THEN shipping_fee END) AS a, SUM(CASE WHEN order_date < '2025-01-01' THEN shipping_fee END) AS b FROM orders)",
    "SELECT (SELECT COUNT(*) FROM orders WHERE status = 'shipped') * 1.0 / (SELECT COUNT(*) FROM orders) AS share",
    "SELECT status, COUNT(*) AS n FROM orders GROUP BY status ORDER BY n DESC, status",
    f"SELECT o.status, SUM(i.amount) AS total {PAID} GROUP BY o.status",
    f"SELECT o.status, 1.0 * SUM(i.amount) / SUM(i.quantity) AS price {PAID} GROUP BY 1 ORDER BY 2 DESC",
    f"SELECT o.status, 1.0 * SUM(o.status = 'shipped') / COUNT(*) AS share {PAID} GROUP BY o.status",
    f"SELECT o.status, SUM(i.amount) * 1.0 / SUM(SUM(i.amount)) OVER () AS share {PAID} GROUP BY o.status",
    "SELECT c.customer_name, COUNT(o.order_id) AS orders FROM customers c LEFT JOIN orders o USING (customer_id)"
    " GROUP BY c.customer_id HAVING COUNT(o.order_id) > 1 ORDER BY orders DESC LIMIT 2",
    "SELECT substr(order_date, 1, 7) AS month, COUNT(*) AS n, SUM(COUNT(*)) OVER (ORDER BY"
    " substr(order_date, 1, 7)) AS"
    " running FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT month, n, n - LAG(n) OVER (ORDER BY month) AS change FROM (SELECT substr(order_date, 1,"
    " 4) AS month, COUNT(*)"
    " AS n FROM orders GROUP BY 1) ORDER BY month",
    "SELECT month, AVG(n) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS rolling FROM (SELECT"
    " substr(order_date, 1, 7) AS month, COUNT(*) AS n FROM orders GROUP BY 1) ORDER BY month",
    "SELECT category, product_name, total FROM (SELECT p.category, p.product_name, SUM(i.amount) AS"
    " total, RANK() OVER"
    " (PARTITION BY p.category ORDER BY SUM(i.amount) DESC) AS place FROM order_items i JOIN"
    " products p USING (product_id)"
    " GROUP BY p.category, p.product_name) WHERE place = 1",
    "WITH paid AS (SELECT order_id, SUM(amount) AS amount FROM order_items GROUP BY order_id), back"
    " AS (SELECT order_id,"
    " SUM(amount) AS refunded FROM refunds GROUP BY order_id) SELECT o.order_id, paid.amount,"
    " COALESCE(back.refunded, 0) AS"
    " refunded, paid.amount - COALESCE(back.refunded, 0) AS net FROM orders o JOIN paid ON"
    " paid.order_id = o.order_id LEFT"
    " JOIN back ON back.order_id = o.order_id ORDER BY net DESC",
    "WITH paid AS (SELECT order_id, SUM(amount) AS amount FROM order_items GROUP BY order_id)"
    " SELECT o.status, AVG(paid.amount)"
    " AS average FROM orders o JOIN paid ON paid.order_id = o.order_id GROUP BY o.status",
    "WITH a AS (SELECT customer_id, COUNT(*) AS n FROM orders GROUP BY customer_id), t AS (SELECT"
    " COUNT(*) AS whole FROM orders)"
    " SELECT a.customer_id, a.n * 1.0 / t.whole AS share FROM a CROSS JOIN t ORDER BY share DESC",
    "SELECT f.category, 1.0 * COUNT(*) / (SELECT COUNT(*) FROM products) AS share FROM products f GROUP BY f.category",
    "SELECT product_name, unit_price FROM products ORDER BY unit_price DESC LIMIT 3",
    "SELECT product_name, unit_price FROM products WHERE discontinued = 0",
    "SELECT customer_name FROM customers WHERE customer_id NOT IN (SELECT customer_id FROM orders)",
    "SELECT DISTINCT status FROM orders",
    "SELECT AVG(julianday(o.order_date) - julianday(c.signup_date)) AS days FROM orders o JOIN"
    " customers c USING (customer_id)",
    "SELECT COUNT(CASE WHEN amount > 100 THEN 1 END) AS large, SUM(amount) FILTER (WHERE quantity >"
    " 1) AS several FROM order_items",
    "SELECT COUNT(*) / 4 AS quarter FROM orders",
    'SELECT COUNT(*) AS n FROM orders WHERE status = "shipped"',
]


@pytest.mark.parametrize("sql", SAME)
def test_a_lifted_select_gives_the_rows_of_the_select(sql: str, ground: Ground) -> None:
    made = lifted(sql, ground)
    rows = ground.read(sql, {})
    assert len(rows), "a statement that gives nothing proves nothing"
    assert difference(document_of(made, computed(made, ground)), made.outputs, rows) == ""


NUMBERS = [sql for sql in SAME if "COUNT" in sql or "SUM" in sql or "AVG" in sql or "unit_price" in sql]


# A change of every amount alike leaves each its share of the whole.
@pytest.mark.parametrize("sql", [sql for sql in NUMBERS if "SUM(SUM(i.amount)) OVER ()" not in sql])
def test_a_scenario_changes_a_number(sql: str, ground: Ground) -> None:
    made = lifted(sql, ground)
    shown = [view.quantity for view in made.view if view.kind == "Metric"]
    base = computed(made, ground)
    moved = [computed(made, ground, **{parameter.name: 0.5}) for parameter in made.parameters]
    assert shown, "a number stands above the rows"
    assert any(values[name] != base[name] for values in moved for name in shown if not isinstance(base[name], str))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT status FROM orders UNION SELECT category FROM products", "several queries"),
        (
            "SELECT status, group_concat(order_id) AS ids FROM orders GROUP BY status",
            "GROUP_CONCAT is left to the database",
        ),
        ("SELECT order_id, ROW_NUMBER() OVER (ORDER BY order_date) AS n FROM orders", "left to the database"),
    ],
)
def test_what_has_no_counterpart_is_left_to_the_database_and_says_why(sql: str, why: str, ground: Ground) -> None:
    with pytest.raises(NotLifted, match=why):
        lifted(sql, ground)
    rows = ground.read(sql, {})
    made = compile_lifted_or_not(sql, rows, {}, "", ground.schema, ground.place)
    assert why in made.left
    assert made.parameters == ()
    assert difference(document_of(made, computed(made, ground)), made.outputs, rows) == ""


def test_a_driver_is_the_column_that_a_sum_is_proportional_to(ground: Ground) -> None:
    sql = "SELECT SUM(p.unit_price * i.quantity) AS list_value FROM order_items i JOIN products p USING (product_id)"
    made = lifted(sql, ground)
    base = computed(made, ground)["list_value"]
    assert {parameter.name for parameter in made.parameters} == {"unit_price_change", "quantity_change"}
    both = computed(made, ground, unit_price_change=0.1, quantity_change=0.2)["list_value"]
    assert both == pytest.approx(base * 1.1 * 1.2)


def test_sums_of_one_column_share_its_driver_and_counts_have_their_own(ground: Ground) -> None:
    made = lifted("SELECT SUM(amount) AS total, AVG(amount) AS average, COUNT(*) AS items FROM order_items", ground)
    assert [parameter.name for parameter in made.parameters] == ["amount_change", "items_change"]


def test_a_ratio_of_all_groups_is_the_ratio_of_their_sums(ground: Ground) -> None:
    made = lifted(f"SELECT o.status, 1.0 * SUM(i.amount) / SUM(i.quantity) AS price {PAID} GROUP BY o.status", ground)
    whole = ground.read("SELECT 1.0 * SUM(amount) / SUM(quantity) AS p FROM order_items", {})["p"].tolist()[0]
    values = computed(made, ground)
    assert values["all_price"] == pytest.approx(whole)
    assert made.view[0].options["label"] == "Price, all together"


def test_over_time_the_last_period_stands_above_and_a_line_is_drawn(ground: Ground) -> None:
    sql = "SELECT substr(order_date, 1, 7) AS month, SUM(shipping_fee) AS fees FROM orders GROUP BY 1 ORDER BY 1"
    made = lifted(sql, ground, {"fees": Show(unit="USD", label="Fees")})
    assert computed(made, ground)["last_fees"] == 7
    kinds = {view.kind: view.options for view in made.view}
    assert kinds["Metric"]["label"] == "Fees, last period"
    assert kinds["Chart"]["kind"] == "line"
    assert kinds["Table"]["units"] == {"fees": "USD"}


def test_texts_that_columns_must_equal_are_bound_so_that_a_portfolio_can_vary_them(ground: Ground) -> None:
    made = lifted(f"SELECT SUM(i.amount) AS total {PAID} WHERE o.status = 'shipped'", ground)
    assert dict(made.sources[0].bound) == {"status": "shipped"}
    assert ":status" in made.sources[0].sql


def test_nothing_to_compute_from_is_no_quantity(ground: Ground) -> None:
    sql = "SELECT SUM(amount) AS total FROM order_items WHERE quantity > 1000"
    with pytest.raises(NotLifted, match="nothing to compute"):
        lifted(sql, ground)


def test_a_part_of_a_column_is_a_driver_that_says_which_part(ground: Ground) -> None:
    late = "SUM(CASE WHEN i.quantity > 2 THEN i.amount ELSE 0 END)"
    made = lifted(f"SELECT 1.0 * {late} / SUM(i.amount) AS share FROM order_items i", ground)
    assert {parameter.label for parameter in made.parameters} == {"Amount where quantity > 2 change", "Amount change"}
