"""What a model thinks between tags is told apart from its answer, however the pieces fall."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from engine.language_model.reply import Parting

ANSWER = '{"sql": "SELECT 1 < 2"}'


def parted(pieces: list[str]) -> tuple[str, str]:
    told: list[str] = []
    thought: list[str] = []
    parting = Parting(told.append, thought.append)
    for piece in pieces:
        parting.take(piece)
    parting.end()
    return "".join(told), "".join(thought)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(places)]


@given(cuts=st.lists(st.integers(0, 200)), tag=st.sampled_from(["think", "reasoning", "Thought"]))
def test_thinking_is_not_told_as_the_answer(cuts: list[int], tag: str) -> None:
    text = f"\n<{tag}>a < b, so </b></{tag}>\n{ANSWER}"
    assert parted(pieces_of(text, cuts)) == (ANSWER, "a < b, so </b>")


@given(cuts=st.lists(st.integers(0, 200)))
def test_an_answer_without_thinking_is_told_as_it_is(cuts: list[int]) -> None:
    for text in (ANSWER, "<b>bold</b>", "", "  two ", "<"):
        assert parted(pieces_of(text, cuts)) == (text, "")


@given(cuts=st.lists(st.integers(0, 200)))
def test_thinking_that_never_ends_leaves_no_answer(cuts: list[int]) -> None:
    assert parted(pieces_of("<think>and so on", cuts)) == ("", "and so on")


def test_an_answer_is_passed_on_as_it_comes() -> None:
    told: list[str] = []
    parting = Parting(told.append, lambda text: None)
    parting.take("<think>hm</think>on")
    parting.take("e")
    assert told == ["on", "e"]
