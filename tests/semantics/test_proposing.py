"""What is proposed of a place, and what accepting it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import pytest

from engine.authors.asking import Understood, names_of, understand
from engine.authors.base import Ground
from engine.compiling.asking import compile_question
from engine.semantics.inferring import infer
from engine.semantics.model import Adds, DateRole, Origin
from engine.semantics.proposing import propose
from engine.semantics.statements import Statements
from engine.sources.schema import Column, ForeignKey, Kind, Schema, Table
from engine.sources.values import ValueIndex
from engine.usecases.meaning import lines_of, proposed, source, summary_of


@pytest.fixture(scope="session")
def proposal(ground: Ground) -> Statements:
    """What is proposed of the water company."""
    return proposed(ground, partial(source, Origin.ACCEPTED, "anna"))


def test_shortenings_codes_keys_and_measures_are_proposed(proposal: Statements) -> None:
    words = {each.short: each.words for each in proposal.shortenings}
    assert words["brch"] == "branch"
    assert words["rpr"] == "repair"
    columns = {each.column: each for each in proposal.columns}
    assert columns["tb_cust.stat"].codes == {"A": "Active", "S": "Suspended", "X": "Moved away"}
    assert columns["tb_mtr.mtr_typ"].codes["2"] == "Ultrasonic"
    assert columns["tb_rpr.clsd_dt"].date_role is DateRole.END
    assert columns["tb_ord_ln.unt_prc"].adds is Adds.RATE
    assert "tb_cd lists its codes as CUST_STAT" in columns["tb_cust.stat"].source.evidence
    assert ("tb_rpr.mtr_id", "tb_mtr.mtr_id") in {(each.column, each.refers) for each in proposal.keys}
    assert all(each.source.evidence and each.source.by == "anna" for each in proposal.every())
    assert proposal.without(proposal).count == 0
    assert len(summary_of(proposal)) < 8 < len(lines_of(proposal))


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("how many active customers", "SELECT count(*) FROM tb_cust WHERE stat = 'A'"),
        ("how many ultrasonic meters", "SELECT count(*) FROM tb_mtr WHERE mtr_typ = '2'"),
        ("average repair cost of leaks", "SELECT avg(cst) FROM tb_rpr WHERE rsn = 'LK'"),
        ("number of suspended customers by region",
         "SELECT rgn, count(*) FROM tb_cust JOIN tb_brch USING (brch_id) WHERE stat = 'S' GROUP BY 1 ORDER BY 2 DESC"),
    ],
)  # fmt: skip
def test_listed_codes_are_known_before_and_after_a_proposal_is_accepted(
    text: str, sql: str, ground: Ground, proposal: Statements
) -> None:
    right = ground.read(sql, {}).to_numpy().tolist()
    for known in (ground, replace(ground, said=proposal)):
        read = understand(text, known, {})
        assert isinstance(read, Understood), read
        found = ground.read(compile_question(read.asked, names_of(known).model), {}).to_numpy().tolist()
        assert found == [[pytest.approx(cell) if isinstance(cell, float) else cell for cell in row] for row in right]


def test_the_codes_that_were_read_are_said(ground: Ground, proposal: Statements) -> None:
    read = understand("how many active customers", replace(ground, said=proposal), {})
    assert isinstance(read, Understood)
    assert "status A is Active" in read.assumptions


def _table(name: str, *columns: str, comment: str = "") -> Table:
    kinds = {"n": Kind.NUMBER, "t": Kind.TEXT, "d": Kind.DATE}
    made = tuple(
        Column(name=text.split(":")[0], type="", kind=kinds[text.split(":")[1]], comment="".join(text.split(":")[2:]))
        for text in columns
    )
    return Table(name=name, columns=made, primary_key=(made[0].name,), rows=10, comment=comment)


def _proposed(schema: Schema, values: ValueIndex | None = None) -> Statements:
    known = values or ValueIndex.empty()

    def nothing(sql: str) -> pd.DataFrame:
        return pd.DataFrame([[0.0, 0.4]], columns=["low", "high"])

    return propose(infer(schema, known), known, nothing, partial(source, Origin.ACCEPTED, ""))


def _schema(*tables: Table, keys: tuple[ForeignKey, ...] = ()) -> Schema:
    return Schema(dialect="sqlite", tables=tables, foreign_keys=keys, read_at=datetime.now(UTC))


def test_comments_name_columns_and_codes() -> None:
    table = _table("m1", "id:n", "c7:t:Colour", "st:t:A=active, C=closed", "z9:n", comment="Bicycle")
    values = ValueIndex.of([("m1", "st", "A"), ("m1", "st", "C")])
    found = _proposed(_schema(table), values)
    columns = {each.column: each for each in found.columns}
    assert columns["m1.c7"].names == ("colour",)
    assert columns["m1.st"].codes == {"A": "active", "C": "closed"}
    assert found.tables[0].names == ("bicycle",)


def test_what_stands_for_two_things_alike_is_not_proposed() -> None:
    found = _proposed(_schema(_table("act", "act_id:n", "nm:t")))
    assert found.shortenings == ()


def test_a_discount_counts_as_a_share_and_an_amount_forbids_the_formula() -> None:
    lines = _table("order_lines", "id:n", "quantity:n", "unit_price:n", "discount:n")
    found = _proposed(_schema(lines))
    assert {each.word: each.measure for each in found.words}["sales"] == (
        "order_lines.quantity * order_lines.unit_price * (1 - order_lines.discount)"
    )
    whole = _table("order_lines", "id:n", "quantity:n", "unit_price:n", "amount:n")
    assert _proposed(_schema(whole)).words == ()


def test_nights_are_between_arrival_and_departure() -> None:
    found = _proposed(_schema(_table("bookings", "id:n", "arrival_on:d", "departure_on:d")))
    words = {each.word: each for each in found.words}
    assert words["nights"].measure == "bookings.departure_on - bookings.arrival_on"
    assert words["stay"].table == "bookings"


def _many(count: int) -> Iterator[Table]:
    for at in range(count):
        yield _table(f"t{at}_cust_ord", f"t{at}_id:n", "cust_nm:t", "stat:t", "ord_dt:d", "qty:n", "unt_prc:n")


def test_two_hundred_tables_are_no_more_than_their_names() -> None:
    found = _proposed(_schema(*_many(200)))
    assert {each.short for each in found.shortenings} >= {"unt"}
    assert "sales" not in {each.word for each in found.words}, "several tables would be it"
