"""What went wrong between here and a database server, in one sentence and without the password."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import URL

from engine.errors import SourceError
from engine.foundation.redaction import blotted
from engine.sources import caps as limits
from engine.sources.address import public_address
from engine.sources.dialects import other_dialect

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
# The same for MySQL and MariaDB, by the number of the error.
_MYSQL_REASONS: dict[int, tuple[str, str]] = {
    1045: ("The database refused the login of {place}.", "Check user and password in DATABASE_URL."),
    1698: ("The database refused the login of {place}.", "Check user and password in DATABASE_URL."),
    1044: ("The user '{user}' may not read the database '{database}'.", "Ask for SELECT rights, or check its name."),
    1049: (
        "There is no database '{database}' on that server.",
        "Check the name at the end of DATABASE_URL.",
    ),
    1040: ("{place} has no free connection.", "Try again later."),
    1203: ("{place} has no free connection.", "Try again later."),
    1226: ("{place} has no free connection.", "Try again later."),
    1130: ("The server does not accept connections from here to {place}.", "Ask its administrator."),
    2006: ("The connection to {place} was lost.", "Try again; check that the server is up."),
    2013: ("The connection to {place} was lost.", "Try again; check that the server is up."),
    1927: ("The connection to {place} was ended by the server.", "Try again; check that the server is up."),
    1053: ("The connection to {place} was ended by the server.", "Try again; check that the server is up."),
    2026: ("No encrypted connection to {place} could be made.", "Check sslmode in DATABASE_URL."),
}
_MYSQL_TOO_SLOW = frozenset({1969, 3024, 1317})
_ONLY_SELECT = "Only SELECT on tables that the role may read is allowed: the data is never changed."
_MYSQL_HINTS = {
    **dict.fromkeys((1142, 1143, 1227, 1290, 1370, 1792, 1836), _ONLY_SELECT),
    1064: "Check its syntax; only one SELECT is taken: the data is never changed.",
}
_MANUAL = re.compile(r"; check the manual .* right syntax to use")
_SLOW_WORDS = ("timeout expired", "timed out", "time limit", "ora-01013", "reached its statement", "dpy-4024")
_LOGIN_WORDS = ("login failed", "access denied", "ora-01017", "authentication", "incorrect username or password")
_SLOW_MANUAL = re.compile(r"; check the manual .* right syntax to use")
_WORDS = ("timeout expired", "timed out", "time limit", "ora-01013", "statement reached its statement", "dpy-4024")
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
        hint = _ONLY_SELECT
    return SourceError(f"PostgreSQL could not read: {first}.", hint)


def other_error(url: URL, cause: BaseException, seconds: float) -> SourceError:
    """What a driver of another database says, by its number where the number is known, else by its words."""
    code, said = _code(cause), _said(cause, url)
    lower = said.lower()
    place = public_address(url)
    if code is None:
        if any(words in lower for words in _SLOW_WORDS):
            return limits.too_slow(seconds)
        if any(words in lower for words in _LOGIN_WORDS):
            return SourceError(f"The database refused the login of {place}.", "Check user and password.")
    if code in _MYSQL_TOO_SLOW:
        return limits.too_slow(seconds)
    if code == 2003:
        return _unreachable(place, lower)
    if code in _MYSQL_REASONS:
        message, hint = _MYSQL_REASONS[code]
        return SourceError(message.format(place=place, user=url.username or "", database=url.database or ""), hint)
    found = other_dialect(url.drivername)
    title = found[0].title.replace(" and ", " or ") if found else url.drivername
    hint = _MYSQL_HINTS.get(code or 0, "Check table and column names with the schema.")
    return SourceError(f"{title} could not read: {said}.", hint)


def _code(cause: BaseException) -> int | None:
    """The number of an error, as drivers put it first."""
    first = cause.args[0] if cause.args else None
    return first if isinstance(first, int) and first else None


def _said(cause: BaseException, url: URL) -> str:
    """A driver's message on one line, cut, without the password: some repeat what they connected with."""
    said = str(cause.args[1]) if _code(cause) and len(cause.args) > 1 else str(cause)
    text = _MANUAL.sub("", " ".join(said.split())) or "no reason was given"
    return blotted(text, [str(url.password or "")])[:300].rstrip(".")


def _unreachable(place: str, text: str) -> SourceError:
    if any(words in text for words in ("name or service", "getaddrinfo", "name resolution")):
        return SourceError(f"The host of {place} is not known.", "Check the host in DATABASE_URL.")
    if "timed out" in text:
        return SourceError(f"{place} did not answer in time.", "Check host, port, firewall and network.")
    return SourceError(
        f"{place} cannot be reached.", "Check that the server is running, and host and port in DATABASE_URL."
    )
