"""The environment: read by literal name alone, and its values go into connections and numbers, nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard, cast

from .base import Check, Remark, Source, words
from .file_calls import WRITERS
from .given_values import given_places
from .values import Values

READERS = frozenset({"os.environ.get", "os.getenv"})
POISON = re.compile(r"(LD_|DYLD_|PYTHON|PATH$|HOME$|SHELL$|IFS$|BASH_)")
# What a person chose for a report is no secret: a folder, a currency, how much is said.
CHOSEN = re.compile(
    r"(?!.*(SECRET|KEY|TOKEN|PASS|CRED|AUTH|URL|DSN))(([A-Z0-9]+_)+(DIR|DIRECTORY|FOLDER|FILE|PATH|NAME)|USER|USERNAME|LOGNAME|([A-Z0-9]+_)*(CURRENCY|REGION|"
    r"COUNTRY|LOCALE|LANGUAGE|YEARS?|MONTHS?|QUARTER|DATE|DAYS?|LEVEL|MODE|FORMAT|STAGE|ENVIRONMENT|DEBUG|VERBOSE|TIMEZONE|"
    r"LANG|THEME|COLOU?R|COLOU?RS|STYLE|FONT|DPI|WIDTH|HEIGHT|TZ|PERIOD|CITY|STATE|SCENARIO|PRECISION|UNITS?|"
    r"SIZE|LIMIT|COUNT|THRESHOLD|RATE|TITLE|SEPARATOR|DELIMITER|ENCODING|SEED|WORKERS|DECIMALS))"
)
# What may be given a value of the environment: it makes something else of it.
CONSUMERS = words(
    "connect create_engine int float bool len get getenv setdefault basicConfig setLevel read_sql read_sql_query "
    "isinstance make_url create"
)
# Options of a connection: what takes them keeps them.
OPTIONS = words(
    "storage_uri uri dsn host port user username password passwd database dbname db_url api_key secret_key base_url "
    "connection_string broker backend_url"
)
SHOWING = words(
    "print write writelines dump dumps format join render render_template render_template_string jsonify title"
)
LOOKING = frozenset({"len", "isinstance", "hasattr", "id", "type", "bool"})
# Methods that write all that an object holds: a frame, a workbook.
WRITING = frozenset(WRITERS) | {"to_sql", "save"}
OWN = frozenset({"self", "cls"})
DEEPEST = 4
SENDING = frozenset({"requests", "httpx", "logging", "pandas", "json"})
FIX = "Leave credentials to the workbench; scripts get data."


def _environment(source: Source) -> Iterator[Remark]:
    if "os" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    yield from _whole(source)
    held = _holders(source)
    for node in source.nodes:
        if isinstance(node, ast.Call) and (not _consumes(node) or _sends(source, node)):
            shows = _shows(source, node)
            words_given = [] if _keeps(source, node) else node.keywords
            given = [*node.args, *(word.value for word in words_given if shows or word.arg not in OPTIONS)]
            if any(_holds(source, item, held) for item in given):
                yield Remark(node.lineno, "A value of the environment is passed on.", FIX)
            elif held.fields and (_tells(source, node)) and any(_whole_of(source, item, held) for item in given):
                yield Remark(node.lineno, "Settings that hold a value of the environment are shown.", FIX)
    yield from _raised_or_written(source, held)
    yield from _all_fields(source, held)


@dataclass(frozen=True)
class Held:
    """Names that hold a value of the environment, and fields of the script's own classes that do."""

    names: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()  # attributes of an object's own, as `self.frame`


def _raised_or_written(source: Source, held: Held) -> Iterator[Remark]:
    places: list[ast.Raise | ast.Assert] = [*source.all(ast.Raise), *source.all(ast.Assert)]
    for node in places:
        if _holds_any(source, _raised(node), held):
            yield Remark(node.lineno, "A value of the environment is raised.", FIX)
    for call in source.all(ast.Call):
        if _writes(source, call, held):
            yield Remark(call.lineno, "What holds a value of the environment is written.", FIX)


def _raised(node: ast.Raise | ast.Assert) -> ast.expr | None:
    return node.exc if isinstance(node, ast.Raise) else node.msg


