"""The kinds of databases that can be read: how each is written, which driver it needs, what its address may say.

PostgreSQL and SQLite have doors of their own. The others are read through SQLAlchemy, if their driver is installed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

POSTGRESQL, SQLITE, MYSQL = "postgresql", "sqlite", "mysql"

_WORD = re.compile(r"[\w.-]{1,64}")
_NAME = re.compile(r"[\w .:-]{1,60}")
_SECONDS = re.compile(r"\d{1,3}")
_YES_NO = re.compile(r"yes|no|true|false", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """One kind of database.

    `flavour` is sqlglot's name of its SQL, `drivers` SQLAlchemy's names of what may speak to it (the first is taken
    where the address names none), `options` what may stand behind the `?` of an address and what it may hold. Anything
    else there could change what a session may do, or read files of this machine.
    """

    name: str
    title: str
    flavour: str
    drivers: Mapping[str, str]
    port: int | None
    options: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    named: bool = True
    opening: tuple[str, ...] = ()

    @property
    def driver(self) -> str:
        """The driver that is taken where an address names none."""
        return next(iter(self.drivers))

    def drivername(self, driver: str) -> str:
        """SQLAlchemy's name for the dialect with a driver."""
        return f"{self.name}+{driver}" if driver else self.name

    def package(self, driver: str) -> str:
        """The package to install for a driver."""
        return self.drivers.get(driver, "") or self.drivers[self.driver]


_ODBC = {"driver": re.compile(r"[\w .-]{1,60}"), "Encrypt": _YES_NO, "TrustServerCertificate": _YES_NO}
_ROLE = {"role": _WORD, "warehouse": _WORD}

# A driver "" is the dialect's own default, for those whose package brings only one.
OTHERS: Mapping[str, Dialect] = {
    each.name: each
    for each in (
        Dialect(
            MYSQL,
            "MySQL and MariaDB",
            "mysql",
            {"pymysql": "PyMySQL"},
            3306,
            {
                "charset": re.compile("utf8mb4"),
                "connect_timeout": _SECONDS,
                "program_name": _NAME,
                "sslmode": re.compile(r"disable|prefer|require|verify-ca|verify-full"),
                "unix_socket": re.compile(r"/[\w./+-]{1,200}"),
            },
        ),
        Dialect(
            "mssql",
            "SQL Server",
            "tsql",
            {"pyodbc": "pyodbc", "pymssql": "pymssql"},
            1433,
            {**_ODBC, "charset": re.compile("utf8", re.IGNORECASE), "timeout": _SECONDS},
        ),
        Dialect(
            "oracle",
            "Oracle",
            "oracle",
            {"oracledb": "oracledb"},
            1521,
            {"service_name": _WORD},
            False,
            ("SET TRANSACTION READ ONLY",),
        ),
        Dialect(
            "snowflake",
            "Snowflake",
            "snowflake",
            {"": "snowflake-sqlalchemy"},
            None,
            _ROLE,
            True,
            ("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",),
        ),
        Dialect(
            "redshift",
            "Redshift",
            "redshift",
            {"psycopg2": "sqlalchemy-redshift"},
            5439,
            {"sslmode": re.compile(r"require|verify-ca|verify-full|prefer")},
            opening=("SET TRANSACTION READ ONLY", "SET statement_timeout TO {milliseconds}"),
        ),
        Dialect("trino", "Trino", "trino", {"": "trino"}, 8080),
        Dialect("clickhouse", "ClickHouse", "clickhouse", {"http": "clickhouse-sqlalchemy"}, 8123),
        Dialect(
            "databricks",
            "Databricks",
            "databricks",
            {"": "databricks-sqlalchemy"},
            443,
            {"http_path": re.compile(r"[\w./-]{1,200}"), "catalog": _WORD, "schema": _WORD},
            named=False,
        ),
    )
}
_ALSO = {"mariadb": MYSQL}
_FLAVOURS = {POSTGRESQL: "postgres", SQLITE: "sqlite"}
SUPPORTED = ", ".join(["PostgreSQL", "SQLite", *(each.title for each in OTHERS.values())])


def other_dialect(drivername: str) -> tuple[Dialect, str] | None:
    """The dialect and driver that the start of an address names; None when it is not read through SQLAlchemy."""
    name, _, driver = drivername.lower().partition("+")
    dialect = OTHERS.get(_ALSO.get(name, name))
    if dialect is None or (driver and driver not in dialect.drivers):
        return None
    return dialect, driver or dialect.driver


def flavour_of(dialect: str) -> str:
    """sqlglot's name for the SQL of a dialect."""
    return _FLAVOURS.get(dialect) or OTHERS[dialect].flavour


def title_of(dialect: str) -> str:
    """What people call a dialect."""
    return {POSTGRESQL: "PostgreSQL", SQLITE: "SQLite"}.get(dialect) or OTHERS[dialect].title
