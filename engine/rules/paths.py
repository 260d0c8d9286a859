"""Which paths are refused: places of the system, programs, and texts put together so that nobody can read them.

A sandbox holds no file of its host, so a path is harmless in itself: a name that only the moment tells (an argument, an
entry of a folder) is taken, and so are a person's documents and folders of a network. What is refused shows what a
script is after: the system's own places, what programs keep of a person, a whole home folder at once.
"""

from __future__ import annotations

import ast
import fnmatch
import ipaddress
import itertools
import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from .base import Source, words
from .values import NUMERAL, SCRIPT_FILE, Values

PROGRAM = re.compile(
    r"\.(py|pyc|pyd|pth|so|dll|dylib|exe|sh|bash|bat|cmd|ps1|pkl|pickle|joblib|jar|vbs|desktop|service)$",
    re.I,
)
SYSTEM = r"etc|proc|root|dev|sys|boot|run|s?bin|lib\d*|usr|var|home|Users|Library|System|Applications|private|tmp|opt"
SENSITIVE = re.compile(
    r"^/(tmp|opt|srv)/\w|"
    r"^/(etc|proc|root|dev|sys|boot|var/(run|log|lib|spool)|run/|usr/s?bin|s?bin/)(/|\b)|^file:|"
    r"(^|/)\.(ssh|aws|bashrc|bash_profile|bash_history|profile|zshrc|netrc|pgpass|docker|kube|gnupg|git-credentials)\b|"
    r"\b(id_rsa|id_ed25519|authorized_keys|docker\.sock)\b|/etc/(passwd|shadow|hosts|sudoers|crontab)\b|"
    r"169\.254\.169\.254|metadata\.google\.internal|\brm\s+-rf?\b|\b(curl|wget)\s+\S*https?:|/bin/(ba|z|da)?sh\b|"
    r"^([A-Za-z]:|/mnt/[a-z])[\\/]+(windows|program)|(\.\./){2,}|(\.\.\\){2,}|\bnc\s+-\w*e\b|/dev/tcp/",
    re.I,
)
PLACE = re.compile(rf"^([A-Za-z]:)?[/\\]+(({SYSTEM})([/\\]|$)|$|[\w.-]*$)", re.I)
# A data file of a folder beside or above the script's own, as notebooks name them.
ABOVE = re.compile(r"^(\.\.[/\\]){1,3}(?=[^.~/\\])")
# What is read one or two folders up, whatever its ending; and how far up any path begins.
READ_ABOVE = re.compile(r"^(\.\.[/\\]){1,2}(?=\w)")
CLIMB = re.compile(r"^(\.?[/\\])*(\.\.[/\\]+)(\.{0,2}[/\\]+)*")
TOP = words("etc proc sys dev root home usr var boot")
DATA = re.compile(
    r"\.(csv|tsv|txt|json|jsonl|geojson|xlsx?|xlsm|ods|parquet|feather|orc|dta|sav|sas7bdat|xml|html?|ya?ml|md|pdf|"
    r"png|jpe?g|svg|gif|npy|npz|mat|h5|nc|zip)(\.(gz|bz2|xz|zip))?$",
    re.I,
)


# A person's own folder, and a drive or folder of a network, whose parts are as ordinary as the script's own.
HOME = re.compile(r"~(?=[/\\]|$)|([A-Za-z]:|/mnt/[a-z])?[/\\]+(home|Users)[/\\]+(?!root\b)[\w. -]+(?=[/\\]|$)", re.I)
SHARED = re.compile(
    r"/(mnt|media|Volumes)/(?!\.\.?/)[\w. -]+/|[A-Za-z]:[/\\]+(?=[\w. -]+[/\\.])(?!(windows|program|users)\b)", re.I
)
# Files that the drivers of maps make of others, of addresses and of descriptions.
VIRTUAL = ("/vsi", "<", "PG:", "MySQL:", "WFS:", "OAPIF:", "CARTO:", "ODBC:", "MSSQL:", "OCI:")
# What programs keep of a person: sessions, keys, passwords.
KEPT = re.compile(r"(AppData|Library|Application Support|Local Settings|NTUSER\b.*|snap)([/\\]|$)", re.I)
EVERYTHING = re.compile(r"[/\\]*(\*\*?[/\\]*)*(\*\.\*)?")
# Hidden folders of a script's own, which hold what it has computed before.
OWN_HIDDEN = words(".cache .tmp .work .checkpoints .ipynb_checkpoints .state")


