"""Honest and hostile statements on MariaDB: what runs, what is refused, and that nothing is changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from engine.errors import EngineError
from engine.sources.door import Caps, Door
from tests.mariadb import MariaDb
from tests.sources.conftest import attempt

pytestmark = pytest.mark.xdist_group("mariadb")


HONEST: list[tuple[str, Any]] = [
    ("SELECT count(*) FROM loans", 3),
    ("SELECT count(*) FROM loans;", 3),
    ("SELECT count(*) FROM loans; -- that is all", 3),
    ("-- first\nSELECT /* inner ; comment */ count(*) -- trailing\nFROM loans # and this", 3),
    ("WITH big AS (SELECT * FROM loans WHERE principal > 500000) SELECT count(*) FROM big", 2),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n", 55),
    ("SELECT rank() OVER (ORDER BY principal DESC) FROM loans WHERE loan_id = 1", 1),
    ("SELECT count(*) FROM (SELECT 1 AS a UNION SELECT 2 UNION ALL SELECT 2) AS u", 3),
    ("SELECT 1 AS a INTERSECT SELECT 1", 1),
    ("(SELECT 1)", 1),
    ('SELECT sum(`Select`) FROM `Odd "Name`', 3),
    ('SELECT `two words` FROM `Odd "Name` WHERE `Select` = 2', "y"),
    ("SELECT note FROM loans WHERE note = '10:30 call, 5% fee'", "10:30 call, 5% fee"),
    ("SELECT ':name; DROP TABLE x; -- %s %(a)s'", ":name; DROP TABLE x; -- %s %(a)s"),
    ('SELECT "it\'s \\"text\\" :low"', 'it\'s "text" :low'),
    ("SELECT 'it\\'s -- /* no comment'", "it's -- /* no comment"),
    ("SELECT count(*) FROM loans WHERE note LIKE '%5\\%%'", 1),
    ("SELECT count(*) FROM properties AS p JOIN loans AS l USING (property_id) WHERE p.active", 3),
    ("SELECT name FROM active_properties WHERE name LIKE 'O''Hare%'", "O'Hare Logistics"),
    ("SELECT round(avg(principal), 0) FROM loans WHERE principal BETWEEN :low AND :high", 800000.0),
    ("SELECT date_format(month, '%Y-%m') FROM rents ORDER BY month LIMIT 1", "2024-01"),
    ("SELECT month + INTERVAL 1 MONTH FROM rents ORDER BY 1 LIMIT 1", pd.Timestamp("2024-02-01")),
    ("SELECT group_concat(DISTINCT kind ORDER BY kind SEPARATOR '; ') FROM properties", "Industrial; Office; Retail"),
    ("SELECT json_value('{\"a\": {\"b\": 7}}', '$.a.b')", "7"),
    ("SELECT if(1 > 0, 'set', 'update')", "set"),
    ("SELECT 5--3", 8),
    ("SELECT '🏠', :low -- 🏠 :gone\n", "🏠"),
    ("SELECT 2 / 3", pytest.approx(2 / 3, abs=1e-9)),
    ("SELECT CAST('10:30:00' AS TIME)", "10:30:00"),
    ("SELECT 1 FROM loans WHERE EXISTS (SELECT 1 FROM rents WHERE rents.property_id = loan_id) LIMIT 1", 1),
]
BOUND = {"low": 500000, "high": Decimal("800000")}

HOSTILE = [
    "INSERT INTO loans VALUES (9, 1, 1, 'x')",
    "REPLACE INTO loans VALUES (1, 1, 0, 'x')",
    "UPDATE loans SET principal = 0",
    "DELETE FROM loans",
    "DELETE FROM loans RETURNING loan_id",
    "DROP TABLE loans",
    "TRUNCATE loans",
    "ALTER TABLE loans ADD COLUMN hacked TEXT",
    "CREATE TABLE hacked AS SELECT * FROM loans",
    "CREATE TEMPORARY TABLE hacked AS SELECT * FROM loans",
    "CREATE OR REPLACE VIEW active_properties AS SELECT 1",
    "WITH x AS (SELECT 1) DELETE FROM loans",
    "SELECT 1; DELETE FROM loans",
    "COMMIT; DELETE FROM loans",
    "COMMIT",
    "SELECT 1) AS q; COMMIT; DELETE FROM loans; SELECT * FROM (SELECT 1",
    "SELECT 1) AS asked INTO OUTFILE '{folder}/hacked' /*",
    "BEGIN NOT ATOMIC COMMIT; SET SESSION TRANSACTION READ WRITE; DELETE FROM loans; END",
    "CALL hacked()",
    "SELECT emptied()",
    "SELECT nextval(hacked_seq)",
    "SELECT NEXT VALUE FOR hacked_seq",
    "DO emptied()",
    "SELECT * FROM loans FOR UPDATE",
    "SELECT * FROM loans LOCK IN SHARE MODE",
    "SELECT * INTO @x FROM loans LIMIT 1",
    "SELECT * FROM loans INTO OUTFILE '{folder}/hacked'",
    "SELECT 'x' INTO DUMPFILE '{folder}/hacked'",
    "SELECT 1 /*!INTO OUTFILE '{folder}/hacked' */ FROM loans",
    "SELECT 1 /*M! INTO OUTFILE '{folder}/hacked' */ FROM loans",
    "/*! DELETE FROM loans */",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE loans",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE loans",
    "SET GLOBAL max_connections = 77",
    "SET GLOBAL general_log = 1",
    "SET SESSION TRANSACTION READ WRITE",
    "SET STATEMENT max_statement_time = 0 FOR SELECT 1",
    "SET PASSWORD = PASSWORD('hacked')",
    "GRANT ALL ON *.* TO hacked",
    "CREATE USER hacked",
    "FLUSH TABLES WITH READ LOCK",
    "LOCK TABLES loans WRITE",
    "ANALYZE TABLE loans",
    "OPTIMIZE TABLE loans",
    "HANDLER loans OPEN",
    "PREPARE p FROM 'DELETE FROM loans'",
    "EXECUTE IMMEDIATE 'DELETE FROM loans'",
    "XA START 'hacked'",
    "SHUTDOWN",
    "KILL 1",
    "INSTALL SONAME 'ha_example'",
    "EXPLAIN DELETE FROM loans",
    "SHOW GRANTS",
    "DESCRIBE loans",
    "USE mysql",
    "SELECT user, authentication_string FROM mysql.user",
    "SELECT load_file('/etc/passwd')",
    "SELECT `sleep`(60)",
    "SELECT benchmark(1000000000, md5('x'))",
    "SELECT get_lock('hacked', 1)",
    "SELECT 1 PROCEDURE analyse()",
    "",
    " ; ",
]
# Reading alone, which the parser refuses; the server answers those who may. Locks end with the connection.
READING = ("SELECT user,", "SELECT load_file", "SELECT get_lock", "SELECT * FROM loans LOCK IN SHARE MODE")


@pytest.mark.parametrize(("statement", "expected"), HONEST)
def test_honest_statements_run(lending: str, statement: str, expected: Any) -> None:
    door = Door(lending)
    assert door.read(statement, BOUND).iloc[0, 0] == expected
    door._parsing = False
    assert door.read(statement.removesuffix("; -- that is all").removesuffix(";"), BOUND).iloc[0, 0] == expected


@pytest.mark.parametrize("statement", HOSTILE)
def test_the_parser_refuses(lending: str, statement: str) -> None:
    with pytest.raises(EngineError) as raised:
        Door(lending).read(statement)
    assert raised.value.hint


@pytest.mark.parametrize("user", ["root", "writer"])
def test_hostile_statements_change_nothing_with_the_parser_off(mariadb: MariaDb, lending: str, user: str) -> None:
    door = Door(mariadb.root("lending") if user == "root" else mariadb.url("lending", user), Caps(seconds=2))
    door._parsing = False
    before = state(mariadb)
    for statement in HOSTILE:
        refused = attempt(door, statement.replace("{folder}", str(mariadb.folder)))
        assert refused or statement.startswith(READING), statement
        assert state(mariadb) == before, statement
    assert door.read("SELECT count(*) AS n FROM loans")["n"].tolist() == [3]


def test_a_bound_value_is_never_sql(lending: str) -> None:
    door = Door(lending)
    door._parsing = False
    for value in ["' OR 1=1 --", "x'; DROP TABLE loans; --", "\\'; DELETE FROM loans; --", "\\", "%s", ":name", "🏠"]:
        frame = door.read("SELECT :v AS v, (SELECT count(*) FROM loans WHERE note = :v) AS n", {"v": value})
        assert frame["v"].tolist() == [value]
        assert frame["n"].tolist() == [0]


_STATE = (
    "SELECT * FROM lending.loans ORDER BY 1",
    "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'lending' ORDER BY 1",
    "SELECT next_not_cached_value FROM lending.hacked_seq",
    "SELECT user, host, authentication_string FROM mysql.user ORDER BY 1, 2",
    "SHOW GLOBAL VARIABLES WHERE variable_name IN ('max_connections', 'general_log', 'read_only', 'tx_read_only')",
)


def state(server: MariaDb) -> list[Any]:
    """What a hostile statement would want to change."""
    files = sorted(path.name for path in server.folder.iterdir())
    return [files, *server.run_each(*_STATE)]
