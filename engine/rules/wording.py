"""Words that people read, under names that a secret could have: a label, a kind, what a shortening stands for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from .shapes import WORDING

# A word as people read it: of letters, begun by a capital or not, or several of them.
WORDED = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+([ -][^\W\d_]+){0,8}")
# Names that mean a secret whatever its length, but for the word itself, which begins others.
SHORTENED = re.compile(r"(?i)(^|_)(token|auth|credential|creds?)$")


def worded(named: Iterable[tuple[str, ast.expr | None]]) -> frozenset[ast.AST]:
    """Words for people in dicts whose names say that they hold such: `labels = {"token": "Zeichen"}`."""
    held = (value for name, value in named if isinstance(value, ast.Dict) and WORDING.search(name))
    given = (item for each in held for item in each.values if isinstance(item, ast.Constant))
    return frozenset(item for item in given if isinstance(item.value, str) and WORDED.fullmatch(item.value.strip()))


def says_more(name: str, texts: Iterable[str]) -> Iterator[str]:
    """The texts that do not only say the name again."""
    return (text for text in texts if not says_name(name, text))


def says_name(name: str, text: str) -> bool:
    """Whether a text is only the name again, as in `CLIENT_SECRET = "client_secret"`, or the words it is short for."""
    plain = re.sub(r"[\W_]", "", name).lower()
    initials = "".join(word[:1] for word in text.split()).lower()
    again = "_" in text and re.sub(r"[\W_]", "", text).lower() == plain
    short = 2 <= len(plain) <= 5 and " " in text and initials == plain and not re.search(r"\d", text)
    longer = SHORTENED.search(name) is not None and text.isalpha() and text.lower().startswith(plain)
    return again or short or longer
