"""SQL in scripts: one literal SELECT each, values bound by name, no function that does more than compute."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from .base import Check, Remark, Source, argument, spread, words
from .values import Texts, Values

LONGEST = 20_000
DIALECTS = ("postgres", "sqlite", "mysql", "tsql", "oracle")
ENCODED = re.compile(r"\b[uU]&['\"]")
RUN_COMMENT = re.compile(r"/\*M?!", re.IGNORECASE)
DANGEROUS = re.compile(
    r"(?i)^(pg_(?!typeof$|size_pretty$|column_size$).*|lo_\w+|dblink\w*|set_config|setval|nextval|load_extension|"
    r"randomblob|zeroblob|readfile|writefile|edit|fts3_tokenizer|\w+_to_xml\w*|xp_\w+|sp_\w+|load_file|sleep|benchmark|"
    r"read_(csv|parquet|json|text|blob)\w*|file_(read|write)|copy_\w+|current_setting|txid_\w+|inet_server\w*|"
    r"database_to_\w+|query_to_\w+|table_to_\w+|cursor_to_\w+|ts_stat|openrowset|opendatasource|utl_\w+|dbms_\w+)$"
)
HIDDEN_TABLES = re.compile(
    r"(?i)^(pg_(authid|shadow|user_mapping\w*|hba\w*|file_settings|largeobject\w*|stat_\w+|settings))$"
)
STATEMENT = re.compile(
    r"(?is)^\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(select|with|insert|update|delete|create|drop|alter|truncate|grant|revoke|copy|"
    r"attach|detach|vacuum|pragma|merge|replace\s+into|call|do|set|begin|commit|execute|explain|values|comment|lock)\b"
)
WRITES = re.compile(
    r"(?is)\b(insert\s+into|update\s+\w+\s+set|delete\s+from|drop\s+(table|schema|database|view)|alter\s+(table|role|user)|"
    r"truncate\s+(table\s+)?\w+|create\s+(or\s+replace\s+)?(table|view|function|role|user|trigger|extension)|grant\s+\w+|attach\s+database|"
    r"copy\s+\w+.*\b(to|from)\b\s*(program|'))"
)
READERS = ("runtime.sql", "runtime.dataset")
RUNS_SQL = words("execute executemany executescript read_sql read_sql_query exec_driver_sql scalars scalar")
AFTER = re.compile(r"(?i)\b(from|join)\s+[\"`\[]?$")
# A file of the script's own folder: a plain name with the ending of a database.
ATTACHES_OWN = re.compile(
    r"""(?is)\s*attach\s+(database\s+)?['"]([\w-][\w.-]*\.(db|sqlite3?|s3db|db3)|:memory:)['"]\s+as\s+\w+\s*;?\s*$"""
)
ATTACHES = re.compile(r"(?is)\s*attach\s+(database\s+)?\S.*\bas\s+[\w\"`\[]")
IN_QUOTES = re.compile(r"""[\s(.]["`]$""")
TELLS = re.compile(r"(?i)\s*pragma\s+(table_x?info|index_(list|info)|foreign_key_list)\s*\(")
FILLS = re.compile(
    r"(?i)\s*(select|with|insert|replace|create\s+(temp(orary)?\s+)?(table|(unique\s+)?index|view)|pragma)\b"
)
CREATES = re.compile(r"(?i)\bcreate\s+(temp(orary)?\s+)?table\b")
# Texts, names and comments, from left to right as the database reads them.
QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|$)""", re.DOTALL)
# What of SQLite's settings only makes its own file faster or stricter, or tells of it.
PRAGMA = re.compile(r"(?i)\bpragma\s+(?:[\w\"`\[\]]+\s*\.\s*)?[\"`\[]?(\w*)")
PRAGMAS = words(
    "journal_mode synchronous foreign_keys cache_size temp_store busy_timeout user_version application_id "
    "page_size encoding case_sensitive_like wal_autocheckpoint wal_checkpoint mmap_size locking_mode auto_vacuum "
    "recursive_triggers optimize table_info table_xinfo table_list index_list index_info foreign_key_list "
    "foreign_key_check integrity_check quick_check journal_size_limit incremental_vacuum page_count "
    "freelist_count compile_options collation_list database_list defer_foreign_keys count_changes automatic_index "
    "analysis_limit threads"
)
BIND = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
FIX = 'Write one SELECT as a literal text, and bind its values: sql("... WHERE name = :name", name="...").'


def _sources(source: Source) -> Iterator[Remark]:
    """The queries of a contract script."""
    for call in source.all(ast.Call):
        if source.called(call) not in READERS:
            continue
        name = source.called(call).removeprefix("runtime.")
        text = call.args[0] if len(call.args) == 1 else None
        if not isinstance(text, ast.Constant) or not isinstance(text.value, str) or spread(call):
            yield Remark(call.lineno, f"The query of {name}(...) is not one literal text.", FIX)
            continue
        for reason in reasons_against(text.value):
            yield Remark(text.lineno, f"The query {reason}.", FIX)
        yield from _bound(call, text.value, name)


def _bound(call: ast.Call, text: str, function: str) -> Iterator[Remark]:
    plain = re.sub(r"'(?:[^']|'')*'|--[^\n]*|\"[^\"]*\"", " ", text[:LONGEST])
    wanted = set(BIND.findall(plain))
    given = {keyword.arg for keyword in call.keywords if keyword.arg}
    for name in sorted(wanted - given):
        yield Remark(
            call.lineno, f"The query names :{name}, which is given no value.", f"Add {name}=... to {function}(...)."
        )
    for name in sorted(given - wanted):
        yield Remark(
            call.lineno,
            f"{name} is given to {function}(...), whose query does not use it.",
            f"Use :{name}, or drop it.",
        )
    for keyword in call.keywords:
        if keyword.arg and not _literal(keyword.value):
            yield Remark(call.lineno, f"The value of {keyword.arg} is not a literal.", "Write the value itself.")


def _literal(node: ast.AST) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


@lru_cache(maxsize=256)
def reasons_against(text: str) -> tuple[str, ...]:
    """Why a query is refused: everything but one SELECT of ordinary functions over ordinary tables."""
    if len(text) > LONGEST:
        return (f"is longer than {LONGEST:,} characters",)
    if ENCODED.search(text):
        return ("writes names or texts in code (U&)",)
    if RUN_COMMENT.search(text):
        return ("holds a comment that MySQL would run",)
    import sqlglot
    from sqlglot.errors import SqlglotError

    problem = ""
    for dialect in DIALECTS:
        try:
            return tuple(_against(sqlglot.parse(text, read=dialect)))
        except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError) as error:
            problem = problem or str(error).splitlines()[0][:120]
    return (f"cannot be read as SQL: {problem}",)


def _against(statements: Sequence[object]) -> Iterator[str]:
    from sqlglot import exp

    present = [item for item in statements if isinstance(item, exp.Expression) and not isinstance(item, exp.Semicolon)]
    if len(present) != 1:
        yield f"holds {len(present)} statements"
        return
    (tree,) = present
    if not isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery):
        yield "is no SELECT"
        return
    refused = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command, exp.Set, exp.Pragma, exp.Drop, exp.Alter)
    for node in tree.walk():
        if isinstance(node, refused) and not isinstance(node, exp.Query):
            yield f"holds {node.key.upper()}: it may only read"
        elif isinstance(node, exp.Func):
            name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
            if DANGEROUS.match(name):
                yield f"calls {name}, which does more than compute"
        elif isinstance(node, exp.Table) and HIDDEN_TABLES.match(node.name):
            yield f"reads {node.name}, which holds the server's own secrets"


# -- SQL in fragments


def _statements(source: Source) -> Iterator[Remark]:
    """Queries that a fragment gives to a database itself."""
    if not source.fragment:
        return
    scratch = _only_scratch(source)
    yield from _attaches(source)
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in RUNS_SQL and source.called(call) not in ("sqlalchemy.text", "pandas.read_sql"):
            continue
        query = argument(call, 0, "sql", "statement", "query")
        if query is None:
            continue
        if name == "executescript" and not scratch:
            yield Remark(call.lineno, "executescript runs many statements.", "Read with one SELECT.")
        yield from _statement(source, query, scratch)


def _attaches(source: Source) -> Iterator[Remark]:
    """Texts that would open another file, wherever they stand: `run = con.execute` runs them under any name."""
    if any(name.partition(".")[0] == "sqlite3" for name in source.modules.values()):
        for line, text in source.strings:
            if ATTACHES.match(text[:LONGEST]) and not ATTACHES_OWN.match(text[:LONGEST]):
                yield Remark(line, "The query attaches another file.", "Read with one SELECT, of one database.")


def _statement(source: Source, query: ast.expr, scratch: bool) -> Iterator[Remark]:
    values = Values.of(source)
    texts = values.texts(query)
    if texts is None:
        written = _written(values, query)
        if any(_spliced(node) for node in written) and not (scratch and all(_fills(node) for node in written)):
            yield Remark(query.lineno, "A query is put together from parts.", "Bind its values as parameters.")
        return
    for text in texts:
        if not scratch and STATEMENT.match(text[:LONGEST]) is None and not WRITES.search(text[:LONGEST]):
            continue
        plain = re.sub(r"%\(\w+\)s|%s|\?", "1", text)
        for reason in _scratch_reasons(plain) if scratch else reasons_against(plain):
            yield Remark(query.lineno, f"The query {reason}.", "Read with one SELECT.")


def _written(values: Values, query: ast.expr) -> list[ast.AST]:
    if isinstance(query, ast.Name | ast.Attribute):
        return [item for item in values.bindings.of(query)[:50] if item is not None]
    return [query]


def _spliced(node: ast.AST) -> bool:
    """Whether the expression splices something computed into a text of SQL."""
    formatted = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    if not isinstance(node, ast.JoinedStr | ast.BinOp) and not formatted:
        return False
    if isinstance(node, ast.JoinedStr) and _names_tables(node):
        return False
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return any(isinstance(part, str) and STATEMENT.match(part) for part in parts)


def _fills(node: ast.AST | None) -> bool:
    """Whether a spliced query of the script's own database reads it or fills its tables: it ends and opens nothing."""
    if node is None:
        return False
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    first = next((text for text in texts if STATEMENT.match(text)), "")
    return FILLS.match(first) is not None and not any(reason for text in texts for reason in _scratch_reasons(text))


