"""Passwords under names that say nothing: told by where a script uses them, and by what stands beside them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Source, words
from .values import Values

# What a call is given as a password: the position, by the call's last name.
TAKES_PASSWORD = {
    **dict.fromkeys(("login", "HTTPBasicAuth", "HTTPDigestAuth", "HttpNtlmAuth", "BasicAuth", "compare_digest"), (1,)),
    **dict.fromkeys(("check_password", "setpassword"), (0,)),
    "set_password": (0, 2),
    **dict.fromkeys(("FTP", "FTP_TLS"), (2,)),
    "add_password": (3,),
    "basic_auth": (1,),
    **dict.fromkeys(("simple_bind", "simple_bind_s", "bind_s"), (1,)),
    "FTPHost": (2,),
}
# Drivers whose connections take a password by position.
DRIVERS = {
    **dict.fromkeys(("pymysql", "MySQLdb", "pymssql"), (2,)),
    **dict.fromkeys(("oracledb", "cx_Oracle", "teradatasql", "jaydebeapi"), (1,)),
    **dict.fromkeys(("paramiko", "pysftp", "hdbcli"), (3,)),
    "ldap3": (2,),
}
PASSWORD = re.compile(r"(?i)(^|_)(pass|passwd|password|passphrase|pwd|pw|bindpw|mdp|senha|kennwort|passwort)$")
# Words under which somebody's secret stands beside the name of whose it is; bland ones, of one or two letters.
BESIDE = re.compile(
    r"(?i)^(\w+_)?(word|phrase|pass|pw|pin|kennwort|passwort|losung|magic|unlock|opener|cred|sec|geheim)\d*$|"
    r"^[a-z]{1,2}\d?$"
)
WHOSE = re.compile(
    r"(?i)^(\w+_)?(user|username|user_?name|login|account|acc|usr|uid|benutzer|kennung|konto|mailbox|member)(_?name)?\d*$|"
    r"^(u|usr|me|who)$"
)
LABELS = re.compile(
    r"(?i)(https?|ftp|file|s3):|^[\w.+-]+@[\w-]+\.[\w.]+$|^([\w-]+\.)+[a-z]{2,}(/|:|$)|[/\\].*[/\\]|"
    r"\.(csv|xlsx?|json|txt|db|parquet|zip|pdf|html?|png|ya?ml|xml|py|log|gz)$|^\d+[.,:/-][\d.,:/-]*$|^v?\d+(\.\d+)+\w*$"
)
KINDS = words(
    "sha1 sha224 sha256 sha384 sha512 sha3 md5 base16 base32 base64 base85 utf8 utf-8 utf16 utf-16 latin1 latin-1 "
    "cp1252 oauth2 oauth1 oauth2.0 argon2 argon2id argon2i pbkdf2 ntlmv2 http2 ipv4 ipv6 python2 python3 rs256 hs256 "
    "es256 aes128 aes256 aes-128 aes-256 rsa2048 rsa4096 x509 pkcs12 pkcs8 iso-8859-1 saml2 ed25519 p256 tls1.2 tls1.3 "
    "uuid4 uuid1 int32 int64 float32 float64 varchar255"
)
# A part of a name of a thing: a word, a number, a short code.
NAMED_PART = re.compile(r"[^\W\d_]+|\d+|[A-Z]{1,3}\d{1,4}|[a-z]{1,3}\d{1,4}")
# So many assignments before and behind the name of a user are beside it.
NEAR = 2


def chosen(text: str) -> bool:
    """Whether a text looks like a password that somebody chose or was given, and like no name of a thing."""
    if not 8 <= len(text) <= 64 or re.search(r"\s|[{}<>]", text) or LABELS.search(text) or text.lower() in KINDS:
        return False
    digits, letters = len(re.findall(r"\d", text)), len(re.findall(r"[^\W\d_]", text))
    marked = re.search(r"[^\w.:-]", text) is not None
    cases = text != text.lower() and text != text.upper()
    parts = [part for part in re.split(r"[_.:-]", text) if part]
    named = len(parts) > 1 and all(
        re.fullmatch(r"[^\W\d_]+|\d+|[A-Z]{1,3}\d{1,4}|[a-z]{1,3}\d{1,4}|Q\d", part) for part in parts
    )
    mixed = digits >= 1 and letters >= 3 and (cases or marked or re.search(r"[^\W\d_]\d+[^\W\d_]", text) is not None)
    return bool(mixed) and (marked or not named)


def told(text: str) -> bool:
    """Whether what prose calls a password looks like one: letters and digits, and no kind of thing or amount."""
    word = text.strip("\"'`.,;:!?()").lower()
    plain = re.fullmatch(r"\d+[-_]?[a-z]+|\W*", word) is not None or word in KINDS
    return len(word) >= 6 and not plain and bool(re.search(r"\d", word) and re.search(r"[^\W\d_]", word))


def given(source: Source) -> Iterator[tuple[ast.Call, str, ast.expr]]:
    """(call, its name, expression) of what calls are given as a password by their position, and in auth=(user, it)."""
    values = Values.of(source)
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        root = source.called(call).partition(".")[0]
        positions = TAKES_PASSWORD.get(name, DRIVERS.get(root, ()) if "onnect" in name else ())
        for position in positions:
            if position < len(call.args):
                yield call, name, call.args[position]
        for keyword in call.keywords:
            pair = _pair(values, keyword)
            if pair is not None:
                yield call, name, pair.elts[1]


def _pair(values: Values, keyword: ast.keyword) -> ast.Tuple | ast.List | None:
    """The user and the password of auth=(user, password), written out there or under a name."""
    pair: ast.AST | None = keyword.value
    if isinstance(pair, ast.Name):
        bound = values.bindings.of(pair)
        pair = bound[0] if len(bound) == 1 else None
    whole = isinstance(pair, ast.Tuple | ast.List) and len(pair.elts) == 2
    return pair if whole and keyword.arg in ("auth", "basic_auth", "http_auth") else None  # type: ignore[return-value]


def used(source: Source) -> frozenset[str]:
    """Names, fields and keys of the script that hold what a call is given as a password."""
    names = {_word(value) for _, _, value in given(source)}
    for call in source.all(ast.Call):
        names |= {_word(word.value) for word in call.keywords if word.arg and PASSWORD.search(word.arg)}
    return frozenset(name for name in names if name)


def _word(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str() as name)):
            return name
    return ""


def of_records(source: Source) -> Iterator[tuple[ast.Call, list[tuple[str, ast.expr]]]]:
    """Each object that the script makes of its own classes, with the fields that it is given."""
    fields = {owner.name: list(_fields(owner)) for owner in source.all(ast.ClassDef)} | dict(_tuples(source))
    for call in source.all(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id in fields:
            named = [(word.arg or "", word.value) for word in call.keywords]
            yield call, [*zip(fields[call.func.id], call.args, strict=False), *named]


def _tuples(source: Source) -> Iterator[tuple[str, list[str]]]:
    """The fields of each named tuple that a call makes."""
    for assign in source.all(ast.Assign):
        made = assign.value
        if isinstance(made, ast.Call) and source.called(made) == "collections.namedtuple" and len(made.args) == 2:
            spec = made.args[1]
            items = spec.elts if isinstance(spec, ast.List | ast.Tuple) else [spec]
            texts = " ".join(str(each.value) for each in items if isinstance(each, ast.Constant))
            for target in assign.targets:
                if isinstance(target, ast.Name):
                    yield target.id, re.split(r"[\s,]+", texts.strip())


def _fields(owner: ast.ClassDef) -> Iterator[str]:
    maker = next((each for each in owner.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    if maker is not None:
        yield from (argument.arg for argument in maker.args.args[1:])
        return
    for item in owner.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id


def beside(group: list[tuple[str, ast.expr]]) -> Iterator[tuple[str, ast.expr]]:
    """Of values that stand together, one of which says whose they are, those that look like that person's password."""
    texts = [(name, value, value.value) for name, value in group if isinstance(value, ast.Constant)]
    owners = [text for name, _, text in texts if isinstance(text, str) and WHOSE.search(name)]
    if not owners:
        return
    for name, value, text in texts:
        if isinstance(text, str) and BESIDE.search(name) and not WHOSE.search(name) and chosen(text):
            yield name, value


def groups(source: Source) -> Iterator[list[tuple[str, ast.expr]]]:
    """Values that stand together: of a dict, a call, an object, and assignments that follow one another."""
    for dictionary in source.all(ast.Dict):
        yield [
            (key.value, value)
            for key, value in zip(dictionary.keys, dictionary.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
    for call in source.all(ast.Call):
        yield [(word.arg or "", word.value) for word in call.keywords]
    for _, record in of_records(source):
        yield record
    for owner in source.nodes:
        body = getattr(owner, "body", None)
        row = [pair for item in (body if isinstance(body, list) else ()) for pair in _assigned(item)]
        for position, (name, _) in enumerate(row):
            if WHOSE.search(name):
                yield row[max(0, position - NEAR) : position + NEAR + 1]


def _assigned(item: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(item, ast.Assign) and len(item.targets) == 1:
        target = item.targets[0]
        if isinstance(target, ast.Tuple) and isinstance(item.value, ast.Tuple):
            yield from ((_word(part), value) for part, value in zip(target.elts, item.value.elts, strict=False))
        else:
            yield _word(target), item.value
