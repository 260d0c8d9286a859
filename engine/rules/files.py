"""Files: none in a contract script; in a fragment, ordinary files, at places that are no system's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .base import Check, Remark, Source, argument, spread, words
from .file_calls import BESIDE, ENDERS, READ_METHODS, READERS, REFUSED, WRITERS, only_reads
from .handed import Handed
from .made import is_made
from .paths import (
    HOME,
    READ_ABOVE,
    is_public_address,
    is_whole_home,
    names_system,
    reason_against_path,
    reason_against_unknown,
)
from .values import Values

# Pickles of arrays, and archives that write where their contents say.
UNPACKERS = frozenset({"dumps", "extractall"})
# What a model is written to, and nothing here reads again.
MODEL = re.compile(r"(?<![/\\.])\.(joblib|pkl|pickle)(?=(\.(gz|bz2|xz|z|lzma))?$)", re.I)
GIVING = (ast.Return, ast.Yield)
DEEPEST = 8


def _paths(source: Source) -> Iterator[Remark]:
    for call in source.all(ast.Call):
        found = _path_of(source, call)
        if found is None:
            continue
        what, path, required = found
        if not source.fragment:
            if path is not None or required or spread(call):
                yield Remark(call.lineno, f"{what} touches a file.", _contract_fix(what))
        elif spread(call) and not (path is not None and call.args and not isinstance(call.args[0], ast.Starred)):
            yield Remark(call.lineno, f"{what} is given a path that cannot be told.", "Write the path out.")
        elif path is not None:
            yield from _path(source, call, what, path)
        for position, names in BESIDE.get(what, ()) if source.fragment else ():
            if (beside := argument(call, position, *names)) is not None:
                yield from _path(source, call, what, beside)
    yield from _paths_of_handed(source)


def _paths_of_handed(source: Source) -> Iterator[Remark]:
    """The paths that functions are given which the script keeps and calls elsewhere."""
    for what, call, path in Handed.of(source).calls if source.fragment else ():
        if path is not None and not isinstance(path, ast.Starred):
            yield from _path(source, call, what, path)
        elif spread(call):
            yield Remark(call.lineno, f"{what} is given a path that cannot be told.", "Write the path out.")


def _contract_fix(what: str) -> str:
    if what.startswith(("read", "pandas.read", "open")):
        return "Declare the data in SOURCES; the loaders read it."
    return "Return the value from a quantity; the runtime writes the files."


def _path_of(source: Source, call: ast.Call) -> tuple[str, ast.expr | None, bool] | None:
    """What touches a file, the path it is given, and whether it always touches one."""
    name = source.called(call)
    name = {"pathlib.PurePath": "pathlib.Path", "io.open": "open", "matplotlib.pyplot.savefig": "savefig"}.get(
        name, name
    )
    if name in READERS:
        position, names = READERS[name]
        return name, argument(call, position, *names), name != "pathlib.Path"
    if name == "logging.basicConfig":
        return name, argument(call, 99, "filename"), False
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "savefig" and isinstance(call.func, ast.Attribute) and is_open_file(source, call.func.value):
        return None  # a page of a file that was opened elsewhere
    if method in WRITERS:
        position, names, required = WRITERS[method]
        return method, argument(call, position, *names), required
    if method in READ_METHODS:
        return method, argument(call, 0, "path"), True
    if method == "joinpath" and source.fragment:
        return method, call, False
    return None


def _path(source: Source, call: ast.Call, what: str, path: ast.expr) -> Iterator[Remark]:
    fix = "Name a file of the script's own folder, such as 'data.csv'."
    allow_pickle = argument(call, 99, "allow_pickle")
    if allow_pickle is not None and not (isinstance(allow_pickle, ast.Constant) and allow_pickle.value is False):
        yield Remark(call.lineno, f"{what} may load a pickle.", "Leave allow_pickle out.")
    if argument(call, 99, "opener", "stylesheet") is not None:
        yield Remark(call.lineno, f"{what} is given its own way of opening.", "Leave it out.")
    if isinstance(path, ast.Constant) and path.value is None:
        return
    if what == "sqlite3.connect" and isinstance(path, ast.Constant) and path.value == ":memory:":
        return
    if is_open_file(source, path):
        return
    texts = Values.of(source).texts(path)
    if isinstance(path, ast.Constant) and not isinstance(path.value, str):
        yield Remark(call.lineno, f"{what} is given something that is no path.", fix)
    elif texts is None:
        only = only_reads(call, what)
        if reason := reason_against_unknown(source, path, MODEL if what == "joblib.dump" else None, only):
            yield Remark(call.lineno, f"{what}: the path {reason}.", fix)
    else:
        reads = what.startswith(("pandas.read_", "polars.read_")) and what not in ("pandas.read_xml",)
        named = (MODEL.sub("", text) if what == "joblib.dump" else text for text in sorted(texts))
        only = only_reads(call, what)
        reasons = (_reason(text, reads, only) for text in named)
        if reason := next(filter(None, reasons), None):
            yield Remark(call.lineno, f"{what}: the path {reason}.", fix)


def _reason(text: str, reads: bool, only: bool) -> str | None:
    """Why a text that is known is refused as a path; what reads may be given a public address."""
    if reads and "?" not in text and is_public_address(text, ("http", "https")):
        return None
    return reason_against_path(text, only)


# Methods of paths that name another place; frames and texts have some of these names too.
MOVES = frozenset({"rename", "replace", "copy", "move"})
SWEEPS = frozenset({"iterdir", "rglob", "walk"})
RENAMES = frozenset({"with_name", "with_stem"})
MOST_CLIMBED = 2
OPENERS = words(
    "io.StringIO io.BytesIO open pandas.ExcelWriter pandas.ExcelFile StringIO BytesIO zipfile.ZipFile gzip.open "
    "bz2.open bz2.BZ2File codecs.open lzma.open lzma.LZMAFile tempfile.TemporaryFile matplotlib.cbook.get_sample_data "
    "matplotlib.backends.backend_pdf.PdfPages"
)


def is_open_file(source: Source, node: ast.AST, depth: int = 0) -> bool:
    """Whether the expression is a buffer in memory or a file whose opening was checked where it stands."""
    if isinstance(node, ast.Call):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return source.called(node) in OPENERS or (method == "open" and depth > 0)
    if source.dotted(node) in ("sys.stdout", "sys.stderr", "sys.stdout.buffer"):
        return True
    if isinstance(node, ast.Name) and depth < 3:
        bound = Values.of(source).bindings.of(node)
        return 0 < len(bound) < 20 and all(item is not None and is_open_file(source, item, depth + 1) for item in bound)
    return False


def _sinks(source: Source) -> Iterator[Remark]:
    fix = "Leave files, processes and networks to the workbench."
    for node in source.all(ast.Attribute):
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if _refused(source, node, called):
            yield Remark(node.lineno, f"{node.attr} is not allowed.", fix)
        elif not called and not source.fragment and _hidden_path(source, node, parent):
            yield Remark(node.lineno, f"{node.attr} is passed on without its path.", "Call it where it is needed.")
    if source.fragment:
        for lost in Handed.of(source).lost:
            yield Remark(lost.lineno, f"{ast.unparse(lost)} is passed on without its path.", "Call it directly.")
    yield from _ended(source, fix)
    yield from _unpacked(source)
    for keyword in source.all(ast.keyword):
        value = keyword.value
        if keyword.arg == "shell" and not (isinstance(value, ast.Constant) and not value.value):
            yield Remark(value.lineno, "shell= runs a shell.", fix)
        if keyword.arg == "fromfile_prefix_chars":
            yield Remark(value.lineno, "fromfile_prefix_chars= reads files that arguments name.", fix)


def _unpacked(source: Source) -> Iterator[Remark]:
    """Models that are read from pickles, and members of archives that may be links."""
    archives = "tarfile" in {name.partition(".")[0] for name in source.modules.values()}
    for node in source.all(ast.Attribute):
        parent = source.parents[node]
        column = isinstance(node.value, ast.Attribute) and node.value.attr == "str"
        if node.attr == "extract" and archives and not column:
            yield Remark(node.lineno, "extract writes what an archive holds, links too.", "Read with zipfile.")
        elif node.attr == "load" and isinstance(parent, ast.Call) and parent.func is node and _unpickles(source, node):
            yield Remark(node.lineno, "load of a model reads a pickle.", "Fit it, or keep its numbers.")


def _ended(source: Source, fix: str) -> Iterator[Remark]:
    """Files and folders that the script deletes and did not make, and a folder that it goes to."""
    for call in source.all(ast.Call):
        name = source.called(call)
        if name in ENDERS and not is_made(source, argument(call, 0, "path"), name == "shutil.rmtree"):
            yield Remark(call.lineno, f"{name} deletes what the script did not make.", fix)
        elif name == "os.chdir" and not _enters_own(source, call):
            yield Remark(call.lineno, "chdir makes every path mean another place.", fix)


def _unpickles(source: Source, node: ast.Attribute) -> bool:
    """Whether a fitted model of statsmodels is loaded: its results have such a method, its data sets one too."""
    dotted, call = source.dotted(node), source.parents[node]
    roots = {name.partition(".")[0] for name in source.modules.values()}
    if dotted is not None:
        return dotted.startswith("statsmodels.") and ".datasets." not in dotted
    return "statsmodels" in roots and isinstance(call, ast.Call) and bool(call.args or call.keywords)


def _ends_own(source: Source, node: ast.Attribute) -> bool:
    """Whether a file or folder that the script made is deleted; the functions of modules are looked at as calls."""
    if not source.fragment or node.attr not in ("unlink", "rmdir", "rmtree"):
        return False
    return source.dotted(node) in ENDERS or is_made(source, node.value)


def _whole_home(source: Source, node: ast.Attribute) -> bool:
    """Whether the home folder is looked for and used as it is, not joined to the name of what is in it."""
    call = source.parents[node]
    return isinstance(source.parents.get(call), ast.Expr)


def _refused(source: Source, node: ast.Attribute, called: bool) -> bool:
    if node.attr in UNPACKERS:
        return called and not _of_text(source, node)
    if source.dotted(node) in ("pathlib.Path.home", "pathlib.Path.cwd", "os.path.expanduser") and source.fragment:
        return not called or _whole_home(source, node)
    if node.attr not in REFUSED or _elsewhere(source, node):
        return False
    if called and (_fills_own(source, node) or _ends_own(source, node) or source.dotted(node) == "os.chdir"):
        return False
    return called or node.attr not in ("home", "system", "kill", "walk", "cwd")


def _fills_own(source: Source, node: ast.Attribute) -> bool:
    """Whether a frame is written to a SQLite file, whose path is looked at where it is opened."""
    call = source.parents[node]
    target = argument(call, 1, "con") if isinstance(call, ast.Call) else None
    return node.attr == "to_sql" and source.fragment and _is_sqlite(source, target, frozenset())


def _is_sqlite(source: Source, node: ast.AST | None, seen: frozenset[ast.AST]) -> bool:
    """Whether an expression is nothing but a connection to a SQLite file, through names and functions of the script."""
    if node is None or len(seen) > DEEPEST:
        return False
    if node in seen:
        return True  # a circle adds nothing
    seen |= {node}
    match node:
        case ast.Attribute(attr=name) if _is_field(source, name):
            return False
        case ast.Call(func=ast.Attribute() as method) if Values.of(source).bindings.of(method) != [None]:
            return False  # what stands there instead of the class's method
        case ast.Name() | ast.Attribute():
            bound = Values.of(source).bindings.of(node)[:20]
            return bool(bound) and all(_is_sqlite(source, each, seen) for each in bound)
        case ast.Call():
            name = source.called(node) or _own_method(node)
            if name == "contextlib.closing":
                return bool(node.args) and _is_sqlite(source, node.args[0], seen)
            if name not in source.function_names:
                return name == "sqlite3.connect"
            made = (function for function in source.all(ast.FunctionDef) if function.name == name)
            given = [part.value for function in made for part in ast.walk(function) if isinstance(part, GIVING)]
            return bool(given) and all(_is_sqlite(source, each, seen) for each in given)
    return False


def _is_field(source: Source, name: str) -> bool:
    """Whether a class declares it, so that its maker may be given whatever there is."""
    declared = (each for each in source.all(ast.AnnAssign) if isinstance(source.parents.get(each), ast.ClassDef))
    return any(isinstance(each.target, ast.Name) and each.target.id == name for each in declared)


def _own_method(call: ast.Call) -> str:
    """The name of a method that an object of the script calls on itself."""
    own = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
    return call.func.attr if own and call.func.value.id in ("self", "cls") else ""  # type: ignore[attr-defined]


def _enters_own(source: Source, call: ast.AST) -> bool:
    """Whether the script goes into its own folder, where its data are."""
    path = argument(call, 0, "path") if isinstance(call, ast.Call) else None
    return source.fragment and Values.of(source).texts(path) == frozenset({"."})


def _hidden_path(source: Source, node: ast.Attribute, parent: ast.AST) -> bool:
    """Whether something that takes a path is handed on, to be given one out of sight."""
    if node.attr in WRITERS.keys() | READ_METHODS:
        return isinstance(node.ctx, ast.Load)
    return source.dotted(node) in READERS and _passed_on(parent)


def _of_text(source: Source, node: ast.Attribute) -> bool:
    """Whether it is an honest namesake: json.dumps, the text method of a column."""
    column = isinstance(node.value, ast.Attribute) and node.value.attr == "str"
    dotted = source.dotted(node)
    return column or (dotted is not None and dotted.partition(".")[0] not in ("tarfile", "zipfile"))


def _passed_on(parent: ast.AST) -> bool:
    return not isinstance(parent, ast.Attribute | ast.arg | ast.FunctionDef | ast.Subscript | ast.BinOp)


def _elsewhere(source: Source, node: ast.Attribute) -> bool:
    """Whether a refused word is an honest method here: `walk` of a tree, `system` of a table."""
    dotted = source.dotted(node)
    if node.attr == "memmap":
        return dotted == "numpy.memmap" and source.fragment
    if dotted in ("os.walk", "os.scandir"):
        return source.fragment  # what they list is looked at as a path
    if dotted == "platform.system":
        return source.fragment
    return node.attr in ("walk", "kill", "system", "owner", "home", "cwd") and dotted is None and source.fragment


def _sensitive(source: Source) -> Iterator[Remark]:
    fix = "Use declared data only."
    excused = _read_above(source)
    for line, text in source.strings:
        if len(text) < 20_000 and (found := names_system(text)) and (line, text) not in excused:
            yield Remark(line, f"A text names a place of the system: {found!r}.", fix)
    values = Values.of(source)
    for node in (*source.all(ast.BinOp), *source.all(ast.JoinedStr), *source.all(ast.Call)):
        if any(map(names_system, values.texts(node) or ())):
            yield Remark(node.lineno, "A text put together from parts names a place of the system.", fix)


def _read_above(source: Source) -> frozenset[tuple[int, str]]:
    """Texts that begin a path two folders up and stand nowhere but in paths of what is read, which `files` looks at."""
    up = [(node, node.value) for node in source.all(ast.Constant) if isinstance(node.value, str)]
    up = [(node, text) for node, text in up if READ_ABOVE.match(text) and not names_system(READ_ABOVE.sub("", text))]
    if not up or not source.fragment:
        return frozenset()
    inside = _parts_of_what_is_read(source)
    return frozenset((node.lineno, text) for node, text in up) - {
        (node.lineno, text) for node, text in up if node not in inside
    }


def _parts_of_what_is_read(source: Source) -> set[ast.AST]:
    """All parts of paths that are read, and of the names that stand nowhere else."""
    found = [(call, *(_path_of(source, call) or ("", None))[:2]) for call in source.all(ast.Call)]
    inside = {part for call, what, path in found if path and only_reads(call, what) for part in ast.walk(path)}
    values = Values.of(source)
    for name in [part for part in inside if isinstance(part, ast.Name)]:
        if all(place in inside for place in source.reads.get(name.id, [])) and not source.is_argument(name):
            inside.update(each for each in values.bindings.of(name) if isinstance(each, ast.Constant))
    return inside


def _steps_out(source: Source) -> Iterator[Remark]:
    if not source.fragment or "pathlib" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    fix = "Keep files beside the script."
    for node in source.all(ast.Attribute):
        if _climbs(node) > MOST_CLIMBED:
            yield Remark(node.lineno, f"{node.attr} leaves the script's folder.", fix)
        elif node.attr in MOVES and is_path(source, node.value):
            yield from _moved(source, node, fix)
        elif node.attr in SWEEPS and any(map(is_whole_home, Values.of(source).texts(node.value) or ())):
            yield Remark(node.lineno, f"{node.attr} goes through a whole home folder.", fix)
        elif node.attr == "glob" and (reason := _globbed(source, node)):
            yield Remark(node.lineno, f"The path {reason}.", fix)
    for text in _named_places(source):
        if reason := reason_against_path(text[1]):
            yield Remark(text[0], f"The path {reason}.", fix)


def _globbed(source: Source, node: ast.Attribute) -> str | None:
    """Why the files that a home folder is searched for are refused."""
    values, call = Values.of(source), source.parents[node]
    homes = [text for text in values.texts(node.value) or () if HOME.match(text)]
    if not homes or not isinstance(call, ast.Call):
        return None
    patterns = values.texts(argument(call, 0, "pattern"))
    if patterns is None:
        return "is searched for by a pattern that cannot be told"
    reasons = (reason_against_path(f"{home}/{pattern}") for home in homes for pattern in sorted(patterns))
    return next(filter(None, reasons), None)


def _moved(source: Source, node: ast.Attribute, fix: str) -> Iterator[Remark]:
    """Where a path is moved to, which must be as ordinary as where it was."""
    call = source.parents[node]
    target = argument(call, 0, "target") if isinstance(call, ast.Call) and call.func is node else None
    if target is None:
        yield Remark(node.lineno, f"{node.attr} gives a file another place.", fix)
    elif isinstance(call, ast.Call):
        yield from _path(source, call, node.attr, target)


def _named_places(source: Source) -> Iterator[tuple[int, str]]:
    """(line, text) of what is joined to a path by `/` or put in place of its last part."""
    values = Values.of(source)
    for call in source.all(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in RENAMES and is_path(source, call.func.value):
            yield from ((call.lineno, text) for text in values.texts(argument(call, 0, "name", "stem")) or ())
    for operation in source.all(ast.BinOp):
        if isinstance(operation.op, ast.Div):
            right = values.texts(operation.right) or ()
            homes = (text for text in values.texts(operation) or () if HOME.match(text))
            yield from ((operation.lineno, text) for text in (*right, *homes) if text)


def _climbs(node: ast.Attribute) -> int:
    """How many folders up `.parent.parent` or `.parents` goes; more than can be told counts as many."""
    if node.attr == "parents":
        return MOST_CLIMBED + 1
    climbed = 0
    part: ast.AST = node
    while isinstance(part, ast.Attribute) and part.attr == "parent":
        part, climbed = part.value, climbed + 1
    return climbed


def is_path(source: Source, node: ast.AST, depth: int = 0) -> bool:
    """Whether the expression may be a path of pathlib."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        node = node.left
    if isinstance(node, ast.Call):
        return source.called(node) in ("pathlib.Path", "pathlib.PurePath")
    if isinstance(node, ast.Name) and depth < 4:
        bound = Values.of(source).bindings.of(node)[:20]
        return any(item is not None and is_path(source, item, depth + 1) for item in bound)
    return False


RULES = (
    Check("files", "A script opens no files; a fragment opens ordinary files at places that are no system's.", _paths),
    Check("sinks", "Nothing that pickles, writes databases, runs processes or reaches networks.", _sinks),
    Check("system-paths", "No text names a place of the operating system or a command for a shell.", _sensitive),
    Check("own-folder", "No path leads out of the script's folder.", _steps_out),
)
