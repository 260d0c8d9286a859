"""What docs/meaning.md shows is so."""

from __future__ import annotations

import re

import pytest

from engine.authors.asking import Understood, understand
from engine.authors.base import Ground
from engine.semantics.inferring import infer
from engine.semantics.inforce import unread
from engine.semantics.statements import read_statements
from tests.conftest import ROOT

TEXT = (ROOT / "docs/meaning.md").read_text(encoding="utf-8")
SHOWN = TEXT.partition("nothing confirmed;")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| (?!request|---)([\w ]+) \| (.+?) \|$", SHOWN, re.MULTILINE)


def test_the_file_that_is_shown_is_read_and_holds(ground: Ground) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    said = read_statements(shown, "docs/meaning.md")
    assert said.count == 6
    assert unread(infer(ground.schema, ground.values), said) == ()


@pytest.mark.parametrize(("text", "sentence"), ROWS)
def test_each_request_is_read_as_shown(text: str, sentence: str, ground: Ground) -> None:
    read = understand(text, ground, {})
    assert isinstance(read, Understood)
    assert read.sentence == sentence


def test_there_are_requests() -> None:
    assert len(ROWS) == 3
