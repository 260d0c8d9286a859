"""Whatever is written, the validator ends with a verdict: a fixed number of scripts is spoilt at random."""

from __future__ import annotations

import ast
import logging
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from engine.products import Severity
from engine.rules import RULES, check
from engine.rules.base import Check, Remark, Source

HERE = Path(__file__).parent
SEED, SPOILT = 20_261_129, 2_500
SNIPPETS = [part for file in sorted(HERE.glob("*/*.txt")) for part in file.read_text("utf-8").split("\n---\n")]
# Constants that are hard on code which parses, measures or decodes them.
HARD = [
    "9" * 400,
    "-" + "9" * 4_000,
    "1e999",
    "1e308 * 10",
    "0x" + "f" * 500,
    "5j",
    "...",
    "b'\\xff\\xfe'",
    "'https://name[.]co/x'",
    "'http://[::1'",
    "'http://host:port/'",
    "'//[x]@:99999999'",
    "'postgresql://u:p@[x/y'",
    "'%(a)s %d %'",
    "'{0[a]} {!r:{x}} {'",
    "'\\ud800'",
    "'\\x00'",
    "'a' * 10 ** 9",
    "'=' * 3",
    "'SELECT (((('",
    "'~ a + ('",
    "(lambda: 0)",
    "[*[]]",
    "{**{}}",
    "f'{x!r:{9}}'",
    "x[::0]",
    "()[0]",
    "not not -+~1",
]
NAMES = ["API_TOKEN", "password", "url", "path", "os", "pd", "self", "__file__", "open", "Parameter", "SOURCES", "chr"]


def test_two_scripts_that_ended_the_check_before():
    for text in (
        'import requests\nrequests.get("https://name[.]co/x")\n',
        f"API_TOKEN = {'9' * 400}\n",
        f"def f(API_TOKEN={'9' * 4_000}): ...\n",
    ):
        verdict = check(text, fragment=True, allow_imports=frozenset({"requests"}))
        assert not verdict.accepted
        assert "could not check" not in " ".join(finding.message for finding in verdict.findings)


@pytest.mark.parametrize("severity", [Severity.REFUSE, Severity.ADVICE])
def test_a_rule_that_breaks_refuses_by_its_name_and_is_logged(severity, caplog, monkeypatch):
    def breaks(source: Source) -> Iterable[Remark]:
        yield Remark(1, "Said before it broke.", "Nothing.")
        raise KeyError("whatever")

    monkeypatch.setitem(RULES, "broken", Check("broken", "It breaks.", breaks, severity))
    with caplog.at_level(logging.ERROR):
        verdict = check("x = 1\n", fragment=True)
    refusals = [finding for finding in verdict.refusals if finding.rule == "broken"]
    assert refusals[-1].message == "The rule broken could not check this script, so it is refused."
    assert not verdict.accepted
    assert "The rule broken broke" in caplog.text


@pytest.mark.slow
def test_scripts_spoilt_at_random_get_a_verdict_and_break_no_rule(caplog):
    generator = random.Random(SEED)
    with caplog.at_level(logging.ERROR):
        for number in range(SPOILT):
            text = spoilt(generator, generator.choice(SNIPPETS))
            verdict = check(text, fragment=number % 3 > 0, allow_imports=frozenset({"requests", "flask"}))
            assert all(finding.line >= 1 and finding.message and finding.fix for finding in verdict.findings), text
            assert "could not check" not in " ".join(finding.message for finding in verdict.findings), text
    assert caplog.text == ""


@pytest.mark.slow
def test_the_fuzzer_reaches_most_rules_for_fragments():
    """Spoilt scripts must still be scripts: most parse, and between them most rules have something to say."""
    generator = random.Random(SEED)
    spoken: set[str] = set()
    parsed = 0
    for _ in range(SPOILT):
        verdict = check(spoilt(generator, generator.choice(SNIPPETS)), fragment=True)
        spoken |= {finding.rule for finding in verdict.findings}
        parsed += all(finding.rule != "parses" for finding in verdict.findings)
    assert parsed > SPOILT * 0.6
    wanted = {name for name, rule in RULES.items() if rule.fragment}
    assert len(wanted & spoken) > len(wanted) * 0.75


def spoilt(generator: random.Random, text: str) -> str:
    """A script with something changed in its tree, or in its letters."""
    if generator.random() < 0.3:
        return "".join(_letters(generator, text))
    try:
        tree = ast.parse(text + "\n" + generator.choice(SNIPPETS))
    except (SyntaxError, ValueError):
        return text
    changed = _Changed(generator).visit(tree)
    try:
        return ast.unparse(ast.fix_missing_locations(changed))
    except (ValueError, TypeError, RecursionError):
        return text


def _letters(generator: random.Random, text: str) -> Iterator[str]:
    for letter in text:
        chance = generator.random()
        if chance > 0.01:
            yield letter
        elif chance > 0.004:
            yield generator.choice("[](){}:,.'\"\\@%{}\n\t 0x=é\u202e\x00")


class _Changed(ast.NodeTransformer):
    """Puts hard constants and telling names where others stood."""

    def __init__(self, generator: random.Random) -> None:
        self.generator = generator

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if self.generator.random() > 0.25:
            return node
        return ast.parse(self.generator.choice(HARD), mode="eval").body

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self.generator.random() > 0.1:
            return node
        return ast.Name(self.generator.choice(NAMES), node.ctx)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        if node.arg and self.generator.random() < 0.1:
            node.arg = self.generator.choice(NAMES)
        return node
