"""Names are judged as the server decodes them, and only functions that compute may be called."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError, RefusedError, SourceError
from engine.kit import Kit
from engine.settings import WRITING_CONSENT, read_settings
from engine.sources.allowed_functions import SQLITE_FUNCTIONS, SQLITE_SLOW, postgresql_computes
from engine.sources.door import Caps, Door
from engine.sources.postgresql import PostgresSession
from engine.sources.server_names import SYSTEM_TABLES, lexed, named_functions, refuse_by_catalog
from engine.sources.statement import checked
from tests.sources.conftest import attempt

Run = Callable[..., list[tuple[Any, ...]]]

# What a superuser's connection was made to do through the door, and every other way to the same functions.
POSTGRESQL = [
    "SELECT U&\"set\\005fconfig\"('role', 'postgres', true)",
    "SELECT u&\"query_to\\005fxml\"('SELECT 1', true, true, '')",
    "SELECT U&\"set!005fconfig\" UESCAPE '!' ('role', 'postgres', true)",
    "SELECT U&'a\\0041'",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, ''b''::tsquery')",
    "SELECT \"ts_rewrite\"('a'::tsquery, 'SELECT 1')",
    "SELECT ts_stat('SELECT 1')",
    "SELECT set_config('role', 'none', true)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT ('/etc/passwd'::text).pg_read_file",
    "SELECT (x.a).pg_read_file FROM (SELECT '/etc/passwd'::text AS a) AS x",
    "SELECT (array['/etc/passwd'::text])[1].pg_read_file",
    "SELECT (array['/etc/passwd'::text])[1] . \"pg_read_file\"",
    "SELECT (x).a.pg_read_file FROM (SELECT '/etc/passwd'::text AS a) AS x",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    "SELECT pg_catalog/* */./**/pg_read_file /* ( */ ('/etc/passwd')",
    "SELECT pg_file_write('hacked', 'x', false)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_cancel_backend(1)",
    "SELECT rolpassword FROM pg_authid",
    'SELECT rolpassword FROM U&"pg\\005fauthid"',
    'SELECT rolpassword FROM "pg_authid"',
    "SELECT * FROM (TABLE pg_authid) AS a",
    "SELECT * FROM pg_catalog.pg_shadow",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_settings",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_largeobject",
    "SELECT * FROM information_schema.user_mapping_options",
    "SELECT table_to_xml('pg_authid', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT current_setting('data_directory')",
    "SELECT txid_current()",
    "SELECT inet_server_addr()",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT lo_get(1)",
    "SELECT dblink('dbname=lending', 'DELETE FROM loans')",
    "SELECT setseed(0.5)",
    # Where a text ends must be where the server thinks that it ends.
    "SELECT E'a\\'' || pg_read_file('/etc/passwd') || E'\\''",
    "SELECT E'a'\n'\\' || pg_read_file($$/etc/passwd$$) || '",
    "SELECT $a$ ' $a$ || pg_read_file('/etc/passwd') || $a$ ' $a$",
    "SELECT 1 /* /* */ ' */ , pg_read_file('/etc/passwd') --'",
    "SELECT 1e1,pg_read_file('/etc/passwd')",
    # The owner's own functions: nobody knows what they do.
    "SELECT own_function(1)",
    "SELECT public.own_function(1)",
    "SELECT PUBLIC . OWN_FUNCTION (1)",
    "SELECT l.row_function FROM loans AS l",
    "SELECT (l).row_function FROM loans AS l",
    "SELECT public.round(1.5::double precision, 1)",
    "SELECT round(1.5::double precision, 1)",
    'SELECT "LOWER"(1)',
]
HONEST_POSTGRESQL: list[tuple[str, Any]] = [
    ("SELECT pg_catalog.round(1.26, 1)::text", "1.3"),
    ("SELECT lower('A') || \"upper\"('b') || initcap('c')", "aBC"),
    ("WITH own(a) AS (SELECT 1), more (a) AS (SELECT 2) SELECT sum(t.b) FROM (SELECT a FROM own) AS t(b)", 1),
    ("SELECT count(*) FILTER (WHERE l.principal > 1) FROM loans AS l GROUP BY ROLLUP (l.note) ORDER BY 1 DESC", 3),
    ("SELECT (l).note FROM loans AS l WHERE l.loan_id = 1", "10:30 call, 5% fee"),
    ("SELECT extract(year FROM date '2024-05-06')::int", 2024),
    ("SELECT count(*) FROM information_schema.tables WHERE table_name = 'loans'", 1),
    ("SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'loans'", 1),
    ("SELECT cast('7' AS numeric(10, 2))::int + substring('abc' from 2 for 1)::text::regtype::text::int FROM loans"
     " WHERE false UNION ALL SELECT 8", 8),
    ("SELECT 'U&\"x\" pg_read_file(1)' || $$pg_sleep(1)$$", 'U&"x" pg_read_file(1)pg_sleep(1)'),
    ("SELECT to_char(date_trunc('month', date '2024-05-06'), 'YYYY-MM')", "2024-05"),
    ("SELECT count(*) FROM loans TABLESAMPLE BERNOULLI (100)", 3),
    ("SELECT (random() < 2)::int", 1),
    ("SELECT string_agg(g::text, ',' ORDER BY g) FROM generate_series(1, 3) AS g", "1,2,3"),
    ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM generate_series(1, 3) AS g", 2.0),
    ("SELECT jsonb_build_object('a', 1) ->> 'a'", "1"),
    ("SELECT E'it''s' || 'a'\n'b'", "it'sab"),
    ("SELECT count(*) FROM (SELECT 1 AS pg_rating) AS films", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def owned(postgres_address: str, postgres_run: Run) -> Iterator[str]:
    """The lending database with functions of its owner's."""
    postgres_run(
        "CREATE FUNCTION own_function(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 42';"
        "CREATE FUNCTION row_function(loans) RETURNS int LANGUAGE sql STABLE AS 'SELECT 42';"
        "CREATE FUNCTION round(double precision, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 42.0';"
        "CREATE FUNCTION \"LOWER\"(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 42'",
        "lending",
    )
    yield postgres_address
    postgres_run(
        'DROP FUNCTION own_function(int), row_function(loans), round(double precision, int), "LOWER"(int)', "lending"
    )


