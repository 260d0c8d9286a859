"""The one door to Python's parser.

Before 3.11.8 and 3.12.2 parsing fails, rarely, with a SystemError when something else parses in its midst: another
thread, or a traceback that is formatted while garbage is collected. The next try is not disturbed.
"""

from __future__ import annotations

import ast
from typing import Literal, overload

TRIES = 5


@overload
def parse(source: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parse(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.Module | ast.Expression:
    """The syntax tree of a source text; what `ast.parse` raises is raised."""
    for left in range(TRIES, 0, -1):
        try:
            return ast.parse(source, mode="eval") if mode == "eval" else ast.parse(source)
        except SystemError:
            if left == 1:
                raise
    raise AssertionError("the last try returned or raised")
