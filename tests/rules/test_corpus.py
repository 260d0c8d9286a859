"""Hostile snippets are refused, honest ones pass: each file of hostile/ and honest/ holds snippets parted by ---."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.safety import LIBRARIES, libraries_of
from engine.rules import RULES, check
from engine.rules.libraries import COMPUTING, PACKAGES, is_installed, packages

HERE = Path(__file__).parent
# The rules that must speak in each file; others may speak too.
EXPECTED = {
    "assorted": set(RULES),
    "builtins": {"builtins", "no-dunders", "no-code-in-text", "modules-stay", "formats", "files", "sinks"},
    "effects": {"environment", "network", "bounded-constants", "sinks", "system-paths", "members"},
    "files": {"files", "sinks", "own-folder", "system-paths", "members", "imports", "builtins", "statements"},
    "imports": {"imports", "members", "environment", "sinks", "modules-stay", "no-dunders", "files", "system-paths"},
    "insides": {
        "builtins",
        "no-dunders",
        "no-insides",
        "no-async",
        "plain-classes",
        "formats",
        "no-private",
        "no-code-in-text",
    },
    "modules": {"imports", "members", "no-private", "modules-stay", "no-insides", "files", "sinks", "network"},
    "opened": {
        *("files", "sinks", "own-folder", "system-paths", "environment", "imports", "members", "network"),
        *("no-code-in-text", "no-dunders", "templates", "builtins"),
    },
    "secrets": {"secrets"},
    "sql": {"statements", "sinks", "files"},
    "strings": {
        *("formats", "no-code-in-text", "expressions", "formulas", "methods-by-name"),
        *("members", "imports", "network", "builtins", "no-dunders", "sinks", "templates"),
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
    verdict = check(text, fragment=True, allow_imports=libraries_of(family))
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


def test_whether_it_is_there_is_another_question_than_whether_it_is_safe():
    verdict = check("import openpyxl\nimport scipy\nimport json\n", fragment=True)
    assert verdict.accepted
    assert [(finding.rule, finding.line) for finding in verdict.findings] == [("installed", 1)]
    assert not check("import openpyxl\n").accepted
    assert not check("import frobnicate\n", fragment=True).accepted
    named = check("import frobnicate\n", fragment=True, allow_imports=frozenset({"frobnicate"}))
    assert [finding.rule for finding in named.findings] == ["installed"]


def test_what_the_sandbox_has_is_known_by_its_module():
    for package in packages():
        assert is_installed(next((module for module, name in PACKAGES.items() if name == package), package)), package
    assert all(name not in PACKAGES or PACKAGES[name] != name for name in COMPUTING)


def test_what_libraries_fetch_is_named_in_the_script():
    literal = check('import seaborn as sns\nsns.load_dataset("tips")\n', fragment=True)
    assert literal.accepted
    assert "network" in {finding.rule for finding in literal.findings}
    for hidden in ("f = sns.load_dataset\nf(x)", "list(map(sns.load_dataset, x))", 'sns.load_dataset(**{"name": x})'):
        assert not check(f'import seaborn as sns\nx = open("a.csv").read()\n{hidden}\n', fragment=True).accepted
    text = "import seaborn as sns\ndef f(name):\n    return sns.load_dataset(name)\n"
    assert not check(text, fragment=True).accepted
    trusted = check(text, fragment=True, allow_imports=frozenset({"seaborn"}))
    assert trusted.accepted
    assert "network" in {finding.rule for finding in trusted.findings}


def test_templates_from_files_are_read_where_their_library_is_named():
    text = 'import jinja2\ne = jinja2.Environment(loader=jinja2.FileSystemLoader("letters"))\n'
    assert not check(text, fragment=True).accepted
    assert check(text, fragment=True, allow_imports=frozenset({"jinja2"})).accepted
    assert check('from jinja2 import Template\nprint(Template("{{ n }}").render(n=1))\n', fragment=True).accepted


def test_a_question_to_whoever_is_there_is_advice():
    verdict = check('name = input("Name? ")\n', fragment=True)
    assert verdict.accepted
    assert [finding.rule for finding in verdict.findings] == ["builtins"]
    assert not check("name = input()\n").accepted


def test_the_corpus_is_as_large_as_promised():
    assert len(snippets("hostile")) >= 350
    assert len(snippets("honest")) >= 100
