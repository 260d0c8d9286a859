"""What docs/meaning.md shows is so."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest

from engine.authors.asking import Understood, understand
from engine.authors.base import Declined, Ground
from engine.semantics.inferring import infer
from engine.semantics.inforce import unread
from engine.semantics.model import Origin
from engine.semantics.statements import read_statements
from engine.usecases.meaning import proposed, source
from tests.conftest import ROOT

TEXT = (ROOT / "docs/meaning.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\w ]+) \| (Not understood: .+?) \| (.+?) \|$", TEXT, re.MULTILINE)


def test_the_file_that_is_shown_is_read_and_holds(ground: Ground) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    said = read_statements(shown, "docs/meaning.md")
    assert said.count == 6
    assert unread(infer(ground.schema, ground.values), said) == ()


@pytest.mark.parametrize(("text", "before", "after"), ROWS)
def test_each_request_is_answered_as_shown(text: str, before: str, after: str, ground: Ground) -> None:
    declined = understand(text, ground, {})
    assert isinstance(declined, Declined)
    assert declined.reason == before
    known = replace(ground, said=proposed(ground, partial(source, Origin.ACCEPTED, "")))
    read = understand(text, known, {})
    assert isinstance(read, Understood)
    assert read.sentence == after


def test_there_are_requests() -> None:
    assert len(ROWS) == 3
