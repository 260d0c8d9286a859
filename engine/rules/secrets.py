"""Hard-coded credentials: by the name they go under, by their shape, and by how random they look.

A finding names the line and the variable to use instead; it never repeats the secret.
"""

from __future__ import annotations

import ast
import base64
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

from .base import Check, Remark, Source
from .shapes import BENIGN_NAME, DSN, NAMED, PAIR, PLACEHOLDER, SHAPES, STRONG, TYPE_WORDS, WEAK
from .values import Values

MOST = 4_000
# A signing key that says "change me" is still the key until someone does.
SIGNING = re.compile(r"(?i)secret_?key$")
TAKES_PASSWORD = {"login": 1, "HTTPBasicAuth": 1, "compare_digest": 1, "set_password": 0, "check_password": 0}


def _variable(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
    return re.sub(r"\W+", "_", words).strip("_") or "SECRET"


def _remark(line: int, what: str, name: str) -> Remark:
    variable = _variable(name)
    fix = f'Keep it in the environment: os.environ["{variable}"]; a contract script needs no credential at all.'
    return Remark(line, f"{what} is written into the script.", fix)


def _secrets(source: Source) -> Iterator[Remark]:
    seen: set[int] = set()
    for remark in (*_by_name(source), *_by_shape(source), *_by_call(source)):
        if remark.line not in seen:
            seen.add(remark.line)
            yield remark


# -- by the name


def _by_name(source: Source) -> Iterator[Remark]:
    values = Values.of(source)
    for name, value in _named_values(source):
        if value is None or not _suspicious(name):
            continue
        if any(_gives_away(name, text) for text in _candidates(values, value)):
            yield _remark(value.lineno, f"The value of {name}", name)


def _suspicious(name: str) -> bool:
    return bool((STRONG.search(name) or WEAK.search(name)) and not BENIGN_NAME.search(name))


def _gives_away(name: str, text: str) -> bool:
    placeholder = PLACEHOLDER.match(text) and not (text.lower().startswith("change") and SIGNING.search(name))
    if len(text) < 3 or placeholder or text.lower() in TYPE_WORDS or NAMED.fullmatch(text):
        return False
    if text.endswith((":", ": ", "?", "...")) or (text.startswith(("http://", "https://")) and "@" not in text):
        return False
    if STRONG.search(name):
        words = text.split()
        return len(words) == 1 or (
            len(words) <= 8 and not re.search(r"(?i)pass|secret|token|your|key|enter|must", text)
        )
    return (
        len(text) >= 8 and " " not in text and (_mixed(text) or (len(text) >= 20 and not re.search(r"[_\-./:]", text)))
    )


def _mixed(text: str) -> bool:
    return bool(re.search(r"\d", text) and re.search(r"[A-Za-z]", text))


def _candidates(values: Values, node: ast.expr) -> Iterator[str]:
    """The texts that a value under a secret's name can be, looked for in its parts when it is a call."""
    match node:
        case ast.Constant(value=value):
            yield from _constant(value)
        case ast.Call():
            yield from _in_call(values, node)
        case ast.List() | ast.Tuple():
            yield from _in_list(node)
        case ast.BoolOp() | ast.IfExp():
            parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            for part in parts:
                yield from _candidates(values, part)
        case ast.BinOp() | ast.JoinedStr() | ast.Subscript(slice=ast.Slice()):
            yield from values.texts(node) or _loose_parts(node)


def _constant(value: object) -> Iterator[str]:
    if isinstance(value, str | bytes):
        yield value if isinstance(value, str) else value.decode("latin-1")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1000:
        yield f"{value:.0e}a" if abs(value) > 10**15 else f"{value}a"


def _in_list(node: ast.List | ast.Tuple) -> Iterator[str]:
    constants = [item.value for item in node.elts if isinstance(item, ast.Constant)]
    numbers = [item for item in constants if isinstance(item, int) and 0 < item < 256]
    if len(numbers) >= 6 and len(numbers) == len(constants):
        yield "bytes" + "".join(map(str, numbers))
    yield from (item for item in constants if isinstance(item, str))


def _loose_parts(node: ast.AST) -> Iterator[str]:
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    yield from (text for text in texts if len(text) >= 6 and _mixed(text))


def _in_call(values: Values, node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("get", "getenv", "pop", "setdefault") and len(node.args) == 2:
        yield from _candidates(values, node.args[1])
        return
    if name == "SecretStr" or name in ("str", "bytes", "bytearray", "quote_plus", "quote"):
        for item in node.args[:1]:
            yield from _candidates(values, item)
    if name in ("b64decode", "fromhex", "unhexlify", "decode", "encode", "join", "replace", "strip", "format", "lower"):
        yield from values.texts(node) or ()
        constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        texts = [part.decode("latin-1") if isinstance(part, bytes) else part for part in constants]
        yield from (text for text in texts if isinstance(text, str) and len(text) >= 6)
        numbers = [part for part in constants if isinstance(part, int)]
        if len(numbers) >= 6:
            yield "numbers" + "".join(map(str, numbers))


def _named_values(source: Source) -> Iterator[tuple[str, ast.expr | None]]:
    """Every (name, value) pair of the script: assignments, keys, keywords, defaults, comparisons."""
    yield from _assigned(source)
    for keyword in source.all(ast.keyword):
        yield keyword.arg or "", keyword.value
    for dictionary in source.all(ast.Dict):
        for key, value in zip(dictionary.keys, dictionary.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    for compare in source.all(ast.Compare):
        yield from _compared(compare)
    for match in source.all(ast.Match):
        for case in match.cases:
            if isinstance(case.pattern, ast.MatchValue):
                yield _name_of(match.subject), case.pattern.value


def _assigned(source: Source) -> Iterator[tuple[str, ast.expr | None]]:
    for assign in source.all(ast.Assign):
        for target in assign.targets:
            yield from _targets(target, assign.value)
    for annotated in source.all(ast.AnnAssign):
        yield from _targets(annotated.target, annotated.value)
    for named in source.all(ast.NamedExpr):
        yield named.target.id, named.value
    for function in source.functions:
        spec = function.args
        positional = [*spec.posonlyargs, *spec.args]
        for argument, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            yield argument.arg, default
        for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            yield argument.arg, given


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for part, item in zip(target.elts, value.elts, strict=False):
            yield from _targets(part, item)
    else:
        yield _name_of(target), value


def _compared(compare: ast.Compare) -> Iterator[tuple[str, ast.expr | None]]:
    sides = [compare.left, *compare.comparators[:20]]
    values = [side for side in sides if isinstance(side, ast.Constant | ast.Tuple | ast.List | ast.BinOp)]
    for side in sides:
        if name := _name_of(side):
            yield from ((name, value) for value in values)


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
        case ast.Call(args=[ast.Constant(value=str() as name), *_]):
            return name
    return ""


# -- by the shape


def _by_shape(source: Source) -> Iterator[Remark]:
    texts = [(line, text) for line, text in source.strings if len(text) <= MOST]
    values = Values.of(source)
    joined = (*source.all(ast.BinOp), *source.all(ast.JoinedStr), *source.all(ast.Call))
    for node in joined:
        if not isinstance(source.parents[node], ast.BinOp):
            whole = values.texts(node) or ({_skeleton(node)} if isinstance(node, ast.JoinedStr) else ())
            texts += [(node.lineno, text) for text in whole if 12 <= len(text) <= MOST]
    texts += [(line, decoded) for line, text in texts[:2000] if (decoded := _decoded(text))]
    names = _names_by_line(source)
    for line, text in texts:
        kind = next((kind for kind, shape in SHAPES if shape.search(text)), None)
        if kind is None and _has_password(text):
            kind = "database password"
        if kind is None and _random(text) and not BENIGN_NAME.search(names.get(line, "")):
            kind = "random key"
        if kind:
            yield _remark(line, f"What looks like a {kind}", _variable(kind))


def _skeleton(node: ast.JoinedStr) -> str:
    """The text with {} for what is computed."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{x}" for part in node.values)


def _has_password(text: str) -> bool:
    found = (*DSN.finditer(text), *PAIR.finditer(text))
    return any(not PLACEHOLDER.match(match["password"]) for match in found)


def _decoded(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{16,}={0,2}", text):
        return ""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return ""


def _random(text: str) -> bool:
    """Whether a text looks like a generated key: long, one word, letters of both cases and digits mixed."""
    if not 24 <= len(text) <= 200 or not re.fullmatch(r"[A-Za-z0-9+/=_\-.~!@#$%^&*]+", text):
        return False
    if not (re.search(r"[a-z]", text) and re.search(r"[A-Z]", text) and len(re.findall(r"\d", text)) >= 3):
        return False
    turns = sum(_sort(first) != _sort(second) for first, second in itertools.pairwise(text))
    return entropy(text) > 3.9 and turns / len(text) > 0.4


def _sort(letter: str) -> int:
    return 0 if letter.islower() else 1 if letter.isupper() else 2 if letter.isdigit() else 3


def entropy(text: str) -> float:
    """Shannon's bits a character."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def _names_by_line(source: Source) -> dict[int, str]:
    return {value.lineno: name for name, value in _named_values(source) if value is not None and name}


def _by_call(source: Source) -> Iterator[Remark]:
    """Passwords at a known position of a call, and in auth=(user, password)."""
    values = Values.of(source)
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        position = TAKES_PASSWORD.get(name)
        given = call.args[position] if position is not None and position < len(call.args) else None
        option = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if name == "add_argument" and isinstance(option, str) and _suspicious(option):
            given = next((word.value for word in call.keywords if word.arg == "default"), None)
        for keyword in call.keywords:
            if keyword.arg == "auth" and isinstance(keyword.value, ast.Tuple) and len(keyword.value.elts) == 2:
                given = keyword.value.elts[1]
        if given is not None and any(_gives_away("password", text) for text in _candidates(values, given)):
            yield _remark(call.lineno, f"A password given to {name}", "PASSWORD")


RULES = (Check("secrets", "No password, key, token or address with a password is written into a script.", _secrets),)