def _holds_any(source: Source, node: ast.expr | None, held: Held) -> bool:
    return node is not None and _holds(source, node, held)


def _writes(source: Source, call: ast.Call, held: Held) -> bool:
    """Whether a frame, a workbook or the like is written that was given a value of the environment."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITING:
        return False
    whole = call.func.value
    if _holds(source, whole, Held(held.names - OWN, held.fields)):
        return True
    return any(isinstance(part, ast.Attribute) and ast.unparse(part) in held.filled for part in ast.walk(whole))


def _keeps(source: Source, call: ast.Call) -> bool:
    """Whether a class of the script's own is given its fields: they are followed by their names."""
    if "keepers" not in source.memory:
        # A dict's heir, and others', may give all fields away at once.
        plain = {owner.name for owner in source.all(ast.ClassDef) if not owner.bases}
        source.memory["keepers"] = plain | ({"cls"} if plain >= source.class_names else set())
    return isinstance(call.func, ast.Name) and call.func.id in cast(set[str], source.memory["keepers"])


def _tells(source: Source, call: ast.Call) -> bool:
    """Whether a call shows all fields of what it is given."""
    own = isinstance(call.func, ast.Name) and call.func.id in source.function_names | source.class_names
    return not own and source.called(call) not in LOOKING


def _all_fields(source: Source, held: Held) -> Iterator[Remark]:
    """Where all fields of an object are given at once."""
    for node in filter(_gives_fields, source.nodes if held.fields else ()):
        yield Remark(node.lineno, "Settings that hold a value of the environment are shown.", FIX)


def _gives_fields(node: ast.AST) -> TypeGuard[ast.Attribute | ast.Name]:
    """Whether a node gives all fields of an object at once."""
    return (isinstance(node, ast.Attribute) and node.attr == "__dict__") or (
        isinstance(node, ast.Name) and node.id == "vars"
    )


def _whole_of(source: Source, item: ast.AST, held: Held) -> bool:
    """Whether an object of the script's own stands in the expression, not only one of its fields."""
    for part in ast.walk(item):
        if not isinstance(part, ast.Name) or isinstance(source.parents.get(part), ast.Attribute):
            continue
        if (part.id == "self" or _is_own(source, part, 0)) and not _reads_other(source, part, held):
            return True
    return False


def _is_own(source: Source, node: ast.AST | None, depth: int) -> bool:
    """Whether an expression may be an object of a class of the script's own, or hold one."""
    if depth > DEEPEST:
        return False
    match node:
        case ast.Name():
            return any(_is_own(source, each, depth + 1) for each in Values.of(source).bindings.of(node)[:20])
        case ast.Call(func=ast.Name(id=name)) if name in source.function_names:
            made = (function for function in source.all(ast.FunctionDef) if function.name == name)
            given = (part.value for function in made for part in ast.walk(function) if isinstance(part, ast.Return))
            return any(_is_own(source, each, depth + 1) for each in given)
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in source.class_names
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Dict(values=items):
            return any(_is_own(source, each, depth + 1) for each in items)
    return False


def _reads_other(source: Source, name: ast.Name, held: Held) -> bool:
    """Whether a field is read by its name, which is none of those that hold a value of the environment."""
    call = source.parents.get(name)
    if not isinstance(call, ast.Call) or source.called(call) != "getattr" or len(call.args) < 2:
        return False
    fields = Values.of(source).texts(call.args[1])
    return fields is not None and not fields & held.fields


def _shows(source: Source, call: ast.Call) -> bool:
    """Whether a call prints, writes or sends what it is given, under whatever keyword."""
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return word in SHOWING | source.function_names or _sends(source, call)


def _sends(source: Source, call: ast.Call) -> bool:
    return source.called(call).partition(".")[0] in SENDING


