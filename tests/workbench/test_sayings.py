"""The Meaning part of the Schema page: words are taught and forgotten, a proposal accepted, columns corrected."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest  # noqa: TID251 (it draws the page)

from engine.kit import Kit
from engine.products import Request
from engine.queue import answer
from engine.semantics.model import Adds, Origin
from engine.settings import Settings
from engine.usecases import golden
from workbench import process, sayings

_TABLES = """
CREATE TABLE client (id INTEGER PRIMARY KEY, name TEXT, brch TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, client_id INTEGER REFERENCES client(id), qty INTEGER, unit_price REAL);
INSERT INTO client VALUES (1, 'One', 'A'), (2, 'Two', 'A'), (3, 'Three', 'X');
INSERT INTO item VALUES (1, 1, 2, 3.5), (2, 3, 4, 1.0);
"""


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    """The parts of a workbench over a small shop."""
    with sqlite3.connect(tmp_path / "shop.sqlite") as database:
        database.executescript(_TABLES)
    database.close()
    made = Kit(Settings(database_url=f"sqlite:///{tmp_path / 'shop.sqlite'}", var_dir=tmp_path / "var"))
    monkeypatch.setattr(process, "kit", lambda: made)
    monkeypatch.setattr(sayings, "kit", lambda: made)
    yield made
    made.close()


def _page(database: str) -> None:
    from workbench import sayings

    sayings.in_force(database)


def drawn(kit: Kit) -> AppTest:
    """The part, drawn."""
    page = AppTest.from_function(_page, args=(kit.remember(kit.settings.database),), default_timeout=60).run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    """All alerts."""
    return " ".join(each.value for each in (*page.success, *page.error, *page.info, *page.warning))


def test_a_word_is_taught_with_what_it_comes_to_and_forgotten(kit: Kit) -> None:
    page = drawn(kit)
    page.text_input(key="teach_text").set_value("sales = sum of item.qty * item.unit_price")
    teach = next(each for each in page.button if each.label == "Teach")
    page = teach.click().run()
    assert "sales is 11 in all over 2 rows of item" in said(page)
    assert page.dataframe[0].value["word"].tolist() == ["sales"]
    page.selectbox(key="forget_word").set_value("sales").run()
    page.button(key="forget").click().run()
    assert "sales is forgotten" in said(page)
    assert kit.said_of(kit.settings.database).read().words == ()


def test_a_change_that_moves_a_golden_question_waits_for_the_persons_word(kit: Kit) -> None:
    database = kit.remember(kit.settings.database)
    sayings.meaning.teach(kit, database, "sales = sum of item.qty * item.unit_price")
    run = answer(Request(text="total sales", database=database, executor="local"), kit, lambda event: None)
    golden.mark(kit, run.id)

    def teach() -> AppTest:
        page = drawn(kit)
        page.text_input(key="teach_text").set_value("sales = sum of item.qty")
        return next(each for each in page.button if each.label == "Teach").click().run()

    page = teach()
    assert "1 golden questions would be answered otherwise. Nothing was changed yet." in said(page)
    assert page.dataframe[0].value["question"].tolist() == ["total sales"]
    page.button(key="golden_leave").click().run()
    assert "unit_price" in str(kit.said_of(database).read().words)
    page = teach().button(key="golden_take").click().run()
    assert "sales is 6 in all over 2 rows of item" in said(page)
    assert "unit_price" not in str(kit.said_of(database).read().words)


def test_golden_questions_that_moved_meanwhile_are_shown_until_somebody_has_seen_them(kit: Kit) -> None:
    database = kit.remember(kit.settings.database)
    sayings.meaning.teach(kit, database, "sales = sum of item.qty * item.unit_price")
    run = answer(Request(text="total sales", database=database, executor="local"), kit, lambda event: None)
    golden.mark(kit, run.id)
    sayings.meaning.teach(kit, database, "sales = sum of item.qty")
    page = drawn(kit)
    assert "1 golden questions would be answered otherwise now: the schema, a definition" in said(page)
    page = page.button(key="golden_seen").click().run()
    assert "golden questions" not in said(page)


def test_what_cannot_be_taught_is_said_there(kit: Kit) -> None:
    page = drawn(kit)
    page.text_input(key="teach_text").set_value("sales = sum of item.nothing")
    page = next(each for each in page.button if each.label == "Teach").click().run()
    assert "There is no column nothing in item" in said(page).replace("\\", "")


def test_the_proposal_says_what_it_keeps_and_is_accepted_in_one_click(kit: Kit) -> None:
    page = drawn(kit)
    assert "brch = branch" in " ".join(each.value for each in page.markdown).replace("\\", "")
    page = page.button(key="accept_proposal").click().run()
    assert "statements are kept" in said(page)
    kept = kit.said_of(kit.settings.database).read()
    assert {each.short: each.words for each in kept.shortenings}["brch"] == "branch"
    assert "There is nothing more to confirm." in [each.value for each in page.caption]


def test_a_table_is_chosen_first_and_its_columns_say_where_they_are_from(kit: Kit) -> None:
    page = drawn(kit)
    page = page.selectbox(key="meaning_table").set_value("item").run()
    assert not page.exception
    assert any("rows" in each.value for each in page.caption)


def test_only_what_was_changed_is_taught(kit: Kit) -> None:
    database = kit.remember(kit.settings.database)
    table = kit.connection(database).schema.by_key["item"]
    model = sayings.meaning.meaning_of(kit, database)
    before = [sayings.row_of(model.attributes["item", name], ()) for name in table.by_name]
    after = [dict(row) for row in before]
    after[2] |= {"called": "pieces, Units", "adds up as": "balance", "codes": None}
    found = sayings.changed_columns(table, before, after, kit.said_of(database).read())
    assert [each.column for each in found] == ["item.qty"]
    assert found[0].names == ("pieces", "units")
    assert found[0].adds is Adds.BALANCE
    assert found[0].part is None
    assert found[0].source.origin is Origin.TAUGHT
    assert sayings.codes_of("A = active; C = closed") == {"A": "active", "C": "closed"}
