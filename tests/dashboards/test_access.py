"""Tokens and links: each with what it may and an end, withdrawn one by one, and none can be made by its holder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from engine.dashboards import access
from engine.dashboards.access import Granted
from engine.errors import UsageError
from engine.products import Request, Status
from engine.products.rights import ALL, NONE, Right, Rights
from engine.store.grants import Kind
from engine.store.runs import Store
from engine.store.tables import grants
from tests.endtoend.conftest import Terminal, terminal_in

KEY = b"a key"
DAY = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path}/store.sqlite")
    yield opened
    opened.close()


def end_now(store: Store) -> None:
    with store._engine.begin() as connection:
        connection.execute(update(grants).values(ends_at=datetime.now(UTC) - timedelta(seconds=1)))


@pytest.mark.parametrize("rights", [frozenset({Right.PORTFOLIO}), frozenset({Right.REFRESH}), ALL])
def test_a_token_may_what_was_chosen_until_it_ends(store: Store, rights: Rights) -> None:
    grant, text = access.make_token(store, "nightly", rights)
    assert access.token_rights(store, text) == rights
    assert grant.ends_at - grant.made_at < timedelta(days=access.TOKEN_DAYS, seconds=5)
    end_now(store)
    assert access.token_rights(store, text) is None


def test_only_the_hash_of_a_token_is_kept(store: Store) -> None:
    _, text = access.make_token(store, "nightly", ALL)
    secret = text.split("_", 2)[2]
    with store._engine.connect() as connection:
        kept = str([tuple(row) for row in connection.execute(select(grants))])
    assert secret not in kept
    for file in Path(store.url.removeprefix("sqlite:///")).parent.glob("store.sqlite*"):
        assert secret.encode() not in file.read_bytes()


def test_a_withdrawn_token_is_none_and_the_others_hold(store: Store) -> None:
    (first, one), (_, other) = (access.make_token(store, name, ALL) for name in ("one", "other"))
    store.grants.withdraw(first.id)
    assert access.token_rights(store, one) is None
    assert access.token_rights(store, other) == ALL
    assert [grant.state(datetime.now(UTC)) for grant in store.grants.all(Kind.TOKEN) if grant.id == first.id] == [
        "withdrawn"
    ]


def test_a_token_cannot_be_guessed_from_another(store: Store) -> None:
    (one, text), (two, second) = (access.make_token(store, name, ALL) for name in ("one", "two"))
    link, _ = access.share(store, KEY, "run", ALL)
    for forged in (
        "",
        text[:-1],
        text + "a",
        text.replace(one.id, two.id),
        text.upper(),
        f"wb_{one.id}_{second.split('_', 2)[2]}",
        f"wb_{link.id}_{text.split('_', 2)[2]}",
        "wb_000000000000_" + "a" * 43,
        text + "\n",
    ):
        assert access.token_rights(store, forged) is None, forged


@pytest.mark.parametrize(
    ("name", "rights", "days"),
    [("", ALL, 1), (" ", ALL, 1), ("x" * 81, ALL, 1), ("x", NONE, 1), ("x", ALL, 0), ("x", ALL, 367)],
)
def test_a_token_without_name_right_or_end_is_not_made(store: Store, name: str, rights: Rights, days: int) -> None:
    with pytest.raises(UsageError):
        access.make_token(store, name, rights, days)
    assert store.grants.all(Kind.TOKEN) == ()


@pytest.mark.parametrize("rights", [NONE, frozenset({Right.PORTFOLIO}), frozenset({Right.REFRESH}), ALL])
def test_a_shared_link_holds_until_its_end_or_until_it_is_withdrawn(store: Store, rights: Rights) -> None:
    now = datetime.now(UTC)
    grant, token = access.share(store, KEY, "run", rights)
    other, second = access.share(store, KEY, "run", rights, days=1)
    assert access.granted(store, KEY, "run", token, now) == Granted(rights, grant.id)
    assert grant.ends_at - now > timedelta(days=access.LINK_DAYS - 1)
    assert access.granted(store, KEY, "run", second, now + timedelta(days=2)) is None
    store.grants.withdraw(other.id)
    assert access.granted(store, KEY, "run", second, now) is None
    assert access.granted(store, KEY, "run", token, now) is not None
    assert {each.id for each in store.grants.all(Kind.LINK, "run")} == {grant.id, other.id}
    assert store.grants.all(Kind.LINK, "another") == ()


def test_a_run_made_over_a_shared_link_ends_with_the_link(store: Store) -> None:
    grant, _ = access.share(store, KEY, "run", ALL)
    newer = access.shared_token(KEY, "newer", grant.id)
    assert access.granted(store, KEY, "newer", newer, datetime.now(UTC)) == Granted(ALL, grant.id)
    store.grants.withdraw(grant.id)
    assert access.granted(store, KEY, "newer", newer, datetime.now(UTC)) is None


def test_a_pages_own_link_is_the_same_all_day_and_ends_by_itself(store: Store) -> None:
    token = access.own_token(KEY, "run", ALL, DAY)
    assert token == access.own_token(KEY, "run", ALL, DAY)
    for hours in (0, 12, 35):
        assert access.granted(store, KEY, "run", token, NOON + timedelta(hours=hours)) == Granted(ALL)
    assert access.granted(store, KEY, "run", token, NOON + timedelta(hours=36)) is None


def test_a_link_cannot_be_given_more_by_its_holder(store: Store) -> None:
    own = access.own_token(KEY, "run", NONE, DAY)
    more = access.own_token(KEY, "run", frozenset({Right.REFRESH}), DAY)
    (grant, shared), (wider, _) = access.share(store, KEY, "run", NONE), access.share(store, KEY, "run", ALL)
    token, _ = access.make_token(store, "x", ALL)
    now = datetime.now(UTC)
    for forged in (
        f"portfolio{own}",
        more.replace("refresh", "portfolio-refresh"),
        own.replace("20260401", "20990401"),
        own.rpartition(".")[2],
        own.upper(),
        shared.replace(grant.id, wider.id),
        shared.replace(grant.id, token.id),
        f"{token.id}.{access.shared_token(KEY, 'run', token.id).partition('.')[2]}",
        shared.partition(".")[2],
        "0" * 32,
        "..",
        "é",
        "",
    ):
        assert access.granted(store, KEY, "run", forged, min(now, NOON)) is None, forged
    for other in (own, shared):
        assert access.granted(store, KEY, "other", other, NOON) is None
        assert access.granted(store, b"another key", "run", other, NOON) is None


def test_links_go_with_their_run(store: Store) -> None:
    run = store.create(Request(text="NOI", database="x"), title="NOI")
    claimed = store.claim(run.id)
    assert claimed is not None
    store.mark(claimed, status=Status.DONE)
    access.share(store, KEY, run.id, ALL)
    store.delete(run.id)
    assert store.grants.all(Kind.LINK) == ()


@pytest.mark.slow
def test_tokens_in_the_terminal(tmp_path: Path, sample_url: str) -> None:
    terminal: Terminal = terminal_in(tmp_path, sample_url)
    ended = terminal("token", "create", "--name", "nightly", "--scope", "portfolio", "--days", "7", "--json")
    assert ended.code == 0, ended.err
    made = ended.json
    assert (made["name"], made["scopes"]) == ("nightly", ["portfolio"])
    assert re.fullmatch(r"wb_[0-9a-f]{12}_[\w-]{43}", made["token"])
    assert terminal("token", "create", "--scope", "refresh").out.startswith("wb_")
    listed = terminal("token", "list", "--json").json
    assert [each["scopes"] for each in listed] == [["refresh"], ["portfolio"]]
    assert made["token"] not in terminal("token", "list").out
    assert terminal("token", "withdraw", made["id"], "--json").json["state"] == "withdrawn"
    assert terminal("token", "withdraw", "nowhere").code == 2
    assert terminal("token", "create", "--scope", "refresh", "--days", "4000").code == 2
    store = Store(f"sqlite:///{tmp_path}/store.sqlite")
    assert access.token_rights(store, made["token"]) is None
    store.close()
