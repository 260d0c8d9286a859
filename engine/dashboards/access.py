"""What others may ask of the workbench: tokens for programs and links to dashboards, each with an end and withdrawable.

Of a token only a hash is kept. A link is signed, and its rights and its end stand in the store; the pages' own links to
dashboards are signed alone and end by themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.errors import UsageError
from engine.products.rights import Right, Rights, read, written
from engine.store.grants import Grant, Kind
from engine.store.runs import Store

LINK_DAYS, TOKEN_DAYS, MOST_DAYS = 30, 90, 366
LONGEST_NAME = 80
TOKEN = re.compile(r"wb_([0-9a-f]{12})_([\w-]{43})")
SHARED = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{32})")
OWN = re.compile(r"([a-z-]*)\.(\d{8})\.([0-9a-f]{32})")


@dataclass(frozen=True)
class Granted:
    """The rights of a dashboard's link; `link` is the shared one that it came by, empty for a page's own."""

    rights: Rights
    link: str = ""


def make_token(store: Store, name: str, rights: Iterable[Right], days: int = TOKEN_DAYS) -> tuple[Grant, str]:
    """A token for programs; its text is given here and never again.

    Raises:
        UsageError: no name, no right, or an end that is too far.
    """
    held = frozenset(rights)
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise UsageError(f"A token needs a name of 1 to {LONGEST_NAME} letters.", "Name the program that uses it.")
    if not held:
        raise UsageError("A token needs something that it may.", f"Choose of: {', '.join(Right)}.")
    secret = secrets.token_urlsafe(32)
    grant = store.grants.make(Kind.TOKEN, name.strip(), held, _end(days), digest=_digest(secret))
    return grant, f"wb_{grant.id}_{secret}"


def token_rights(store: Store, text: str) -> Rights | None:
    """Return the rights of a token; None for one that is not known, has ended or was withdrawn."""
    found = TOKEN.fullmatch(text)
    grant = store.grants.get(found[1]) if found else None
    if found is None or grant is None or grant.kind is not Kind.TOKEN or not grant.holds(datetime.now(UTC)):
        return None
    return grant.rights if hmac.compare_digest(grant.digest, _digest(found[2])) else None


def share(store: Store, key: bytes, run_id: str, rights: Rights, days: int = LINK_DAYS) -> tuple[Grant, str]:
    """A link to a run's dashboard for others, and the token in it.

    Raises:
        UsageError: its end is too far.
    """
    grant = store.grants.make(Kind.LINK, run_id, rights, _end(days), run_id=run_id)
    return grant, shared_token(key, run_id, grant.id)


def shared_token(key: bytes, run_id: str, link: str) -> str:
    """The token of a shared link, for its run or for one that was made over it: it has the link's rights and end."""
    return f"{link}.{_signature(key, 'shared', run_id, link)}"


def own_token(key: bytes, run_id: str, rights: Rights, today: date) -> str:
    """The token of a page's own link: the same all day, so that a frame is not loaded anew; it ends a day later."""
    said, until = written(rights), f"{today + timedelta(days=1):%Y%m%d}"
    return f"{said}.{until}.{_signature(key, 'own', run_id, said, until)}"


def granted(store: Store, key: bytes, run_id: str, token: str, now: datetime) -> Granted | None:
    """Return the rights of a link; None for one that is not signed here, has ended or was withdrawn."""
    if own := OWN.fullmatch(token):
        rights = read(own[1])
        signed = _same(own[3], _signature(key, "own", run_id, own[1], own[2]))
        return Granted(rights) if signed and rights is not None and own[2] >= f"{now:%Y%m%d}" else None
    shared = SHARED.fullmatch(token)
    if shared is None or not _same(shared[2], _signature(key, "shared", run_id, shared[1])):
        return None
    grant = store.grants.get(shared[1])
    return Granted(grant.rights, grant.id) if grant and grant.kind is Kind.LINK and grant.holds(now) else None


def _end(days: int) -> datetime:
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"{days} days are not between 1 and {MOST_DAYS}.", "Choose another end.")
    return datetime.now(UTC) + timedelta(days=days)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _signature(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
