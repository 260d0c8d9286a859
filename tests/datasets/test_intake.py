"""Files on the shelf: previewed, asked about, read anew as a person wants it, and known again next month."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Kit, Settings, Status
from engine.dashboards.access import make_token
from engine.datasets.api import answer as answer_form
from engine.datasets.shelf import Shelf
from engine.errors import CancelledError, UsageError
from engine.intake.recipe import ColumnRecipe, Recipe
from engine.products.rights import ALL, OF_LINKS, Right
from engine.usecases.suggesting import questions_of
from tests.datasets.conftest import ask, rows_of

DUE = "Client,Due,Amount\nA,3/4/2024,100\nB,5/6/2024,200\nC,7/8/2024,400\n"
ROLL = "Harbor Point\nBuilding,Tenant,Rent\nOak,A,1000\nOak,B,TBD\nOak Total,,1000\nPine,C,500\nTotal,,1500\n"


@pytest.fixture
def kit(tmp_path: Path, sample_url: str) -> Iterator[Kit]:
    made = Kit(
        Settings(
            database_url=sample_url,
            executor="local",
            store_url=f"sqlite:///{tmp_path}/store.sqlite",
            output_dir=tmp_path / "runs",
            var_dir=tmp_path / "var",
        )
    )
    yield made
    made.close()


def test_a_preview_shows_lines_and_columns_and_keeps_nothing(shelf: Shelf) -> None:
    made = shelf.preview("roll.csv", ROLL.encode())
    (table,) = made.tables
    assert [column.name for column in table.told.columns] == ["Building", "Tenant", "Rent"]
    assert table.rows == (("Oak", "A", 1000), ("Oak", "B", None), ("Pine", "C", 500))
    assert list(made.sheets[0].parts) == ["title", "header", "body", "body", "total", "body", "total"]
    assert [(cell.line, cell.text) for cell in table.told.columns[2].exceptions] == [(4, "TBD")]
    assert shelf.all() == ()


def test_a_preview_is_cancelled(shelf: Shelf) -> None:
    with pytest.raises(CancelledError):
        shelf.preview("roll.csv", ROLL.encode(), cancelled=lambda: True)


def test_an_answer_says_the_file_its_rows_and_what_was_left_out(kit: Kit) -> None:
    kit.shelf.add_file("roll.csv", ROLL.encode())
    run = ask(kit, "total rent by building", datasets=("roll",))
    assert sorted(rows_of(run), key=str) == [("Oak", 1000), ("Pine", 500)]
    assert run.results is not None
    told = " ".join(run.results.assumptions)
    assert "From the file roll.csv: 3 rows; 3 lines left out." in told
    assert "line 4 says TBD" in told
    # What holds for a column that is not read is not said.
    count = ask(kit, "number of tenants by building", datasets=("roll",))
    assert count.results is not None
    assert "TBD" not in " ".join(count.results.assumptions)


def test_an_open_order_of_day_and_month_is_asked_once_and_only_where_it_matters(kit: Kit) -> None:
    kit.shelf.add_file("due.csv", DUE.encode())
    free = ask(kit, "total amount by client", datasets=("due",))
    assert free.status is Status.DONE
    run = ask(kit, "total amount by month", datasets=("due",))
    assert run.status is Status.NEEDS_INPUT
    assert run.question is not None
    assert [option.label for option in run.question.options] == ["day first: 3 April 2024", "month first: 4 March 2024"]
    answered = ask(kit, "total amount by month", datasets=("due",), answers={run.question.key: "day"})
    assert [month for month, _ in rows_of(answered)] == ["2024-04-01", "2024-06-01", "2024-08-01"]
    again = ask(kit, "total amount by month", datasets=("due",))
    assert again.status is Status.DONE


def test_what_is_not_understood_of_a_file_says_how_it_was_read(kit: Kit) -> None:
    kit.shelf.add_file("roll.csv", ROLL.encode())
    run = ask(kit, "average ferocity of wombats", datasets=("roll",))
    assert run.failure is not None
    assert "roll has the columns Building, Tenant, Rent." in run.failure.hint
    assert "The header is line 2" in run.failure.hint


def test_next_months_file_is_read_as_this_months_and_differences_are_said(shelf: Shelf) -> None:
    recipe = Recipe(columns={"Unit": ColumnRecipe(name="Apartment", kind="text")})
    shelf.add_file("roll_jan.csv", b"Unit,Rent\n1,5\n2,6\n3,7\n", recipe=recipe)
    known = shelf.add_file("roll_jan.csv", b"Unit,Rent,Pet\n1,5,2\n2,6,2\n")
    assert [column.name for column in known.read["roll_jan"].columns] == ["Apartment", "Rent", "Pet"]
    assert "New since the last file: the columns Pet." in known.notes
    assert "1 rows fewer than in the last file (2 now)." in known.notes
    # A file of another name with the same columns is known, too.
    other = shelf.add_file("roll_feb.csv", b"Unit,Rent,Pet\n1,5,2\n2,6,2\n")
    assert [column.name for column in other.read["roll_feb"].columns] == ["Apartment", "Rent", "Pet"]


def test_a_file_is_read_anew_as_a_person_wants_it_and_forgotten_with_its_dataset(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add_file("due.csv", DUE.encode())
    settled = shelf.settle("due", Recipe(order="month"))
    assert settled.read["due"].columns[1].kind == "DATE"
    assert list(tmp_path.rglob("files/due.csv"))
    shelf.remove("due")
    assert not list(tmp_path.rglob("files/due.csv"))
    with pytest.raises(UsageError):
        shelf.settle("due", Recipe())


def test_the_questions_that_are_offered_are_answered(kit: Kit) -> None:
    kit.shelf.add_file("roll.csv", ROLL.encode())
    offered = questions_of(kit, "roll")
    assert len(offered) >= 2
    for text in offered:
        assert ask(kit, text, datasets=("roll",)).status is Status.DONE, text


def test_an_identifier_is_not_added_up(kit: Kit) -> None:
    kit.shelf.add_file("orders.csv", b"Order,Status,Amount\n1001,Shipped,10\n1002,Shipped,20\n1003,Open,40\n")
    run = ask(kit, "total orders", datasets=("orders",))
    shown = [value for row in rows_of(run) for value in row] if run.results else []
    assert 3006 not in shown


def test_a_form_is_previewed_taken_in_and_refused(kit: Kit) -> None:
    status, found = answer_form(kit.shelf, {"preview": "1"}, "roll.csv", ROLL.encode())
    assert (status, kit.shelf.all(), found["tables"][0]["told"]["rows"]) == (200, (), 3)
    status, found = answer_form(
        kit.shelf, {"name": "rents", "recipe": '{"keep_totals": true}'}, "roll.csv", ROLL.encode()
    )
    assert (status, found["name"], found["rows"]) == (200, "rents", 5)
    for fields, name, content in (
        ({}, "", None),
        ({"recipe": "{"}, "a.csv", b"a\n1\n"),
        ({"odd": "1"}, "a.csv", b"a\n1\n"),
    ):
        status, found = answer_form(kit.shelf, fields, name, content)
        assert (status, sorted(found["error"])) == (400, ["hint", "message"])


def test_a_token_may_add_files_and_a_link_may_not(kit: Kit) -> None:
    grant, _ = make_token(kit.store, "loader", [Right.DATASETS])
    assert grant.rights == {Right.DATASETS}
    assert Right.DATASETS not in OF_LINKS
    assert Right.DATASETS not in ALL


def test_a_file_asked_alone_is_no_answer_to_other_questions_until_it_is_kept(kit: Kit) -> None:
    kit.shelf.add_file("wombats.csv", b"Wombat,Ferocity\na,5\nb,7\n", apart=True)
    assert ask(kit, "total ferocity", datasets=("wombats",)).status is Status.DONE
    assert ask(kit, "total ferocity").status is Status.REFUSED
    kit.shelf.keep("wombats")
    assert ask(kit, "total ferocity").status is Status.DONE
    # One of its name that is asked alone does not take its place.
    other = kit.shelf.add_file("wombats.csv", b"Wombat,Ferocity\na,1\n", apart=True)
    assert (other.name, kit.shelf.get("wombats").rows) == ("wombats_own", 2)
