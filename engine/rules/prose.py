"""Comments and documentation of a script: what nothing runs and everybody reads who is given it."""

from __future__ import annotations

import ast
import io
import itertools
import tokenize
from collections.abc import Iterator

from .base import Source

LONGEST, MOST_LINES = 1_000, 4_000


def prose(source: Source) -> Iterator[tuple[int, str]]:
    """(line, text) of every line of a comment or a docstring; longer lines are cut."""
    for line, text in itertools.islice(itertools.chain(_comments(source), _documentation(source)), MOST_LINES):
        yield line, text[:LONGEST]


def _comments(source: Source) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text.removeprefix("\ufeff")).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string.lstrip("# ")
    except (tokenize.TokenError, SyntaxError):
        return  # what Python's own parser took and this does not; the rules on the text say so


def _documentation(source: Source) -> Iterator[tuple[int, str]]:
    for node in sorted(source.documentation, key=lambda each: getattr(each, "lineno", 0)):
        if isinstance(node, ast.Constant):
            for offset, line in enumerate(str(node.value).split("\n")):
                yield node.lineno + offset, line.strip()
