"""Text files as sheets: encoding, separator and fixed widths are found out, and said where they are unusual."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from engine.errors import SourceError
from engine.intake.limits import FileLimits
from engine.intake.sheets import Sheet, counted

ENDINGS = "csv, tsv, txt, xlsx, xls, ods and parquet"
_MARKS = ",;\t|"
_SAMPLE_LINES = 200
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*\r?\n", re.IGNORECASE)
# What files of companies come in besides UTF-8; others are told apart no better than by chance.
_LEGACY = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "mac_roman",
)
_SAID = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "gb18030": "GBK",
    "big5": "Big5",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp949": "Korean (cp949)",
}
# A line drawn of dashes and the like holds nothing; its breaks show where columns stand.
_RULE = re.compile(r"(?m)^[ \t|+]*[-=_~*]{2}[-=_~*+| \t]*\r?$")
_LARGEST_SAMPLE = 256 << 10


def read_text(name: str, content: bytes, limits: FileLimits, encoding: str = "", separator: str = "") -> Sheet:
    """The rows of a text file.

    Raises:
        SourceError: it is no text, or no rows that belong together.
    """
    text, found = decoded(name, content, encoding)
    ruled = _ruled(text)
    text = _RULE.sub("\n", text)
    notes = [] if found == "UTF-8" else [f"{name} was read as {found}."]
    said = _SEPARATOR_LINE.match(text)
    skipped = 0
    if said is not None:
        separator, text, skipped = separator or said[1], text[said.end() :], 1
    if not separator and name.lower().endswith(".tsv"):
        separator = "\t"
    separator = separator or _separator(text)
    edges = (ruled or _widths(text)) if not separator or (separator == "," and _commas_inside(text)) else ()
    if edges:
        rows = [_cut(line.expandtabs(), edges) for line in text.splitlines()]
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


def decoded(name: str, content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text, and what it was read as.

    Raises:
        SourceError: it is no text in any encoding.
    """
    if encoding:
        return _decoded_as(name, content, encoding), encoding
    for mark, codec, said in (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
        (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    ):
        if content.startswith(mark):
            return content.decode(codec, "replace").removeprefix("\ufeff"), said
    wide = _wide(content[:4_096])
    if wide:
        return _decoded_as(name, content, wide), "UTF-16"
    if b"\x00" in content[:65_536]:
        raise SourceError(f"{name} is no text.", f"Files may be {ENDINGS}.")
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        found = _legacy(content)
        return content.decode(found, "replace"), _SAID[found]


def _decoded_as(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise SourceError(f"{name} cannot be read as {encoding}.", "Choose another encoding, or none.") from None


def _wide(sample: bytes) -> str:
    """UTF-16 without a mark: every second byte is mostly zero."""
    pairs = len(sample) // 2
    if pairs < 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.6 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * pairs and odd < 0.1 * pairs else ""


def _legacy(content: bytes) -> str:
    """The code page that makes the most sense of a text that is not UTF-8."""
    from charset_normalizer import from_bytes

    sample = content[:_LARGEST_SAMPLE]
    if len(content) > len(sample):
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    # Lines of digits tell nothing of the language.
    telling = b"\n".join(line for line in sample.splitlines() if any(byte > 127 for byte in line)) or sample
    best = from_bytes(telling, cp_isolation=list(_LEGACY), preemptive_behaviour=False, threshold=0.35).best()
    found = best.encoding if best is not None and best.encoding in _SAID else "cp1252"
    western = telling.decode("cp1252", "replace")
    if found == "cp932" and not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", telling.decode(found, "replace")):
        return "cp1252"  # a square metre's sign alone is half a Japanese letter
    if found == "cp1252" and re.search(r"[A-Za-z][\xa1-\xbf][A-Za-z]", western):
        return "cp1250"  # signs within words are letters of Central Europe
    # Code pages that give the same letters are the one that is met most.
    return "cp1252" if telling.decode(found, "replace") == telling.decode("cp1252", "replace") else found


def _separator(text: str) -> str:
    """The mark between values; empty where none splits the lines.

    Commas also stand in numbers and names, the other marks hardly: one of them that splits most lines, the header
    among them, is it. Otherwise it is the comma, if it splits enough of them.
    """
    lines = [line for line in text[:256_000].splitlines()[:_SAMPLE_LINES] if line.strip()]
    fields = {mark: [_fields(line, mark) for line in lines] for mark in _MARKS}
    shares = {mark: sum(count > 1 for count in counts) / len(lines) for mark, counts in fields.items() if lines}
    head = next((at for at in range(len(lines)) if any(fields[mark][at] > 1 for mark in _MARKS)), 0)
    rare = [mark for mark in _MARKS if mark != "," and shares.get(mark, 0) >= 0.5 and fields[mark][head] > 1]
    if rare:
        return max(rare, key=lambda mark: shares[mark])
    best = max(shares, key=lambda mark: shares[mark], default="")
    return best if shares.get(best, 0) >= 0.4 else ""


def _fields(line: str, mark: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=mark), []))
    except csv.Error:
        return 1


def _commas_inside(text: str) -> bool:
    """Whether commas stand inside values: the first line of several words parted by wide gaps has none."""
    for line in text[:256_000].splitlines()[:_SAMPLE_LINES]:
        if len(re.findall(r"\S\s{2,}(?=\S)", line)) > 1:
            return "," not in line
    return False


def _ruled(text: str) -> Sequence[tuple[int, int]]:
    """Where columns stand by a line of dashes in pieces under their names."""
    for line in text[:256_000].splitlines()[:_SAMPLE_LINES]:
        pieces = list(re.finditer(r"[-=_]{2,}", line))
        if len(pieces) > 1 and re.fullmatch(r"[-=_ ]+", line):
            lefts = [piece.start() for piece in pieces]
            return list(zip([0, *lefts[1:]], [*lefts[1:], 1 << 30], strict=True))
    return ()


def _cut(line: str, edges: Sequence[tuple[int, int]]) -> list[str]:
    """The cells of a line; one that has letters across an edge is no row but a title, and stays whole."""
    crosses = any(0 < left < len(line) and line[left - 1] != " " and line[left] != " " for left, _ in edges)
    return [line.strip()] if crosses else [line[left:right].strip() for left, right in edges]


def _widths(text: str) -> Sequence[tuple[int, int]]:
    """Where the columns of lines of fixed width begin and end: two places that no line of the table fills."""
    lines = [line.expandtabs() for line in text[:256_000].splitlines()[:_SAMPLE_LINES] if line.strip()]
    gaps = [len(re.findall(r"\S\s{2,}(?=\S)", line)) for line in lines]
    usual = Counter(count for count in gaps if count)
    typical = max(usual, key=lambda count: (usual[count], count), default=0)
    full = [line for line, count in zip(lines, gaps, strict=True) if count >= max(typical, 1)]
    if len(full) < 2 or len(full) < 0.4 * len(lines):
        return ()
    width = max(map(len, full))
    # A title or a total among them may reach over the gaps.
    fills = [sum(place < len(line) and line[place] != " " for line in full) for place in range(width)]
    taken = [20 * count > len(full) for count in fills]
    lefts = [place for place in range(width) if taken[place] and not any(taken[max(0, place - 2) : place])]
    # What stands left of the first column belongs to it; a cell may reach to where the next one begins.
    return list(zip([0, *lefts[1:]], [*lefts[1:], 1 << 30], strict=True)) if len(lefts) > 1 else ()
