"""`sys.path.append`: a folder beside the script, behind all others, so that nothing there stands in for a library."""

from __future__ import annotations

import ast
import posixpath
import re
import sys

from .base import Source, spread
from .libraries import is_installed
from .made import written_places
from .values import SCRIPT_FILE, Values

# Not the name of an archive, which holds modules too.
FOLDER = re.compile(r"(\.|(\.\./){0,1}\.\.|(\.\./){0,2}\w[\w-]*(/\w[\w-]*){0,3})")
PLACES = re.compile(r"(?i)(\.\./)+(etc|proc|sys|dev|root|home|usr|var|boot|tmp|opt|srv|mnt|run)(/|$)")
ARCHIVES = frozenset({"zipfile", "tarfile", "gzip", "bz2", "lzma"})


def adds_folder(source: Source, node: ast.AST) -> bool:
    """Whether an ordinary folder is put behind all others, which the script writes nothing into."""
    method = source.parents.get(node)
    call = source.parents.get(method) if isinstance(method, ast.Attribute) and method.attr == "append" else None
    if not isinstance(call, ast.Call) or call.func is not method or spread(call) or len(call.args) != 1:
        return False
    texts = Values.of(source).texts(call.args[0])
    if call.keywords or not texts or not isinstance(source.parents[call], ast.Expr):
        return False
    folders = {posixpath.normpath(text) for text in texts}
    if any(text.startswith(SCRIPT_FILE) or not _is_folder(text) for text in folders):
        return False
    return _all_there(source) and not _fills(source, folders)


def _is_folder(text: str) -> bool:
    return FOLDER.fullmatch(text) is not None and PLACES.match(text) is None


def _all_there(source: Source) -> bool:
    """Whether every module that is imported stands before such a folder: Python's own, and what the sandbox has."""
    roots = {name.partition(".")[0] for name in source.modules.values()}
    named = source.allow_imports
    return all(root in sys.stdlib_module_names or root in named or is_installed(root) for root in roots)


def _fills(source: Source, folders: set[str]) -> bool:
    """Whether the script may write modules, or an archive of them, to where it then looks for them."""
    if ARCHIVES & {name.partition(".")[0] for name in source.modules.values()}:
        return True
    if any(source.called(call).startswith("shutil.") for call in source.all(ast.Call)):
        return True
    places = written_places(source)
    if places is None:
        return True
    written = {posixpath.normpath(place) for place in places}
    return any(
        place == folder or (folder != "." and place.startswith(f"{folder}/")) for place in written for folder in folders
    )
