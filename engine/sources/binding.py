"""Values bound to `:name` in PostgreSQL SQL, seen as PostgreSQL's own lexer sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

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
            raise SourceError(
                f"The query names :{name}, but no value is given for it.", "Give a value for every :name."
            )
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