@pytest.mark.parametrize("statement", POSTGRESQL)
def test_postgresql_calls_nothing_that_does_more_than_compute(owned: str, statement: str) -> None:
    with pytest.raises(EngineError) as raised:
        Door(owned, Caps(seconds=5)).read(statement)
    assert raised.value.hint
    refused = isinstance(raised.value, RefusedError)
    # What no server without the extension knows may be answered by the server; all else the door refuses itself.
    assert refused or "dblink" in statement or "pg_file_write" in statement or "!005f" in statement


@pytest.mark.parametrize(("statement", "expected"), HONEST_POSTGRESQL)
def test_honest_names_pass_on_postgresql(postgres_address: str, statement: str, expected: Any) -> None:
    assert Door(postgres_address).read(statement).iloc[0, 0] == expected


def test_a_superuser_keeps_laid_down_rights(owned: str) -> None:
    """Whatever was tried, the role that reads is the one without rights."""
    door = Door(owned, Caps(seconds=5))
    for statement in POSTGRESQL:
        assert attempt(door, statement), statement
    assert door.read("SELECT current_user AS u")["u"].tolist() == ["pg_read_all_data"]


@pytest.mark.parametrize("named", ["own_function", "public.own_function", "OWN_FUNCTION(), other.one"])
def test_the_settings_allow_a_function_by_its_name(owned: str, named: str) -> None:
    door = Door(owned, functions=named_functions(named))
    assert door.read("SELECT own_function(1) AS n")["n"].tolist() == [42]
    with pytest.raises(RefusedError, match="row_function"):
        door.read("SELECT l.row_function FROM loans AS l")


def test_the_setting_reaches_the_door(owned: str, tmp_path: Path) -> None:
    given = {
        "ALLOWED_FUNCTIONS": "public.own_function",
        "ALLOW_WRITING_ROLE": WRITING_CONSENT,
        "VAR_DIR": str(tmp_path),
    }
    kit = Kit(read_settings(given))
    try:
        database = kit.remember(owned)
        assert kit.door(database).read("SELECT own_function(1) AS n")["n"].tolist() == [42]
        assert kit.connection(database).door.read("SELECT own_function(1) AS n")["n"].tolist() == [42]
        with pytest.raises(RefusedError, match="row_function"):
            kit.door(database).read("SELECT row_function(l) FROM loans AS l")
    finally:
        kit.close()


