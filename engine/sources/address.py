"""Database addresses: what a person writes, made into one exact and safe form."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import UsageError
from engine.sources.dialects import SUPPORTED, Dialect, other_dialect

_POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"})
_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
_FILE_ENDINGS = (".sqlite", ".sqlite3", ".db")
_USUAL_SOCKETS = ("/tmp", "/run/postgresql", "/var/run/postgresql")
_EXAMPLES = (
    "Examples: postgresql://user:password@host:5432/name, mysql://user:password@host:3306/name,"
    " sqlite:///folder/file.sqlite"
)

# Anything else (options=-c ..., service, passfile, key files) could change what the session may do.
_OPTIONS: dict[str, re.Pattern[str]] = {
    "host": re.compile(r"[\w./ +~@%:-]+"),
    "port": re.compile(r"\d{1,5}"),
    "sslmode": re.compile(r"disable|allow|prefer|require|verify-ca|verify-full"),
    "sslrootcert": re.compile(r"system"),
    "channel_binding": re.compile(r"disable|prefer|require"),
    "gssencmode": re.compile(r"disable|prefer|require"),
    "connect_timeout": re.compile(r"\d{1,3}"),
    "application_name": re.compile(r"[\w .:-]{1,60}"),
}


def parse_address(url: str) -> URL:
    """`url` as SQLAlchemy takes it; a path of an existing SQLite file will do."""
    text = url.strip()
    if not text:
        raise UsageError("No database is named.", f"Set DATABASE_URL or give --db. {_EXAMPLES}")
    if "://" not in text:
        return _file_address(text)
    try:
        parsed = make_url(text)
    except (ArgumentError, ValueError):
        # The cause is dropped: its message holds the address, password and all.
        raise UsageError("The database address is not understood.", _EXAMPLES) from None
    dialect = parsed.drivername.lower()
    if dialect not in _SQLITE and _splits_password(text, parsed):
        raise UsageError(
            "The password of the database address holds an @ that is not escaped.", "Write it as %40: p@ss is p%40ss."
        )
    if dialect in _POSTGRESQL:
        return _postgresql(parsed)
    if dialect in _SQLITE:
        return _sqlite(parsed)
    found = other_dialect(dialect)
    if found:
        return _other(parsed, *found)
    raise UsageError(
        f"A database of the kind '{dialect}' cannot be read.",
        f"What can be read: {SUPPORTED}. {_EXAMPLES}",
    )


def _splits_password(text: str, parsed: URL) -> bool:
    """Whether a part of the password was taken for host, name or options, where it would be shown."""
    _, asked, rest = text.partition("?")
    loose = bool(asked) and any("@" in option for option in rest.split("&") if "=" not in option)
    return loose or any("@" in (part or "") for part in (parsed.host, parsed.database))


def public_address(url: str | URL) -> str:
    """The address without its password, for showing and storing."""
    parsed = parse_address(url) if isinstance(url, str) else url
    # The name alone where it says which driver is taken anyway.
    other = other_dialect(parsed.drivername)
    default = other is None or other[1] == other[0].driver
    dialect = parsed.get_backend_name() if default else parsed.drivername
    # URL.set takes None for "leave as it is"; only a new URL is sure to have no password.
    bare = URL.create(dialect, parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query)
    return bare.render_as_string(hide_password=True)


def same_store(one: str, other: str) -> bool:
    """Whether two addresses lead to one database: by file, links followed, or by host, port and name."""
    first, second = parse_address(one), parse_address(other)
    if first.get_backend_name() != second.get_backend_name():
        return False
    if first.get_backend_name() == "sqlite":
        return _same_file(sqlite_path(first), sqlite_path(second))
    same_name = (first.database or first.username) == (second.database or second.username)
    return same_name and _port(first) == _port(second) and bool(_hosts(first) & _hosts(second))


def sqlite_path(url: URL) -> Path:
    """The file of a SQLite address."""
    return Path(url.database or "").expanduser().absolute()


def _file_address(text: str) -> URL:
    """A bare path, taken as a SQLite file when it is one."""
    path = Path(text).expanduser()
    if not text.lower().endswith(_FILE_ENDINGS):
        raise UsageError("The database address is not understood.", f"A file must end in .sqlite or .db. {_EXAMPLES}")
    if not path.is_file():
        raise UsageError(
            f"There is no database file {text}.",
            "Check the path; a relative one starts at the current folder.",
        )
    return URL.create("sqlite", database=str(path))


def _sqlite(parsed: URL) -> URL:
    if parsed.host or parsed.username or parsed.port:
        raise UsageError(
            "A SQLite address has no host.",
            "Write three slashes for a relative path, four for an absolute one.",
        )
    if parsed.query:
        raise UsageError(
            f"A SQLite address takes no option '{min(parsed.query)}'.", "The file is always opened read-only."
        )
    database = parsed.database or ""
    if not database or database == ":memory:" or database.startswith("file:"):
        raise UsageError("The SQLite address names no file.", "Example: sqlite:///folder/file.sqlite")
    return URL.create("sqlite", database=database)


def _postgresql(parsed: URL) -> URL:
    _check_options(parsed, _OPTIONS)
    if not (parsed.database or parsed.username):
        raise UsageError("The address names no database.", _EXAMPLES)
    return parsed.set(drivername="postgresql+psycopg2")


def _other(parsed: URL, dialect: Dialect, driver: str) -> URL:
    _check_options(parsed, dialect.options)
    if not parsed.host and "unix_socket" not in parsed.query:
        raise UsageError("The address names no host.", f"{dialect.title}: {dialect.name}://user:password@host/name")
    if dialect.named and not parsed.database:
        raise UsageError("The address names no database.", f"{dialect.title}: {dialect.name}://user:password@host/name")
    return parsed.set(drivername=dialect.drivername(driver))


def _check_options(parsed: URL, known: Mapping[str, re.Pattern[str]]) -> None:
    for name, value in parsed.query.items():
        pattern = known.get(name)
        if pattern is None:
            raise UsageError(
                f"The option '{name}' is not accepted in a database address.",
                f"Accepted: {', '.join(known) or 'none'}",
            )
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise UsageError(
                f"The option '{name}' of the database address has a value that is not accepted.", _EXAMPLES
            )


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _port(url: URL) -> int:
    other = other_dialect(url.drivername)
    usual = (other[0].port or 0) if other else 5432
    return url.port or int(str(url.query.get("port", usual)))


def _hosts(url: URL) -> set[str]:
    """Every name and number of the server; this machine's own addresses all become `localhost`."""
    host = (url.host or str(url.query.get("host") or url.query.get("unix_socket") or "")).lower().rstrip(".")
    if not host:
        return {"localhost"}
    if host.startswith("/"):
        folder = os.path.realpath(host)
        return {folder, "localhost"} if folder in _USUAL_SOCKETS else {folder}
    names = {host}
    with contextlib.suppress(OSError):
        names |= {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    if names & {"127.0.0.1", "::1", "0.0.0.0", socket.gethostname().lower()}:
        names.add("localhost")
    return names
