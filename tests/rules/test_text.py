"""Whatever the text, the validator gives a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.check import exit_code, run
from engine.products import Severity
from engine.rules import RULES, check
from engine.rules.members import ALLOWED

CONTRACT = (Path(__file__).parents[2] / "templates" / "prompts" / "contract.md").read_text("utf-8")
EXAMPLE = CONTRACT.split("```python\n")[1].split("```")[0]
BOMBS = {
    "ten megabytes": "x = 1\n" * 1_700_000,
    "brackets": "(" * 10_000 + ")" * 10_000,
    "lists": "[" * 10_000,
    "minus signs": "-" * 50_000 + "1",
    "sum": "+".join(["1"] * 50_000),
    "texts": "+".join(['"a"'] * 5_000),
    "attributes": "x" + ".a" * 5_000,
    "calls": "f" + "()" * 5_000,
    "subscripts": "x" + "[0]" * 5_000,
    "lambdas": "lambda: " * 5_000 + "1",
    "nested ifs": "".join(" " * depth + "if x:\n" for depth in range(200)) + " " * 200 + "pass",
    "comparisons": "1 < " * 20_000 + "1",
    "not": "not " * 20_000 + "x",
    "null": "x = 1\x00",
    "surrogate": 'x = "\ud800"',
    "digits": "x = " + "9" * 100_000,
    "power": "x = 9**9**9**9**9",
    "circle": "\n".join(f"a{i} = a{(i + 1) % 50}" for i in range(50)) + "\nopen(a0)",
    "doubling": "a0 = 'x'\n" + "\n".join(f"a{i} = a{i - 1} + a{i - 1}" for i in range(1, 40)) + "\nopen(a39)",
    "choices": "a = 'x' if b else 'y'\n" + "open(" + " + ".join(["a"] * 30) + ")",
    "mutual": "def f(a): g(a)\ndef g(a): f(a)\nf('x')\nopen(a)",
    "spaces in a format": '"{0.' + " " * 100_000 + '".format(1)',
    "placeholder": 'password = "your ' + "a " * 3_000 + '"',
    "hidden": "\u200b" * 100_000,
    "returns": "\r" * 100_000,
    "chains": "\n".join("x" + ".a" * 300 for _ in range(100)),
    "formats": '"x"' + ".format(1)" * 300,
    "environment": "import os\n" + "\n".join(f"a{i} = os.environ['A']" for i in range(3_000)),
    "unknown arguments": "\n".join(f"def q{i}(r{i}: int) -> int:\n    return r{i}" for i in range(2_000)),
    "many calls": "def f(a, b, c): open(a)\n" + "f('x', b=1, c=2)\n" * 3_000,
    "many bindings": "a = 'x'\n" * 4_000 + "open(a)\n" * 4_000,
    "many classes": "class A: pass\n" * 3_000 + "A.__init__(1)\n" * 3_000,
    "empty": "",
    "only a comment": "# coding: utf-7\n",
    "tabs": "if x:\n\ty = 1\n        z = 2\n",
}


def rules_of(text, **options):
    return {finding.rule for finding in check(text, **options).refusals}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("fragment", [True, False])
def test_bombs_get_a_verdict(name, fragment):
    verdict = check(BOMBS[name], fragment=fragment)
    assert all(finding.line >= 1 for finding in verdict.findings)
    if not fragment:
        assert not verdict.accepted


@pytest.mark.parametrize("name", ["ten megabytes", "brackets", "lists", "null", "digits", "tabs"])
def test_what_cannot_be_parsed_is_one_finding_with_its_line(name):
    assert "parses" in rules_of(BOMBS[name], fragment=True)


@pytest.mark.parametrize("fragment", [True, False])
def test_every_prefix_of_the_example_gets_a_verdict(fragment):
    for end in range(0, len(EXAMPLE), 7):
        assert check(EXAMPLE[:end], fragment=fragment) is not None


def test_every_line_left_out_gets_a_verdict():
    lines = EXAMPLE.split("\n")
    for number in range(len(lines)):
        assert check("\n".join(lines[:number] + lines[number + 1 :])) is not None


def test_syntax_errors_name_their_line():
    (finding,) = check("x = 1\ny = = 2\n").findings
    assert (finding.rule, finding.line, finding.severity) == ("parses", 2, Severity.REFUSE)


@pytest.mark.parametrize(
    "text",
    [
        'x = "\u202eabc"',
        "x = 1  # \u2066 check \u2069",
        'x = "a\u200bb"',
        "x\u200b = 1",
        "# harmless\rimport os",
        "x = 1\x0c",
        'x = "\ufeff"',
        'x = "tag\U000e0041"',
    ],
)
def test_hidden_characters_are_refused(text):
    assert rules_of(text, fragment=True) & {"visible-characters", "parses"}


@pytest.mark.parametrize("name", ["раssword", "ｅｖａｌ", "𝐱𝐲", "ореn", "оs"])  # noqa: RUF001
def test_imitated_names_are_refused(name):
    assert rules_of(f"{name} = 1", fragment=True)


@pytest.mark.parametrize("name", ["größe", "σ", "Δt", "売上", "prix_été", "x1"])  # noqa: RUF001
def test_names_of_other_languages_pass(name):
    assert check(f"{name} = 1", fragment=True).accepted


def test_a_byte_order_mark_at_the_start_passes():
    assert check("\ufeffx = 1\n", fragment=True).accepted


@pytest.mark.parametrize("coding", ["utf-7", "latin-1", "rot13", "raw_unicode_escape"])
def test_declared_encodings_are_refused(coding):
    assert "plain-encoding" in rules_of(f"# -*- coding: {coding} -*-\nx = 1\n", fragment=True)


def test_findings_come_by_line_and_once():
    verdict = check("import os\nimport pickle\neval('1')\nimport socket\n")
    lines = [finding.line for finding in verdict.findings]
    assert lines == sorted(lines)
    assert len(set(verdict.findings)) == len(verdict.findings)


def test_bandit_speaks_as_advice_where_no_rule_of_ours_does():
    verdict = check("import hashlib\nx = hashlib.md5(b'a').hexdigest()  # nosec\n", fragment=True)
    assert verdict.accepted
    assert [finding.rule for finding in verdict.findings] == ["bandit"]


def test_the_contract_names_every_rule_and_import():
    assert [name for name in RULES if f"`{name}`" not in CONTRACT] == []
    listed = CONTRACT.split("## Allowed imports\n")[1].split("##")[0]
    assert set(listed.replace("`", " ").split()) == ALLOWED - {"__future__"}


def test_every_rule_has_a_name_and_one_sentence():
    for name, rule in RULES.items():
        assert rule.name == name
        assert name == name.lower().replace("_", "-")
        assert rule.demands.endswith(".")
        assert rule.demands.count(". ") == 0


def test_check_reports_files(tmp_path):
    good, bad, latin = tmp_path / "good.py", tmp_path / "bad.py", tmp_path / "latin.py"
    good.write_text(EXAMPLE, "utf-8")
    bad.write_text("import subprocess\n", "utf-8")
    latin.write_bytes(b"x = 1\n# caf\xe9\n")
    report = run([good, bad, latin, tmp_path / "missing.py"])
    assert [entry["accepted"] for entry in report] == [True, False, False, False]
    assert report[2]["findings"][0]["line"] == 2
    assert set(report[1]["findings"][0]) == {"rule", "severity", "line", "message", "fix"}
    assert exit_code(report) == 3
    assert exit_code(report[:1]) == 0
    assert run([bad], fragment=True, allow_imports=frozenset({"subprocess"}))[0]["accepted"] is False


def test_check_never_runs_what_it_reads(tmp_path):
    trace = tmp_path / "trace"
    script = tmp_path / "script.py"
    script.write_text(f"open({str(trace)!r}, 'w').write('ran')\n@print\ndef f(): ...\n", "utf-8")
    assert not run([script])[0]["accepted"]
    assert not trace.exists()
