"""From a failure in the sandbox to one precise thing to tell the model: line, nearest names, kinds. Pure."""

from __future__ import annotations

import difflib
import re

from engine.authors.model.framing import Frame
from engine.errors import LimitError, SandboxError, ScriptError

LONGEST = 220
_MISSING = re.compile(
    r"(?:failed at line \d+: |KeyError: |not in index|None of \[Index\(|Column\(s\) |column)\W*\[?"
    r"'([^']{1,60})'(?! object| and )"
)
_NO_TABLE = re.compile(r"\d+ values were returned where one number is wanted|is shown as a table or chart, but it is")
_KINDS = re.compile(r"\.dt accessor|\.str accessor|unsupported operand|could not convert|not supported between|dtype")


def feedback_for(error: SandboxError, script: str, frame: Frame) -> str:
    """What to tell the model about a run that failed."""
    if isinstance(error, LimitError):
        return f"It used too much {error.limit}. Use pandas operations on whole columns, no loops over rows."
    said = " ".join(error.message.split()).replace("'Column not found: ", "'")
    said = said[max(0, said.rfind(" failed at line ")) :][:LONGEST].strip()
    lines = script.split("\n")
    line = error.line if isinstance(error, ScriptError) else 0
    at = f" The line: {lines[line - 1].strip()[:120]}" if 0 < line <= len(lines) else ""
    names = [column.name for column in frame.columns]
    missing = _MISSING.search(said)
    if missing and missing.group(1) in names:
        name = missing.group(1)
        return f"{name!r} is a column of rows, but not of what it is taken from. Group or select rows itself.{at}"
    if missing:
        near = difflib.get_close_matches(missing.group(1).lower(), names, 3, 0.4)
        hint = f" Nearest: {', '.join(near)}." if near else ""
        return f"There is no column {missing.group(1)!r}.{hint} rows has: {', '.join(names)}.{at}"
    if _KINDS.search(said):
        kinds = ", ".join(f"{column.name} is {column.kind}" for column in frame.columns)
        return f"{said} The columns: {kinds}. Dates are timestamps.{at}"
    return f"{said}{at}"


def wants_table(error: SandboxError) -> bool:
    """Whether a run failed only because a table came where one number was declared."""
    return bool(_NO_TABLE.search(error.message))
