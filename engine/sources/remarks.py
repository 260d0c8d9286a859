"""Comments that people write inside CREATE TABLE, which is where SQLite keeps its only documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LONGEST = 400
# A quoted string or name is stepped over, so that a dash inside one starts no comment.
_PIECES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/""", re.DOTALL)


@dataclass
class Remarks:
    """What the author of a table wrote about it and its columns."""

    table: str = ""
    columns: dict[str, str] = field(default_factory=dict)

    def add(self, column: str | None, text: str) -> None:
        """One more line about a column, or about the table."""
        if column is None:
            self.table = f"{self.table} {text}".strip()[:_LONGEST]
        else:
            self.columns[column] = f"{self.columns.get(column, '')} {text}".strip()[:_LONGEST]


def remarks(sql: str, columns: Sequence[str]) -> Remarks:
    """A remark behind a column is about it, one on its own line about the next, the first about the table."""
    found = Remarks()
    if "--" not in sql and "/*" not in sql:
        return found
    by_name = {name.lower(): name for name in columns}
    current: str | None = None
    waiting: list[str] = []
    for code, said in _lines(sql):
        column = by_name.get(_first_name(code).lower())
        if column:
            for text in waiting:
                found.add(column, text)
            waiting, current = [], column
        if not said:
            continue
        if code.strip() or current is None:
            found.add(current, said)
        else:
            waiting.append(said)
    return found


def _lines(sql: str) -> Iterator[tuple[str, str]]:
    """Each line's code and what its comment says."""
    plain, position = "", 0
    for match in _PIECES.finditer(sql):
        plain += sql[position : match.start()]
        position = match.end()
        text = match[0]
        if text.startswith(("--", "/*")):
            said = " ".join(text.removeprefix("/*").removesuffix("*/").lstrip("-").split())
            plain += "\x00" + said + "\x00"
        else:
            plain += text.replace("\n", " ")
    for line in (plain + sql[position:]).splitlines():
        pieces = line.split("\x00")
        yield "".join(pieces[::2]), " ".join(piece for piece in pieces[1::2] if piece)


def _first_name(code: str) -> str:
    """The name a line of code starts with, without quotes, brackets or a leading comma."""
    match = re.match(r"""[\s,(]*(?:"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|(\w+))""", code)
    if not match:
        return ""
    return next(group for group in match.groups() if group is not None).replace('""', '"')
