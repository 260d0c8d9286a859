"""The first and kinder check of a statement: one SELECT, nothing that writes or reaches outside the data.

What it lets through still meets the locks of the session; they hold without it. Which functions PostgreSQL and SQLite
call is asked of themselves (`server_names`, the authorizer of `sqlite`); elsewhere it is told by the tokens here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engine.errors import RefusedError, SourceError
from engine.sources.allowed_functions import computes, folded_name
from engine.sources.dangers import read_otherwise, reads_settings, refused_table
from engine.sources.dialects import POSTGRESQL, SQLITE, flavour_of
from engine.sources.server_names import refuse_codes

_MOST_CHARACTERS = 100_000
_MOST_NESTED = 200
_WORD = re.compile(r"[^\W\d]|[^\x00-\x7f]|\$")
_TEXTS = frozenset({TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HINT})
_ONLY_SELECT = "Only one SELECT is allowed: the data is never changed."

# fmt: off
_WRITING = (
    exp.DML, exp.DDL, exp.Update, exp.Delete, exp.Merge, exp.Drop, exp.Alter, exp.Command, exp.Set, exp.Copy,
    exp.Transaction, exp.Commit, exp.Rollback, exp.Pragma, exp.Attach, exp.Detach, exp.TruncateTable,
    exp.Grant, exp.Revoke, exp.Comment, exp.Use, exp.Describe, exp.Execute, exp.LoadData, exp.Kill,
    exp.Analyze, exp.Cache, exp.Into, exp.Lock, exp.NextValueFor,
)
# fmt: on


def checked(sql: str, dialect: str, named: frozenset[str] = frozenset()) -> str:
    """The one SELECT in `sql`, without what follows it (semicolon, comment). Anything else is refused.

    `named` are functions that the settings allow besides those that only compute.
    """
    if len(sql) > _MOST_CHARACTERS:
        raise RefusedError(f"The query is longer than {_MOST_CHARACTERS:,} characters.", "Write a shorter one.")
    if dialect == POSTGRESQL:
        refuse_codes(sql)
    flavour = flavour_of(dialect)
    text, tokens = _trimmed(sql, flavour)
    _refuse_shape(tokens)
    if reason := read_otherwise(text, tokens, dialect):
        raise RefusedError(reason, "Leave such comments and hints out.")
    try:
        statements = sqlglot.parse(text, read=flavour)
    except (SqlglotError, RecursionError) as error:
        raise SourceError(
            f"The SQL is not understood: {_where(error)}.", "Check its syntax; one SELECT is expected."
        ) from None
    if len(statements) != 1 or statements[0] is None:
        raise RefusedError("More than one statement was given.", _ONLY_SELECT)
    _refuse_writing(statements[0])
    if dialect not in (POSTGRESQL, SQLITE):
        _refuse_functions(tokens, dialect, named)
    for table in statements[0].find_all(exp.Table):
        if refused_table(table.name, table.db or table.catalog, dialect):
            raise RefusedError(
                f"{table.name} may not be read.", "Queries read the tables and views of the business only."
            )
    return text


def _trimmed(sql: str, flavour: str) -> tuple[str, list[Token]]:
    """The text up to its last token that is no semicolon, and its tokens."""
    try:
        tokens = list(sqlglot.tokenize(sql, read=flavour))
    except (SqlglotError, RecursionError) as error:
        raise SourceError(f"The SQL is not understood: {_where(error)}.", "Check quotes and brackets.") from None
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise RefusedError("There is no statement.", _ONLY_SELECT)
    return sql[: tokens[-1].end + 1], tokens


def _refuse_shape(tokens: list[Token]) -> None:
    """What can be said before parsing: the first word, semicolons, and nesting that would only cost time."""
    first = next((token for token in tokens if token.token_type is not TokenType.L_PAREN), tokens[0])
    if first.text.upper() not in ("SELECT", "WITH", "VALUES"):
        raise RefusedError(f"A statement that starts with {first.text.upper()[:30]} is not allowed.", _ONLY_SELECT)
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise RefusedError("More than one statement was given.", _ONLY_SELECT)
    depth = deepest = 0
    for token in tokens:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        deepest = max(deepest, depth)
    if deepest > _MOST_NESTED:
        raise RefusedError(f"The query nests {deepest} brackets.", f"At most {_MOST_NESTED} are taken.")


def _refuse_writing(statement: exp.Expr) -> None:
    root = statement.unnest() if isinstance(statement, exp.Paren | exp.Subquery) else statement
    if not isinstance(root, exp.Query | exp.Values):
        raise RefusedError(f"A {root.key.upper()} statement is not allowed.", _ONLY_SELECT)
    for node in statement.walk():
        if isinstance(node, exp.Into):
            raise RefusedError("SELECT INTO would make a table.", _ONLY_SELECT)
        if isinstance(node, exp.Lock):
            raise RefusedError("FOR UPDATE and FOR SHARE would lock rows.", _ONLY_SELECT)
        if isinstance(node, _WRITING):
            raise RefusedError(f"{node.key.upper()} inside the query is not allowed.", _ONLY_SELECT)


def _refuse_functions(tokens: list[Token], dialect: str, named: frozenset[str]) -> None:
    """Refuse a name before a bracket that is not known to only compute, and one of a schema or package."""
    if reads_settings(tokens):
        raise RefusedError("A query may not read or set the server's variables (@@).", "Read tables and views only.")
    for name, place in _calls(tokens):
        if {name, f"{place}.{name}"} & named:
            continue
        if place or not computes(name, dialect):
            whole = f"{place}.{name}" if place else name
            raise RefusedError(
                f"The function {whole}() may not be used in a query.",
                "Queries read tables and views, and call functions that only compute. One of your own is allowed by its"
                f" name: ALLOWED_FUNCTIONS={whole} in the settings.",
            )


def _calls(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Every name that may call a function, quoted or not, and the schema or package it is said to be of."""
    for place, (token, following) in enumerate(pairwise(tokens)):
        if following.token_type is not TokenType.L_PAREN or token.token_type in _TEXTS or not _WORD.match(token.text):
            continue
        if place > 1 and tokens[place - 1].token_type is TokenType.DOT:
            yield folded_name(token.text), folded_name(tokens[place - 2].text)
        elif not _defines(tokens, place):
            # The tokenizer takes GROUP BY for one word.
            name = token.text if token.token_type is TokenType.IDENTIFIER else token.text.split()[-1]
            yield folded_name(name), ""


