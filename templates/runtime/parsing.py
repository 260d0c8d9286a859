"""The one door to Python's parser. Before 3.11.8 and 3.12.2 it fails, rarely, when two threads parse at once."""

from __future__ import annotations

import ast
import threading
from typing import Literal, overload

_ONE_AT_A_TIME = threading.RLock()


@overload
def parse(source: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parse(source: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse(source: str, mode: Literal["exec", "eval"] = "exec") -> ast.Module | ast.Expression:
    """The syntax tree of a source text; what `ast.parse` raises is raised."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, mode="eval") if mode == "eval" else ast.parse(source)
