"""The encoding of a text: by its mark, by its bytes, or as the code page that makes the most sense of it."""

from __future__ import annotations

import codecs
import re

from engine.errors import SourceError

ENDINGS = "csv, tsv, txt, json, xlsx, xls, ods, html and parquet, also packed as zip or gz"
_LARGEST_SAMPLE = 256 << 10
_NORTHERN = frozenset("æøåÆØÅäöÄÖéÉ€§°")
# What old programs write behind the end of a text.
_ENDS = "\x00\x1a"
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


def decoded(name: str, content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text, and what it was read as.

    Raises:
        SourceError: it is no text in any encoding.
    """
    text, found = _decoded(name, content.rstrip(_ENDS.encode()) if content[-1:] == b"\x1a" else content, encoding)
    return text.rstrip(_ENDS), found


def _decoded(name: str, content: bytes, encoding: str) -> tuple[str, str]:
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
    if found == "cp1250" and set(re.sub(r"[\x00-\x7f]", "", western)) <= _NORTHERN:
        return "cp1252"  # these few letters alone are of the languages of the North
    if found == "cp1252" and re.search(r"[A-Za-z][\xa1-\xbf][A-Za-z]", western):
        return "cp1250"  # signs within words are letters of Central Europe
    # Code pages that give the same letters are the one that is met most.
    return "cp1252" if telling.decode(found, "replace") == telling.decode("cp1252", "replace") else found