def _defines(tokens: list[Token], place: int) -> bool:
    """Whether the name before a bracket is given to something with columns, or is a type: it calls nothing."""
    before = tokens[place - 1].token_type if place else None
    if before in (TokenType.ALIAS, TokenType.WITH, TokenType.RECURSIVE, TokenType.R_PAREN, TokenType.DCOLON):
        return True
    if before is not TokenType.COMMA:
        return False
    # `, name (a, b) AS (SELECT`: another table of a WITH.
    end = place + 2
    while end < len(tokens) and tokens[end].token_type is not TokenType.R_PAREN:
        if tokens[end].token_type is TokenType.L_PAREN:
            return False
        end += 1
    following = [token.token_type for token in tokens[end + 1 : end + 4]]
    return following[:2] == [TokenType.ALIAS, TokenType.L_PAREN] and following[2:] in (
        [TokenType.SELECT],
        [TokenType.WITH],
        [TokenType.VALUES],
        [TokenType.L_PAREN],
    )


def _where(error: Exception) -> str:
    """The parser's first complaint, without colours."""
    found = getattr(error, "errors", None)
    if found:
        entry = found[0]
        near = str(entry.get("highlight") or "")[:60]
        return f"{str(entry.get('description', '')).rstrip('.')} (line {entry.get('line')}, near '{near}')"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()[0][:200].rstrip(".")
