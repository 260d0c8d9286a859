"""Proposed mappings: right where names and keys speak, silent where they do not, and checked before they are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from engine.errors import UsageError
from engine.meaning.proposal import as_yaml, propose
from engine.meaning.senses import Sense, senses_of
from engine.metrics.catalogue import own_catalogue, save_entry
from engine.metrics.mapping import load_mapping, read_mapping, save_mapping
from engine.sources.connection import Connection, open_connection
from tests.conftest import ROOT

OTHER = """
CREATE TABLE portfolio_assets (asset_no INTEGER PRIMARY KEY, asset_name TEXT NOT NULL, market TEXT,
                               purchase_cost NUMERIC);
CREATE TABLE ledger (entry_no INTEGER PRIMARY KEY, asset_no INTEGER REFERENCES portfolio_assets, booked_on DATE,
                     account_type TEXT, amount NUMERIC);
CREATE TABLE mortgages (mortgage_no INTEGER PRIMARY KEY, asset_no INTEGER REFERENCES portfolio_assets,
                        outstanding_balance NUMERIC, original_amount NUMERIC);
CREATE TABLE mortgage_payments (payment_no INTEGER PRIMARY KEY, mortgage_no INTEGER REFERENCES mortgages, due DATE,
                                principal NUMERIC, interest NUMERIC);
INSERT INTO portfolio_assets VALUES (1, 'Mill', 'Leeds', 100), (2, 'Dock', 'Leeds', 200);
INSERT INTO ledger VALUES (1, 1, '2026-01-01', 'Rental income', 10), (2, 1, '2026-01-02', 'Operating expense', 4),
                          (3, 2, '2026-01-03', 'Rental income', 8), (4, 2, '2026-02-03', 'Operating expense', 3);
INSERT INTO mortgages VALUES (1, 1, 50, 60);
INSERT INTO mortgage_payments VALUES (1, 1, '2026-01-31', 1, 2);
"""
PEOPLE = """
CREATE TABLE people (id INTEGER PRIMARY KEY, first_name TEXT, contact TEXT, reach TEXT, plan TEXT, iban TEXT,
                     paid_pct REAL, founded_year INTEGER, fee NUMERIC, ok BOOLEAN);
INSERT INTO people VALUES (1,'Ana','ana@x.org','+44 20 7946 0001','gold','x',0.1,1999,5,1),
  (2,'Ben','ben@x.org','+44 20 7946 0002','gold','x',0.2,2001,6,0),
  (3,'Cid','cid@x.org','+44 20 7946 0003','blue','x',0.3,2002,7,1),
  (4,'Dee','dee@x.org','+44 20 7946 0004','blue','x',0.3,2002,7,1),
  (5,'Eli','eli@x.org','+44 20 7946 0005','blue','x',0.3,2002,7,1);
