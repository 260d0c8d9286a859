"""The house rules that a tool can hold: who imports whom, how long things are, what names are not used."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LONGEST_FUNCTION = 50
LONGEST_FILE = 520
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
OURS = ("engine", "runtime", "workbench", "pages", "sample")
# Who may import what, besides the standard library and packages: lower layers know nothing of higher ones.
REFUSED = {
    "engine": ("streamlit", "workbench", "pages"),
    "runtime": ("engine", "streamlit", "workbench", "pages", "sample"),
    "sample": ("engine", "streamlit", "workbench", "pages", "runtime"),
    "workbench": ("pages", "engine.commands"),
    "pages": ("engine.commands",),
}


def modules() -> Iterator[Path]:
    for folder in OURS:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts)
    yield ROOT / "app.py"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The absolute names of modules that a file imports, also inside functions; not what only type checkers load."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_file_keeps_to_its_layer_and_size(path: Path) -> None:
    refused = REFUSED.get(path.relative_to(ROOT).parts[0], ())
    wrong = [name for name in imported(path) if within(name, refused)]
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


def floors() -> dict[str, int]:
    """The parts of the engine and their floors, as ARCHITECTURE.md shows them."""
    rows = re.findall(r"^\| (\d+) \| (`.*) \|$", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    return {part: int(floor) for floor, parts in rows for part in re.findall(r"`(\w+)`", parts)}


def test_parts_of_the_engine_import_lower_floors_only() -> None:
    known = floors()
    together = {part for part, floor in known.items() if floor == known["authors"]}
    own = {path.stem for path in (ROOT / "engine").iterdir() if not path.name.startswith("_")}
    assert own == set(known), "a part that ARCHITECTURE.md does not place"
    wrong = []
    for path in modules():
        home, *rest = path.relative_to(ROOT).with_suffix("").parts
        if home != "engine" or rest[0].startswith("_"):
            continue
        for name in imported(path):
            part = name.split(".")[1] if name.startswith("engine.") else rest[0]
            upward = part in known and part != rest[0] and known[part] >= known[rest[0]]
            if upward and not {part, rest[0]} <= together:
                wrong.append(f"{'/'.join(rest)} imports {name}")
    assert wrong == []


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


def test_tests_that_share_a_group_are_kept_together(request: pytest.FixtureRequest) -> None:
    """A group stands at the end of a test's id, where the scheduler reads it; else each worker makes all anew."""
    session = request.session
    if not getattr(session.config.option, "loadgroup", False):
        pytest.skip("the tests run in one process") if not os.environ.get("REQUIRE_EVERYTHING") else None
        return
    grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
    assert [item.nodeid for item in grouped if "@" not in item.nodeid.rpartition("]")[2]] == []


MOST_DECISIONS = 20
# Parts that are being replaced are judged when that is done.
IN_FLUX = tuple(f"engine/{part}/" for part in ("authors", "reading", "semantics", "compiling", "question", "meaning"))


def decisions(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many ways lead through a function; unlike in the linter's count each `and`, `or` and inner `if` is one."""
    found, waiting = 1, list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(node, ast.BoolOp):
            found += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            found += 1 + len(node.ifs)
        elif isinstance(node, ast.If | ast.For | ast.While | ast.IfExp | ast.ExceptHandler | ast.match_case):
            found += 1
        waiting += ast.iter_child_nodes(node)
    return found


def test_no_function_decides_more_than_can_be_followed() -> None:
    """`tests/decisions.txt` lists those that do; it may only become shorter and its numbers smaller."""
    lines = (ROOT / "tests" / "decisions.txt").read_text("utf-8").splitlines()
    listed = {name: int(count) for name, count in (line.rsplit(" ", 1) for line in lines)}
    found = {
        f"{path.relative_to(ROOT)} {node.name}": decisions(node)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and decisions(node) > MOST_DECISIONS
        and not str(path.relative_to(ROOT)).startswith(IN_FLUX)
    }
    assert found == listed