def is_whole_home(text: str) -> bool:
    """Whether the text is a person's home folder itself, or everything in it."""
    home = HOME.match(text)
    return home is not None and EVERYTHING.fullmatch(text[home.end() :]) is not None


def _in_home(rest: str) -> str | None:
    """Why a path below a person's home folder is refused."""
    rest = rest.lstrip("/\\")
    if EVERYTHING.fullmatch(rest):
        return "is a whole home folder"
    if KEPT.match(rest):
        return "is a place of the system"
    return "is a hidden file" if rest.startswith(".") else reason_against_path(rest)


def _names_top(text: str, several: bool = False) -> bool:
    """Whether the first part of a path may be a folder at the root of a system."""
    first, *rest = re.split(r"[/\\]", text.lower())
    if first == "*" and not several:
        return False
    return first in TOP or (bool(rest) and any(fnmatch.fnmatchcase(name, first) for name in TOP))


def _climbs_to_top(text: str) -> bool:
    """Whether a path goes up, by whatever number of folders, and there to a folder of the system."""
    climb = CLIMB.match(text)
    return climb is not None and _names_top(text[climb.end() :], climb[0].count("..") > 1)


def _below(text: str, reads: bool) -> str:
    """The part of a path that lies below a drive, a folder of a network or a folder above the script's."""
    text = SHARED.sub("", text, count=1) if SHARED.match(text) else text
    text = ABOVE.sub("", text) if DATA.search(text) else text
    return READ_ABOVE.sub("", text) if reads else text


def reason_against_path(text: str, reads: bool = False) -> str | None:
    """Why a path is refused; None when it names an ordinary file, which is read and no more with `reads`."""
    at_top = _climbs_to_top(text)
    if text.startswith(SCRIPT_FILE):
        return None
    if home := HOME.match(text):
        return _in_home(text[home.end() :])
    text = _below(text, reads)
    parts = re.split(r"[/\\]", text)
    if not text or "\x00" in text:
        return "is empty or holds a null byte"
    if "://" in text or text.startswith(("file:", "http:", "https:", "s3:")):
        return "is an address, not a file"
    if text.startswith(VIRTUAL):
        return "is what a driver reads from elsewhere"
    if at_top or text.startswith(("~", "//", "\\")) or PLACE.match(text) or SENSITIVE.search(text):
        return "is a place of the system"
    if ".." in parts or "$" in text or "|" in text:
        return "leaves the script's folder"
    if any(part.startswith(".") and part not in (".", "") for part in parts[parts[0] in OWN_HIDDEN :]):
        return "is a hidden file"
    return "is a program or a pickle" if PROGRAM.search(text) else None


def names_system(text: str) -> str | None:
    """The part of a text that names a place of the system or a command for a shell; None when nothing does."""
    found = SENSITIVE.search(ABOVE.sub("", text) if DATA.search(text) else text)
    return found[0] if found else None