"""
Made = Callable[[str], Connection]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    def make(sql: str) -> Connection:
        with sqlite3.connect(tmp_path / "made.sqlite") as connection:
            connection.executescript(sql)
        connection.close()
        return open_connection(f"sqlite:///{tmp_path / 'made.sqlite'}", tmp_path / "cache")

    return make


def test_the_samples_own_mapping_is_found_again(sample_url: str, tmp_path: Path) -> None:
    connection = open_connection(sample_url, tmp_path)
    proposal = propose(connection.schema, connection.values)
    known = load_mapping(ROOT / "sample" / "mapping.yaml")
    assert proposal.mapping is not None
    assert proposal.lacking == ()
    found = {name: role.model_copy(update={"subsets": {}}) for name, role in proposal.mapping.roles.items()}
    assert found == {name: role.model_copy(update={"subsets": {}}) for name, role in known.roles.items()}
    assert set(proposal.evidence) == {"entity", *known.roles}


def test_another_company_is_understood_and_its_ledger_split(made: Made) -> None:
    connection = made(OTHER)
    mapping = propose(connection.schema, connection.values).mapping
    assert mapping is not None
    assert (mapping.entity.table, mapping.entity.label) == ("portfolio_assets", "asset_name")
    roles = mapping.roles
    assert roles["debt_service"].value == "principal + interest"
    assert roles["loan_balance"].value == "outstanding_balance"
    assert roles["purchase_price"].value == "purchase_cost"
    assert "Rental income" in roles["income"].value
    assert "Operating expense" in roles["operating_expenses"].value


def test_nothing_is_proposed_where_nothing_speaks(made: Made) -> None:
    connection = made(PEOPLE)
    proposal = propose(connection.schema, connection.values)
    assert proposal.mapping is None
    with pytest.raises(UsageError, match="No mapping can be proposed"):
        as_yaml(proposal)


def test_a_proposal_is_text_that_says_why_and_can_be_kept(made: Made, tmp_path: Path) -> None:
    connection = made(OTHER)
    text = as_yaml(propose(connection.schema, connection.values))
    assert "# loan_balance: the table mortgages is called so" in text
    assert "# Not found: property_value." in text
    file = save_mapping(text, connection.schema, tmp_path / "mappings", "company")
    assert load_mapping(file) == read_mapping(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content["roles"]["loan_balance"].update(value="nowhere"), "no column mortgages.nowhere"),
        (lambda content: content["roles"]["loan_balance"].update(value="((("), "roles.loan_balance.value"),
        (lambda content: content["roles"]["debt_service"].pop("date"), "lacks its date"),
        (lambda content: content["roles"]["loan_balance"].update(kind="guess"), "kind"),
        (
            lambda content: content["entity"].update(table="ledger", key="entry_no", label="account_type"),
            "No key leads",
        ),
        (lambda content: content.update(colour="red"), "colour"),
    ],
)
def test_a_mapping_that_does_not_hold_is_not_written(
    made: Made, tmp_path: Path, change: Callable[[dict[str, dict[str, dict[str, str]]]], object], words: str
) -> None:
    connection = made(OTHER)
    content = yaml.safe_load(as_yaml(propose(connection.schema, connection.values)))
    change(content)
    with pytest.raises(UsageError, match=words):
        save_mapping(yaml.safe_dump(content), connection.schema, tmp_path / "mappings", "company")
    assert not (tmp_path / "mappings").exists()


def test_columns_have_a_sense_and_personal_ones_are_told_apart(made: Made) -> None:
    connection = made(PEOPLE)
    senses = {column: each for (_, column), each in senses_of(connection.schema, connection.values).items()}
    assert {name: each.sense for name, each in senses.items() if not each.personal} == {
        "id": Sense.ID,
        "plan": Sense.CATEGORY,
        "paid_pct": Sense.PERCENT,
        "founded_year": Sense.YEAR,
        "fee": Sense.MONEY,
        "ok": Sense.FLAG,
    }
    assert set(senses) - {"id", "plan", "paid_pct", "founded_year", "fee", "ok"} == {
        name for name, each in senses.items() if each.personal
    }
    assert senses["contact"].personal == "its values are e-mail addresses"
    held = {column for _, column, _ in connection.values.entries}
    assert held == {"first_name", "plan"}


METRIC = """
kind: metric
name: yield_on_cost
short: YOC
label: Yield on cost
synonyms: [yield on cost]
unit: percent
definition: NOI over what was paid.
formulas: [noi / purchase_price]
source: ours
"""


def test_a_metric_of_ones_own_joins_the_catalogue(tmp_path: Path) -> None:
    save_entry(METRIC, tmp_path)
    assert own_catalogue(tmp_path).phrases["yield on cost"] == "yield_on_cost"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (METRIC.replace("noi / purchase_price", "noi / nothing_known"), "nothing_known"),
        (METRIC.replace("noi / purchase_price", "noi / ("), "cannot be read"),
        (METRIC.replace("noi / purchase_price", "yield_on_cost * 2"), "needs itself"),
        (METRIC.replace("unit: percent\n", ""), "unit"),
        (METRIC.replace("unit: percent", 'unit: "![i](http://host/x.png)"'), "there is no unit"),
        (METRIC.replace("kind: metric", "kind: wish"), "wish"),
        (METRIC.replace("name: yield_on_cost", "name: ../up"), "cannot name"),
        ("[", "metric file"),
        ("[" * 5000, "metric file"),
        (METRIC.replace("source: ours", "source: 2026-99-99"), "metric file"),
    ],
)
def test_a_metric_that_does_not_hold_is_not_written(tmp_path: Path, wrong: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        save_entry(wrong, tmp_path)
    assert list(tmp_path.iterdir()) == []
