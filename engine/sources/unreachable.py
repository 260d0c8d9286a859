"""What went wrong between here and a PostgreSQL server, in one sentence and without the password."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import URL

from engine.errors import SourceError
from engine.sources.address import public_address

# Parts of libpq's message (all must occur), what is said instead, and the hint. The first that fits counts.
_REASONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("password authentication failed",),
        "The database refused the login of {place}.",
        "Check user and password in DATABASE_URL.",
    ),
    (
        ("no password supplied",),
        "The database asks for a password for {place}.",
        "Add the password to DATABASE_URL.",
    ),
    (
        ("role", "does not exist"),
        "The database knows no user '{user}'.",
        "Check the user in DATABASE_URL.",
    ),
    (
        ("database", "does not exist"),
        "There is no database '{database}' on that server.",
        "Check the name at the end of DATABASE_URL.",
    ),
    (
        ("translate host name",),
        "The host of {place} is not known.",
        "Check the host in DATABASE_URL.",
    ),
    (
        ("no pg_hba.conf entry",),
        "The server does not accept this connection to {place}.",
        "Try ?sslmode=require, or ask its administrator.",
    ),
    (
        ("ssl",),
        "No encrypted connection to {place} could be made.",
        "Check sslmode in DATABASE_URL.",
    ),
    (
        ("timeout",),
        "{place} did not answer in time.",
        "Check host, port, firewall and network.",
    ),
    (
        ("too many",),
        "{place} has no free connection.",
        "Try again later.",
    ),
    (
        ("connection slots",),
        "{place} has no free connection.",
        "Try again later.",
    ),
    (
        ("closed the connection",),
        "The connection to {place} was lost.",
        "Try again; check that the server is up.",
    ),
    (
        ("terminating connection",),
        "The connection to {place} was ended by the server.",
        "Try again; check that the server is up.",
    ),
)
_REFUSED_BY_THE_LOCKS = frozenset({"25006", "42501", "0A000", "42P11", "34000", "25001"})


def connection_error(url: URL, message: str) -> SourceError:
    """One sentence for what libpq says at length."""
    facts = {"place": public_address(url), "user": url.username or "", "database": url.database or ""}
    text = message.lower()
    for parts, said, hint in _REASONS:
        if all(part in text for part in parts):
            return SourceError(said.format(**facts), hint)
    return SourceError(
        f"{facts['place']} cannot be reached.",
        "Check that the server is running, and host and port in DATABASE_URL.",
    )


def query_error(code: str, message: str) -> SourceError:
    """What PostgreSQL says about a query, and a hint: its own, or one that fits."""
    lines: Sequence[str] = message.strip().splitlines() or ["no reason was given"]
    first = lines[0].removeprefix("ERROR:").strip()
    said = next((line.removeprefix("HINT:").strip() for line in lines if line.startswith("HINT:")), "")
    hint = said or "Check table and column names with the schema."
    if code in _REFUSED_BY_THE_LOCKS:
        hint = "Only SELECT on tables that the role may read is allowed: the data is never changed."
    return SourceError(f"PostgreSQL could not read: {first}.", hint)
