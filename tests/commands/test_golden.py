"""Golden questions: a change of what the data mean lists those that would be answered otherwise, before it is taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from engine.__main__ import parser
from engine.errors import UsageError
from engine.kit import Kit
from engine.products import Request, Run
from engine.queue import answer
from engine.store.marks import Mark
from engine.usecases import golden
from tests.commands.test_schema import kit

__all__ = ["kit"]
SALES, OTHER = "sales = sum of item.qty * item.unit_price", "sales = sum of item.qty"


@pytest.fixture
def command(kit: Kit, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command; its exit code and what it prints."""

    def run(*words: str) -> tuple[int, str]:
        options: Any = parser().parse_args(list(words))
        code = options.act(options, kit)
        return code, capsys.readouterr().out

    return run


def asked(kit: Kit, text: str) -> Run:
    run = answer(
        Request(text=text, database=kit.remember(kit.settings.database), executor="local"), kit, lambda _: None
    )
    assert run.results is not None, run.failure
    return run


def test_a_word_that_moves_a_golden_question_is_listed_and_not_taken(
    kit: Kit, command: Callable[..., tuple[int, str]]
) -> None:
    assert command("schema", "--teach", SALES)[0] == 0
    run = asked(kit, "total sales")
    assert command("golden", "--add", run.id) == (0, "1 golden questions, 0 of them would be answered otherwise.\n")
    code, told = command("schema", "--teach", OTHER)
    assert code == 4
    assert "total sales" in told
    assert "Nothing was changed." in told
    assert "item.unit_price" in command("schema", "--taught")[1]
    code, told = command("schema", "--forget", "sales")
    assert code == 4
    assert "would:" in told
    assert command("schema", "--teach", "old client = client.joined_on < '2000-01-01'")[0] == 0, "it moves none"
    assert command("schema", "--teach", OTHER, "--yes")[0] == 0
    code, told = command("golden")
    assert code == 1
    assert "1 of them would be answered otherwise" in told
    assert command("golden", "--remove", run.id)[0] == 0


def test_the_tag_in_history_makes_one_and_other_marks_stay(kit: Kit) -> None:
    run = asked(kit, "number of clients")
    kit.store.marks.put(Mark(run_id=run.id, pinned=True, tags=("Golden", "monday")))
    database = kit.remember(kit.settings.database)
    assert [each.id for each in golden.golden(kit, database)] == [run.id]
    golden.mark(kit, run.id, wanted=False)
    assert kit.store.marks.all()[run.id] == Mark(run_id=run.id, pinned=True, tags=("monday",))
    assert golden.golden(kit, database) == golden.moved(kit, database) == ()
    with pytest.raises(UsageError, match="no run"):
        golden.mark(kit, "nothing")


def test_a_changed_schema_is_news_until_somebody_has_looked(kit: Kit, command: Callable[..., tuple[int, str]]) -> None:
    database = kit.remember(kit.settings.database)
    assert command("schema", "--teach", SALES)[0] == 0
    assert golden.news(kit, database) == (), "there is no golden question"
    run = asked(kit, "total sales")
    golden.mark(kit, run.id)
    assert golden.news(kit, database) == ()
    with sqlite3.connect(database.removeprefix("sqlite:///")) as changed:
        changed.execute("ALTER TABLE item RENAME COLUMN unit_price TO list_price")
    changed.close()
    again = Kit(kit.settings)
    (found,) = golden.news(again, database)
    assert (found.run_id, found.request) == (run.id, "total sales")
    golden.look(again, database)
    assert golden.news(again, database) == ()
    assert golden.moved(again, database) == (found,), "it is still so"
    again.close()
