"""Effects: networks, output, endless loops, and constants too big to compute."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from engine.products import Severity

from .base import Check, Remark, Source, argument, spread, words
from .libraries import FETCHING
from .paths import is_public_address, makes_letters
from .values import Values

MOST_DIGITS = 5_000
MOST_ITEMS = 200_000_000
MOST_TEXT = 50_000_000
DEEPEST_RECURSION = 20_000
BACKENDS = words("matplotlib plotly loky threading auto numpy sequential agg Agg")
ADDRESS = re.compile(r"(?i)https?|://|//\w|\d+\.\d+\.\d+\.\d+|localhost")
SCHEMES = ("http", "https")
FETCHERS = frozenset({"requests.get", "requests.head", "httpx.get"})
# What says which data set is meant.
SAYING = frozenset({"name", "data_id", "data_name", "dataname", "package", "subset", "version"})
# Where the size stands of what is given a range or a distribution before it.
SIZED = {**dict.fromkeys(("integers", "randint", "normal", "uniform"), 2), "tile": 1}
FILLERS = words(
    "ndarray zeros ones empty full rand randn random arange linspace eye identity normal uniform integers randint "
    "tile repeat"
)


def _network(source: Source) -> Iterator[Remark]:
    fix = "Declare the address as a source; the loaders fetch it."
    for call in source.all(ast.Call):
        name = source.called(call)
        if name in FETCHERS:
            address = argument(call, 0, "url")
            texts = Values.of(source).texts(address)
            given = texts is None and isinstance(address, ast.Name) and _is_given(source, address)
            if not given and (texts is None or not all(is_public_address(text, SCHEMES) for text in texts)):
                yield Remark(call.lineno, "An address that is not a literal public one.", fix)
        elif FETCHING.fullmatch(name):
            yield from _fetched(source, call, name)
        elif name.startswith(("pandas.read_", "polars.read_")) and call.args and not spread(call):
            yield from _read_there(source, call, name)
        elif name in ("pandas.set_option", "pandas.option_context"):
            yield from _options(call)
    yield from _handed_on(source, fix)
    for keyword in source.all(ast.keyword):
        literal = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if reason := _reason_against_keyword(source, keyword.arg, literal):
            yield Remark(keyword.value.lineno, reason, "Leave it out.")


def _handed_on(source: Source, fix: str) -> Iterator[Remark]:
    """What fetches and is not called where it stands: its address would be given out of sight."""
    for node in (*source.all(ast.Attribute), *source.all(ast.Name)):
        dotted = source.dotted(node) or ""
        named = dotted.partition(".")[0] in source.allow_imports
        fetches = dotted in FETCHERS or (FETCHING.fullmatch(dotted) and not named)
        parent = source.parents[node]
        if fetches and not (isinstance(parent, ast.Call) and parent.func is node):
            yield Remark(node.lineno, f"{dotted} is passed on without its address.", fix)


def _fetched(source: Source, call: ast.Call, name: str) -> Iterator[Remark]:
    """A data set that a library fetches by its name: a name made of data would carry it out."""
    named = [word.value for word in call.keywords if word.arg in SAYING]
    values = Values.of(source)
    literal = not spread(call) and all(values.texts(item) is not None for item in (*call.args, *named))
    trusted = name.partition(".")[0] in source.allow_imports
    severity = Severity.ADVICE if literal or trusted else None
    yield Remark(call.lineno, f"{name} fetches from the network, which the sandbox has not.", "Use a file.", severity)


def _read_there(source: Source, call: ast.Call, name: str) -> Iterator[Remark]:
    """A file at a literal public address: it carries nothing out, and the sandbox does not reach it."""
    texts = Values.of(source).texts(call.args[0])
    if texts and all(is_public_address(text, SCHEMES) for text in texts):
        message = f"{name} fetches from the network, which the sandbox has not."
        yield Remark(call.lineno, message, "Declare the address as a source, or use a file.", Severity.ADVICE)


def _reason_against_keyword(source: Source, name: str | None, literal: object) -> str | None:
    if name == "verify" and literal is False:
        return "verify=False trusts any server."
    if name == "debug" and literal is True and "flask" in _roots(source):
        return "debug=True lets a visitor run code."
    loads = name == "backend" and isinstance(literal, str) and literal not in BACKENDS
    return f"backend={literal!r} imports a module by name." if loads and "pandas" in _roots(source) else None


def _roots(source: Source) -> set[str]:
    return {name.partition(".")[0] for name in source.modules.values()}


def _is_given(source: Source, name: ast.Name) -> bool:
    """Whether the name is an argument that callers outside of the script give: the script itself holds no address."""
    values = Values.of(source)
    if not source.is_argument(name) or any(item is not None for item in values.bindings.of(name)):
        return False
    joined = (*source.all(ast.BinOp), *source.all(ast.JoinedStr), *source.all(ast.Call))
    texts = [text for _, text in source.strings] + [text for node in joined for text in values.texts(node) or ()]
    return not any(ADDRESS.search(text) for text in texts) and not makes_letters(source)


def _options(call: ast.Call) -> Iterator[Remark]:
    for item in call.args[::2]:
        name = item.value if isinstance(item, ast.Constant) else None
        if not isinstance(name, str) or "backend" in name:
            yield Remark(
                call.lineno, "An option of pandas that loads a module.", "Set display options by literal name."
            )


def _output(source: Source) -> Iterator[Remark]:
    for call in source.all(ast.Call):
        name = source.called(call)
        if name == "print" and not source.fragment:
            yield Remark(call.lineno, "print shows nothing on the page.", "Return the value from a quantity.")
        if name == "time.sleep":
            yield Remark(call.lineno, "time.sleep uses up the time limit.", "Leave it out.")


def _endless(source: Source) -> Iterator[Remark]:
    for loop in source.all(ast.While):
        test = loop.test
        if isinstance(test, ast.Constant) and test.value:
            leaves = (ast.Break, ast.Return, ast.Raise, ast.Yield)
            if not any(isinstance(part, leaves) for item in loop.body for part in ast.walk(item)):
                yield Remark(loop.lineno, "A loop that never ends.", "Give it a condition.", Severity.ADVICE)


def _big(source: Source) -> Iterator[Remark]:
    fix = "Use a smaller number."
    yield from _deep(source)
    for node in source.all(ast.BinOp):
        if isinstance(node.op, ast.Mult) and (size := _repeated(node)) is not None and size > MOST_TEXT:
            yield Remark(node.lineno, f"A repetition of {size:.0e} items.", fix)
        elif isinstance(node.op, ast.Pow | ast.LShift) and magnitude(node) is math.inf:
            yield Remark(node.lineno, f"A number of more than {MOST_DIGITS:,} digits.", fix)
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        sizes = _sizes(call) if name in FILLERS and isinstance(call.func, ast.Attribute) else []
        if name in ("range", "bytearray", "bytes", "factorial", "repeat", "comb", "perm"):
            sizes = [size for item in call.args[:2] if (size := magnitude(item)) is not None]
        limit = 100_000 if name in ("factorial", "comb", "perm") else MOST_ITEMS
        if (
            name == "pow"
            and len(call.args) == 2
            and magnitude(ast.BinOp(call.args[0], ast.Pow(), call.args[1])) is math.inf
        ):
            yield Remark(call.lineno, f"A number of more than {MOST_DIGITS:,} digits.", fix)
        if sizes and max(math.prod(sizes) if name in FILLERS else max(sizes), 0) > limit:
            yield Remark(call.lineno, f"{name} of more than {limit:,} items.", fix)


def _deep(source: Source) -> Iterator[Remark]:
    """A limit of recursion that is no small literal: beyond it the interpreter itself ends."""
    for node in (*source.all(ast.Name), *source.all(ast.Attribute)):
        if source.dotted(node) != "sys.setrecursionlimit":
            continue
        call = source.parents.get(node)
        given = call.args[0] if isinstance(call, ast.Call) and call.func is node and len(call.args) == 1 else None
        limit = given.value if isinstance(given, ast.Constant) else None
        if type(limit) is not int or limit > DEEPEST_RECURSION:
            fix = f"Write a literal number of at most {DEEPEST_RECURSION:,}, or a loop."
            yield Remark(node.lineno, "A recursion without a bound that can be told.", fix)


def _sizes(call: ast.Call) -> list[float]:
    """The constant sizes along each axis of the array that the call makes."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    given = argument(call, 99, "size")
    if given is None:
        given = argument(call, SIZED.get(method, 0), "shape", "N", "stop", "reps")
    items: list[ast.expr] = [given] if given is not None else []
    if method in ("rand", "randn"):
        items = list(call.args)
    if isinstance(given, ast.Tuple | ast.List):
        items = given.elts
    return [size for item in items if (size := magnitude(item)) is not None and size > 0]


