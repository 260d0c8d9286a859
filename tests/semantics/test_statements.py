"""What is said of a place: kept as YAML that is read strictly, and put over what was inferred by who says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.authors.base import Ground
from engine.errors import UsageError
from engine.semantics.inferring import infer
from engine.semantics.inforce import in_force, unread
from engine.semantics.keeping import Sayings
from engine.semantics.model import Adds, DateRole, Origin, Part
from engine.semantics.statements import (
    ColumnSaid,
    KeySaid,
    MarkSaid,
    ShortSaid,
    Source,
    Statements,
    TableSaid,
    WordSaid,
    as_yaml,
    read_statements,
)

TAUGHT = Source(origin=Origin.TAUGHT, by="anna", day="2026-11-22")
ACCEPTED = Source(origin=Origin.ACCEPTED, evidence="a usual shortening")
WHOLE = Statements(
    place="sqlite:///water.sqlite",
    tables=(TableSaid(table="tb_cust", names=("household",), label=("cust_nm",), source=TAUGHT),),
    columns=(
        ColumnSaid(column="tb_cust.stat", codes={"A": "Active", "1": "One"}, source=TAUGHT),
        ColumnSaid(column="tb_rpr.cst", adds=Adds.FLOW, unit="EUR", names=("outlay",), source=TAUGHT),
        ColumnSaid(column="tb_rpr.clsd_dt", date_role=DateRole.END, source=ACCEPTED),
        ColumnSaid(column="tb_mtr.mtr_id", adds="identifier", source=ACCEPTED),
    ),
    keys=(KeySaid(column="tb_ord_ln.cust_id", refers="tb_cust.cust_id", source=TAUGHT),),
    marks=(MarkSaid(column="tb_cust.stat", state="deleted", counts="!= X", source=TAUGHT),),
    shortenings=(ShortSaid(short="rpr", words="repair", source=ACCEPTED),),
    words=(
        WordSaid(word="sales", table="tb_ord_ln", measure="tb_ord_ln.qty * tb_ord_ln.unt_prc", source=TAUGHT),
        WordSaid(word="active customer", table="tb_cust", where="tb_cust.stat = 'A'", source=TAUGHT),
    ),
)


def test_what_is_kept_is_read_as_it_was(tmp_path: Path) -> None:
    assert read_statements(as_yaml(WHOLE), "a file") == WHOLE
    kept = Sayings(tmp_path, "0123456789abcdef", "sqlite:///water.sqlite")
    assert kept.read() == Statements()
    kept.change(lambda said: said.and_(WHOLE))
    assert kept.read() == WHOLE
    kept.file.write_text(kept.file.read_text().replace("repair", "rapport"))
    assert kept.read().shortenings[0].words == "rapport"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: a: b", "line 1 is no YAML"),
        ("tables:\n- table: tb_cust\n  nmes: [a]\n  source: {origin: taught}\n", "line 3: tables.0.nmes"),
        ("tables:\n- table: tb_cust\n", "line 2: tables.0.source"),
        (
            "words:\n- word: a\n  table: t\n  where: x = 1\n  measure: y\n  source: {origin: taught}\n",
            "line 2: words.0",
        ),
        ("columns:\n- column: t.c\n  source: {origin: taught}\n  adds: sometimes\n", "line 4: columns.0.adds"),
        ("columns:\n- column: t.c\n  source:\n    origin: inferred\n", "line 4: columns.0.source.origin"),
        ("nothing: here\n", "line 1: nothing"),
    ],
)
def test_a_faulty_file_is_one_error_with_line_and_field(text: str, said: str, tmp_path: Path) -> None:
    kept = Sayings(tmp_path, "0123456789abcdef", "sqlite:///water.sqlite")
    kept.file.write_text(text)
    with pytest.raises(UsageError) as caught:
        kept.read()
    assert said in caught.value.message
    assert kept.file.name in caught.value.message
    assert "docs/meaning.md" in caught.value.hint


def test_the_weightiest_origin_stands_whatever_the_order(ground: Ground) -> None:
    inferred = infer(ground.schema, ground.values)
    assert inferred.attributes["tb_rpr", "cst"].adds is Adds.FLOW
    origins = [Origin.ACCEPTED, Origin.TAUGHT, Origin.PACK, Origin.DECLARED]
    said = Statements(
        columns=tuple(
            ColumnSaid(column="tb_rpr.cst", adds=adds, unit=origin.value, source=Source(origin=origin))
            for origin, adds in zip(origins, (Adds.FLOW, Adds.BALANCE, Adds.RATE, Adds.FLOW), strict=True)
        )
    )
    for order in (said.columns, said.columns[::-1]):
        model = in_force(inferred, said.model_copy(update={"columns": order}))
        assert model.attributes["tb_rpr", "cst"].adds is Adds.BALANCE
        assert model.attributes["tb_rpr", "cst"].origin is Origin.TAUGHT
    rest = in_force(inferred, said.model_copy(update={"columns": (said.columns[0], said.columns[2], said.columns[3])}))
    assert rest.attributes["tb_rpr", "cst"].unit == "declared"


def test_every_kind_of_statement_is_in_force(ground: Ground) -> None:
    model = in_force(infer(ground.schema, ground.values), WHOLE)
    assert model.entities["tb_cust"].called == (("household",),)
    assert model.entities["tb_rpr"].called == (("repair",),)
    assert model.attributes["tb_cust", "stat"].codes["A"] == "Active"
    assert model.attributes["tb_rpr", "cst"].unit == "EUR"
    assert model.attributes["tb_mtr", "mtr_id"].part is Part.KEY
    assert [(mark.column, mark.value) for mark in model.marks_of("tb_cust", "deleted")] == [("stat", "X")]
    assert {word.text for word in model.words} == {"sales", "active"}
    assert unread(model, WHOLE) == ()


def test_what_is_no_longer_there_is_said_and_left_out(ground: Ground) -> None:
    said = Statements(
        columns=(ColumnSaid(column="tb_rpr.gone", unit="EUR", source=TAUGHT),),
        words=(WordSaid(word="sales", table="tb_ord_ln", measure="tb_ord_ln.gone * 2", source=TAUGHT),),
    )
    inferred = infer(ground.schema, ground.values)
    model = in_force(inferred, said)
    assert model.attributes == inferred.attributes
    assert model.words == ()
    told = unread(model, said)
    assert "There is no tb_rpr.gone any more" in told[0]
    assert "There is no column gone" in told[1]
