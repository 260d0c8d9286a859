"""Which texts an expression can be, told from the script without running it; None when it cannot be told."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from .base import BUILTINS, Source
from .bindings import Bindings
from .decoding import character, folded, unhidden
from .holdings import DEEPEST, MOST, MOST_STEPS, Holdings

Texts = frozenset[str] | None
LONGEST = 20_000
NUMBER: Texts = frozenset({"0"})
NUMERIC_CALLS = {"len", "int", "float", "round", "sum", "abs", "range", "time.time", "datetime.datetime.now"}
HERE_CALLS = {"os.path.dirname", "os.path.abspath"}
# Folders of a library or of the moment: a script may use what is in them.
FOLDER_CALLS = {
    "tempfile.TemporaryDirectory",
    "tempfile.mkdtemp",
    "tempfile.NamedTemporaryFile",
    "matplotlib.get_data_path",
}
PATH_CALLS = {"os.path.join", "pathlib.Path", "pathlib.PurePath"}
SAME_CALLS = {"str", "os.path.normpath", "os.fspath", "os.path.expanduser"}
# What only passes on what other names hold: a circle of these adds nothing.
PASSING = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Starred)
SAME_METHODS = {"expanduser", "resolve", "absolute", "as_posix", "decode", "encode", "items", "keys", "values", "copy"}
FOLDING_METHODS = {"lower", "upper", "strip", "title", "capitalize", "replace", "lstrip", "rstrip", "casefold"}
NUMERAL = re.compile(r"-?[\d.]+(e[-+]?\d+)?")
NUMERIC_SPEC = re.compile(r"[\d.,+\-_ <>^=]*[dfeEgGn%]")
PERCENT_FIELD = re.compile(r"%(?:\((\w+)\))?[-+ #0]*\d*(?:\.\d+)?([a-zA-Z%])")
BRACE_FIELD = re.compile(r"\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
SCRIPT_FILE = "\x00script"


class Values:
    """The texts of a script's expressions; numbers stand as "0"."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.bindings = Bindings(source)
        self.holdings = Holdings(source, self.bindings)
        self._found: dict[ast.AST, Texts] = {}
        self._open: list[ast.AST] = []
        self._circled = False
        self._steps = 0

    @classmethod
    def of(cls, source: Source) -> Values:
        """The source's values, collected once."""
        if "values" not in source.memory:
            source.memory["values"] = cls(source)
        return cast(Values, source.memory["values"])

    def texts(self, node: ast.AST | None) -> Texts:
        """Every text the expression can be."""
        self._steps += 1
        if node is None or len(self._open) > DEEPEST or self._steps > MOST_STEPS:
            return None
        if node in self._open:
            self._circled = True
            around = self._open[self._open.index(node) :]
            return frozenset() if all(isinstance(part, PASSING) for part in around) else None
        if node in self._found:
            return self._found[node]
        self._open.append(node)
        try:
            texts = _bounded(self._texts(node))
        finally:
            self._open.pop()
        if not self._circled or not self._open:
            self._found[node] = texts
            self._circled = False
        return texts

    def _texts(self, node: ast.AST) -> Texts:
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.Name(id="__file__"):
                return frozenset({SCRIPT_FILE})
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.BinOp():
                return self._operation(node)
            case ast.Subscript(value=value, slice=part):
                return self._part(value, part)
            case ast.Call():
                return self._call(node)
            case ast.JoinedStr(values=parts):
                return self._joined(parts)
            case ast.FormattedValue(value=value, format_spec=spec):
                if _letter_spec(spec):
                    return None  # a letter by its number
                return NUMBER if _numeric_spec(spec) else self.texts(value)
        return self._of_parts(node)

    def _of_parts(self, node: ast.AST) -> Texts:
        match node:
            case ast.IfExp(body=body, orelse=other):
                return self._union([body, other])
            case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._union(parts)
            case ast.Dict(keys=keys, values=values):
                return self._union([*keys, *values])
            case ast.NamedExpr(value=value) | ast.UnaryOp(operand=value) | ast.Starred(value=value):
                return self.texts(value)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item) | ast.SetComp(elt=item):
                return self.texts(item)
        return None

    def _name(self, node: ast.Name | ast.Attribute) -> Texts:
        if isinstance(node, ast.Attribute):
            if node.attr == "parent" and self.texts(node.value) == frozenset({SCRIPT_FILE}):
                return frozenset({"."})
            if node.attr == "__file__":
                return frozenset({SCRIPT_FILE}) if self.source.dotted(node) else None
            if node.attr in ("stem", "name", "suffix"):
                texts = self.texts(node.value)
                return texts if texts is not None else self._union(self.bindings.of(node))
            if self.source.dotted(node):
                return frozenset({"/"}) if node.attr == "sep" else None
        elif node.id in self.source.modules and not self.source.is_argument(node):
            return None
        return self._union(self.bindings.of(node))

    def _union(self, nodes: Iterable[ast.AST | None]) -> Texts:
        found: set[str] = set()
        for node in nodes:
            texts = self.texts(node)
            if texts is None or len(found) > MOST:
                return None
            found |= texts
        return frozenset(found)

    def _joined(self, parts: Iterable[ast.AST | None], between: str = "") -> Texts:
        choices = [self.texts(part) for part in parts]
        if any(choice is None for choice in choices):
            return None
        product = itertools.product(*(sorted(choice or ()) for choice in choices))
        return frozenset(between.join(item) for item in itertools.islice(product, MOST + 1))

    def _operation(self, node: ast.BinOp) -> Texts:
        if isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right])
        if isinstance(node.op, ast.Div):
            return NUMBER if self._numbers(node) else self._joined([node.left, node.right], "/")
        if isinstance(node.op, ast.Mod) and _is_text(node.left):
            given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self._filled(node.left, PERCENT_FIELD, given, {})
        return NUMBER if self._numbers(node) else None

    def _numbers(self, node: ast.BinOp) -> bool:
        sides = (self.texts(node.left), self.texts(node.right))
        return all(side and all(map(NUMERAL.fullmatch, side)) for side in sides)

    def _filled(
        self, template: ast.AST, fields: re.Pattern[str], given: Sequence[ast.AST], named: Mapping[str, ast.AST]
    ) -> Texts:
        """The template's texts with every field replaced by what is given for it."""
        results: set[str] = set()
        for text in self.texts(template) or ():
            rest = iter(given)
            pieces: list[Texts] = []
            position = 0
            for match in fields.finditer(text):
                if fields is PERCENT_FIELD and match[2] == "c":
                    return None  # a letter by its number
                pieces.append(frozenset({text[position : match.start()]}))
                position = match.end()
                name = match[1] or ""
                value = given[int(name)] if name.isdecimal() and int(name) < len(given) else named.get(name)
                pieces.append(self.texts(value if name else next(rest, None)))
            pieces.append(frozenset({text[position:]}))
            if any(piece is None for piece in pieces):
                return None
            product = itertools.product(*(sorted(piece or ()) for piece in pieces))
            results.update("".join(item) for item in itertools.islice(product, MOST + 1))
        return frozenset(results) if self.texts(template) is not None else None

    def _part(self, value: ast.AST, part: ast.AST) -> Texts:
        if not isinstance(part, ast.Slice):
            # A loop over a dict is bound as its first part, and gives its keys.
            first = isinstance(part, ast.Constant) and not isinstance(part.value, str)
            members = self.holdings.of(value, by_key=not first)
            return None if members is None else self._union(members)
        whole = self.texts(value)
        if whole is None:
            return None
        try:
            bounds = [None if item is None else ast.literal_eval(item) for item in (part.lower, part.upper, part.step)]
            return frozenset(text[slice(*bounds)] for text in whole)
        except (ValueError, TypeError, SyntaxError):
            return None

    def _call(self, node: ast.Call) -> Texts:
        name = self.source.called(node)
        if name in NUMERIC_CALLS:
            return NUMBER
        if name in FOLDER_CALLS:
            return frozenset({"folder"})
        if name == "pathlib.Path.home":
            return frozenset({"~"})
        if name in ("pathlib.Path.cwd", "os.getcwd"):
            return frozenset({"."})
        if name in HERE_CALLS and node.args:
            inner = self.texts(node.args[0])
            script = inner is not None and inner <= {SCRIPT_FILE, "."}
            return (frozenset({"."}) if name.endswith("dirname") else inner) if script else None
        if name in PATH_CALLS and not node.keywords:
            return self._joined(node.args, "/") if node.args else frozenset({"."})
        if name in SAME_CALLS:
            return self._union([*node.args, *(keyword.value for keyword in node.keywords)])
        if name == "chr" and node.args:
            return character(node.args[0])
        if isinstance(node.func, ast.Name) and name in self.source.function_names:
            return self._of_own(node.func)
        return self._method(node, node.func) if isinstance(node.func, ast.Attribute) else None

    def _of_own(self, function: ast.Name) -> Texts:
        """What a plain function of the script's own gives back, whatever it is given."""
        name = function.id
        made = [each for each in self.source.all(ast.FunctionDef) if each.name == name]
        other = len(self.bindings.of(function)) != len(made) or name in self.source.modules or name in BUILTINS
        other = other or any(isinstance(self.source.parents[each], ast.ClassDef) for each in made)
        if other or self.source.is_argument(function) or any(each.decorator_list for each in made):
            return None
        found = [
            part for each in made for part in ast.walk(each) if isinstance(part, ast.Return | ast.Yield | ast.YieldFrom)
        ]
        if any(not isinstance(part, ast.Return) for part in found):
            return None
        return self._union(part.value for part in found if part.value is not None)

    def _method(self, node: ast.Call, function: ast.Attribute) -> Texts:
        if function.attr in ("strftime", "isoformat", "randint"):
            formats = self._union(node.args)
            return None if formats is None else formats or NUMBER
        if function.attr == "get":
            members = self.holdings.of(function.value, by_key=True)
            return None if members is None else self._union([*members, *node.args[1:]])
        base = self.texts(function.value)
        if base is None:
            return self._decoded(node, function)
        if function.attr in ("format", "format_map"):
            named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            return self._filled(function.value, BRACE_FIELD, node.args, named)
        if function.attr in SAME_METHODS:
            return base
        if function.attr == "joinpath":
            return self._joined([function.value, *node.args], "/")
        if function.attr == "join" and len(node.args) == 1:
            return self._join(base, node.args[0])
        if function.attr in FOLDING_METHODS:
            return folded(base, node, function.attr)
        return self._decoded(node, function)

    def _join(self, base: frozenset[str], items: ast.AST) -> Texts:
        if isinstance(items, ast.List | ast.Tuple) and len(base) == 1:
            return self._joined(items.elts, next(iter(base)))
        # Without a visible separator the order of what is joined would matter.
        members = self.holdings.of(items) if base and all(re.search(r"[+,~ ]", text) for text in base) else None
        texts = None if members is None else self._union(members)
        return None if texts is None else frozenset(between.join(sorted(texts)) for between in base)

    def _decoded(self, node: ast.Call, function: ast.Attribute) -> Texts:
        """Texts hidden by base64 or hex."""
        if function.attr not in ("b64decode", "fromhex", "urlsafe_b64decode", "unhexlify") or len(node.args) != 1:
            return None
        texts = self.texts(node.args[0])
        return None if texts is None else frozenset(filter(None, (unhidden(text) for text in texts)))


def _constant(value: object) -> Texts:
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, bytes):
        return frozenset({value.decode("latin-1")})
    if value is None:
        return frozenset()
    if isinstance(value, int | float):
        return frozenset({repr(value)}) if abs(value) < 1e15 else NUMBER
    return None


def _bounded(texts: Texts) -> Texts:
    if texts is None or len(texts) > MOST or sum(map(len, texts)) > LONGEST:
        return None
    return texts


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _letter_spec(spec: ast.AST | None) -> bool:
    parts = spec.values if isinstance(spec, ast.JoinedStr) else []
    return any(isinstance(part, ast.Constant) and str(part.value).endswith("c") for part in parts)


def _numeric_spec(spec: ast.AST | None) -> bool:
    if not isinstance(spec, ast.JoinedStr) or len(spec.values) != 1 or not isinstance(spec.values[0], ast.Constant):
        return False
    return NUMERIC_SPEC.fullmatch(str(spec.values[0].value)) is not None
