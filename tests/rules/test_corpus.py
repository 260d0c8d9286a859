"""Hostile snippets are refused, honest ones pass: each file of hostile/ and honest/ holds snippets parted by ---."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.rules import RULES, check

HERE = Path(__file__).parent
LIBRARIES = frozenset(
    [
        *("flask", "matplotlib", "networkx", "plotly", "psycopg2", "requests", "scipy", "seaborn", "sklearn"),
        *("sqlalchemy", "sqlite3", "statsmodels", "sympy", "torch", "yaml"),
    ]
)
# The rules that must speak in each file; others may speak too.
EXPECTED = {
    "assorted": set(RULES),
    "builtins": {"builtins", "no-dunders", "no-code-in-text", "modules-stay", "formats", "files"},
    "effects": {"environment", "network", "bounded-constants", "sinks", "system-paths", "members"},
    "files": {"files", "sinks", "own-folder", "system-paths", "members", "imports"},
    "imports": {"imports", "members", "environment"},
    "insides": {"no-dunders", "no-insides", "no-async", "plain-classes", "formats", "no-private", "no-code-in-text"},
    "modules": {"members", "no-private", "modules-stay", "no-insides", "files", "sinks", "network"},
    "secrets": {"secrets"},
    "sql": {"statements", "sinks", "files"},
    "strings": {
        *("formats", "no-code-in-text", "expressions", "formulas", "methods-by-name"),
        *("members", "imports", "network", "builtins", "no-dunders", "sinks"),
    },
}


def snippets(folder: str) -> list[tuple[str, str]]:
    files = sorted((HERE / folder).glob("*.txt"))
    return [(file.stem, part) for file in files for part in file.read_text("utf-8").strip("\n").split("\n---\n")]


def label(case: tuple[str, str]) -> str:
    return f"{case[0]}: {case[1].splitlines()[-1][:50]}"


@pytest.mark.parametrize("case", snippets("hostile"), ids=label)
def test_hostile_is_refused_as_fragment(case):
    family, text = case
    allowed = frozenset() if family == "imports" else LIBRARIES
    verdict = check(text, fragment=True, allow_imports=allowed)
    assert not verdict.accepted
    assert {finding.rule for finding in verdict.refusals} & EXPECTED[family]
    assert all(finding.fix and finding.message and finding.line >= 1 for finding in verdict.findings)


@pytest.mark.parametrize("case", snippets("hostile"), ids=label)
def test_hostile_is_refused_whole(case):
    assert not check(case[1], allow_imports=LIBRARIES).accepted


@pytest.mark.parametrize("case", snippets("honest"), ids=label)
def test_honest_passes_as_fragment(case):
    assert check(case[1], fragment=True, allow_imports=LIBRARIES).refusals == ()


@pytest.mark.parametrize("case", [case for case in snippets("hostile") if case[0] == "secrets"], ids=label)
def test_a_finding_never_repeats_the_secret(case):
    told = " ".join(f"{finding.message} {finding.fix}" for finding in check(case[1], fragment=True).findings)
    for secret in ("hunter2", "letmein", "Tr0ub4dor", "abcdef123456", "P@ssw0rd", "AKIAIOS", "App!2024", "horse"):
        assert secret not in told


@pytest.mark.parametrize("pragma", ["# nosec", "# noqa", "# pragma: allowlist secret", "# type: ignore", "# nosemgrep"])
@pytest.mark.parametrize("line", ["import subprocess", 'eval("1")', 'password = "hunter2"', "import pickle"])
def test_pragmas_switch_nothing_off(line, pragma):
    assert not check(f"{line}  {pragma}\n", fragment=True).accepted
    assert not check(f"{pragma}\n{line}\n", fragment=True).accepted


def test_the_corpus_is_as_large_as_promised():
    assert len(snippets("hostile")) >= 350
    assert len(snippets("honest")) >= 100
