"""What a SELECT could do beyond reading the tables of the business, dialect by dialect: functions, tables, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

from engine.sources.dialects import MYSQL


def _names(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


# PostgreSQL and SQLite, whose databases are often moved to the others: refused everywhere.
_FUNCTIONS = _names(
    r"""
      pg_(read|ls|write|file|stat_(file|reset)|sleep|terminate|cancel|reload|rotate|switch|create|drop|logical
          |replication|promote|backup|start_backup|stop_backup|export|import|notify|advisory|try_advisory|log_|hba|wal_replay
          |extension_config|copy|restore|set_|clear_|execute|prewarm|stat_get_activity|current_logfile|show_all)\w*
    | lo_\w+ | lowrite | loread | dblink\w* | set_config | nextval | setval | copy_\w+ | plpgsql_call_handler
    | (query|cursor|table|schema|database)_to_xml\w* | ts_stat | crosstab\w* | connectby | xpath_table
    | load_extension | readfile | writefile | edit | fts3_tokenizer | zeroblob | randomblob | sqlite_\w+
    """
)
_TABLES = _names(
    r"pg_(authid|shadow|user_mapping|user_mappings|largeobject\w*|hba_file_rules|ident_file_mappings|file_settings"
    r"|subscription|stat_ssl|stat_activity|stat_statements)|sqlite_dbpage|dbstat|fsdir"
)

_FUNCTIONS_OF: Mapping[str, re.Pattern[str]] = {
    MYSQL: _names(
        r"""
          load_file | sleep | benchmark | (get|release|is_free|is_used)_lock | release_all_locks | lastval
        | (master|source)_(pos|gtid)_wait | wait_\w+ | sys_(exec|eval|get|set) | lib_mysqludf\w* | spider_\w+
        | keyring_\w+ | group_replication_\w+ | asynchronous_\w+ | service_\w+ | version_tokens_\w+ | innodb_\w+
        | audit_\w+ | firewall_\w+ | mysql_firewall\w* | gen_\w+ | ps_\w+ | set_firewall_mode | wsrep_\w+
        """
    ),
    "mssql": _names(r"openrowset | openquery | opendatasource | openxml | xp_\w+ | sp_\w+ | fn_\w+ | sys\w+_id"),
    "oracle": _names(
        r"""
          (utl|dbms|owa|htp|htf|apex|ctx|ords|sys)_(?!lob\b)\w+ | \w*uritype | httpuri\w* | dburi\w* | xmltype
        | bfilename | sys_context | extractvalue
        """
    ),
    "snowflake": _names(
        r"system\$?\w* | get_presigned_url | build_\w+_url | get_stage_location | result_scan | infer_\w+"
    ),
    "redshift": _names(r"explain_model | svv_\w+ | invoke_\w+ | pg_\w+"),
    "trino": _names(r"query | raw_query | procedure | kill_query"),
    "databricks": _names(
        r"read_files | http_request | ai_\w+ | remote_query | list_secrets | secret | java_method | reflect"
    ),
    "clickhouse": _names(
        r"""
          file | url\w* | s3\w* | gcs | hdfs\w* | azure\w* | remote\w* | cluster\w* | mysql | postgresql | mongodb
        | redis | sqlite | odbc | jdbc | executable\w* | input | iceberg\w* | delta\w* | hudi\w* | sleep\w* | dict\w*
        | merge | getSetting | catboost\w* | numbers\w* | zeros\w* | generateRandom | loop | view\w*
        | fuzz\w* | kafka | nats | rabbitmq
        """
    ),
}  # fmt: skip
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


def refused_function(name: str, dialect: str) -> bool:
    """Whether a function does more than compute."""
    own = _FUNCTIONS_OF.get(dialect)
    return bool(_FUNCTIONS.fullmatch(name) or (own and own.fullmatch(name)))


def refused_table(name: str, place: str, dialect: str) -> bool:
    """Whether a table of a schema or catalog `place` holds the server's own secrets."""
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


def _between(sql: str, tokens: Sequence[Token]) -> Iterator[str]:
    """The texts before and between the tokens: blanks and comments."""
    yield sql[: tokens[0].start]
    for token, following in pairwise(tokens):
        yield sql[token.end + 1 : following.start]