def test_the_servers_tables_are_refused_where_the_path_leads_to_them(writer_address: str, postgres_run: Run) -> None:
    postgres_run("ALTER ROLE writer SET search_path = information_schema, public", "lending")
    try:
        door = Door(writer_address)
        with pytest.raises(RefusedError, match="user_mapping_options"):
            door.read("SELECT * FROM user_mapping_options")
        assert door.read("SELECT count(*) AS n FROM public.loans")["n"].tolist() == [3]
    finally:
        postgres_run("ALTER ROLE writer RESET search_path", "lending")


def test_a_query_that_was_let_through_is_judged_anew_after_a_while(
    postgres_address: str, postgres_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(postgres_address)
    later = "SELECT later(1) AS n"
    with pytest.raises(SourceError):  # there is no such function yet
        door.read(later)
    monkeypatch.setattr("engine.sources.door.JUDGED_SECONDS", 0.0)
    door = Door(postgres_address)
    with pytest.raises(SourceError):
        door.read(later)
    postgres_run("CREATE FUNCTION later(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "lending")
    try:
        with pytest.raises(RefusedError, match="later"):
            door.read(later)
    finally:
        postgres_run("DROP FUNCTION later(int)", "lending")


def test_every_function_of_the_server_is_judged_by_what_its_catalog_says(
    postgres_address: str, postgres_run: Run
) -> None:
    """Each that is volatile, or left out by hand, is refused in every way to write it; all others pass."""
    rows = postgres_run(
        "SELECT proname::text, bool_or(provolatile = 'v') FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^[a-z0-9_]+$' GROUP BY 1 ORDER BY 1"
    )
    allowed = [name for name, volatile in rows if postgresql_computes(name, volatile)]
    refused = [name for name, volatile in rows if not postgresql_computes(name, volatile)]
    assert {"pg_read_file", "set_config", "lo_import", "query_to_xml", "pg_terminate_backend", "ts_stat"} <= {*refused}
    assert {"lower", "sum", "date_trunc", "now", "random", "row_number", "jsonb_agg"} <= {*allowed}
    door = Door(postgres_address)
    with door.session() as session:
        assert isinstance(session, PostgresSession)
        calls = ", ".join(f"pg_catalog.{name}(1)" for name in allowed)
        refuse_by_catalog(session.own_rows, f"SELECT {calls}", frozenset())
        for number, name in enumerate(refused):
            ways = (f"{name}(1)", f'"{name}" (1)', f"PG_CATALOG.{name.upper()}/**/(1)", f'pg_catalog . "{name}"(1)')
            with pytest.raises(RefusedError, match=name):
                refuse_by_catalog(session.own_rows, f"SELECT {ways[number % len(ways)]}", frozenset())


def test_every_table_of_the_server_is_judged(postgres_address: str, postgres_run: Run) -> None:
    """Of the server's own tables only those on the list may be read, however their names are written."""
    rows = postgres_run(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')"
    )
    names = {name for (name,) in rows}
    assert {"pg_authid", "pg_shadow", "pg_stat_activity", "pg_settings", "pg_largeobject", "pg_statistic"} <= names
    with Door(postgres_address).session() as session:
        assert isinstance(session, PostgresSession)
        read = 0
        for name in sorted(names):
            try:
                refuse_by_catalog(session.own_rows, f'SELECT * FROM PG_CATALOG."{name}"', frozenset())
                read += 1
            except RefusedError:
                continue
        assert read == len(names & SYSTEM_TABLES)


def test_the_refusal_says_how_to_allow_it(owned: str) -> None:
    with pytest.raises(RefusedError) as raised:
        Door(owned).read("SELECT own_function(1)")
    assert "ALLOWED_FUNCTIONS=public.own_function" in raised.value.hint


def test_an_extension_may_bring_versions_of_allowed_functions(postgres_address: str, postgres_run: Run) -> None:
    """As one does that brings max() of its own type. What it calls by names of its own must be allowed."""
    functions = ("lower(loans)", "of_extension(loans)")
    for function in functions:
        postgres_run(f"CREATE FUNCTION {function} RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT 'x'$$", "lending")
        postgres_run(f"ALTER EXTENSION plpgsql ADD FUNCTION {function}", "lending")
    try:
        door = Door(postgres_address)
        assert door.read("SELECT lower(l) AS m FROM loans AS l LIMIT 1")["m"].tolist() == ["x"]
        with pytest.raises(RefusedError, match="of_extension"):
            door.read("SELECT of_extension(l) FROM loans AS l")
    finally:
        for function in functions:
            postgres_run(f"ALTER EXTENSION plpgsql DROP FUNCTION {function}; DROP FUNCTION {function}", "lending")


def test_backslashes_mean_the_same_to_a_server_that_took_them_for_escapes(
    writer_address: str, postgres_run: Run
) -> None:
    postgres_run("ALTER ROLE writer SET standard_conforming_strings = off", "lending")
    try:
        assert Door(writer_address).read("SELECT 'a\\' AS v")["v"].tolist() == ["a\\"]
    finally:
        postgres_run("ALTER ROLE writer RESET standard_conforming_strings", "lending")


def test_names_are_decoded_as_by_the_server() -> None:
    text = 'SELECT Ab, "Cd""e", É, x.y -- z\n FROM $q$ n $q$, /* a /* b */ c */ "' + "n" * 80 + '"'
    names = [lexeme.text for lexeme in lexed(text) if lexeme.is_name]
    assert names == ["select", "ab", 'Cd"e', "É", "x", "y", "from", "n" * 63]


SQLITE = [
    "SELECT load_extension('x')",
    "SELECT zeroblob(1)",
    "SELECT sqlite_compileoption_get(1)",
    "SELECT fts3_tokenizer('simple')",
    "SELECT sqlite_log(1, 'x')",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM pragma_function_list",
    "SELECT \"readfile\"('/etc/passwd')",
    "SELECT total_changes()",
    "SELECT printf('%d', load_extension('x'))",
]
ENDLESS = [
    "SELECT printf('%.*c', 900000000, 'x')",
    "SELECT format('%.*c', 900000000, 'x')",
    "SELECT trim(x, y) FROM (SELECT replace(hex(printf('%400000d', 1)), '2', 'b') AS x,"
    " replace(hex(printf('%400000d', 1)), '2', 'c') || 'b' AS y)",
]


@pytest.mark.parametrize("statement", SQLITE)
@pytest.mark.parametrize("parsing", [True, False], ids=["parser on", "parser off"])
def test_sqlite_calls_only_reviewed_functions(sqlite_address: str, statement: str, parsing: bool) -> None:
    door = Door(sqlite_address)
    door._parsing = parsing
    with pytest.raises(EngineError) as raised:
        door.read(statement)
    assert raised.value.hint


@pytest.mark.parametrize("statement", ENDLESS)
def test_a_function_of_sqlite_ends_with_the_time_of_its_query(sqlite_address: str, statement: str) -> None:
    """Before, each ran on by itself, for as long as the function took: nothing could stop it."""
    with pytest.raises(SourceError, match=r"1 seconds|one cell"):
        Door(sqlite_address, Caps(seconds=1)).read(statement)


def test_what_is_read_apart_is_read_the_same(sqlite_address: str) -> None:
    door = Door(sqlite_address)
    sql = (
        "SELECT p.name, active, acquired_on, principal, :note AS b FROM properties AS p JOIN loans USING (property_id)"
    )
    near = door.read(sql, {"note": "x"})
    apart = door.read(f"{sql} WHERE replace(p.name, 'a', 'b') <> ''", {"note": "x"})
    assert apart.equals(near)
    assert door.read("SELECT printf('%.2f', 1.5) AS v")["v"].tolist() == ["1.50"]
    with pytest.raises(SourceError, match="nothing"):
        door.read("SELECT replace(nothing, 'a', 'b') FROM loans")
    with pytest.raises(SourceError, match="rows"):
        Door(sqlite_address, Caps(rows=2)).read("SELECT trim(name) FROM properties")


def test_a_view_cannot_bring_a_function_in(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "view.sqlite") as connection:
        connection.execute("CREATE VIEW v AS SELECT zeroblob(10) AS z")
    with pytest.raises(RefusedError, match="zeroblob"):
        Door(f"sqlite:///{tmp_path}/view.sqlite").read("SELECT * FROM v")


def test_every_slow_function_of_sqlite_is_an_allowed_one() -> None:
    assert SQLITE_SLOW <= SQLITE_FUNCTIONS


OTHERS = [
    ("mysql", "SELECT load_file('/etc/passwd')"),
    ("mysql", "SELECT `load_file` ('/etc/passwd')"),
    ("mysql", "SELECT SQL_NO_CACHE load_file('/etc/passwd')"),
    ("mysql", "SELECT 5 DIV sleep(1)"),
    ("mysql", "SELECT 1 XOR own_function(1)"),
    ("mysql", "SELECT shop.own_function(1)"),
    ("mysql", "SELECT shop.lower('a')"),
    ("mysql", "SELECT löad_file('/etc/passwd')"),
    ("mysql", "SELECT { x load_file('/etc/passwd') }"),
    ("mysql", "SELECT {#\n x load_file('/etc/passwd')#}\n}"),
    ("mysql", "SELECT @@secure_file_priv"),
    ("mysql", "SELECT @a := 1"),
    ("mysql", "WITH load_file(a) AS (SELECT 1) SELECT load_file('/etc/passwd')"),
    ("mysql", "SELECT 1, load_file(a) AS (b)"),
    ("mysql", "SELECT ps_current_thread_id()"),
    ("mysql", "SELECT info FROM information_schema.processlist"),
    ("mysql", "SELECT * FROM `information_schema`.`GLOBAL_VARIABLES`"),
    ("mysql", "SELECT * FROM performance_schema.threads"),
    ("mssql", "SELECT * FROM openrowset('a', 'b', 'c')"),
    ("mssql", "SELECT dbo.own_function(1)"),
    ("mssql", "SELECT @@version"),
    ("oracle", "SELECT utl_http.request('http://x') FROM dual"),
    ("oracle", "SELECT httpuritype('http://x').getclob() FROM dual"),
    ("snowflake", "SELECT system$whitelist()"),
    ("clickhouse", "SELECT * FROM url('http://x')"),
    ("clickhouse", "SELECT * FROM file('/etc/passwd')"),
    ("trino", "SELECT * FROM TABLE(system.query('x'))"),
    ("databricks", "SELECT java_method('a', 'b')"),
    ("redshift", "SELECT explain_model('x')"),
]
HONEST_OTHERS = [
    ("mysql", "WITH RECURSIVE n(i) AS (SELECT 1), m (j) AS (SELECT 2) SELECT sum(i), count(DISTINCT j) FROM n, m"),
    ("mysql", "SELECT a FROM t USE INDEX (k) WHERE a IN (1, 2) AND (b) NOT IN (SELECT 1) GROUP BY (a) WITH ROLLUP"),
    ("mysql", "SELECT CAST(a AS DECIMAL(10, 2)), IF(a > 1, 'x', 'y'), DATE_ADD(d, INTERVAL (1) DAY) FROM t AS x"),
    ("mysql", "SELECT row_number() OVER (PARTITION BY a ORDER BY b), 7 DIV (2), x.total FROM (SELECT 1 AS total) AS x"),
    ("mysql", "SELECT MATCH (a) AGAINST ('b'), NOT (a), INTERVAL (1) DAY + d, a LIKE ('x') FROM t"),
    ("mssql", "SELECT TOP (3) CONVERT(varchar(10), a), DATEADD(day, 1, d), ISNULL(a, 1) FROM t AS x (a, d)"),
    ("oracle", "SELECT NVL(a, 0), TO_CHAR(d, 'YYYY'), TRUNC(d, 'MM'), LISTAGG(a) WITHIN GROUP (ORDER BY a) FROM t"),
    ("snowflake", "SELECT DATE_TRUNC('month', d), a::number(10, 2), COUNT_IF(a > 1) FROM t QUALIFY (1 = 1)"),
    ("clickhouse", "SELECT toStartOfMonth(d), uniqExact(a), sumIf(a, a > 1) FROM t"),
    ("databricks", "SELECT collect_list(a), date_format(d, 'y') FROM t"),
]


@pytest.mark.parametrize(("dialect", "statement"), OTHERS)
def test_other_databases_call_only_reviewed_functions(dialect: str, statement: str) -> None:
    with pytest.raises(EngineError) as raised:
        checked(statement, dialect)
    assert raised.value.hint


@pytest.mark.parametrize(("dialect", "statement"), HONEST_OTHERS)
def test_honest_names_pass_on_other_databases(dialect: str, statement: str) -> None:
    assert checked(statement, dialect) == statement


def test_the_settings_allow_a_function_of_another_database() -> None:
    named = named_functions("shop.own_function")
    assert checked("SELECT shop.own_function(1)", "mysql", named)
    with pytest.raises(RefusedError):
        checked("SELECT other.own_function(1)", "mysql", named)
