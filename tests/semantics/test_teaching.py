"""Words that are taught: read from a sentence, checked, answered with, said in the answer, and forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.authors.asking import Understood, make_plan, names_of, understand
from engine.authors.base import Declined, Ground
from engine.compiling.asking import compile_question
from engine.errors import UsageError
from engine.products import Plan
from engine.semantics.model import Origin
from engine.semantics.statements import Source, Statements
from engine.semantics.teaching import taught, without

ANNA = Source(origin=Origin.TAUGHT, by="anna", day="2026-11-22")


def knowing(ground: Ground, *texts: str) -> Ground:
    """The place with some words taught, one after the other."""
    for text in texts:
        word = taught(text, names_of(ground), ANNA)
        ground = replace(ground, said=ground.said.and_(Statements(words=(word,))))
    return ground


def asked(ground: Ground, text: str) -> Understood:
    """What a request is understood as."""
    found = understand(text, ground, {})
    assert isinstance(found, Understood), found
    return found


def rows(ground: Ground, text: str) -> list[list[Any]]:
    """What is answered."""
    sql = compile_question(asked(ground, text).asked, names_of(ground).model)
    return ground.read(sql, {}).to_numpy().tolist()


def value(ground: Ground, sql: str) -> Any:
    """One value, computed apart."""
    return ground.read(sql, {}).iloc[0, 0]


SALES = "sales = sum of tb_ord_ln.qty * tb_ord_ln.unt_prc"
ACTIVE = "active customer = tb_cust.stat = 'A'"


def test_a_measure_that_no_column_holds_is_computed_by_its_name(ground: Ground) -> None:
    known = knowing(ground, SALES)
    assert "revenue is quantity times unt price" in asked(ground, "sales in 2026").assumptions, "nobody said it"
    right = value(ground, "SELECT sum(qty * unt_prc) FROM tb_ord_ln WHERE ord_dt >= '2026-01-01'")
    assert rows(known, "sales in 2026") == [[pytest.approx(right)]]
    told = asked(known, "sales in 2026").assumptions
    assert "sales is taken as tb_ord_ln.qty * tb_ord_ln.unt_prc (taught by anna on 2026-11-22)" in told
    above = value(ground, "SELECT count(*) FROM tb_ord_ln WHERE qty * unt_prc > 300")
    assert rows(known, "how many order lines have sales over 300") == [[above]]


def test_an_answer_with_a_taught_measure_is_a_model_of_its_columns(ground: Ground) -> None:
    known = knowing(ground, SALES)
    plan = make_plan("total sales", asked(known, "total sales"), known)
    assert isinstance(plan, Plan)
    assert any("qty" in parameter.name for parameter in plan.parameters)


def test_a_filter_is_meant_of_its_things_alone(ground: Ground) -> None:
    known = knowing(ground, ACTIVE, SALES)
    active = value(ground, "SELECT count(*) FROM tb_cust WHERE stat = 'A'")
    every = value(ground, "SELECT count(*) FROM tb_cust")
    assert rows(known, "how many active customers") == [[active]]
    assert rows(known, "number of customers that are not active") == [[every - active]]
    theirs = "SELECT sum(qty * unt_prc) FROM tb_ord_ln WHERE cust_id IN (SELECT cust_id FROM tb_cust WHERE stat = 'A')"
    assert rows(known, "total sales of active customers") == [[pytest.approx(value(ground, theirs))]]
    assert "customers are active" in asked(known, "how many active customers").sentence
    assert isinstance(understand("how many active meters", known, {}), Declined)


@pytest.mark.parametrize(
    ("text", "question", "sql"),
    [
        ("outlay means tb_rpr.cst", "total outlay", "SELECT sum(cst) FROM tb_rpr"),
        ("household means tb_cust", "how many households", "SELECT count(*) FROM tb_cust"),
        ("household = tb_cust", "how many households", "SELECT count(*) FROM tb_cust"),
        ("turnover means sales", "total turnover", "SELECT sum(qty * unt_prc) FROM tb_ord_ln"),
        ("days open = tb_rpr.clsd_dt - opnd_dt", "average days open",
         "SELECT avg(julianday(clsd_dt) - julianday(opnd_dt)) FROM tb_rpr"),
        ("big order = tb_ord_ln.qty >= 10 and unt_prc > 5", "how many big orders",
         "SELECT count(*) FROM tb_ord_ln WHERE qty >= 10 AND unt_prc > 5"),
        ("odd customer = tb_cust.stat in ('S', 'X') or brch_id is null", "how many odd customers",
         "SELECT count(*) FROM tb_cust WHERE stat IN ('S', 'X') OR brch_id IS NULL"),
        ("cheap order = not tb_ord_ln.unt_prc between 5 and 40", "how many cheap orders",
         "SELECT count(*) FROM tb_ord_ln WHERE NOT unt_prc BETWEEN 5 AND 40"),
    ],
)  # fmt: skip
def test_what_a_word_may_stand_for(text: str, question: str, sql: str, ground: Ground) -> None:
    assert rows(knowing(ground, SALES, text), question) == [[pytest.approx(value(ground, sql))]]


def test_a_taught_word_goes_before_what_it_would_mean(ground: Ground) -> None:
    known = knowing(ground, "costs = sum of tb_rpr.cst * 2")
    assert rows(known, "total costs") == [[pytest.approx(2 * value(ground, "SELECT sum(cst) FROM tb_rpr"))]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sales", "teaches nothing"),
        ("by = tb_cust", "says something in every request"),
        ("sales = sum of tb_ord_ln.qyt * tb_ord_ln.unt_prc", "There is no column qyt"),
        ("sales = sum of nowhere.qty", "There is no table nowhere"),
        ("sales = sum of cust_id * 2", "Several tables have a column cust_id"),
        ("sales = max of tb_ord_ln.qty", "max of something cannot be taught"),
        ("sales = round(tb_ord_ln.qty)", "cannot be part of a formula"),
        ("sales = 3 * 2", "one number for every row"),
        ("sales = (select 1)", "is no formula"),
        ("sales = 1; drop table tb_cust", "is no formula"),
        ("sales = tb_ord_ln.qty * tb_rpr.cst", "No key leads"),
        ("active = tb_cust.stat = 'A' and tb_mtr.mtr_typ = '1'", "over several tables"),
        ("sales means nothing known", "Nothing is called"),
        ("customer = tb_cust.stat = 'A'", "already names the rows"),
    ],
)
def test_what_cannot_be_taught_is_said(text: str, said: str, ground: Ground) -> None:
    with pytest.raises(UsageError) as caught:
        taught(text, names_of(ground), ANNA)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_word_is_forgotten(ground: Ground) -> None:
    known = knowing(ground, SALES, ACTIVE)
    left = without(known.said, "Sales")
    assert [each.word for each in left.words] == ["active customer"]
    told = asked(replace(ground, said=left), "sales in 2026").assumptions
    assert "revenue is quantity times unt price" in told
    assert "taught" not in " ".join(told)
    with pytest.raises(UsageError, match="Nothing is said of 'turnover'"):
        without(left, "turnover")
