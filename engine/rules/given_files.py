"""`argparse.FileType`: a file that the caller of a script names, opened for it as `open(args.file)` would be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .base import Source, argument, spread, words
from .paths import reason_against_path, reason_against_unknown
from .values import Values

GROUPS = words("add_parser add_argument_group add_mutually_exclusive_group add_subparsers")
PARSING = words("parse_args parse_known_args parse_intermixed_args")
MODES = words("r rt rb w wt wb a at ab x xt xb")
STREAMS = frozenset({"sys.stdout", "sys.stderr"})
DEEPEST = 6


def names_a_file(source: Source, node: ast.AST) -> bool:
    """Whether it is the type of a parser's argument, and every file that the script itself names there is ordinary."""
    call = source.parents.get(node)
    if not isinstance(call, ast.Call) or call.func is not node or spread(call) or not _is_plain(source):
        return False
    given = argument(call, 0, "mode")
    modes = frozenset({"r"}) if given is None else Values.of(source).texts(given)
    word = source.parents[call]
    added = source.parents[word] if isinstance(word, ast.keyword) and word.arg == "type" else None
    if not modes or not modes <= MODES or not isinstance(added, ast.Call) or spread(added):
        return False
    # Whoever kept the argument could call its type with a path out of sight.
    alone = isinstance(source.parents[added], ast.Expr)
    method = added.func
    named = isinstance(method, ast.Attribute) and method.attr == "add_argument" and _is_parser(source, method.value)
    return alone and named and all(_is_ordinary(source, each) for each in _named(source, added))


def _is_parser(source: Source, node: ast.AST | None, seen: frozenset[ast.AST] = frozenset()) -> bool:
    """Whether an expression is nothing but a parser, or a group of its arguments."""
    if node is None or len(seen) > DEEPEST:
        return False
    if node in seen:
        return True  # a circle adds nothing
    seen |= {node}
    match node:
        case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in GROUPS:
            return _is_parser(source, value, seen)
        case ast.Call():
            return source.called(node) == "argparse.ArgumentParser"
        case ast.Name():
            bound = Values.of(source).bindings.of(node)[:20]
            return bool(bound) and all(_is_parser(source, each, seen) for each in bound)
    return False


def _is_plain(source: Source) -> bool:
    """Whether parsers do what the library's do, and nothing but the caller's words comes to them."""
    own = (base for owner in source.all(ast.ClassDef) for base in owner.bases)
    if any((source.dotted(base) or "").startswith("argparse.") for base in own):
        return False
    if any(node.attr == "type" for node in source.all(ast.Attribute)):
        return False
    places: list[ast.Attribute | ast.Name] = [*source.all(ast.Attribute), *source.all(ast.Name)]
    return all(_only_read(source, node) for node in places if source.dotted(node) == "sys.argv")


def _only_read(source: Source, node: ast.Attribute | ast.Name) -> bool:
    parent = source.parents[node]
    part = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)
    parsed = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr in PARSING
    counted = isinstance(parent, ast.Call) and source.called(parent) == "len"
    return isinstance(node.ctx, ast.Load) and (part or parsed or counted)


def _named(source: Source, added: ast.Call) -> Iterator[ast.expr]:
    """What a parser would open that stands in the script: what stands in for a missing word, and words it is given."""
    yield from (word.value for word in added.keywords if word.arg in ("default", "const"))
    for call in source.all(ast.Call):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method in PARSING:
            yield from (*call.args[:1], *(word.value for word in call.keywords if word.arg in (None, "args")))
        elif method == "set_defaults":
            yield from (word.value for word in call.keywords)
        elif source.called(call) == "argparse.ArgumentParser":
            yield from (word.value for word in call.keywords if word.arg in (None, "argument_default"))


def _is_ordinary(source: Source, node: ast.expr) -> bool:
    if source.dotted(node) in STREAMS or (isinstance(node, ast.Constant) and not isinstance(node.value, str)):
        return True
    texts = Values.of(source).texts(node)
    if texts is None:
        return reason_against_unknown(source, node) is None
    return all(text == "-" or reason_against_path(text.partition("=")[2] or text) is None for text in texts)
