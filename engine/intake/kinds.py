"""What a file is by what stands in it: programs call a web page .xls and a workbook .csv, and people pack files."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from enum import StrEnum
from pathlib import Path
from typing import IO

from engine.errors import SourceError, UsageError
from engine.intake.encoding import ENDINGS
from engine.intake.limits import FileLimits, over_unpacked

TEXTS = (".csv", ".tsv", ".txt", ".psv", ".dat", ".tab", ".prn", ".asc")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_OTHERS = (".json", ".jsonl", ".ndjson", ".html", ".htm", ".xml", ".parquet", ".pq")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
_PIECE = 1 << 20
_PAGE_TAGS = (b"<html", b"<table", b"<!doctype html", b"<style")
_OLD_OFFICE, _ZIP, _GZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\x1f\x8b"
_NO_DATA = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a letter"),
    (b"Rar!", "an archive of a kind that is not read"),
    (b"7z\xbc\xaf", "an archive of a kind that is not read"),
)


class FileKind(StrEnum):
    """How a file is read."""

    TEXT = "text"
    WORKBOOK = "workbook"
    PARQUET = "Parquet"
    JSON = "JSON"
    PAGE = "a web page"
    XML = "an XML workbook"


def unpacked(name: str, content: bytes, limits: FileLimits) -> tuple[str, bytes]:
    """The file in a packed one, with its own name; any other file as it is.

    Raises:
        SourceError: it is damaged, has a password, holds several files, or unpacks to too much.
    """
    try:
        if content.startswith(_GZIP):
            plain = name.removesuffix(".gz") if name.lower().endswith(".gz") else f"{name}.csv"
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as part:
                return plain, _limited(name, part, limits)
        if content.startswith(_ZIP) and not _is_workbook(name, content):
            return _from_archive(name, content, limits)
    except _DAMAGED as error:
        said = str(error)[:120]
        raise SourceError(f"{name} cannot be unpacked: {said}.", "Pack it anew, without a password.") from None
    return name, content


def _from_archive(name: str, content: bytes, limits: FileLimits) -> tuple[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        inner = [each for each in packed.infolist() if not each.is_dir() and not _is_hidden(each.filename)]
        known = [each for each in inner if Path(each.filename).suffix.lower() in (*TEXTS, *WORKBOOKS, *_OTHERS)]
        if len(known) != 1:
            listed = ", ".join(Path(each.filename).name for each in (known or inner)[:5]) or "nothing"
            holds = f"{len(known)} files ({listed})" if known else f"no file that can be read ({listed})"
            raise SourceError(f"{name} holds {holds}.", f"Unpack it and drop one of them: {ENDINGS}.")
        if known[0].flag_bits & 1:
            raise SourceError(f"{name} is protected by a password.", "Pack it without one.")
        with packed.open(known[0]) as part:
            return Path(known[0].filename).name, _limited(name, part, limits)


def _is_hidden(filename: str) -> bool:
    """Whether a part of an archive is the system's own."""
    return filename.startswith("__MACOSX/") or Path(filename).name.startswith(".")


def _limited(name: str, part: IO[bytes] | gzip.GzipFile, limits: FileLimits) -> bytes:
    """What a packed part holds, if it is not too much."""
    most, pieces, size = limits.unpacked_mb << 20, [], 0
    # Piece by piece: a reader makes room for all that it is asked for.
    while piece := part.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise over_unpacked(name, limits)
    return b"".join(pieces)


def _is_workbook(name: str, content: bytes) -> bool:
    """Whether what is packed is a workbook: by its name, whose reader then says what is wrong with it, or its parts."""
    if Path(name).suffix.lower() in WORKBOOKS:
        return True
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return bool(set(packed.namelist()) & {"[Content_Types].xml", "content.xml", "mimetype"})


def kind_of(name: str, content: bytes) -> FileKind:
    """How a file is to be read.

    Raises:
        UsageError: it is of no kind that can be read.
        SourceError: what stands in it is no data, whatever its name says.
    """
    ending = Path(name).suffix.lower()
    for start, said in _NO_DATA:
        if content.startswith(start):
            hint = f"Files may be {ENDINGS}, each named by its kind."
            raise SourceError(f"{name} is {said}, whatever its name says.", hint)
    if content.startswith(b"PAR1") or ending in (".parquet", ".pq"):
        return FileKind.PARQUET
    if content.startswith((_OLD_OFFICE, _ZIP)):
        return FileKind.WORKBOOK
    if ending not in (*TEXTS, *WORKBOOKS, *_OTHERS):
        raise UsageError(f"{name} is of no kind that can be read.", f"Files may be {ENDINGS}.")
    return _kind_of_text(name, ending, content)


def _kind_of_text(name: str, ending: str, content: bytes) -> FileKind:
    """What a text is: a page, a workbook in XML, JSON, or lines of values."""
    head = content[:4_096].removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip().lower()
    if head.startswith(b"<?xml") or ending == ".xml":
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
            return FileKind.XML
        if b"<html" not in head:
            raise SourceError(f"{name} is XML of a kind that is not read.", f"Files may be {ENDINGS}.")
    if head.startswith((b"<", b"\xff\xfe<")) and any(tag in head for tag in _PAGE_TAGS):
        return FileKind.PAGE
    if ending in (".json", ".jsonl", ".ndjson") or (ending in TEXTS and head.startswith((b'[{"', b'{"'))):
        return FileKind.JSON
    if ending in WORKBOOKS and not _is_lines(content):
        raise SourceError(f"{name} is no workbook, whatever its name says.", "Save it anew in Excel as .xlsx.")
    return FileKind.TEXT


def _is_lines(content: bytes) -> bool:
    """Whether bytes are lines that a mark splits, as programs write that call their text a workbook."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    lines = [line for line in content[:65_536].splitlines()[:50] if line.strip()]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in content[:4_096])
    marks = (b"\t", b";", b",", b"|")
    return not controls and len(lines) > 1 and any(all(mark in line for line in lines[:5]) for mark in marks)
