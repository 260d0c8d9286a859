"""From a model's raw reply to the code in it, without guessing: fences, prose, JSON and typography are undone. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

from engine.authors.model.decisions import LONGEST_REASON
from engine.language_model.reply import Reply, without_thinking

_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"^def \w+\(", re.MULTILINE)
_CODE = re.compile(r"^(?:def |import |from \w+ import |@|[A-Z_]+ = )", re.MULTILINE)
_LETTERS = str.maketrans(
    {
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u2009": " ",
        "\u202f": " ", "\u3000": " ", "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None,
        "\u2212": "-", "\u2013": "-", "\u00d7": "*",
    }
)  # fmt: skip
_CANNOT = re.compile(r"\s*(?:```[\w-]*\s*)?(?:#\s*)?CANNOT\b[\s:.-]*(.*\S)", re.DOTALL)
ONLY_THOUGHT = "Your reply held only reasoning. Reply with the code block at once."
EMPTY = "The reply was empty. Reply with one ```python code block."
_ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>", "<|im_start|>assistant")


@dataclass(frozen=True)
class Code:
    """Code as it was meant, and what was done to get it."""

    text: str
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ask:
    """No usable code: what to tell the model."""

    feedback: str
    code: str = ""


@dataclass(frozen=True)
class Show:
    """The model wrote words instead of code: they are for the person; `cannot` is why it says that it cannot."""

    text: str
    cannot: str = ""


@dataclass(frozen=True)
class Refuse:
    """Code that must never run; the model is not asked about it again."""

    reason: str
    code: str = ""


def extract(reply: Reply) -> Code | Ask | Show:
    """The code of a reply."""
    fixes: list[str] = []
    text = reply.text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    for mark in _ENDS:
        text = text.replace(mark, "")
    text, thought = without_thinking(text)
    if not text.strip():
        return Ask(ONLY_THOUGHT if thought or reply.thinking else EMPTY)
    if thought:
        fixes.append("reasoning dropped")
    if (unwrapped := _unwrapped(text)) is not None:
        text = unwrapped
        fixes.append("code taken out of JSON")
    if reason := cannot_in(text):
        return Show(text.strip()[:2_000], reason)
    found = _block(text, fixes)
    if found is None:
        return Show(text.strip()[:2_000])
    code, closed = found
    if _repeats(code):
        return Ask("The reply repeated itself. Write each function once, and no more.")
    if not reply.whole or not closed:
        return Ask("The reply was cut off before its end. Write a shorter function.", code)
    clean = unicodedata.normalize("NFC", code.translate(_LETTERS))
    if clean != code:
        fixes.append("typographic characters replaced")
    return Code(_dedented(clean).strip("\n") + "\n", tuple(fixes))


def cannot_in(text: str) -> str:
    """What is missing, where a reply says CANNOT instead of code; empty where it does not."""
    found = None if _FUNCTION.search(text) else _CANNOT.match(text)
    return " ".join(found.group(1).replace("`", " ").split())[:LONGEST_REASON] if found else ""


def _unwrapped(text: str) -> str | None:
    """The code inside a JSON object, when the reply is one."""
    plain = re.sub(r"^```(?:json)?\s*|\s*```\s*$", "", text.strip())
    if not plain.startswith("{"):
        return None
    try:
        parts = json.loads(plain, strict=False)
    except ValueError:
        return None
    codes = [part for part in parts.values() if isinstance(part, str) and "def " in part]
    return codes[0] if codes else None


def _block(text: str, fixes: list[str]) -> tuple[str, bool] | None:
    """The code block that defines functions, and whether it was closed; code without any fence when there is none."""
    blocks = [(match.group(2), match.group(0).rstrip().endswith("```")) for match in _FENCE.finditer(text)]
    if blocks:
        defining = [block for block in blocks if _FUNCTION.search(block[0])]
        if len(blocks) > 1:
            fixes.append("one of several blocks taken")
        if len(defining) > 1 and not _same_names(defining):
            return "\n\n".join(block for block, _ in defining), all(closed for _, closed in defining)
        return max(defining or blocks, key=lambda block: len(block[0]))
    start = _CODE.search(text)
    if start is None:
        return None
    fixes.append("no fence")
    code = text[start.start() :]
    return re.sub(r"\n`{1,3}\s*$", "\n", code), True


def _same_names(blocks: list[tuple[str, bool]]) -> bool:
    """Whether a later block defines again what an earlier one did: then they are versions, not parts."""
    names = [name for block, _ in blocks for name in set(re.findall(r"^def (\w+)\(", block, re.MULTILINE))]
    return len(names) != len(set(names))


def _repeats(code: str) -> bool:
    lines = [line.strip() for line in code.split("\n") if line.strip()]
    return len(lines) > 60 and len(set(lines)) < len(lines) / 4


def _dedented(code: str) -> str:
    """A block that is indented as a whole (inside a list), moved to the margin."""
    lines = code.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    least = min(indents, default=0)
    if least:
        return "\n".join(line[least:] for line in lines)
    return code
