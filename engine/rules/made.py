"""What a script makes itself: files that it writes, folders that it makes, and those of the moment.

These it may end or rename; what it found it may not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import cast

from .base import Source, argument, words
from .file_calls import BESIDE, READERS, WRITERS
from .paths import HOME
from .values import FOLDER_CALLS, Values

OPENING = frozenset(
    {
        "open",
        "io.open",
        "codecs.open",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "wave.open",
        "zipfile.ZipFile",
        "gzip.GzipFile",
    }
)
MAKING = frozenset(
    {"os.makedirs", "os.mkdir", "pandas.ExcelWriter", "shutil.make_archive", "xlsxwriter.Workbook", "sqlite3.connect"}
    | {f"numpy.{name}" for name in ("save", "savez", "savez_compressed", "savetxt")}
)
MAKING_METHODS = words("write_text write_bytes mkdir touch")
DEEPEST = 6
GLOB = re.compile(r"[*?\[]")


def is_made(source: Source, path: ast.expr | None, whole: bool = False) -> bool:
    """Whether the script makes the file or folder itself; with `whole`, what is in a folder counts too."""
    if path is None:
        return False
    path = _plain(source, path)
    if _of_the_moment(source, path, 0) or (not whole and _in_made(source, path, 0)):
        return True
    texts = Values.of(source).texts(path)
    made_texts, made_names = _made(source)
    if texts and any(GLOB.search(text) for text in texts):
        return not whole and all(_is_own_pattern(text, made_texts) for text in texts)
    if texts:
        return texts <= made_texts and not any(_elsewhere(text) for text in texts)
    return not whole and isinstance(path, ast.Name | ast.Attribute) and ast.dump(path) in made_names


def _is_own_pattern(pattern: str, made: frozenset[str]) -> bool:
    """Whether files are looked for that the script writes by numbers: `part_*.csv`, beside `part_{i}.csv`."""
    name = re.split(r"[/\\]", pattern)[-1]
    numbered = re.match(r"[\w-]*[A-Za-z]{3}[\w-]*[_-]?\*", name) is not None
    folder = pattern.removesuffix(name)
    if not numbered or _elsewhere(pattern) or GLOB.search(folder) or "**" in name:
        return False
    return any("0" in text and text.startswith(folder) and pattern == text.replace("0", "*") for text in made)


def _elsewhere(text: str) -> bool:
    return text.startswith(("/", "\\")) or text in ("", ".") or HOME.match(text) is not None or text[1:2] == ":"


def _plain(source: Source, path: ast.expr) -> ast.expr:
    """The path without what only makes a text or a path of it."""
    while isinstance(path, ast.Call) and source.called(path) in ("str", "pathlib.Path", "os.fspath") and path.args:
        path = path.args[0]
    return path


def _of_the_moment(source: Source, node: ast.AST | None, depth: int) -> bool:
    """Whether it is a file or folder of tempfile, or in one."""
    if depth > DEEPEST:
        return False
    match node:
        case ast.Call():
            name = source.called(node)
            joined = name in ("os.path.join", "pathlib.Path", "str") and bool(node.args)
            return name in FOLDER_CALLS or (joined and _of_the_moment(source, node.args[0], depth + 1))
        case ast.Attribute(attr="name", value=value) | ast.BinOp(left=value, op=ast.Div()):
            return _of_the_moment(source, value, depth + 1)
        case ast.Name():
            bound = Values.of(source).bindings.of(node)[:20]
            return bool(bound) and all(_of_the_moment(source, each, depth + 1) for each in bound)
    return False


def _in_made(source: Source, node: ast.AST | None, depth: int) -> bool:
    """Whether it lies in a folder that the script makes: joined to it, or found in it by a loop."""
    if depth > DEEPEST:
        return False
    match node:
        case ast.Call(args=[first, _, *_]) if source.called(node) == "os.path.join":
            return _is_folder(source, first) or _in_made(source, first, depth + 1)
        case ast.BinOp(left=left, op=ast.Div()):
            return _is_folder(source, left) or _in_made(source, left, depth + 1)
        case ast.Subscript(value=items):  # what a loop over them takes, too
            return _finds_in_made(source, items)
        case ast.Name():
            bound = Values.of(source).bindings.of(node)[:20]
            return bool(bound) and all(_in_made(source, each, depth + 1) for each in bound)
    return False


def _finds_in_made(source: Source, items: ast.expr) -> bool:
    """Whether it is what a folder of the script's own holds: `work.glob("*.csv")`, sorted or not."""
    while isinstance(items, ast.Call) and source.called(items) in ("sorted", "list", "reversed") and items.args:
        items = items.args[0]
    if not isinstance(items, ast.Call) or not isinstance(items.func, ast.Attribute):
        return False
    pattern = items.args[0] if items.args else None
    inside = pattern is None or (isinstance(pattern, ast.Constant) and ".." not in str(pattern.value))
    return items.func.attr in ("glob", "iterdir") and inside and _is_folder(source, items.func.value)