def _names_tables(text: ast.JoinedStr) -> bool:
    """Whether a SELECT is only given the names of its tables and columns, which no database lets bind."""
    before = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            before += str(part.value)
        elif not isinstance(part, ast.FormattedValue) or not isinstance(part.value, ast.Name):
            return False
        elif AFTER.search(before) or IN_QUOTES.search(before) or TELLS.match(before):
            before += "name"
        else:
            return False
    return re.match(r"(?i)\s*select\b", before) is not None or TELLS.match(before) is not None


def _only_scratch(source: Source) -> bool:
    """Whether the only database of the script is SQLite's own: in memory, or a file that the script itself fills."""
    connects = [call for call in source.all(ast.Call) if source.called(call).endswith((".connect", ".create_engine"))]
    scratch: tuple[Texts, ...] = tuple(frozenset({name}) for name in (":memory:", "sqlite:///:memory:", "sqlite://"))
    if not connects:
        return False
    if all(Values.of(source).texts(argument(call, 0)) in scratch for call in connects):
        return True
    by_sqlite = all(source.called(call) == "sqlite3.connect" for call in connects)
    fills = any(isinstance(call.func, ast.Attribute) and call.func.attr == "to_sql" for call in source.all(ast.Call))
    return by_sqlite and (fills or any(CREATES.search(text) for _, text in source.strings))


def _scratch_reasons(text: str) -> Iterator[str]:
    if ATTACHES_OWN.match(text):
        return
    plain = QUOTED.sub(lambda each: each[0] if each[0][0] in '"`[' else " ", text)
    if found := re.search(r"(?is)\b(attach|vacuum\b(?=.*\binto\b)|load_extension|readfile|writefile)", text):
        yield f"holds {found[0]}"
    for name in PRAGMA.findall(plain):
        if name.lower() not in PRAGMAS:
            yield f"holds PRAGMA {name}"


def _splices(source: Source) -> Iterator[Remark]:
    """SQL that writes, wherever it stands in a contract script."""
    if source.fragment:
        return
    for line, text in source.strings:
        if WRITES.search(text[:LONGEST]) and STATEMENT.match(text[:LONGEST]):
            yield Remark(line, "A text holds SQL that writes.", "Sources read: one SELECT each.")


RULES = (
    Check(
        "queries",
        "Every sql(...) or dataset(...) is one literal SELECT, every :name bound, calling only functions that compute.",
        _sources,
    ),
    Check("statements", "SQL that a fragment runs itself is one literal SELECT, its values bound.", _statements),
    Check("no-writing-sql", "No text holds SQL that writes.", _splices),
)
