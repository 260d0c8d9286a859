"""The house rules that a tool can hold: who imports whom, how long things are, what names are not used."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LONGEST_FUNCTION = 50
LONGEST_FILE = 520
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
OURS = ("engine", "templates", "workbench", "pages", "sample")
# Who may import what, besides the standard library and packages: lower layers know nothing of higher ones.
REFUSED = {
    "engine": ("streamlit", "workbench", "pages"),
    "templates": ("engine", "streamlit", "workbench", "pages", "sample"),
    "sample": ("engine", "streamlit", "workbench", "pages", "templates"),
    "workbench": ("pages",),
}


def modules() -> Iterator[Path]:
    for folder in OURS:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts)
    yield ROOT / "app.py"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The absolute names of modules that a file imports at its top level."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_file_keeps_to_its_layer_and_size(path: Path) -> None:
    refused = REFUSED.get(path.relative_to(ROOT).parts[0], ())
    wrong = [name for name in imported(path) if name.split(".")[0] in refused]
    assert wrong == [], f"{path} may not import {wrong}"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    long = [
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == [], f"functions of {LONGEST_FUNCTION} lines or more: {long}"
    assert ast.get_docstring(tree(path)), f"{path} has no docstring"
    assert not VAGUE & {path.stem, *path.parts}, f"{path} has a name that says nothing"


def test_imports_have_no_cycle() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in modules()
    }
    edges = {
        name: {found for found in imported(path) if found in names and found != name} for name, path in names.items()
    }
    done: set[str] = set()
    way: list[str] = []

    def visit(name: str) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name in done:
            return
        way.append(name)
        for other in sorted(edges[name]):
            # A package's __init__ gathers its members; a member that imports a sibling goes through it by name only.
            if not name.startswith(f"{other}."):
                visit(other)
        way.pop()
        done.add(name)

    for name in names:
        visit(name)


def test_one_door_leads_to_the_parser() -> None:
    """Some Pythons fail, rarely, when a parse is disturbed; only the door tries again."""
    direct = [path.name for path in modules() if "ast.parse(" in path.read_text(encoding="utf-8")]
    assert direct == ["parsing.py"]


def test_the_engine_loads_no_web_framework() -> None:
    import subprocess

    load = "import sys; from engine.__main__ import parser; parser()"
    code = f"{load}; print([m for m in ('streamlit', 'flask', 'starlette') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_document_or_file_names_an_address_of_a_registry() -> None:
    words = ("pypi.org/simple", "deb.debian.org", "registry.npmjs", "index-url")
    found = [
        str(path.relative_to(ROOT))
        for pattern in ("*.md", "*.txt", "*.lock", "run", ".ci/*", "docs/*.md", "templates/**/*")
        for path in ROOT.glob(pattern)
        if path.is_file()
        and path.suffix not in (".pyc", ".ttf")
        and any(word in path.read_text("utf-8", "ignore") for word in words)
    ]
    assert found == []
