"""Hard-coded credentials: by the name they go under, by their shape, and by how random they look.

A finding names the line and the variable to use instead; it never repeats the secret.
"""

from __future__ import annotations

import ast
import base64
import re
from collections.abc import Iterator

from . import passwords
from .base import Check, Remark, Source
from .known_secrets import known_kind
from .lookalikes import begins_file, documented, names_place, plain_name, tells_rows_apart
from .named_values import assigned, compared, named_values
from .prose import prose
from .randomness import ALPHABET, entropy, is_random
from .refusals import refused_in_tests
from .shapes import (
    AMOUNT,
    BEFORE_AT,
    BENIGN_NAME,
    BRACED,
    COOKIE,
    DOCUMENTS,
    DSN,
    EXAMPLE,
    HINTED,
    KEY_ID,
    LET_IN,
    LISTED,
    NAMED,
    NOTED,
    PAIR,
    PLACEHOLDER,
    QUOTED,
    SAID,
    SETTING_OF_CLOUD,
    SHAPES,
    STRONG,
    TYPE_WORDS,
    WEAK,
    WITH,
)
from .values import Values
from .wording import says_more, worded

MOST = 4_000
# Shapes that ordinary sentences have too.
NAMED_IN_PROSE = frozenset({"AWS secret key", "key in a header"})
# A signing key that says "change me" is still the key until someone does.
SIGNING = re.compile(r"(?i)secret_?key$")
# The users of manuals, whom no database of anybody's has: Oracle's and SQLAlchemy's, and one called "user".
SAMPLE = re.compile(
    r"(?i)://(scott:tiger|(db_?)?user(name)?:(db_?)?pass(word|wd)?)@(localhost|127\.0\.0\.1|host(name)?|"
    r"(\w+\.)*example\.(com|org|net))\b"
)
# Names that mean a secret whatever its length, and lists of such; names of whom a secret belongs to.
SHORT = re.compile(r"(?i)(^|_)(secret|token|auth|credential|credentials|creds?)$|(?-i:[a-z](Secret|Token)$)")
MANY = re.compile(r"(?i)(^|_|(?<=[a-z]))(tokens|secrets|credentials|passwords|passwds|api_?keys|access_?keys)$")
USER = re.compile(
    r"(?i)^(.*_)?(user|username|login|account|client|app|key|access_key|tenant)(_?id|_?name)?$|"
    r"(?-i:[a-z](User|Id|Login)$)"
)
# Functions whose arguments are credentials, and alphabets, which are not.
CLIENT = re.compile(r"(?i)client|connect|session|login|auth|token|credential|sign_?in|api(_|$)|secret")
NO_CLIENT = re.compile(r"(?i)hash|digest|checksum|commit|uuid|verify|tokeni[sz]e|connected|connectivity")
GENERATED = re.compile(r"(?=(?:.*\d){4})(?=.*[A-Za-z])(?![a-z-]+\d+$)[A-Za-z0-9_+=-]{20,200}")
# What a maker of a login is given behind the name of one, made of parts.
PARTED = re.compile(r"(?=(?:.*\d){3})(?=.*[a-z])(?=.*[A-Z])[\w+/=:.~-]{24,200}")
# The digits that open a door, written as a text: numbers count, and leading zeros would be lost.
PIN, PIN_DIGITS = re.compile(r"(?i)(^|_)pin$"), re.compile(r"\d{4,8}")
ADDRESS_PART = re.compile(r"@[\w.-]+|[a-z][\w+.-]*://$")
LEAST_ENTROPY = 2.9
LABEL = re.compile(r"[A-Za-z]+[_-]?\d{0,6}")
SHOWN = re.compile(r"(?i)(example|beispiel)s?$")
PLAIN_ID = re.compile(r"(?i)(\w*_)?(user|my|app|client|session|order|account|customer|item|message)?_?ids?")
UUID = re.compile(r"(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


def _variable(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
    return re.sub(r"\W+", "_", words).strip("_") or "SECRET"


def _remark(line: int, what: str, name: str) -> Remark:
    variable = _variable(name)
    fix = f'Keep it in the environment: os.environ["{variable}"]; a contract script needs no credential at all.'
    return Remark(line, f"{what} is written into the script.", fix)


def _secrets(source: Source) -> Iterator[Remark]:
    seen: set[int] = set()
    for remark in _found(source):
        if remark.line not in seen:
            seen.add(remark.line)
            yield remark


def _found(source: Source) -> Iterator[Remark]:
    for looked in (_by_name, _by_shape, _by_call, _by_company, _in_prose, _in_messages):
        yield from looked(source)


# -- by the name


def _by_name(source: Source) -> Iterator[Remark]:
    values = Values.of(source)
    used = passwords.used(source)
    refused = refused_in_tests(source, CLIENT)
    users = frozenset(value.lineno for name, value in named_values(source) if value is not None and USER.search(name))
    tested = {value for compare in source.all(ast.Compare) for _, value in compared(compare)}
    for_people = worded(assigned(source))
    for name, given in named_values(source):
        value = _resolved(values, given)
        if value is None or value in refused | for_people:
            continue
        if isinstance(value, ast.Constant) and (word := _told_by_use(name, value.value, used)):
            yield _remark(value.lineno, f"The value of {name}", word)
        if not (_suspicious(name) or _lists(name, value)) or (_is_number(value) and AMOUNT.search(name)):
            continue
        # Beside a user or an id whatever stands under such a name is its secret.
        sure = SHORT.search(name) and (_beside(value, users) or _is_pair(value))
        told = f"{name}_password" if sure else name
        asked_for = value in tested
        if any(_gives_away(told, text, asked_for) for text in says_more(name, _candidates(values, value))):
            yield _remark(value.lineno, f"The value of {name}", name)


def _told_by_use(name: str, text: object, used: frozenset[str]) -> str:
    """What a text is that a call takes as a password, or that opens a door: the variable to keep it in; else ''."""
    if not isinstance(text, str):
        return ""
    if PIN.search(name) and PIN_DIGITS.fullmatch(text):
        return name
    return "PASSWORD" if name in used and passwords.chosen(text) else ""


def _is_number(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, int)


def _resolved(values: Values, value: ast.expr | None) -> ast.expr | None:
    """The value itself, where another name holds it and nothing else: `p = "..."`, then `connect(password=p)`."""
    bound = values.bindings.of(value) if isinstance(value, ast.Name) else ()
    only = bound[0] if len(bound) == 1 else None
    return only if isinstance(only, ast.Constant | ast.List | ast.Tuple) else value


def _beside(value: ast.expr, users: frozenset[int]) -> bool:
    plain = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return plain and bool(users & {value.lineno - 1, value.lineno, value.lineno + 1})


def _is_pair(value: ast.expr) -> bool:
    """Whether it is a user and what only that user knows."""
    return isinstance(value, ast.List | ast.Tuple) and len(value.elts) == 2


def _lists(name: str, value: ast.expr) -> bool:
    """Whether it is a list under a name such as TOKENS: a column of words is called so too, but holds no digits."""
    items = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else []
    texts = [item.value.strip() for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return bool(MANY.search(name)) and any(len(text) >= 12 and _mixed(text) and " " not in text for text in texts)


def _suspicious(name: str) -> bool:
    weak = WEAK.search(name) and not SETTING_OF_CLOUD.search(name)
    return bool((STRONG.search(name) or weak) and not BENIGN_NAME.search(name) and not plain_name(name))


def _gives_away(name: str, text: str, compared: bool = False) -> bool:
    text = text.strip()
    if len(text) < 3 or _says_other(name, text) or _is_sample(name, text):
        return False
    if STRONG.search(name):
        if compared:
            return True
        words = text.split()
        return len(words) == 1 or (
            len(words) <= 8 and not re.search(r"(?i)pass|secret|token|your|key|enter|must", text)
        )
    if ALPHABET.search(text) or " " in text or (SHORT.search(name) is None and len(text) < 8) or len(text) < 5:
        return False
    return _mixed(text) or (len(text) >= 20 and not re.search(r"[_\-./:]", text))


def _says_other(name: str, text: str) -> bool:
    """Whether a text under a secret's name is none: a kind, a name, a place, an address, a prompt, an id."""
    if _is_kind(name, text) or NAMED.fullmatch(text) or names_place(text):
        return True
    if text.endswith((":", ": ", "?", "...")) or (text.startswith(("http://", "https://")) and "@" not in text):
        return True
    if tells_rows_apart(name) and not _generated(text):
        return True
    worded = (text.isalpha() and len(text) < 20) or _is_label(text) or LABEL.fullmatch(text) is not None
    return KEY_ID.search(name) is not None and worded


def _is_sample(name: str, text: str) -> bool:
    """Whether a text stands where a secret will be written, or shows what one looks like."""
    unset = PLACEHOLDER.match(text) and not (text.lower().startswith("change") and SIGNING.search(name))
    shown = EXAMPLE.search(name) and (" " in text or not _mixed(text) or SHOWN.search(name))
    return bool(unset or shown or documented(text))


def _generated(text: str) -> bool:
    """Whether a text looks made by a machine: random, or many digits in hexadecimal."""
    return is_random(text) or re.fullmatch(r"[0-9a-fA-F]{32,128}", text) is not None


def _is_kind(name: str, text: str) -> bool:
    """Whether the text says what kind of value is meant, as "string" does; "secret" is a poor password, and one."""
    word = text.lower()
    return word in TYPE_WORDS and not (word == "secret" and re.search(r"(?i)passw|pwd", name))


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
        # Bytes that are no text are told by their digits.
        yield value if isinstance(value, str) else value.decode() if value.isascii() else f"bytes{value.hex()}"
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1000:
        # In hexadecimal digits: in others Python writes no number that is very long, and a float holds none.
        yield f"number{abs(value):x}"[:MOST] if abs(value) > 10**15 else f"{value}a"


def _in_list(node: ast.List | ast.Tuple) -> Iterator[str]:
    constants = [item.value for item in node.elts if isinstance(item, ast.Constant)]
    numbers = [item for item in constants if isinstance(item, int) and 0 < item < 256]
    if len(numbers) >= 6 and len(numbers) == len(constants):
        yield "bytes" + "".join(map(str, numbers))
    yield from (item for item in constants if isinstance(item, str))


def _loose_parts(node: ast.AST) -> Iterator[str]:
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    # What stands before or behind a password in an address is none.
    yield from (text for text in texts if len(text) >= 6 and _mixed(text) and not ADDRESS_PART.match(text))


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
        name = names.get(line, "")
        if kind := _kind(text, name):
            yield _remark(line, f"What looks like a {kind}", _variable(kind))


def _kind(text: str, name: str) -> str:
    """Which sort of credential a text looks like, under the name that stands on its line."""
    if begins_file(text) or ("EXAMPLE" in text and EXAMPLE.search(name)):
        return ""
    if shape := _shape(text):
        return shape
    if _has_password(text):
        return "database password"
    if (
        kind := ""
        if SAMPLE.search(text) or documented(text)
        else known_kind(text) or (known_kind(text, name) if name.isidentifier() else "")
    ):
        return f"credential ({kind})"
    plain = BENIGN_NAME.search(name) or PLAIN_ID.fullmatch(name) or DOCUMENTS.search(name)
    return "random key" if not plain and is_random(text) else ""


def _shape(text: str, but: frozenset[str] = frozenset()) -> str:
    """Which service's credential a text has the shape of, those of manuals aside; '' where it has none."""
    for kind, shape in SHAPES:
        if kind not in but and any(not documented(match[0]) for match in shape.finditer(text)):
            return kind
    return ""


def _skeleton(node: ast.JoinedStr) -> str:
    """The text with {} for what is computed."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{x}" for part in node.values)


def _has_password(text: str) -> bool:
    listed = (each for each in (*LISTED.finditer(text), *QUOTED.finditer(text)) if _mixed(each["password"]))
    pairs = (*PAIR.finditer(text), *BRACED.finditer(text), *BEFORE_AT.finditer(text))
    found = (*DSN.finditer(text), *pairs, *COOKIE.finditer(text), *listed)
    return any(not PLACEHOLDER.match(match["password"]) for match in found) and not SAMPLE.search(text)


def _decoded(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{16,}={0,2}", text):
        return ""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return ""


def _names_by_line(source: Source) -> dict[int, str]:
    found = {value.lineno: name for name, value in named_values(source) if value is not None and name}
    for holder, value in assigned(source):
        if (
            value is not None
            and (DOCUMENTS.search(holder) or EXAMPLE.search(holder))
            and isinstance(value, ast.Dict | ast.List | ast.Tuple | ast.Set)
        ):
            for item in value.values if isinstance(value, ast.Dict) else value.elts:
                if not _suspicious(found.get(item.lineno, "")):
                    found[item.lineno] = holder
    return found


def _by_call(source: Source) -> Iterator[Remark]:
    """Passwords at a known position of a call, and in auth=(user, password)."""
    values = Values.of(source)
    known: set[ast.AST] = set()
    for call, name, value in passwords.given(source):
        known.add(call)
        literal = _candidates(values, _resolved(values, value) or value)
        plain = any(_gives_away("password", text) for text in literal) and not _is_guest(values, call)
        if plain or any(passwords.chosen(text) for text in values.texts(value) or ()):
            yield _remark(call.lineno, f"A password given to {name}", "PASSWORD")
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = None
        option = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if name == "add_argument" and isinstance(option, str) and _suspicious(option):
            given = next((word.value for word in call.keywords if word.arg == "default"), None)
        if given is None and call not in known and CLIENT.search(name) and not NO_CLIENT.search(name):
            yield from _keys(call, name)
        # An option such as --sort-key has words as its default; only what is called a password may be a word.
        told = option if name == "add_argument" and isinstance(option, str) else "password"
        if given is not None and any(_gives_away(told, text) for text in _candidates(values, given)):
            yield _remark(call.lineno, f"A password given to {name}", "PASSWORD")


def _is_guest(values: Values, call: ast.Call) -> bool:
    """Whether anybody may log in so: to a public store of files, with an address instead of a password."""
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any((values.texts(item) or frozenset()) & {"anonymous", "ftp", "guest"} for item in given)


def _by_company(source: Source) -> Iterator[Remark]:
    """Passwords under a word that says little, beside the name of whose they are."""
    for group in passwords.groups(source):
        for name, value in passwords.beside(group):
            yield _remark(value.lineno, f"The value of {name}, beside the name of a user", "PASSWORD")


def _is_label(text: str) -> bool:
    """Whether it is a UUID, or words and numbers parted by dashes, as names of servers and files are."""
    parts = re.split(r"[_-]", text)
    worded = all(part.isalpha() or part.isdigit() or len(part) <= 3 for part in parts)
    return UUID.fullmatch(text) is not None or (len(parts) > 1 and worded)


def _keys(call: ast.Call, name: str) -> Iterator[Remark]:
    """Positional texts of a client's maker that look generated: long, in hexadecimal or of letters and digits."""
    for item in call.args:
        text = item.value if isinstance(item, ast.Constant) and isinstance(item.value, str) else ""
        made = GENERATED.fullmatch(text) or (PARTED.fullmatch(text) and "/" not in text[:1] and "://" not in text)
        mixed = made and entropy(text) > LEAST_ENTROPY and not _is_label(text) and not documented(text)
        if mixed or re.fullmatch(r"[0-9a-fA-F]{32,128}", text):
            yield _remark(call.lineno, f"A key given to {name}", "API_KEY")


# -- in comments and documentation, which nothing runs and everybody reads


def _in_prose(source: Source) -> Iterator[Remark]:
    """Credentials by their shape alone: prose gives no names, and speaks of passwords that are none."""
    for line, text in prose(source):
        shape = _shape(text, NAMED_IN_PROSE)
        told = [each["password"] for pattern in (DSN, PAIR, NOTED) for each in pattern.finditer(text)]
        told += _noted(text)
        password = not SAMPLE.search(text) and any(_mixed(each) and _gives_away("password", each) for each in told)
        kind = shape or ("password" if password else known_kind(text))
        if kind:
            yield _remark(line, f"What looks like a {kind}", _variable(kind))


def _noted(text: str) -> list[str]:
    """What a sentence says that a password is, or what somebody is let in with."""
    said = [(pattern, each["password"]) for pattern in (SAID, HINTED, LET_IN, WITH) for each in pattern.finditer(text)]
    plain = ((pattern, each.rstrip(".,;:!?)'\"`")) for pattern, each in said)
    return [each for pattern, each in plain if passwords.chosen(each) or (pattern is SAID and passwords.told(each))]


def _in_messages(source: Source) -> Iterator[Remark]:
    """Sentences of texts that the script says or sends: only what looks chosen, for they speak of passwords too."""
    for line, text in source.strings:
        said = [each for each in _noted(text[:MOST]) if passwords.chosen(each)] if len(text) > 12 else []
        if any(_gives_away("password", each) for each in said) and not SAMPLE.search(text):
            yield _remark(line, "What looks like a password", "PASSWORD")


RULES = (Check("secrets", "No password, key, token or address with a password is written into a script.", _secrets),)
