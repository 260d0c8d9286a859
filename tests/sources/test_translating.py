"""What the product writes, put into the SQL of other databases; what their servers could be asked to do, refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from engine import Kit, Settings
from engine.errors import EngineError, RefusedError, SourceError
from engine.rules.queries import reasons_against
from engine.settings import WRITING_CONSENT
from engine.sources.binding import marked
from engine.sources.dialects import OTHERS, flavour_of
from engine.sources.statement import checked
from engine.sources.translating import own_sql

OWN = [
    'SELECT count(*), count(DISTINCT "two words") FROM "odd ""table"',
    'SELECT 0 AS n, v FROM (SELECT DISTINCT CAST("a" AS text) AS v FROM "t" WHERE "a" IS NOT NULL'
    ' AND length(CAST("a" AS text)) BETWEEN 1 AND 79 LIMIT 5001) AS q0',
    "SELECT CAST(v AS text) AS value, count(*) AS n FROM (SELECT \"a\" AS v FROM \"t\" LIMIT 9) AS s"
    " WHERE v IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
    "SELECT CASE WHEN v >= :high THEN :last ELSE floor((v - :low) / :width) END AS place FROM s",
    "SELECT to_char(d, 'YYYY-MM') AS month, SUM(x) AS amount FROM t WHERE d >= :start GROUP BY 1 ORDER BY 1",
    "SELECT to_char(d, 'YYYY') || '-Q' || CAST(EXTRACT(QUARTER FROM d) AS text) AS quarter FROM t",
    "SELECT CAST(DATE_TRUNC('month', d) AS DATE), CAST(DATE_TRUNC('quarter', d) AS DATE),"
    " CAST(DATE_TRUNC('week', d) AS DATE), CAST(EXTRACT(YEAR FROM d) AS INT) FROM t",
    "SELECT AVG(CAST(b AS DATE) - CAST(a AS DATE)), ROUND(CAST(AVG(x) AS DECIMAL), 2) FROM t",
    "SELECT a, RANK() OVER (ORDER BY x DESC NULLS LAST) AS place FROM t WHERE LOWER(CAST(a AS TEXT)) LIKE :v1",
]  # fmt: skip
NAMES = ("high", "last", "low", "width", "start", "v1")


@pytest.mark.parametrize("dialect", OTHERS)
@pytest.mark.parametrize("text", OWN)
def test_what_the_product_writes_is_taken_by_its_own_door(dialect: str, text: str) -> None:
    written = own_sql(text, dialect)
    assert checked(written, dialect) == written
    assert {name for name in NAMES if f":{name}" in written} == {name for name in NAMES if f":{name}" in text}
    assert not reasons_against(written)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
@pytest.mark.parametrize("text", OWN)
def test_nothing_is_changed_for_the_two_that_it_is_written_for(dialect: str, text: str) -> None:
    assert own_sql(text, dialect) == text


@pytest.mark.parametrize(
    ("dialect", "text", "written"),
    [
        ("mysql", OWN[7], "SELECT AVG(DATEDIFF(CAST(`b` AS DATE), CAST(`a` AS DATE))), ROUND(AVG(`x`), 2) FROM `t`"),
        ("mysql", OWN[4], "SELECT DATE_FORMAT(`d`, '%Y-%m') AS `month`, SUM(`x`) AS `amount` FROM `t`"
         " WHERE `d` >= :start GROUP BY DATE_FORMAT(`d`, '%Y-%m') ORDER BY 1"),
        ("mssql", "SELECT AVG(n) FROM t LIMIT 3", "SELECT TOP 3 AVG(1.0 * ([n])) FROM [t]"),
        ("oracle", "SELECT CAST(a AS text) AS v FROM t AS u", 'SELECT CAST("a" AS VARCHAR2(4000)) AS "v" FROM "t" "u"'),
        ("oracle", "SELECT DATE_TRUNC('week', d) FROM t", "SELECT TRUNC(\"d\", 'IW') FROM \"t\""),
    ],
)  # fmt: skip
def test_what_differs_is_written_in_the_databases_way(dialect: str, text: str, written: str) -> None:
    assert own_sql(text, dialect) == written


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("mssql", "SELECT * FROM OPENROWSET('SQLNCLI', 'x', 'SELECT 1')"),
        ("mssql", "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')"),
        ("mssql", "EXEC xp_cmdshell 'dir'"),
        ("mssql", "SELECT * INTO hacked FROM t"),
        ("mssql", "SELECT * FROM sys.sql_logins"),
        ("oracle", "SELECT utl_http.request('http://x') FROM dual"),
        ("oracle", "SELECT dbms_xmlquery.getxml('x') FROM dual"),
        ("oracle", "SELECT * FROM sys.user$"),
        ("snowflake", "SELECT SYSTEM$ABORT_SESSION(1)"),
        ("trino", "SELECT * FROM TABLE(postgres.system.query(query => 'DELETE'))"),
        ("clickhouse", "SELECT * FROM url('http://x', 'CSV')"),
        ("clickhouse", "SELECT * FROM file('/etc/passwd')"),
        ("redshift", "UNLOAD ('SELECT 1') TO 's3://x'"),
        ("databricks", "SELECT java_method('java.lang.Runtime', 'exit')"),
        ("mysql", "SELECT /*+ SET_VAR(max_execution_time=0) */ 1"),
        ("mysql", "SELECT 1 /* /* */ UNION SELECT 2 /* */ */"),
    ],
)
def test_what_other_servers_could_do_is_refused(dialect: str, statement: str) -> None:
    with pytest.raises(EngineError) as raised:
        checked(statement, dialect)
    assert raised.value.hint


def test_a_script_may_hold_no_comment_that_a_server_runs() -> None:
    assert reasons_against("SELECT 1 /*!50000 INTO OUTFILE '/x' */ FROM t")
    assert not reasons_against("SELECT `a` FROM `t` WHERE `d` >= DATE_SUB(CAST(:d AS DATE), INTERVAL 3 DAY)")


@pytest.mark.parametrize(
    ("style", "text", "values"),
    [
        ("pyformat", "SELECT '5%% :a', %(a)s, %(b)s, %(a)s", {"a": 1, "b": 2}),
        ("format", "SELECT '5%% :a', %s, %s, %s", (1, 2, 1)),
        ("named", "SELECT '5% :a', :a, :b, :a", {"a": 1, "b": 2}),
        ("qmark", "SELECT '5% :a', ?, ?, ?", (1, 2, 1)),
        ("numeric", "SELECT '5% :a', :1, :2, :3", (1, 2, 1)),
    ],
)
def test_values_are_bound_in_the_drivers_way(style: str, text: str, values: object) -> None:
    assert marked("SELECT '5% :a', :a, :b, :a", {"a": 1, "b": 2, "c": 3}, "mysql", style) == (text, values)


def test_a_path_into_a_value_is_no_name() -> None:
    path = "SELECT doc:name::string, x[1:2] FROM t"
    assert marked(path, {"name": 1}, "snowflake", "pyformat") == (path, {})
    with pytest.raises(SourceError, match=":missing"):
        marked("SELECT :missing", {}, flavour_of("trino"), "qmark")


def test_what_nobody_can_check_needs_consent_in_writing(tmp_path: Path) -> None:
    address = "trino://me:sekret@host:8080/hive"
    settings = {"database_url": address, "store_url": f"sqlite:///{tmp_path}/store.sqlite", "var_dir": tmp_path}
    kit = Kit(Settings(**settings))
    with pytest.raises(RefusedError, match="cannot be checked on Trino") as caught:
        kit.door(kit.remember(address))
    assert WRITING_CONSENT in caught.value.hint
    assert "sekret" not in caught.value.message + caught.value.hint
    kit.close()
    accepted = Kit(Settings(**settings, allow_writing_role=WRITING_CONSENT))
    with pytest.raises(SourceError, match="driver for Trino"):
        accepted.door(accepted.remember(address)).read("SELECT 1")
    accepted.close()


def test_every_flavour_is_known_to_the_parser() -> None:
    for dialect in OTHERS.values():
        assert sqlglot.Dialect.get(dialect.flavour), dialect.name
