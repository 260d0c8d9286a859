"""Values bound to `:name`: in PostgreSQL SQL as PostgreSQL's own lexer sees it, elsewhere by sqlglot's tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from engine.errors import SourceError

# Inside these a colon or a percent is text. `::` is a cast, `[1:n]` a slice unless `n` is a bound name.
_PIECES = re.compile(
    r"""
    (?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*') | (?P<string>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*")
    | (?P<dollar>(?<![\w$])\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?P=tag)?\$)
    | (?P<line>--[^\n]*) | (?P<open>/\*) | (?P<cast>::) | (?<!:):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def bind(sql: str, bound: Mapping[str, Any], literal: Callable[[Any], str]) -> str:
    """`sql` with every bound `:name` replaced by the database's own literal of its value."""
    return "".join(_replaced(sql, bound, literal))


def _replaced(sql: str, bound: Mapping[str, Any], literal: Callable[[Any], str]) -> Iterator[str]:
    position = 0
    while match := _PIECES.search(sql, position):
        yield sql[position : match.start()]
        end = match.end()
        name = match["name"]
        if match["open"]:
            end = _comment_end(sql, end)
            yield sql[match.start() : end]
        elif name and name in bound:
            yield f" {literal(bound[name])} "
        elif name and not _slice(sql, match.start()):
            raise _missing(name)
        else:
            yield match[0]
        position = end
    yield sql[position:]


def _comment_end(sql: str, position: int) -> int:
    """PostgreSQL's comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(sql) if depth else position


def _slice(sql: str, colon: int) -> bool:
    """Whether the colon stands in `[from:to]`."""
    return sql.rfind("[", 0, colon) > sql.rfind("]", 0, colon)


# A name stands in the driver's own way; a percent of the query's own must not look like one.
_MARKS: Mapping[str, Callable[[str, int], str]] = {
    "pyformat": lambda name, _: f"%({name})s",
    "format": lambda _, __: "%s",
    "named": lambda name, _: f":{name}",
    "qmark": lambda _, __: "?",
    "numeric": lambda _, place: f":{place}",
    "numeric_dollar": lambda _, place: f"${place}",
}
_NAMED = ("pyformat", "named")
_BEFORE_A_PATH = (TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_BRACKET, TokenType.R_PAREN)


def marked(
    sql: str, bound: Mapping[str, Any], flavour: str, paramstyle: str
) -> tuple[str, dict[str, Any] | tuple[Any, ...]]:
    """`sql` with every bound `:name` as the driver's own mark, and the values as the driver takes them."""
    try:
        tokens = list(sqlglot.tokenize(sql, read=flavour))
    except (SqlglotError, RecursionError):
        tokens = []  # the server will say what is wrong with it
    parts: list[str] = []
    used: list[str] = []
    position = 0
    for start, end, name in _names(sql, tokens):
        if name not in bound:
            raise _missing(name)
        parts += [_plain(sql[position:start], paramstyle), _MARKS[paramstyle](name, len(used) + 1)]
        used.append(name)
        position = end
    text = "".join([*parts, _plain(sql[position:], paramstyle)])
    if paramstyle in _NAMED:
        return text, {name: bound[name] for name in used}
    return text, tuple(bound[name] for name in used)


def _names(sql: str, tokens: list[Token]) -> Iterator[tuple[int, int, str]]:
    """Where each `:name` starts and ends; a colon right behind a name or bracket is a path or a slice."""
    for place, (token, following) in enumerate(pairwise(tokens)):
        if token.token_type is not TokenType.COLON or following.start != token.end + 1:
            continue
        before = tokens[place - 1] if place else None
        if before and before.end + 1 == token.start and before.token_type in _BEFORE_A_PATH:
            continue
        name = sql[following.start : following.end + 1]
        if name.isidentifier():
            yield token.start, following.end + 1, name


def _plain(text: str, paramstyle: str) -> str:
    return text.replace("%", "%%") if paramstyle in ("pyformat", "format") else text


def _missing(name: str) -> SourceError:
    return SourceError(f"The query names :{name}, but no value is given for it.", "Give a value for every :name.")