def _is_folder(source: Source, node: ast.expr) -> bool:
    """Whether it is a folder that the script makes, and surely nothing else."""
    texts = Values.of(source).texts(_plain(source, node))
    return bool(texts) and (texts or set()) <= _folders(source) and not any(_elsewhere(text) for text in texts or ())


def _folders(source: Source) -> frozenset[str]:
    """The folders that the script makes."""
    if "made folders" not in source.memory:
        paths = []
        for call in source.all(ast.Call):
            if source.called(call) in ("os.makedirs", "os.mkdir"):
                paths.append(argument(call, 0, "name", "path"))
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "mkdir":
                paths.append(call.func.value)
        found = [Values.of(source).texts(_plain(source, path)) for path in paths if path is not None]
        source.memory["made folders"] = frozenset(text for texts in found for text in texts or ())
    return cast(frozenset[str], source.memory["made folders"])


def _made(source: Source) -> tuple[frozenset[str], frozenset[str]]:
    """The texts and the names of all paths that the script writes to."""
    if "made" not in source.memory:
        values = Values.of(source)
        paths = [_plain(source, path) for path in _written(source)]
        texts = frozenset(text for path in paths for text in values.texts(path) or ())
        names = frozenset(ast.dump(path) for path in paths if isinstance(path, ast.Name | ast.Attribute))
        source.memory["made"] = (texts, names)
    return cast(tuple[frozenset[str], frozenset[str]], source.memory["made"])


def written_places(source: Source) -> frozenset[str] | None:
    """Every path that the script writes to; None when one of them cannot be told."""
    places: set[str] = set()
    for path in _written(source):
        texts = Values.of(source).texts(_plain(source, path))
        if texts is None and not _ends_in_kind(source, path, 0):
            return None
        places |= texts or frozenset()
    return frozenset(places)


def _ends_in_kind(source: Source, path: ast.AST, depth: int) -> bool:
    """Whether a path that cannot be told ends in a kind of file that stands in the script, such as `.csv`."""
    match path:
        case ast.Constant(value=str() as text):
            return re.search(r"\.(csv|tsv|txt|json|xlsx|html|md|png|svg|pdf|parquet)$", text) is not None
        case ast.JoinedStr(values=[*_, last]) | ast.BinOp(op=ast.Add() | ast.Div(), right=last):
            return _ends_in_kind(source, last, depth + 1)
        case ast.Call(args=[*_, last]) if source.called(path) in ("os.path.join", "str", "pathlib.Path"):
            return _ends_in_kind(source, last, depth + 1)
        case ast.Name() if depth < DEEPEST:
            bound = Values.of(source).bindings.of(path)[:20]
            return bool(bound) and all(each is not None and _ends_in_kind(source, each, depth + 1) for each in bound)
    return False


def _written(source: Source) -> Iterator[ast.expr]:
    for call in source.all(ast.Call):
        name = source.called(call)
        method = call.func if isinstance(call.func, ast.Attribute) else None
        if name in OPENING:
            found = argument(call, 0, "file", "filename", "f") if _writes(argument(call, 1, "mode")) else None
        elif name in MAKING:
            found = argument(call, *READERS[name][:1], *READERS[name][1])
        elif name in BESIDE and name.startswith("shutil.") and name != "shutil.make_archive":
            found = argument(call, 1, "dst")
        elif method is not None and method.attr in WRITERS:
            found = argument(call, WRITERS[method.attr][0], *WRITERS[method.attr][1])
        elif method is not None and (
            method.attr in MAKING_METHODS or (method.attr == "open" and _writes(argument(call, 0, "mode")))
        ):
            found = method.value
        else:
            continue
        if found is not None:
            yield found


def _writes(mode: ast.expr | None) -> bool:
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax"))
