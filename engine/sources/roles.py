"""Whether a role may do more than read, and the SQL of one that may not."""

from __future__ import annotations

import re

from engine.sources.dialects import MYSQL, POSTGRESQL, SQLITE, title_of
from engine.sources.door import Door, rows_of
from engine.sources.naming import quoted

READER = "workbench_reader"

# session_user, not current_user: the door has laid a superuser's rights down before this is asked.
_RIGHTS = """
SELECT r.rolname::text, r.rolsuper, r.rolcreaterole OR r.rolcreatedb, r.rolbypassrls,
       ARRAY(SELECT g.rolname::text FROM pg_roles AS g
             WHERE g.rolname IN ('pg_write_server_files', 'pg_read_server_files', 'pg_execute_server_program',
                                 'pg_write_all_data', 'pg_signal_backend')
               AND pg_has_role(r.oid, g.oid, 'USAGE')),
       (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
          AND pg_has_role(r.oid, c.relowner, 'USAGE')),
       (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
          AND has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
       current_database()::text
FROM pg_roles AS r WHERE r.rolname = session_user
"""

_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON ", re.IGNORECASE)
_READING = frozenset({"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"})
_MOST_NAMED = 6
_MYSQL_READER = """\
CREATE USER '{reader}'@'%' IDENTIFIED BY 'choose one' WITH MAX_USER_CONNECTIONS 20;
GRANT SELECT, SHOW VIEW ON {place}.* TO '{reader}'@'%';
"""


def check_role(door: Door) -> tuple[str, ...]:
    """What the role of `door` may do beyond reading, one sentence each; empty when it may only read."""
    if door.dialect == SQLITE:
        return ()
    if door.dialect == POSTGRESQL:
        return _postgresql(door)
    if door.dialect == MYSQL:
        return _mysql(door)
    return (
        f"What a role may do cannot be checked on {title_of(door.dialect)}, so it must be assumed that this one may"
        " write.",
    )


def _postgresql(door: Door) -> tuple[str, ...]:
    with door.session() as session:
        found = rows_of(session, _RIGHTS, seconds=10.0)
    if not found:
        return ()
    role, superuser, creates, bypasses, groups, owns, writes, _ = found[0]
    if superuser:
        return (
            f"The role {role} is a superuser: it may change everything and read the server's files. "
            "The workbench lays these rights down while it reads, but what a role cannot do nobody can make it do.",
        )
    warnings = []
    if owns:
        warnings.append(f"The role {role} owns {owns} tables and may change or drop them.")
    elif writes:
        warnings.append(f"The role {role} may write to {writes} tables.")
    if creates:
        warnings.append(f"The role {role} may create roles or databases.")
    if bypasses:
        warnings.append(f"The role {role} bypasses row security.")
    if groups:
        warnings.append(f"The role {role} has the rights of {', '.join(groups)}.")
    return tuple(warnings)


def _mysql(door: Door) -> tuple[str, ...]:
    with door.session() as session:
        # After the door opened one: it says in a sentence when the driver is missing.
        from engine.sources.mysql import MySqlSession

        assert isinstance(session, MySqlSession)
        granted = session.grants()
    rights = {right for found in map(_GRANT.match, granted) if found for right in _rights(found["rights"])}
    if any(" WITH GRANT OPTION" in line for line in granted):
        rights.add("GRANT OPTION")
    beyond = sorted(rights - _READING)
    if not beyond:
        return ()
    more = f" and {len(beyond) - _MOST_NAMED} more" if len(beyond) > _MOST_NAMED else ""
    return (f"The user may do more than read: it has {', '.join(beyond[:_MOST_NAMED])}{more}.",)


def _rights(text: str) -> list[str]:
    """The rights of one grant; what stands in brackets behind them are columns."""
    return [right.strip().upper() for right in re.sub(r"\([^)]*\)", "", text).split(",")]


def reader_role_sql(database: str, schema: str = "public", dialect: str = POSTGRESQL) -> str:
    """SQL for an administrator: a role that may read `schema` of `database` and nothing else.

    Empty for a dialect whose roles are not known here.
    """
    if dialect == MYSQL:
        place = "`" + database.replace("`", "``") + "`"
        return _MYSQL_READER.format(reader=READER, place=place)
    if dialect != POSTGRESQL:
        return ""
    name, place = quoted(database), quoted(schema or "public")
    return f"""\
CREATE ROLE {READER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 20;
-- Then give it a password, in psql: \\password {READER}
GRANT CONNECT ON DATABASE {name} TO {READER};
GRANT USAGE ON SCHEMA {place} TO {READER};
GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO {READER};
-- Tables that the role running this makes later:
ALTER DEFAULT PRIVILEGES IN SCHEMA {place} GRANT SELECT ON TABLES TO {READER};
ALTER ROLE {READER} SET default_transaction_read_only = on;
ALTER ROLE {READER} SET statement_timeout = '60s';
ALTER ROLE {READER} SET temp_file_limit = '2GB';
"""
