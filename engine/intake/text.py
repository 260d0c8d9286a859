"""Text files as sheets: separator and fixed widths are found out, and said where they are unusual."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from engine.errors import SourceError
from engine.intake import fixed
from engine.intake.encoding import decoded
from engine.intake.limits import FileLimits
from engine.intake.sheets import Sheet, counted

# Commas also stand in numbers and names; the other marks hardly do, and the last ones nearly never.
_MARKS, _RARE, _RARER = ",;\t|", ";\t|", "^~\x1f\x01¦§"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*\r?\n", re.IGNORECASE)
# A line drawn of dashes and the like holds nothing; its breaks show where columns stand.
_RULE = re.compile(r"(?m)^[ \t|+:]*[-=_~*]{2}[-=_~*+:| \t]*\r?$")
_WHOLE = 0.9


def read_text(name: str, content: bytes, limits: FileLimits, encoding: str = "", separator: str = "") -> Sheet:
    """The rows of a text file.

    Raises:
        SourceError: it is no text, or no rows that belong together.
    """
    text, found = decoded(name, content, encoding)
    text = text.replace("\n\x0c", "\n").replace("\x0c", "\n")  # where a new page begins
    ruled = fixed.ruled(text)
    text = _RULE.sub("\n", text)
    notes = [] if found == "UTF-8" else [f"{name} was read as {found}."]
    said = _SEPARATOR_LINE.match(text)
    skipped = 0
    if said is not None:
        separator, text, skipped = separator or said[1], text[said.end() :], 1
    if not separator and name.lower().endswith(".tsv"):
        separator = "\t"
    if not separator and (lines := _unwrapped(text)) is not None:
        text = "\n".join(lines) + "\n"
        notes.append(f"Each line of {name} stands in quotes as a whole; they were taken off.")
    separator = separator or _separator(text)
    edges = (ruled or fixed.widths(text)) if not separator or (separator == "," and _commas_inside(text)) else ()
    if edges and fixed.is_torn(text, edges):
        raise SourceError(
            f"The columns of {name} stand at no fixed places: their cells touch each other in some lines.",
            "Export it with a mark between its values, such as a comma or a tab.",
        )
    if edges:
        rows = [fixed.cells(line.expandtabs(), edges) for line in text.splitlines()]
        numbered = list(counted(name, enumerate(rows, 1), limits))
        separator = ""
        notes.append(f"The columns of {name} stand at fixed places.")
    else:
        numbered = _split(name, text, separator or ",", skipped, limits)
    return Sheet(
        "", [row for _, row in numbered], [line for line, _ in numbered], separator=separator, notes=tuple(notes)
    )


def _split(name: str, text: str, separator: str, skipped: int, limits: FileLimits) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False, skipinitialspace=False)
    try:
        return list(counted(name, ((reader.line_num + skipped, row) for row in reader), limits))
    except csv.Error as error:
        raise SourceError(f"{name} cannot be read as CSV: {error}.", "Check its quotes and line ends.") from None


def _unwrapped(text: str) -> list[str] | None:
    """The lines of a text each of which was put in quotes as a whole; None where they were not."""
    head = text[: fixed.SAMPLE_LETTERS].splitlines()[: fixed.SAMPLE_LINES]
    lines = [line for line in head if line.strip()]
    wrapped = [line for line in lines if len(line) > 2 and line[0] == line[-1] == '"' and len(_cells(line, ",")) == 1]
    if len(lines) < 2 or len(wrapped) < _WHOLE * len(lines):
        return None
    inner = [_cells(line, ",")[0] for line in wrapped]
    if max(_fields(inner[0], mark) for mark in _MARKS) < 2 or not _separator("\n".join(inner)):
        return None
    return [_cells(line, ",")[0] if line[:1] == '"' else line for line in text.splitlines() if line.strip()]


def _separator(text: str) -> str:
    """The mark between values; empty where none splits the lines.

    Commas also stand in numbers and names, the other marks hardly: one of them that splits most lines, the header
    among them, is it. Otherwise it is the comma, if it splits enough of them.
    """
    lines = [line for line in text[: fixed.SAMPLE_LETTERS].splitlines()[: fixed.SAMPLE_LINES] if line.strip()]
    return _usual_mark(lines) if lines else ""


def _usual_mark(lines: Sequence[str]) -> str:
    fields = {mark: [_fields(line, mark) for line in lines] for mark in _MARKS}
    shares = {mark: sum(count > 1 for count in counts) / len(lines) for mark, counts in fields.items()}
    head = min(_first_split(counts) for counts in fields.values())
    rare = [mark for mark in _RARE if shares[mark] >= 0.5 and _first_split(fields[mark]) == head]
    rare = rare or [mark for mark in _RARE if _from_its_header(fields[mark], fields[","])]
    if rare:
        return max(rare, key=lambda mark: shares[mark])
    best = max(shares, key=lambda mark: shares[mark])
    if shares[best] >= 0.4:
        return best
    return next((mark for mark in _RARER if _in_every_line(lines, mark)), "")


def _first_split(fields: Sequence[int]) -> int:
    """The first line that a mark splits."""
    return next((at for at, count in enumerate(fields) if count > 1), len(fields))


def _from_its_header(fields: Sequence[int], commas: Sequence[int]) -> bool:
    """Whether a mark splits every line alike from one on that no comma splits, whatever stands above that line."""
    first = _first_split(fields)
    below = fields[first:]
    return len(below) > 1 and commas[first] == 1 and sum(count == below[0] for count in below) >= _WHOLE * len(below)


def _in_every_line(lines: Sequence[str], mark: str) -> bool:
    """Whether a mark that hardly stands in texts splits each of some lines in as many parts."""
    counts = {line.count(mark) for line in lines}
    return len(lines) > 1 and len(counts) == 1 and counts != {0}


def _fields(line: str, mark: str) -> int:
    return len(_cells(line, mark)) or 1


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return [line]


def _commas_inside(text: str) -> bool:
    """Whether commas stand inside values: the first line of several words parted by wide gaps has none."""
    for line in text[: fixed.SAMPLE_LETTERS].splitlines()[: fixed.SAMPLE_LINES]:
        if len(re.findall(r"\S\s{2,}(?=\S)", line)) > 1:
            return "," not in line
    return False
