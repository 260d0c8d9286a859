"""What a rule is, and what it looks at: a parsed script and a few questions about it. Nothing here runs the script."""

from __future__ import annotations

import ast
import builtins
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeVar

from engine.products import Finding, Severity

log = logging.getLogger(__name__)
BUILTINS = frozenset(dir(builtins))
Node = TypeVar("Node", bound=ast.AST)
LONGEST_CHAIN = 40
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Remark:
    """What a rule has to say about one line; the rule's own severity holds unless one is given."""

    line: int
    message: str
    fix: str
    severity: Severity | None = None


class Look(Protocol):
    """The working part of a rule."""

    def __call__(self, source: Source) -> Iterable[Remark]:
        """Every remark on the source."""
        ...


class Rule(Protocol):
    """A name, one sentence of what is demanded, where it holds, and what it finds."""

    @property
    def name(self) -> str:
        """In kebab-case; findings carry it."""
        ...

    @property
    def demands(self) -> str:
        """One sentence."""
        ...

    @property
    def fragment(self) -> bool:
        """Whether it holds for code that is no whole contract script."""
        ...

    def check(self, source: Source) -> Iterator[Finding]:
        """Every finding."""
        ...


@dataclass(frozen=True)
class Check:
    """A rule made of one function."""

    name: str
    demands: str
    look: Look
    severity: Severity = Severity.REFUSE
    fragment: bool = True

    def check(self, source: Source) -> Iterator[Finding]:
        """Every finding; a script too deep to walk is one of them, and so is one that the rule cannot take.

        A rule that breaks refuses, whatever its severity: what it would have said nobody knows.
        """
        try:
            for remark in self.look(source):
                yield self.finding(remark)
        except RecursionError:
            yield self.finding(Remark(1, "The script is nested too deeply to be checked.", "Write it flatter."))
        except Exception:  # whatever it is: a rule's fault must never let a script through, nor end the check
            log.exception("The rule %s broke on a script of %d characters.", self.name, len(source.text))
            message = f"The rule {self.name} could not check this script, so it is refused."
            fix = "Write it more plainly. The log has what went wrong; please report it."
            yield self.finding(Remark(1, message, fix, Severity.REFUSE))

    def finding(self, remark: Remark) -> Finding:
        """The remark under this rule's name."""
        severity = remark.severity or self.severity
        return Finding(rule=self.name, severity=severity, line=remark.line, message=remark.message, fix=remark.fix)


