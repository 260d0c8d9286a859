"""The validator: every rule, in order, and `check`, which parses a script and never runs it."""

from __future__ import annotations

from engine.products import Finding, Severity, Verdict

from . import (
    bandit_advice,
    calls,
    doctests,
    effects,
    environment,
    files,
    imports,
    quantities,
    queries,
    secrets,
    shape,
    strings,
    syntax,
    web,
)
from .base import Rule, Source

FAMILIES = (
    syntax.RULES,
    imports.RULES,
    calls.RULES,
    strings.RULES,
    files.RULES,
    environment.RULES,
    effects.RULES,
    web.RULES,
    secrets.RULES,
    queries.RULES,
    shape.RULES,
    quantities.RULES,
    bandit_advice.RULES,
)
RULES: dict[str, Rule] = {rule.name: rule for family in FAMILIES for rule in family}
ON_TEXT = tuple(rule.name for rule in syntax.RULES)
MOST_FINDINGS = 200


def check(text: str, *, fragment: bool = False, allow_imports: frozenset[str] = frozenset()) -> Verdict:
    """Every finding on a script, by line.

    With `fragment`, the safety rules alone, for code that is no whole contract script; `allow_imports` names
    modules that may be imported besides the usual ones.
    """
    source = syntax.parse(text, fragment=fragment, allow_imports=allow_imports)
    findings: list[Finding] = []
    for name, rule in RULES.items():
        if (source.problem and name not in ON_TEXT) or (fragment and not rule.fragment):
            continue
        findings.extend(rule.check(source))
    findings += _of_examples(source, findings)
    return Verdict(findings=tuple(_sorted(findings)))


def _of_examples(source: Source, known: list[Finding]) -> list[Finding]:
    """What is refused in the examples of docstrings that doctest runs, read behind the script that they belong to."""
    examples = doctests.examples(source) if source.fragment and not source.problem else []
    lines: list[int] = []
    for line, code in examples:
        lines += [line] * code.count("\n")
    if not examples:
        return []
    own = source.text.count("\n") + 1
    whole = syntax.parse(
        source.text + "\n" + "".join(code for _, code in examples), fragment=True, allow_imports=source.allow_imports
    )
    found: list[Finding] = []
    for name, rule in RULES.items():
        if rule.fragment and not (whole.problem and name not in ON_TEXT):
            found.extend(rule.check(whole))
    told = {(finding.rule, finding.line, finding.message) for finding in known}
    new = (each for each in found if (each.rule, each.line, each.message) not in told)
    return [
        Finding(
            rule=each.rule,
            severity=each.severity,
            line=lines[min(each.line - own, len(lines)) - 1] if each.line > own else each.line,
            message=each.message,
            fix=each.fix,
        )
        for each in new
        if each.severity is Severity.REFUSE
    ]


def _sorted(findings: list[Finding]) -> list[Finding]:
    """By line, each once, the scanner's only where no rule of ours spoke; refusals survive the cap first."""
    spoken = {finding.line for finding in findings if finding.rule != "bandit"}
    kept = [finding for finding in findings if finding.rule != "bandit" or finding.line not in spoken]
    unique = list(dict.fromkeys(kept))
    unique.sort(key=lambda finding: (finding.severity is Severity.ADVICE, finding.line))
    return sorted(unique[:MOST_FINDINGS], key=lambda finding: finding.line)


__all__ = ["RULES", "Rule", "check"]