def is_public_address(text: str, schemes: tuple[str, ...] = ("https",)) -> bool:
    """Whether the text is an address of a host by its public name."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:  # brackets or a port that no address has
        return False
    try:
        ipaddress.ip_address(host)
        return False
    except ValueError:
        plain = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", host) is not None
    named = plain and not host.endswith((".local", ".internal", ".localhost"))
    return named and parts.scheme in schemes and not (parts.username or parts.password)


# What makes texts out of numbers, bytes or single letters.
CODES = words(
    "chr ord bytes bytearray fromhex unhexlify b64decode urlsafe_b64decode b32decode b16decode a85decode b85decode "
    "translate maketrans reversed decompress unpack to_bytes fromordinal"
)
CUTS = words("split rsplit partition rpartition basename splitext")
# Letters written as codes, which a function of a library would decode, and fields that make a letter of a number.
ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|&#|&\w+;|\\[uUxN0-7]|\^[A-Z]")
LETTER_FIELD = re.compile(r"%(\(\w+\))?[-+ #0]*\d*c")
# Files that only a system has, whatever stands around their names.
SPELT = re.compile(
    r"(?i)passwd|shadow\b|sudoers|id_rsa|id_ed25519|authorized_keys|docker\.sock|(^|[/\\])\.?ssh[/\\]|/etc(/|$)|/proc(/|$)|"
    r"self/environ|\.aws|\.kube|\.netrc|\.pgpass|crontab"
)
SYSTEM_NAMES = words(
    "passwd shadow sudoers id_rsa id_ed25519 authorized_keys .sock .ssh .aws .kube .netrc .pgpass crontab environ"
)
LONGEST_PIECE, MOST_PIECES = 24, 7
SAME = words("str Path PurePath abspath normpath realpath")
DEEPEST = 8
MOST_NODES = 400


def reason_against_unknown(
    source: Source, path: ast.expr, without: re.Pattern[str] | None = None, reads: bool = False
) -> str | None:
    """Why a path that cannot be told is refused; None when only the moment tells its name, as an argument does.

    What `without` finds in its texts is taken off before. With `reads` a file there is read and no more.
    """
    reach = _Reach(source)
    reach.follow(path, 0)
    if reach.hidden or (reach.unread and makes_letters(source)):
        return "is put together from codes or single letters"
    if reach.visited:
        return "is what a visitor sent"
    if any(map(names_system, reach.cut)) or _spells_system(tuple(dict.fromkeys([*reach.texts, *reach.cut]))):
        return "is a place of the system"
    first = _first_texts(source, path)
    if any(_begins_at_root(text) for text in first):
        return "begins at the root of the system"
    if any(text.startswith("..") for text in reach.texts):
        if any(_names_top(text.lstrip("/\\"), True) for text in reach.texts):
            return "is a place of the system"
        if reads and not any(".." in text for text in {*reach.texts} - first):
            reach.texts = [READ_ABOVE.sub("", text) for text in reach.texts]
    return _reason_against_parts([without.sub("", text) if without else text for text in reach.texts])


def _reason_against_parts(texts: list[str]) -> str | None:
    """Why a path is refused that has these texts somewhere."""
    for text in texts:
        if PROGRAM.search(text):
            return "is a program or a pickle"
        if text not in (".", "..", "/") and (reason := reason_against_path(text)) and not _middle(text):
            return reason
    return None


@lru_cache(maxsize=512)
def _spells_system(texts: tuple[str, ...]) -> bool:
    """Whether texts of a path, alone or one behind another in whatever order, name a file that only a system has."""
    if any(SPELT.search(text) for text in texts):
        return True
    pieces = [text for text in texts if 2 <= len(text) <= LONGEST_PIECE]
    return len(pieces) <= MOST_PIECES and any(
        SPELT.search("".join(order)) for size in (2, 3, 4) for order in itertools.permutations(pieces, size)
    )


def _begins_at_root(text: str) -> bool:
    """Whether a path that begins so may lead anywhere: no folder is whole behind its first slash."""
    if home := HOME.match(text):
        return not re.match(r"[/\\]\w", text[home.end() :]) or reason_against_path(f"{text}x") is not None
    return text.startswith(("/", "\\", "~")) and (
        re.match(r"[/\\][\w.-]+[/\\]", text) is None or reason_against_path(f"{text}x") is not None
    )


def _first_texts(source: Source, node: ast.expr | None) -> frozenset[str]:
    """The texts that a path which is put together can begin with."""
    values = Values.of(source)
    for _ in range(DEEPEST):
        if node is None or (known := values.texts(node)) is not None:
            return known or frozenset() if node is not None else frozenset()
        node = _first_part(values, node)
    return frozenset()


def _first_part(values: Values, node: ast.expr) -> ast.expr | None:
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod() | ast.Div()):
            return left
        case ast.JoinedStr(values=[first, *_]):
            return first.value if isinstance(first, ast.FormattedValue) else first
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return value
        case ast.Call(func=ast.Attribute(attr="join", value=ast.Name() | ast.Attribute()), args=[first, *_]):
            return first
        case ast.Call(args=[first, *_]) if _word(node) in SAME:
            return first
        case ast.Name():
            bound = values.bindings.of(node)
            return bound[0] if len(bound) == 1 and isinstance(bound[0], ast.expr) else None
    return None


def _middle(text: str) -> bool:
    """Whether the text is an ordinary part from the middle of a path, such as `/`, `/data_` or `.csv`."""
    if READ_ABOVE.match(text):
        return False
    return SENSITIVE.search(text) is None and re.fullmatch(r"[/\\.]?[\w .-]*(/[\w .-]*)?", text) is not None


def makes_letters(source: Source) -> bool:
    """Whether the script anywhere makes texts out of codes."""
    if "decoders" not in source.memory:
        called = any(_word(call) in CODES - {"bytes", "ord", "reversed"} for call in source.all(ast.Call))
        parted = (assign.value for assign in source.all(ast.Assign) if isinstance(assign.targets[0], ast.Tuple))
        source.memory["decoders"] = called or any(isinstance(value, ast.Constant) for value in parted)
    return bool(source.memory["decoders"])


def _word(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


class _Reach:
    """Everything that an expression can be made of: its parts, and the parts of what its names are bound to."""

    def __init__(self, source: Source, of_amounts: bool = False) -> None:
        self.source = source
        self.of_amounts = of_amounts  # of which a product is one more, and what a file holds is no part of its name
        self.values = Values.of(source)
        self.texts: list[str] = []
        self.cut: list[str] = []  # of which only a part is taken, as the file's name of an address
        self.hidden = False
        self.unread = False
        self.visited = False
        self._seen: set[ast.AST] = set()

    def follow(self, node: ast.AST | None, depth: int, cut: bool = False) -> None:
        """Collect from one node and from all that it leads to, the nearest first: what is near is never left out."""
        todo = deque([(node, depth, cut)])
        while todo:
            part, far, shortened = todo.popleft()
            if part is None:
                self.unread = True
            elif part not in self._seen and far <= DEEPEST:
                if len(self._seen) > MOST_NODES:
                    self.hidden = True
                    return
                todo.extend((each, far + 1, inner) for each, inner in self._collect(part, shortened))

    def _collect(self, node: ast.AST, cut: bool) -> Iterator[tuple[ast.AST | None, bool]]:
        """Keep what one node says; its parts, and whether only a part of each is taken."""
        self._seen.add(node)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                (self.cut if cut else self.texts).append(node.value)
            self.hidden |= isinstance(node.value, bytes) or ENCODED.search(str(node.value)) is not None
            return
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
        self.hidden |= not (product and self.of_amounts) and _hides(self.source, node)
        cut = cut or (isinstance(node, ast.Call) and _word(node) in CUTS)
        for part in self._parts(node):
            yield part, cut

    def _parts(self, node: ast.AST) -> Iterator[ast.AST | None]:
        if isinstance(node, ast.Name | ast.Attribute):
            self.visited |= (self.source.dotted(node) or "").startswith("flask.request")
            if self.source.dotted(node) is None:
                yield from self.values.bindings.of(node)[:50]
            if isinstance(node, ast.Attribute):
                yield node.value
        elif isinstance(node, ast.Call):
            yield from self._of_call(node)
        elif isinstance(node, ast.Subscript):
            yield node.value
        elif isinstance(node, ast.Lambda):
            return  # sorts or chooses, and makes no part of a path
        elif isinstance(node, ast.comprehension):
            yield node.iter  # its conditions only choose
        elif isinstance(node, ast.IfExp):
            yield from (node.body, node.orelse)
        else:
            yield from ast.iter_child_nodes(node)

    def _of_call(self, call: ast.Call) -> Iterator[ast.AST | None]:
        if self.of_amounts and self.source.called(call).startswith("pandas.read_"):
            return
        yield from (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(call.func, ast.Attribute):
            yield call.func.value
        elif isinstance(call.func, ast.Name) and call.func.id in self.source.class_names:
            yield None  # what an object calls itself is made in a method of its class
        elif isinstance(call.func, ast.Name) and call.func.id in self.source.function_names:
            for function in self.source.all(ast.FunctionDef):
                if function.name == call.func.id:
                    yield from (part.value for part in ast.walk(function) if isinstance(part, ast.Return))


def _hides(source: Source, node: ast.AST) -> bool:
    """Whether a node makes a text that nobody can read: from codes, letters, or backwards."""
    values = Values.of(source)
    match node:
        case ast.Call():
            joins = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
            return _word(node) in CODES or (joins and _joins_letters(source, node))
        case ast.Subscript(value=value, slice=ast.Slice(step=step)):
            return step is not None or _is_text(values, value)
        case ast.Subscript(value=value):
            return _is_text(values, value)
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str() as spec)])):
            return spec.endswith("c")
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str() as text)):
            return LETTER_FIELD.search(text) is not None
        case ast.BinOp(op=ast.Mult()):
            return _repeats_text(source, node)
        case ast.BinOp(op=ast.BitXor() | ast.LShift()):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            # `p = p + p` grows out of sight; `i + 1` counts.
            if any(isinstance(side, ast.Constant) and type(side.value) in (int, float) for side in (left, right)):
                return False
            return _loops(values, node, left) or _loops(values, node, right)
    return False


def _repeats_text(source: Source, node: ast.BinOp) -> bool:
    """Whether a product may be part of a path: a text that is repeated, and no amount of a frame times another."""
    values = Values.of(source)
    for side in (node.left, node.right):
        if (texts := values.texts(side)) is not None:
            if not all(map(NUMERAL.fullmatch, texts)):
                return True
            continue
        reach = _Reach(source, of_amounts=True)
        reach.follow(side, 0)
        if reach.hidden or any(set(text) & set("/\\~") for text in (*reach.texts, *reach.cut)):
            return True
    return False


def _joins_letters(source: Source, call: ast.Call) -> bool:
    between = call.func.value if isinstance(call.func, ast.Attribute) else None
    calls = (part for part in ast.walk(call) if isinstance(part, ast.Call))
    at_random = any(_word(part) in ("choice", "choices", "sample") for part in calls)
    return isinstance(between, ast.Constant) and between.value == "" and not (at_random or _keeps_letters(source, call))


def _keeps_letters(source: Source, call: ast.Call) -> bool:
    """Whether the letters of one text are kept or replaced by a mark, as in a name made safe for a file."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.GeneratorExp | ast.ListComp):
        return False
    made = call.args[0]
    if len(made.generators) != 1 or not isinstance(made.generators[0].target, ast.Name):
        return False
    letter = made.generators[0].target.id
    results = [made.elt.body, made.elt.orelse] if isinstance(made.elt, ast.IfExp) else [made.elt]
    if not all(
        (isinstance(each, ast.Name) and each.id == letter)
        or (isinstance(each, ast.Constant) and each.value in ("", "_", "-", " "))
        for each in results
    ):
        return False
    of = _Reach(source)
    of.follow(made.generators[0].iter, 0)
    return not of.hidden and not any(_may_spell(text) for text in (*of.texts, *of.cut))


def _may_spell(text: str) -> bool:
    """Whether a name that only a system has, or a way to one, remains when letters are left out of a text."""
    return bool(set(text) & set("/\\~")) or any(_within(name, text.lower()) for name in SYSTEM_NAMES)


def _within(name: str, text: str) -> bool:
    """Whether the letters of a name stand in a text in their order."""
    letters = iter(text)
    return all(letter in letters for letter in name)


def _is_text(values: Values, node: ast.AST) -> bool:
    """Whether the expression is a text of the script's own, so that a part of it is a letter."""
    bound = values.bindings.of(node)[:20] if isinstance(node, ast.Name) else [node]
    return any(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in bound)


def _loops(values: Values, whole: ast.AST, side: ast.AST) -> bool:
    return isinstance(side, ast.Name) and whole in values.bindings.of(side)
