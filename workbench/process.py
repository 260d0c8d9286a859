"""What the workbench's one process holds: the kit, the workers, and the key that signs dashboard links."""

from __future__ import annotations

import os
import secrets
import threading
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from engine import Kit, Workers, read_settings
from engine.dashboards import access
from engine.dashboards.access import Granted
from engine.foundation.files import own_folder
from engine.foundation.jsonapi import Answer
from engine.products.rights import NONE, Right, Rights
from engine.settings import ROOT
from engine.store.grants import Grant, Kind
from runtime.addresses import Addresses, addresses, public_addresses
from workbench.front import port

if TYPE_CHECKING:
    from engine.products.service import Service
    from engine.services.api import Pace
    from engine.services.ticker import Ticker

# Set when a page was drawn for the first time.
drawn = threading.Event()
_making = threading.RLock()


def kit() -> Kit:
    """The engine's parts, made once."""
    with _making:
        return _kit()


def workers() -> Workers:
    """The worker threads, made once."""
    with _making:
        return _workers()


@cache
def _kit() -> Kit:
    return Kit(read_settings(os.environ, ROOT / ".env"))


@cache
def _workers() -> Workers:
    return Workers(kit())


@cache
def ticker() -> Ticker:
    """What looks at the clock for services, made once."""
    from engine.services.ticker import Ticker

    return Ticker(kit())


@cache
def pace() -> Pace:
    """Counts the calls of programs."""
    from engine.services.api import Pace

    return Pace()


@cache
def known() -> Addresses:
    """The addresses under which the workbench may be asked, at the port on which it listens."""
    settings = kit().settings
    return addresses(settings.host, port(), public_addresses(settings.public_address))


def dashboard_path(run_id: str, rights: Rights = NONE) -> str:
    """The path of a run's dashboard for a page of this workbench: signed with its rights, and it ends by itself."""
    return f"/run/{run_id}/{access.own_token(_key(), run_id, rights, datetime.now(UTC).date())}/"


def shared_path(run_id: str, link: str) -> str:
    """The path of a shared link."""
    return f"/run/{run_id}/{access.shared_token(_key(), run_id, link)}/"


def service_path(service: Service, link: str) -> str:
    """The path of a shared link to a service's dashboard, whatever run answers for it."""
    return f"/service/{service.name}/{access.shared_token(_key(), _shared_as(service), link)}/"


def share_service(service: Service, rights: Rights, days: int) -> Grant:
    """A new link to a service's dashboard for others."""
    return access.share(kit().store, _key(), _shared_as(service), rights, days)[0]


def service_links(service: Service) -> tuple[Grant, ...]:
    """The links to a service's dashboard that were made."""
    return kit().store.grants.all(Kind.LINK, _shared_as(service))


def service_granted(service: Service, token: str) -> Granted | None:
    """What a link to a service's dashboard allows now; None when it holds not."""
    return granted(_shared_as(service), token)


def _shared_as(service: Service) -> str:
    from engine.store.services import shared_as

    return shared_as(service)


def share_link(run_id: str, rights: Rights, days: int) -> Grant:
    """A new link to a run's dashboard for others."""
    return access.share(kit().store, _key(), run_id, rights, days)[0]


def granted(run_id: str, token: str) -> Granted | None:
    """What a link's token allows now; None when it is not signed by this workbench, has ended or was withdrawn."""
    return access.granted(kit().store, _key(), run_id, token, datetime.now(UTC))


def other_token(run_id: str, held: Granted) -> str:
    """The token of another run's dashboard for who came by a link: with its rights and its end, no more."""
    if held.link:
        return access.shared_token(_key(), run_id, held.link)
    return access.own_token(_key(), run_id, held.rights, datetime.now(UTC).date())


def admitted(authorization: str, run_id: str, right: Right) -> Answer | None:
    """None when a request for programs may do this, to a run where there is one, else the refusal: unknown, or may not.

    It is known by `Bearer TOKEN`, a token for programs or the one in a link to the run's dashboard.
    """
    scheme, _, token = authorization.strip().partition(" ")
    rights = access.token_rights(kit().store, token.strip()) if scheme.lower() == "bearer" else None
    if rights is None and run_id and scheme.lower() == "bearer":
        held = granted(run_id, token.strip())
        rights = held.rights if held else None
    if rights is None:
        told = {"message": "A token is needed: none was sent, or it is not known, has ended or was withdrawn."}
        hint = f"Make one on the Settings page or by ./run token create --scope {right}; send it as Bearer."
        return 401, {"error": {**told, "hint": hint}}
    if right in rights:
        return None
    hint = f"Make one with the scope {right}."
    return 403, {"error": {"message": f"This token may not do this: it lacks the scope {right}.", "hint": hint}}


@cache
def _key() -> bytes:
    """Made at first start and kept; there is no default to know."""
    file = kit().settings.var / "link.key"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        own_folder(file.parent)
        made = secrets.token_bytes(32)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(made)
        return made
