"""Steps 3 and 4: the script, and what the validator found in it."""

from __future__ import annotations

from enum import StrEnum

from engine.products.base import Product


class Script(Product):
    """Step 3: the script's text and who wrote it."""

    text: str
    author: str
    title: str
    attempt: int = 1


class Severity(StrEnum):
    """A refusal stops the script; advice is shown."""

    REFUSE = "refuse"
    ADVICE = "advice"


class Finding(Product):
    """One thing a rule has to say about a script."""

    rule: str
    severity: Severity
    line: int
    message: str
    fix: str


class Verdict(Product):
    """Step 4: all findings at once."""

    findings: tuple[Finding, ...] = ()

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that stop the script."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.REFUSE)

    @property
    def accepted(self) -> bool:
        """Whether nothing stops the script."""
        return not self.refusals
