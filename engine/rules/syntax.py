"""The text itself: it parses, is of bounded size, and shows a reader what Python will read."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator

from runtime import parsing

from .base import Check, Remark, Source
from .written_out import write_out

LONGEST = 262_144
MOST_NODES = 40_000
CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
PLAIN_CODINGS = {"utf-8", "utf8", "ascii", "us-ascii"}
# Marks that turn text round, join it or hide it, and line ends that editors do not show as such.
HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u2064\u2066-\u206f\ufeff"
    "\U000e0000-\U000e007f\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|(?<![^\x00-\x7f])\u200d|\r(?!\n)"
)
# Letters that look Latin and are not.
LOOKS_LATIN = dict(
    zip(
        "асеорхуіјѕԁһԛԝкмтвнАВЕКМНОРСТХІЈЅУοαινρτυχκγΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհ",
        "aceopxyijsdhqwkmtbhABEKMHOPCTXIJSYoaivptuxkyABEZHIKMNOPTYXounh",
        strict=True,
    )
)
DEEP = "The script is nested too deeply or too long to be parsed."


def parse(text: str, *, fragment: bool = False, allow_imports: frozenset[str] = frozenset()) -> Source:
    """The text as a source; what stops it from being parsed is the source's problem, never an exception."""
    tree, problem = ast.Module(body=[], type_ignores=[]), _too_long(text)
    if problem is None:
        try:
            with warnings.catch_warnings(action="ignore"):  # of escapes that Python only frowns upon
                tree = parsing.parse(text.removeprefix("\ufeff"))
            if fragment:
                write_out(tree, text)
        except SyntaxError as error:
            problem = Remark(error.lineno or 1, f"Not Python: {error.msg}.", "Correct the syntax at this line.")
        except (RecursionError, MemoryError, OverflowError):
            problem = Remark(1, DEEP, "Write shorter, flatter statements.")
        except ValueError as error:
            problem = Remark(1, f"Not Python: {error}.", "Remove the character.")
    source = Source(text=text, tree=tree, fragment=fragment, allow_imports=allow_imports, problem=problem)
    if problem is None and len(source.nodes) > MOST_NODES:
        return Source(text=text, tree=ast.Module(body=[], type_ignores=[]), problem=Remark(1, DEEP, "Write less."))
    return source


def _too_long(text: str) -> Remark | None:
    if len(text) <= LONGEST:
        return None
    return Remark(
        1,
        f"The script is {len(text):,} characters long; at most {LONGEST:,} are read.",
        "Move data out of the script into a source.",
    )


def _problem(source: Source) -> Iterator[Remark]:
    if source.problem:
        yield source.problem


def _hidden(source: Source) -> Iterator[Remark]:
    for number, line in enumerate(source.text[:LONGEST].removeprefix("\ufeff").split("\n"), start=1):
        if match := HIDDEN.search(line.removesuffix("\r")):
            name = unicodedata.name(match[0], f"U+{ord(match[0]):04X}").lower()
            yield Remark(number, f"An invisible or direction-changing character: {name}.", "Delete it.")


def _coding(source: Source) -> Iterator[Remark]:
    for number, line in enumerate(source.text[:2000].splitlines()[:2], start=1):
        declared = CODING.match(line)
        if declared and declared[1].lower().replace("_", "-") not in PLAIN_CODINGS:
            yield Remark(number, f"The script declares the encoding {declared[1]!r}.", "Save it as UTF-8, undeclared.")


def _lookalikes(source: Source) -> Iterator[Remark]:
    if source.text.isascii() or source.problem:
        return
    fix = "Write the name in plain Latin letters."
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text.removeprefix("\ufeff")).readline):
            if token.type == tokenize.NAME and not token.string.isascii() and _imitates(token.string):
                yield Remark(token.start[0], "A name that only looks like one in Latin letters.", fix)
    except (tokenize.TokenError, SyntaxError):
        yield Remark(1, "The script's words cannot be told apart.", fix)


def _imitates(name: str) -> bool:
    if unicodedata.normalize("NFKC", name).isascii():
        return True
    skeleton = "".join(LOOKS_LATIN.get(letter, letter) for letter in name)
    return len(name) > 1 and skeleton.isascii()


RULES = (
    Check("parses", "The script is Python that parses, of bounded length and depth.", _problem),
    Check("plain-encoding", "The script is UTF-8 and declares no other encoding.", _coding),
    Check("visible-characters", "No invisible, control or direction-changing characters.", _hidden),
    Check("plain-names", "No name imitates another with look-alike letters.", _lookalikes),
)
