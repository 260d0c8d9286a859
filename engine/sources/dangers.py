"""What a SELECT could do beyond reading the tables of the business, dialect by dialect: tables, comments, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

from engine.sources.dialects import MYSQL


def _names(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


# Of PostgreSQL and SQLite, whose databases are often moved to the others: refused everywhere.
_TABLES = _names(
    r"pg_(authid|shadow|user_mapping|user_mappings|largeobject\w*|hba_file_rules|ident_file_mappings|file_settings"
    r"|subscription|stat_ssl|stat_activity|stat_statements)|sqlite_dbpage|dbstat|fsdir"
)

# Views of information_schema that show other sessions, settings, rights and the server's insides.
_SCHEMA_VIEWS = _names(
    r"processlist | (global|session|system)_(variables|status) | innodb_\w+ | user_\w+ | client_statistics"
    r" | plugins | files | profiling | applicable_roles | enabled_roles | thread_pool\w* | tokudb\w* | rocksdb\w*"
    r" | _pg_\w+ | foreign_server_options"
)
_PLACES_OF: Mapping[str, re.Pattern[str]] = {
    MYSQL: _names(r"mysql | performance_schema | sys"),
    "mssql": _names(r"sys | master | msdb | tempdb | model"),
    "oracle": _names(r"sys | system | dbsnmp | xdb"),
    "clickhouse": _names(r"system"),
    "trino": _names(r"system"),
    "databricks": _names(r"system"),
    "redshift": _names(r"pg_catalog | pg_internal"),
}

# What MySQL itself takes for a blank: no `/*!` whose text it runs, no nesting, and `--` only before a space.
_MYSQL_BLANKS = re.compile(r"(?:\s|/\*(?!!|M!|m!)(?:(?!\*/).)*\*/|--(?=\s|\Z)[^\n]*|#[^\n]*)*", re.DOTALL)
_MYSQL_HINTS = re.compile(r"set_var|max_execution_time|resource_group", re.IGNORECASE)


def refused_table(name: str, place: str, dialect: str) -> bool:
    """Whether a table of a schema or catalog `place` holds the server's own secrets."""
    if place.lower() == "information_schema" and _SCHEMA_VIEWS.fullmatch(name):
        return True
    own = _PLACES_OF.get(dialect)
    return bool(_TABLES.fullmatch(name) or (place and own and own.fullmatch(place)))


def read_otherwise(sql: str, tokens: Sequence[Token], dialect: str) -> str:
    """Why the server would read the text otherwise than the parser did; empty when it would not."""
    if dialect != MYSQL:
        return ""
    for blank in _between(sql, tokens):
        if not _MYSQL_BLANKS.fullmatch(blank):
            return "A comment in the query would be read as SQL by the server."
    if any(token.token_type is TokenType.HINT and _MYSQL_HINTS.search(token.text) for token in tokens):
        return "The query holds a hint that changes settings."
    return ""


def reads_settings(tokens: Sequence[Token]) -> bool:
    """Whether a variable of the server is read or set: `@@name`, or `@name := value`."""
    kinds = [token.token_type for token in tokens]
    return (
        TokenType.SESSION_PARAMETER in kinds
        or TokenType.COLON_EQ in kinds
        or (TokenType.PARAMETER, TokenType.PARAMETER) in pairwise(kinds)
    )


def _between(sql: str, tokens: Sequence[Token]) -> Iterator[str]:
    """The texts before and between the tokens: blanks and comments."""
    yield sql[: tokens[0].start]
    for token, following in pairwise(tokens):
        yield sql[token.end + 1 : following.start]
