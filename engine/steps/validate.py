"""Step 4: every rule's findings about a script, at once."""

from __future__ import annotations

from engine.products import Script, Verdict
from engine.rules import check


def validate(script: Script) -> Verdict:
    """The verdict. Nothing of the script is imported or run."""
    return check(script.text)