def _repeated(node: ast.BinOp) -> float | None:
    for sequence, times in ((node.left, node.right), (node.right, node.left)):
        length = None
        if isinstance(sequence, ast.Constant) and isinstance(sequence.value, str | bytes):
            length = len(sequence.value)
        elif isinstance(sequence, ast.List | ast.Tuple):
            length = len(sequence.elts)
        elif isinstance(sequence, ast.BinOp) and isinstance(sequence.op, ast.Mult):
            inner = _repeated(sequence)
            length = int(min(inner, 1e15)) if inner is not None else None
        count = magnitude(times)
        if length and count is not None:
            return length * count
    return None


def magnitude(node: ast.AST, depth: int = 0) -> float | None:
    """The size of a constant number, infinite beyond MOST_DIGITS digits; None when it is no constant."""
    if depth > 40:
        return None
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return _as_float(value)
        case ast.UnaryOp(operand=operand):
            return magnitude(operand, depth + 1)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[inner]):
            return magnitude(inner, depth + 1)
        case ast.BinOp(left=left, op=operation, right=right):
            first, second = magnitude(left, depth + 1), magnitude(right, depth + 1)
            return None if first is None or second is None else _combined(operation, first, second)
    return None


def _as_float(value: float) -> float:
    try:
        return abs(float(value))
    except OverflowError:
        return 1e308


def _combined(operation: ast.operator, first: float, second: float) -> float | None:
    try:
        if isinstance(operation, ast.Pow):
            digits = second * math.log10(first) if first > 1 else 0
            return math.inf if digits > MOST_DIGITS else 10.0 ** min(digits, 308)
        if isinstance(operation, ast.LShift):
            return math.inf if second * 0.301 > MOST_DIGITS else first * 2.0 ** min(second, 1000)
        if isinstance(operation, ast.Mult):
            return first * second
        return first + second if isinstance(operation, ast.Add) else first
    except (OverflowError, ValueError):
        return math.inf


RULES = (
    Check("network", "No addresses but literal public ones, and only where a library for it was allowed.", _network),
    Check("bounded-constants", "No constants that take a machine's memory or hours to compute.", _big),
    Check("endless-loops", "Loops end.", _endless, Severity.ADVICE),
    Check("quiet", "Results are returned, not printed; nothing sleeps.", _output, Severity.ADVICE),
)