def _whole(source: Source) -> Iterator[Remark]:
    places: list[ast.Attribute | ast.Name] = [*source.all(ast.Attribute), *source.all(ast.Name)]
    for node in places:
        if source.dotted(node) != "os.environ" or not isinstance(node.ctx, ast.Load):
            continue
        parent = source.parents[node]
        by_method = isinstance(parent, ast.Attribute) and parent.attr in ("get", "setdefault")
        if isinstance(parent, ast.Compare) or by_method:
            continue
        if not isinstance(parent, ast.Subscript) or not isinstance(parent.slice, ast.Constant):
            yield Remark(node.lineno, "The whole environment is read.", FIX)
        elif not isinstance(parent.ctx, ast.Load) and POISON.match(str(parent.slice.value)):
            yield Remark(node.lineno, f"The variable {parent.slice.value!r} steers other programs.", FIX)


def _consumes(call: ast.Call) -> bool:
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return word in CONSUMERS


def _holders(source: Source) -> Held:
    """Variables, functions and fields that hold or give a value of the environment."""
    held = Held()
    given = [*given_places(source)]
    for _ in range(4):
        names, fields, filled = set(held.names), set(held.fields), set(held.filled)
        for target, value in given:
            inside = isinstance(target, ast.Subscript) and _holds(source, target.slice, held)
            if inside or _holds(source, value, held):
                names |= {item.id for item in ast.walk(target) if isinstance(item, ast.Name)}
                filled |= _own_places(target)
                if not isinstance(target, ast.Name):
                    names |= _behind(source, target, given)
        for function in source.all(ast.FunctionDef):
            returned = (part.value for part in ast.walk(function) if isinstance(part, ast.Return) and part.value)
            if any(_holds(source, value, held) for value in returned):
                names.add(function.name)
        for call in source.all(ast.Call):
            if _keeps(source, call):
                fields |= {word.arg for word in call.keywords if word.arg and _holds(source, word.value, held)}
        held = Held(frozenset(names), frozenset(fields), frozenset(filled))
    return held


def _own_places(target: ast.expr) -> set[str]:
    """The attribute of an object's own that a target is, or is an item of."""
    while isinstance(target, ast.Subscript):
        target = target.value
    places = {ast.unparse(part) for part in ast.walk(target) if isinstance(part, ast.Attribute)}
    return {place for place in places if place.partition(".")[0] in OWN}


def _behind(source: Source, target: ast.expr, given: list[tuple[ast.expr, ast.expr]]) -> set[str]:
    """What an item was taken from that is filled: the workbook of a sheet, the list of a row."""
    name, found = _root(target), set[str]()
    for place, value in given if name else ():
        whole = _root(value)
        if name in _names_in(place) and whole and whole not in OWN and whole not in source.modules:
            found.add(whole)
    return found


def _names_in(place: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(place) if isinstance(part, ast.Name)}


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes, items and calls begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _holds(source: Source, node: ast.AST, held: Held) -> bool:
    """Whether a value of the environment is in the expression, outside of what consumes it."""
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Name) and part.id in held.names:
            return True
        if isinstance(part, ast.Attribute) and part.attr in held.fields:
            return True
        read = _read(source, part)
        if read is not None and not _is_chosen(read):
            return True
        if isinstance(part, ast.Call) and (read is not None or _may_give(part)):
            todo.extend(part.args[1:])  # what stands in for it
            todo.extend(word.value for word in part.keywords)
        if isinstance(part, ast.Call) and _keeps(source, part):
            todo.extend(part.args)
        elif not (isinstance(part, ast.Call) and _consumes(part)) and not isinstance(part, ast.Compare):
            todo.extend(ast.iter_child_nodes(part))
    return False


def _may_give(call: ast.Call) -> bool:
    """Whether a call gives back what stands in for a missing item."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "setdefault")


def _read(source: Source, node: ast.AST) -> ast.expr | None:
    """The name under which a node reads the environment (itself where it gives none); None if it does not read."""
    if isinstance(node, ast.Call) and source.called(node) in READERS:
        return node.args[0] if node.args else node
    if isinstance(node, ast.Subscript) and source.dotted(node.value) == "os.environ":
        return node.slice
    return None


def _is_chosen(name: ast.expr) -> bool:
    """Whether it is the literal name of what a person chose, such as DATA_DIR or CURRENCY."""
    return isinstance(name, ast.Constant) and isinstance(name.value, str) and CHOSEN.fullmatch(name.value) is not None


RULES = (
    Check("environment", "No reading of the whole environment, and no showing or sending of its values.", _environment),
)
