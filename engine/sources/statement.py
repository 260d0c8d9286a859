"""The first and kinder check of a statement: one SELECT, nothing that writes or reaches outside the data.

What it lets through still meets the locks of the session; they hold without it.
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
from engine.sources.dangers import read_otherwise, refused_function, refused_table
from engine.sources.dialects import flavour_of

_MOST_CHARACTERS = 100_000
_MOST_NESTED = 200
_ONLY_SELECT = "Only one SELECT is allowed: the data is never changed."

# fmt: off
_WRITING = (
    exp.DML, exp.DDL, exp.Update, exp.Delete, exp.Merge, exp.Drop, exp.Alter, exp.Command, exp.Set, exp.Copy,
    exp.Transaction, exp.Commit, exp.Rollback, exp.Pragma, exp.Attach, exp.Detach, exp.TruncateTable,
    exp.Grant, exp.Revoke, exp.Comment, exp.Use, exp.Describe, exp.Execute, exp.LoadData, exp.Kill,
    exp.Analyze, exp.Cache, exp.Into, exp.Lock, exp.NextValueFor,
)
# fmt: on


def checked(sql: str, dialect: str) -> str:
    """The one SELECT in `sql`, without what follows it (semicolon, comment). Anything else is refused."""
    if len(sql) > _MOST_CHARACTERS:
        raise RefusedError(f"The query is longer than {_MOST_CHARACTERS:,} characters.", "Write a shorter one.")
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
    for name in _function_names(tokens):
        if refused_function(name, dialect):
            raise RefusedError(
                f"The function {name}() may not be used in a query.", "Queries read tables and views only."
            )
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


def _function_names(tokens: list[Token]) -> Iterator[str]:
    """Every name that stands before a bracket, quoted or not, and the packages it is said to be of."""
    for place, (token, following) in enumerate(pairwise(tokens)):
        if following.token_type is TokenType.L_PAREN and token.text:
            yield token.text
            while place > 1 and tokens[place - 1].token_type is TokenType.DOT:
                place -= 2
                yield tokens[place].text


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
