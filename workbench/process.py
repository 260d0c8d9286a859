"""What the workbench's one process holds: the kit, the workers, and the key that signs dashboard links."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from functools import cache

from engine import Kit, Workers, read_settings
from engine.rights import NONE, Rights, read, written
from engine.settings import ROOT

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


def dashboard_path(run_id: str, rights: Rights = NONE) -> str:
    """The path of a run's dashboard in this workbench, signed with its rights so that it cannot be guessed."""
    return f"/run/{run_id}/{token(run_id, rights)}/"


def token(run_id: str, rights: Rights = NONE) -> str:
    """The signature of a run's dashboard link, behind the rights that it carries."""
    said = written(rights)
    return f"{said}.{signature(_key(), run_id, said)}" if said else signature(_key(), run_id)


def signature(key: bytes, run_id: str, said: str = "") -> str:
    """What a key makes of a run's id and the rights said; without rights as it was before there were any."""
    message = f"{run_id}\0{said}" if said else run_id
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()[:32]


def granted(run_id: str, given: str) -> Rights | None:
    """The rights that a link's token carries; None when it is not signed by this workbench."""
    said = given.rpartition(".")[0]
    rights = read(said)
    if rights is None or not hmac.compare_digest(token(run_id, rights).encode(), given.encode()):
        return None
    return rights


@cache
def _key() -> bytes:
    """Made at first start and kept; there is no default to know."""
    file = kit().settings.var / "link.key"
    try:
        return file.read_bytes()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        made = secrets.token_bytes(32)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(made)
        return made