@dataclass(frozen=True)
class Source:
    """A script as the rules see it. `tree` is empty when `problem` says why it could not be parsed."""

    text: str
    tree: ast.Module
    fragment: bool = False
    allow_imports: frozenset[str] = frozenset()
    problem: Remark | None = None
    memory: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines, the first at index 0."""
        return tuple(self.text.split("\n"))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, once."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def _by_type(self) -> dict[type, list[ast.AST]]:
        kinds: dict[type, list[ast.AST]] = {}
        for node in self.nodes:
            kinds.setdefault(type(node), []).append(node)
        return kinds

    def all(self, kind: type[Node]) -> list[Node]:
        """Every node of exactly this type."""
        return self._by_type.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def reads(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """Where each name is read, and each attribute, under a leading dot."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for name in self.all(ast.Name):
            if isinstance(name.ctx, ast.Load):
                found.setdefault(name.id, []).append(name)
        for node in self.all(ast.Attribute):
            if isinstance(node.ctx, ast.Load):
                found.setdefault(f".{node.attr}", []).append(node)
        return found

    @cached_property
    def documentation(self) -> frozenset[ast.AST]:
        """Strings that stand alone as statements: docstrings and the like, which nothing reads."""
        alone = (node.value for node in self.all(ast.Expr) if isinstance(node.value, ast.Constant))
        return frozenset(node for node in alone if isinstance(node.value, str))

    @cached_property
    def strings(self) -> tuple[tuple[int, str], ...]:
        """(line, text) of every string and bytes constant that is not documentation."""
        found = []
        for node in self.all(ast.Constant):
            if node in self.documentation:
                continue
            if isinstance(node.value, str):
                found.append((node.lineno, node.value))
            elif isinstance(node.value, bytes):
                found.append((node.lineno, node.value.decode("latin-1")))
        return tuple(found)

    @cached_property
    def modules(self) -> dict[str, str]:
        """The dotted name each imported name stands for: {"np": "numpy", "sqrt": "math.sqrt"}."""
        names: dict[str, str] = {}
        for node in self.all(ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                names[alias.asname or root] = alias.name if alias.asname else root
        for statement in self.all(ast.ImportFrom):
            for alias in statement.names:
                names[alias.asname or alias.name] = f"{statement.module or ''}.{alias.name}"
        return names | self._from_stars(names)

    def _from_stars(self, known: Mapping[str, str]) -> dict[str, str]:
        """What a name must be that nothing in the script binds, where a library gave all its names: that library's."""
        stars = [
            statement.module or ""
            for statement in self.all(ast.ImportFrom)
            if any(alias.name == "*" for alias in statement.names)
        ]
        if not stars:
            return {}
        bound = {name.id for name in self.all(ast.Name) if not isinstance(name.ctx, ast.Load)} | {*known}
        bound |= self.function_names | self.class_names
        bound |= {node.arg for node in self.all(ast.arg)} | BUILTINS
        used = {name.id for name in self.all(ast.Name)} - bound
        return {name: f"{stars[-1]}.{name}" for name in used}

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function and lambda."""
        return (*self.all(ast.FunctionDef), *self.all(ast.AsyncFunctionDef), *self.all(ast.Lambda))

    @cached_property
    def function_names(self) -> frozenset[str]:
        """The names of the script's own functions."""
        return frozenset(node.name for node in self.all(ast.FunctionDef))

    @cached_property
    def class_names(self) -> frozenset[str]:
        """The names of the script's own classes."""
        return frozenset(node.name for node in self.all(ast.ClassDef))

    @cached_property
    def hides_attributes(self) -> bool:
        """Whether an attribute may hold something else than what the script assigns to it where it can be read."""
        hooks = ("__getattr__", "__setattr__", "__getattribute__")
        hooked = any(function.name in hooks for function in self.all(ast.FunctionDef))
        by_dict = any(node.attr == "__dict__" for node in self.all(ast.Attribute))
        return hooked or by_dict or any(name.id == "vars" for name in self.all(ast.Name))

    @cached_property
    def _arguments(self) -> frozenset[ast.AST]:
        """Names that mean an argument of a function around them, not the import or builtin of that name."""
        found: set[ast.AST] = set()
        for function in self.functions:
            own = {argument.arg for argument in arguments(function)}
            body = function.body if isinstance(function.body, list) else [function.body]
            for statement in body if own else ():
                inner = (part for part in ast.walk(statement) if isinstance(part, ast.Name) and part.id in own)
                found.update(inner)
        return frozenset(found)

    @cached_property
    def _bound_names(self) -> frozenset[str]:
        stored = (node.id for node in self.all(ast.Name) if not isinstance(node.ctx, ast.Load))
        given = (node.arg for node in self.all(ast.arg))
        caught = (node.name for node in self.all(ast.ExceptHandler))
        matched = [node.name for node in self.all(ast.MatchAs)] + [node.name for node in self.all(ast.MatchStar)]
        rest = [node.rest for node in self.all(ast.MatchMapping)]
        made = {*stored, *given, *caught, *matched, *rest, *self.modules, *self.function_names, *self.class_names}
        return frozenset(name for name in made if name)

    def binds(self, name: str) -> bool:
        """Whether the script itself gives the name a meaning, anywhere."""
        return name in self._bound_names

    def is_argument(self, name: ast.Name) -> bool:
        """Whether the name is an argument of a function around it."""
        return name in self._arguments

    def dotted(self, node: ast.AST) -> str | None:
        """The full dotted name when the node is an imported name or an attribute chain from one."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < LONGEST_CHAIN:
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.modules or self.is_argument(node):
            return None
        return ".".join([self.modules[node.id], *reversed(parts)])

    def called(self, call: ast.Call) -> str:
        """What is called: its dotted name, or a builtin's plain name, else ''."""
        if isinstance(call.func, ast.Name) and call.func.id not in self.modules:
            return call.func.id
        return self.dotted(call.func) or ""


def words(text: str) -> frozenset[str]:
    """The words of a text: tables of names read better as text than as lists."""
    return frozenset(text.split())


def arguments(function: Function) -> list[ast.arg]:
    """Every argument of a function, of whatever sort."""
    spec = function.args
    rest = [argument for argument in (spec.vararg, spec.kwarg) if argument]
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *rest]


def argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    """The call's argument at the position or under one of the names; None when it is not there."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    if position < len(call.args):
        return call.args[position]
    return None


def spread(call: ast.Call) -> bool:
    """Whether the call has * or **, so that its arguments cannot be told."""
    return any(isinstance(item, ast.Starred) for item in call.args) or any(
        keyword.arg is None for keyword in call.keywords
    )
